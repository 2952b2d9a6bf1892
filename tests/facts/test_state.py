"""What the rules about state say of run time, on the real Django, SQLAlchemy, Celery and the reference runtime.

Django's part runs in a process of its own: its settings are one for a process.
"""

from __future__ import annotations

import contextvars
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from celery import Celery
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from jobcheck.runtime import Job
from jobcheck.runtime.payload import dump, load

_DJANGO = """
import sys
import django
from django.conf import settings

settings.configure(
    DEBUG=True,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}},
    INSTALLED_APPS=[], DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()
from django.db import connection, models, transaction
from django.db.models import F


class Article(models.Model):
    url = models.TextField(default="")
    views = models.IntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "press"


with connection.schema_editor() as editor:
    editor.create_model(Article)


def two():
    Article.objects.all().delete()
    pk = Article.objects.create().pk
    return pk, Article.objects.get(pk=pk), Article.objects.get(pk=pk)


# JOB305: the whole row is written with what was read
pk, job, view = two()
view.views = 7
view.save()
job.url = "x"
job.save()
assert Article.objects.get(pk=pk).views == 0
pk, job, view = two()
view.views = 7
view.save()
job.url = "x"
job.save(update_fields=["url"])
assert Article.objects.get(pk=pk).views == 7

# JOB305: of two that count, one is lost
pk, one, other = two()
for each in (one, other):
    each.views += 1
    each.save(update_fields=["views"])
assert Article.objects.get(pk=pk).views == 1
Article.objects.filter(pk=pk).update(views=0)
for each in (one, other):
    Article.objects.filter(pk=pk).update(views=F("views") + 1)
assert Article.objects.get(pk=pk).views == 2

# JOB305: a query that nothing evaluates locks nothing, for it does not run
before = len(connection.queries)
Article.objects.select_for_update().filter(pk=pk)
assert len(connection.queries) == before

# JOB301: a job that fetches by id finds the newer value, each save sets auto_now anew
pk, _, view = two()
view.save()
enqueued = view.updated_at
Article.objects.get(pk=pk).save()
assert Article.objects.get(pk=pk).updated_at > enqueued
"""


def test_django_writes_whole_rows_and_fetches_new_ones(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _DJANGO, str(tmp_path / "db.sqlite")], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


class _Base(DeclarativeBase):
    pass


class _Article(_Base):
    __tablename__ = "articles"

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(default="")
    views: Mapped[int] = mapped_column(default=0)


def test_sqlalchemy_writes_what_was_assigned_and_loses_what_was_counted(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'db.sqlite'}")
    _Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(_Article(id=1))
        session.commit()
    with Session(engine, expire_on_commit=False) as job:
        read = job.get(_Article, 1)
        assert read is not None
        job.commit()  # SQLite lets one write at a time: the row stays as it was read
        with Session(engine) as view:
            other = view.get(_Article, 1)
            assert other is not None
            other.views, other.url = other.views + 1, "by the view"
            view.commit()
        read.views += 1
        job.commit()
    with Session(engine) as session:
        found = session.get(_Article, 1)
        assert found is not None
        assert (found.views, found.url) == (1, "by the view")


def test_celery_keeps_one_object_for_all_runs() -> None:
    app = Celery("facts", broker="memory://")

    class Collect(app.Task):  # type: ignore[name-defined, misc]
        name = "collect"

        def __init__(self) -> None:
            self.rows: list[int] = []

        def run(self, row: int) -> list[int]:
            self.rows.append(row)
            return list(self.rows)

    collect = app.register_task(Collect())
    assert collect.apply((1,)).get() == [1]
    assert collect.apply((2,)).get() == [1, 2]


class Export(Job):
    def perform(self, report_id: int) -> str:
        return f"{self.address} {report_id}"  # type: ignore[attr-defined]


def test_the_worker_makes_a_new_object_of_the_message() -> None:
    job = Export(3)
    job.address = "ada@example.org"  # type: ignore[attr-defined]
    again = load(dump(job))
    assert not hasattr(again, "address")


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="a build may let threads inherit the context since 3.14")
def test_a_thread_does_not_inherit_context_variables() -> None:
    tenant: contextvars.ContextVar[str] = contextvars.ContextVar("tenant", default="nobody")
    tenant.set("acme")
    seen: list[str] = []
    context = contextvars.copy_context()
    for target in (lambda: seen.append(tenant.get()), lambda: context.run(lambda: seen.append(tenant.get()))):
        thread = threading.Thread(target=target)
        thread.start()
        thread.join()
    assert seen == ["nobody", "acme"]
