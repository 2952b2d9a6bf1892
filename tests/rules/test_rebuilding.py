"""What jobcheck says of unpicklable exceptions is what pickle does with them: the same source is judged and run."""

from __future__ import annotations

import pickle
import sys
import types
from textwrap import dedent

import pytest
from celery.utils.serialization import get_pickleable_exception

from jobcheck.code import ir
from jobcheck.rules.arguments.rebuilding import refusal
from jobcheck.solve.kinds import ClassObject
from tests.solve.conftest import solver_of

REFUSED = {
    "text instead of the parameters": """
        class E(Exception):
            def __init__(self, code, body):
                super().__init__(f"{code}: {body}")
        error = E(1, "x")
    """,
    "keyword-only": """
        class E(ValueError):
            def __init__(self, *, code):
                super().__init__(code)
        error = E(code=1)
    """,
    "a keyword call, no super": """
        class E(Exception):
            def __init__(self, code):
                self.code = code
        error = E(code=1)
    """,
    "takes nothing, gives a text": """
        class E(Exception):
            def __init__(self):
                super().__init__("not ready")
        error = E()
    """,
    "super without arguments": """
        class E(Exception):
            def __init__(self, code):
                super().__init__()
        error = E(1)
    """,
    "by the name of the base": """
        class E(RuntimeError):
            def __init__(self, code, body):
                RuntimeError.__init__(self, code)
        error = E(1, 2)
    """,
    "through a base of the project": """
        class Base(Exception):
            def __init__(self, message, debug=None):
                super().__init__(message)
        class E(Base):
            def __init__(self, url, message, response):
                super().__init__(message, debug=url)
        error = E(1, 2, 3)
    """,
    "two bases": """
        class Left(Exception):
            def __init__(self, message, debug=None):
                super().__init__(message)
        class Right(Exception):
            pass
        class E(Left, Right):
            def __init__(self, url, message):
                super().__init__(message, url)
        error = E(1, 2)
    """,
    "on each of two ways": """
        class E(Exception):
            def __init__(self, code, body):
                if body:
                    super().__init__("body")
                else:
                    super().__init__()
                    self.code = code
        error = E(code=1, body=2)
    """,
    "getnewargs is not asked": """
        class E(Exception):
            def __init__(self, code, body):
                super().__init__("text")
            def __getnewargs__(self):
                return (1, 2)
        error = E(1, 2)
    """,
    "leftovers of its own star": """
        class E(Exception):
            def __init__(self, code, *rest):
                super().__init__(*rest)
        error = E(1)
    """,
}
REBUILT = {
    "no init": """
        class E(Exception):
            pass
        error = E(1, 2, 3)
    """,
    "all handed on": """
        class E(Exception):
            def __init__(self, code, body):
                super().__init__(code, body)
        error = E(1, 2)
    """,
    "no super at all: the call's own arguments stay": """
        class E(Exception):
            def __init__(self, code, body):
                self.code = code
        error = E(1, 2)
    """,
    "one text for one parameter": """
        class E(Exception):
            def __init__(self, user):
                super().__init__(f"no {user}")
        error = E("bob")
    """,
    "defaults": """
        class E(Exception):
            def __init__(self, message="no", code=3):
                super().__init__()
        error = E()
    """,
    "reduce": """
        class E(Exception):
            def __init__(self, code, body):
                super().__init__(code)
                self.body = body
            def __reduce__(self):
                return E, (*self.args, self.body)
        error = E(1, 2)
    """,
    "reduce of a base": """
        class Base(Exception):
            def __reduce__(self):
                return type(self), (1, 2)
        class E(Base):
            def __init__(self, code, body):
                super().__init__(code)
        error = E(1, 2)
    """,
    "args written": """
        class E(Exception):
            def __init__(self, code, body):
                super().__init__("text")
                self.args = (code, body)
        error = E(1, 2)
    """,
    "starred": """
        class E(Exception):
            def __init__(self, code, *args):
                super().__init__(code, *args)
        error = E(1, 2, 3)
    """,
    "new": """
        class E(Exception):
            def __new__(cls, code=None, body=None):
                return super().__new__(cls, code, body)
            def __init__(self, code, body):
                self.code = code
        error = E(code=1, body=2)
    """,
    "copyreg": """
        import copyreg
        class E(Exception):
            def __init__(self, code, body):
                super().__init__("text")
        copyreg.pickle(E, lambda error: (E, (1, 2)))
        error = E(1, 2)
    """,
    "a base that takes the rest": """
        class Base(Exception):
            def __init__(self, *args):
                super().__init__(*args)
        class E(Base):
            def __init__(self, code, body):
                super().__init__(code, body)
        error = E(1, 2)
    """,
}


def judged(source: str) -> bool:
    """Whether jobcheck says that `error` cannot be rebuilt."""
    solver = solver_of({"errors.py": source})
    cls = solver.module_attribute("errors.py", "E").only
    assert isinstance(cls, ClassObject)
    made = next(
        stmt.value
        for _, stmt in solver.top_statements("errors.py")
        if isinstance(stmt, ir.Assign) and isinstance(stmt.value, ir.Call)
    )
    assert isinstance(made, ir.Call)
    return refusal(solver, cls.cls, made) is not None


def error_of(source: str, monkeypatch: pytest.MonkeyPatch) -> Exception:
    module = types.ModuleType("errors_under_test")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(dedent(source), module.__dict__)
    error = module.error
    assert isinstance(error, Exception)
    return error


@pytest.mark.parametrize("source", REFUSED.values(), ids=REFUSED)
def test_what_is_reported_cannot_be_rebuilt(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    error = error_of(source, monkeypatch)
    with pytest.raises(TypeError):
        pickle.loads(pickle.dumps(error))
    assert type(get_pickleable_exception(error)) is not type(error)
    assert judged(source)


@pytest.mark.parametrize("source", REBUILT.values(), ids=REBUILT)
def test_what_can_be_rebuilt_is_quiet(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    error = error_of(source, monkeypatch)
    assert type(pickle.loads(pickle.dumps(error))) is type(error)
    assert type(get_pickleable_exception(error)) is type(error)
    assert not judged(source)
