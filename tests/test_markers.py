"""Who vouches for a job: comments, the runtime's decorator, and what the configuration names."""

from pathlib import Path
from textwrap import dedent

import pytest

from jobcheck.config import Settings
from jobcheck.engine import check
from jobcheck.engine_types import RunOptions

HEAD = "from celery import Celery, Task\nfrom jobcheck.runtime import Job, idempotent, job\n\napp = Celery('shop')\n\n"


def rows(tmp_path: Path, source: str, **settings):
    """What the jobs of a project say of idempotency, and the messages of its findings."""
    (tmp_path / "jobs.py").write_text(HEAD + dedent(source))
    report = check(RunOptions(root=tmp_path, settings=Settings(**settings), jobs=1))
    said = {row.name.rpartition(".")[2]: row.idempotency for row in report.registry}
    return said, [finding.message for finding in report.findings if finding.code == "JOB003"]


COMMENTS = """\
    # jobcheck: idempotent -- above
    @app.task
    def above(): ...

    @app.task  # jobcheck: idempotent -- beside the decorator
    def beside(): ...

    @app.task
    # jobcheck: idempotent -- between
    def between(): ...

    @app.task(
        acks_late=True,
    )
    def header(
        order_id,
    ):  # jobcheck: idempotent -- header
        ...

    class Method(Job):
        def perform(self):  # jobcheck: idempotent -- method
            ...

    # jobcheck: idempotent -- class
    class Whole(Job):
        def perform(self): ...

    @app.task
    def within():
        # jobcheck: idempotent -- about the statement below it
        return 1

    @app.task
    def without():  # jobcheck: idempotent
        return "# jobcheck: idempotent -- text"
    """


def test_comments(tmp_path):
    said, _ = rows(tmp_path, COMMENTS)
    assert said == {
        "above": "above", "beside": "beside the decorator", "between": "between", "header": "header",
        "Method": "method", "Whole": "class", "within": None, "without": None,
    }  # fmt: skip


def test_the_decorator_of_the_runtime(tmp_path):
    said, messages = rows(
        tmp_path,
        """\
        WHY = "named elsewhere"

        @idempotent("on a function")
        @job
        def function(): ...

        @idempotent("inherited")
        class Base(Job):
            def perform(self): ...

        class Heir(Base):
            def perform(self): ...

        @app.task
        @idempotent(WHY)
        def celery(): ...

        @idempotent(reason_from_settings())
        @job
        def unread(): ...
        """,
    )
    assert said == {
        "function": "on a function", "Base": "inherited", "Heir": "inherited", "celery": "named elsewhere",
        "unread": "decorator",
    }  # fmt: skip
    assert messages == []


@pytest.mark.parametrize("mark", ["@idempotent", "@idempotent()", "@idempotent('')", "@idempotent(reason=' ')"])
def test_a_decorator_without_its_reason_marks_nothing(tmp_path, mark):
    said, messages = rows(tmp_path, f"{mark}\n@job\ndef charge(): ...\n")
    assert said == {"charge": None}
    assert messages == ['`@idempotent` needs a reason: write `@idempotent("why it may run twice")`']


DECORATED = """\
    import shop.queue
    from shop.queue import exactly_once
    from vendor import retryable

    @app.task
    @exactly_once
    def bare(): ...

    @app.task
    @shop.queue.exactly_once("the order id is the key")
    def given(): ...

    @app.task
    @retryable
    def vendored(): ...

    @app.task
    @at_least_once
    def other(): ...
    """


@pytest.mark.parametrize("names", [("shop.queue.exactly_once", "vendor.retryable"), ("exactly_once", "retryable")])
def test_decorators_that_the_configuration_names(tmp_path, names):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    (tmp_path / "shop" / "queue.py").write_text("def exactly_once(f):\n    return f\n")
    said, _ = rows(tmp_path, DECORATED, idempotency_decorators=names)
    assert said == {"bare": "decorator", "given": "the order id is the key", "vendored": "decorator", "other": None}


def test_options_that_the_configuration_names(tmp_path):
    said, _ = rows(
        tmp_path,
        """\
        class Vouched(Task):
            idempotent = True

        @app.task(idempotent="reads only")
        def reads(): ...

        @app.task(idempotent=False)
        def refused(): ...

        @app.task(base=Vouched)
        def based(): ...

        @app.task
        def silent(): ...

        class Whole(Job):
            idempotent = "it counts"

            def perform(self): ...
        """,
        idempotency_options=("idempotent",),
    )
    assert said == {
        "reads": "reads only", "refused": None, "based": "option", "silent": None, "Whole": "it counts",
    }  # fmt: skip
