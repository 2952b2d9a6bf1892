"""Where a value was written, what it is made of, and what runs when a function runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobcheck.code import ir
from jobcheck.config import Settings
from jobcheck.engine import RunOptions, _Run
from jobcheck.solve.kinds import FunctionRef
from jobcheck.solve.sites import Site
from jobcheck.solve.solver import Solver
from jobcheck.solve.sources import site_of


def _solver(root: Path, text: str) -> Solver:
    (root / "a.py").write_text(text)
    return _Run(RunOptions(root=root, settings=Settings())).solver


def _ref(solver: Solver, name: str) -> FunctionRef:
    decl = next(d for d, _ in solver.functions_of("a.py") if d.qualname == name)
    return FunctionRef("a.py", decl.qualname, decl.start)


def _call(solver: Solver, name: str, callee: str) -> Site:
    unit = solver.function_unit(_ref(solver, name))
    assert unit is not None
    return next(s for s in solver.flow(unit).sites if getattr(s.call.func, "id", getattr(s.call.func, "attr", "")) == callee)


def _text(solver: Solver, site: Site, root: Path) -> str:
    source = solver.sources.of(site.call.args[0].value, site.env)
    origin = source.env.unit.origin(source.node)
    return (root / "a.py").read_text()[origin.start : origin.end]


@pytest.mark.parametrize(
    ("body", "made"),
    [
        ("    x = fetch(1)\n    y = x\n    use(y)\n", "fetch(1)"),
        ("    x = None\n    if late:\n        x = fetch(1)\n    use(x)\n", "fetch(1)"),
        ("    x = fetch(1)\n    if x is None:\n        return\n    use(x)\n", "fetch(1)"),
        ("    x = fetch(1)\n    if late:\n        x = fetch(2)\n    use(x)\n", "x"),
        ("    use(find(1))\n", "fetch(key)"),
        ("    use((x := fetch(3)))\n", "fetch(3)"),
        ("    use(fetch(4) or other)\n", "fetch(4)"),
        ("    use(late)\n", "late"),
    ],
)
def test_where_a_value_was_made(tmp_path: Path, body: str, made: str) -> None:
    text = "from lib import fetch, use\n\ndef find(key):\n    if not key:\n        return None\n    return fetch(key)\n\n"
    solver = _solver(tmp_path, text + "def job(late):\n" + body)
    assert _text(solver, _call(solver, "job", "use"), tmp_path) == made


def test_what_a_method_is_called_on_is_followed_to_the_caller(tmp_path: Path) -> None:
    text = (
        "from lib import fetch, use\n\nclass Order:\n    def tell(self, how):\n        use(self, how)\n\n"
        "def job():\n    order = Order()\n    order.tell('mail')\n"
    )
    solver = _solver(tmp_path, text)
    site = _call(solver, "job", "tell")
    (flow,) = solver.sources.bound(site.call, site.env)
    (inner,) = flow.sites
    source = solver.sources.of(inner.call.args[0].value, inner.env)
    assert isinstance(source.node, ir.Call)
    made = site_of(source)
    assert made is not None
    assert made.unit.qualname == "job"


def test_a_value_is_made_of_what_its_names_and_containers_hold(tmp_path: Path) -> None:
    text = (
        "from lib import use\n\ndef job(order):\n    context = {'at': order.placed}\n    context['to'] = order.buyer\n"
        "    text = f'{order.state}'\n    text += order.note\n    use([context, text, shown(order)])\n\n"
        "def shown(order):\n    return order.title\n"
    )
    solver = _solver(tmp_path, text)
    site = _call(solver, "job", "use")
    parts = [p for p, _ in solver.sources.parts(site.call.args[0].value, site.env)]
    assert {p.attr for p in parts if isinstance(p, ir.Attribute)} == {"placed", "buyer", "state", "note", "title"}


def test_what_runs_when_a_function_runs(tmp_path: Path) -> None:
    text = (
        "def job():\n    first()\n    job()\n\ndef first():\n    second()\n    Maker().go()\n\ndef second():\n    first()\n\n"
        "class Maker:\n    def __init__(self):\n        third()\n\n    def go(self):\n        pass\n\ndef third():\n    pass\n\n"
        "def never():\n    pass\n"
    )
    solver = _solver(tmp_path, text)
    visits = solver.reach.of(_ref(solver, "job"))
    assert [v.ref.qualname for v in visits] == ["job", "first", "second", "Maker.go", "Maker.__init__", "third"]
    last = visits[-1]
    assert [c.unit.qualname for c in last.calls] == ["job", "first", "Maker.__init__"]
    assert last.first is last.calls[0]
