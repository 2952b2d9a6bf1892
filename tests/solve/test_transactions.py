"""The ways to a call on which a transaction is open."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobcheck.config import Settings
from jobcheck.engine import RunOptions, _Run
from jobcheck.solve.kinds import FunctionRef
from jobcheck.solve.sites import Site
from jobcheck.solve.solver import Solver
from jobcheck.solve.transactions import CERTAIN, LIKELY, POSSIBLE
from jobcheck.solve.transactions import Path as Way

_HEAD = (
    "from contextlib import contextmanager\nfrom django.db import models, transaction\nfrom django.db.transaction import atomic\n"
)
_OWN = "@contextmanager\ndef own():\n"
_USE = "def f():\n    with own():\n        target()\n"


def _solver(root: Path, text: str, **others: str) -> Solver:
    for name, content in {"a": _HEAD + text, **others}.items():
        (root / f"{name}.py").write_text(content)
    return _Run(RunOptions(root=root, settings=Settings())).solver


def _target(solver: Solver, name: str) -> Site:
    """The call of `target()` in a function."""
    decl = next(d for d, _ in solver.functions_of("a.py") if d.qualname == name)
    unit = solver.function_unit(FunctionRef("a.py", decl.qualname, decl.start))
    assert unit is not None
    return next(s for s in solver.flow(unit).sites if getattr(s.call.func, "id", "") == "target")


def _ways(solver: Solver, name: str = "f") -> tuple[Way, ...]:
    return solver.transactions.at(_target(solver, name)).paths


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("def f():\n    with atomic():\n        target()\n", ["with"]),
        ("def f():\n    with transaction.atomic(using='x', savepoint=False):\n        target()\n", ["with"]),
        ("def f():\n    block = atomic()\n    with block:\n        target()\n", ["with"]),
        ("@atomic\ndef f():\n    target()\n", ["decorator"]),
        ("@transaction.atomic('x')\ndef f():\n    target()\n", ["decorator"]),
        (_OWN + "    with atomic():\n        yield\n" + _USE, ["helper"]),
        ("def own():\n    return atomic(durable=True)\ndef f():\n    with own():\n        target()\n", ["helper"]),
        ("class Own(transaction.Atomic):\n    pass\ndef f():\n    with Own():\n        target()\n", ["with"]),
        ("def f():\n    with atomic():\n        pass\n    target()\n", []),
        ("def f():\n    try:\n        with atomic():\n            pass\n    except ValueError:\n        target()\n", []),
        ("def f():\n    with atomic():\n        later(lambda: target())\n", []),
        ("def f():\n    with atomic():\n        def inner():\n            target()\n        later(inner)\n", []),
        ("def f():\n    with atomic():\n        def inner():\n            target()\n        inner()\n", ["with"]),
        (_OWN + "    with atomic():\n        pass\n    yield\n" + _USE, []),
        ("class atomic:\n    pass\ndef f():\n    with atomic():\n        target()\n", []),
    ],
)  # fmt: skip
def test_what_opens_one(tmp_path: Path, text: str, how: list[str]) -> None:
    assert [way.opening.how for way in _ways(_solver(tmp_path, text))] == how


def test_callers_are_followed_and_only_those_inside_count(tmp_path: Path) -> None:
    text = "def f():\n    target()\ndef g():\n    f()\ndef inside():\n    with atomic():\n        g()\ndef outside():\n    g()\n"
    (way,) = _ways(_solver(tmp_path, text))
    assert [frame.site.unit.qualname for frame in way.frames] == ["f", "g", "inside"]


def test_functions_that_call_each_other_come_to_an_end(tmp_path: Path) -> None:
    assert _ways(_solver(tmp_path, "def f():\n    target()\n    g()\ndef g():\n    f()\n")) == ()


def test_the_alias_is_read(tmp_path: Path) -> None:
    text = "def f():\n    with atomic(using='x'):\n        target()\ndef g(name):\n    with atomic(name):\n        target()\n"
    solver = _solver(tmp_path, text)
    assert [(w.opening.using, w.opening.named) for name in ("f", "g") for w in _ways(solver, name)] == [("x", True), (None, True)]


_MODEL = "class Order(models.Model):\n    def save(self, *args, **kwargs):\n        target()\n"


def test_a_models_own_save_runs_where_it_is_saved(tmp_path: Path) -> None:
    saved = "def g():\n    with atomic():\n        Order().save()\n"
    assert [w.opening.level for w in _ways(_solver(tmp_path, _MODEL + saved), "Order.save")][:1] == [CERTAIN]


def test_some_transaction_of_the_project_is_no_proof(tmp_path: Path) -> None:
    some = "@atomic\ndef g():\n    pass\n"
    assert [w.opening.level for w in _ways(_solver(tmp_path, _MODEL + some), "Order.save")] == [POSSIBLE]


def test_a_save_is_judged_by_who_calls_the_function_around_it(tmp_path: Path) -> None:
    made = "def make():\n    return Order.objects.create()\n"
    calls = "@atomic\ndef g():\n    make()\n"
    assert [w.opening.level for w in _ways(_solver(tmp_path, _MODEL + made + calls), "Order.save")] == [CERTAIN]


@pytest.mark.parametrize("calls", ["@atomic\ndef g():\n    later(lambda: make())\n", "def g():\n    make()\n"])
def test_a_save_that_no_caller_puts_in_a_transaction(tmp_path: Path, calls: str) -> None:
    made = "def make():\n    return Order.objects.create()\n"
    assert not [w for w in _ways(_solver(tmp_path, _MODEL + made + calls), "Order.save") if w.opening.level > POSSIBLE]


def test_a_project_without_transactions_has_none(tmp_path: Path) -> None:
    assert _ways(_solver(tmp_path, _MODEL), "Order.save") == ()


@pytest.mark.parametrize(
    ("setting", "level"),
    [
        ("DATABASES = {'default': {'ATOMIC_REQUESTS': True}}\n", [CERTAIN]),
        ("DATABASES = {'default': dict(ATOMIC_REQUESTS=True)}\n", [CERTAIN]),
        ("DATABASES = {}\nDATABASES['default']['ATOMIC_REQUESTS'] = env.bool('ATOMIC', True)\n", [LIKELY]),
        ("DATABASES = {'default': {'ATOMIC_REQUESTS': False}}\n", []),
        ("# 'ATOMIC_REQUESTS': True\n", []),
    ],
)
def test_atomic_requests(tmp_path: Path, setting: str, level: list[int]) -> None:
    solver = _solver(tmp_path, "def f(request):\n    target()\n", settings=setting)
    assert [way.opening.level for way in _ways(solver)] == level
