"""Who calls a function, what callers pass, and a function as one call sees it."""

from __future__ import annotations

from pathlib import Path

from jobcheck.config import Settings
from jobcheck.engine import RunOptions, _Run
from jobcheck.solve.binding import bound_flow
from jobcheck.solve.kinds import Function, FunctionRef, Literal, Plain, Value
from jobcheck.solve.solver import Solver


def _solver(root: Path, **files: str) -> Solver:
    for name, text in files.items():
        path = root / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return _Run(RunOptions(root=root, settings=Settings())).solver


def _ref(solver: Solver, filename: str, name: str) -> FunctionRef:
    decl = next(d for d, _ in solver.functions_of(filename) if d.qualname == name)
    return FunctionRef(filename, decl.qualname, decl.start)


def _parameter(solver: Solver, ref: FunctionRef, name: str) -> Value:
    unit = solver.function_unit(ref)
    assert unit is not None
    flow = solver.flow(unit)
    return solver.name(name, flow.entered[id(unit.function.body[0])])  # type: ignore[union-attr]


def test_calls_through_imports_and_aliases_are_found(tmp_path: Path) -> None:
    solver = _solver(
        tmp_path,
        lib="def send(user, late=False):\n    pass\n",
        a="from lib import send\n\ndef view():\n    send('ada')\n",
        b="import lib as mail\n\ndef other():\n    mail.send(3, late=True)\n",
    )
    calls = solver.callers.of(_ref(solver, "lib.py", "send"))
    assert [c.site.unit.filename for c in calls.calls] == ["a.py", "b.py"]
    assert calls.complete


def test_a_function_that_is_handed_on_has_callers_that_are_not_seen(tmp_path: Path) -> None:
    solver = _solver(tmp_path, lib="def send(user):\n    pass\n", a="from lib import send\n\nsend(1)\nhooks = [send]\n")
    calls = solver.callers.of(_ref(solver, "lib.py", "send"))
    assert len(calls.calls) == 1
    assert not calls.complete


def test_parameters_are_what_all_callers_pass(tmp_path: Path) -> None:
    solver = _solver(
        tmp_path,
        lib="def send(user, late=None):\n    return user\n",
        a="from lib import send\n\ndef view():\n    send('ada', late=1.5)\n    send(3)\n",
    )
    ref = _ref(solver, "lib.py", "send")
    user = _parameter(solver, ref, "user")
    assert set(user.kinds()) == {Literal("ada"), Literal(3)}
    assert not user.open
    assert set(_parameter(solver, ref, "late").kinds()) == {Literal(1.5), Literal(None)}


def test_methods_are_found_by_their_object(tmp_path: Path) -> None:
    solver = _solver(
        tmp_path,
        lib="class Mailer:\n    def post(self, to):\n        return to\n",
        a="from lib import Mailer\n\ndef view():\n    Mailer().post('x')\n\ndef other(client):\n    client.post('http')\n",
    )
    calls = solver.callers.of(_ref(solver, "lib.py", "Mailer.post"))
    assert len(calls.calls) == 1
    assert not calls.complete  # client may be a Mailer


def test_calls_in_tests_do_not_count(tmp_path: Path) -> None:
    solver = _solver(
        tmp_path,
        lib="def send(user):\n    pass\n",
        **{"tests/test_lib": "from lib import send\n\ndef test():\n    send(object())\n"},
    )
    assert solver.callers.of(_ref(solver, "lib.py", "send")).calls == ()


def test_a_name_that_everybody_uses_is_not_looked_for(tmp_path: Path) -> None:
    many = {f"m{number}": "x.get()\n" for number in range(40)}
    solver = _solver(tmp_path, lib="def get():\n    pass\n", **many)
    calls = solver.callers.of(_ref(solver, "lib.py", "get"))
    assert not calls.calls
    assert not calls.complete


def test_recursion_ends(tmp_path: Path) -> None:
    solver = _solver(tmp_path, lib="def walk(node):\n    return walk(node)\n\ndef start(x):\n    walk(x)\n    start(x)\n")
    assert _parameter(solver, _ref(solver, "lib.py", "walk"), "node").unknown


def test_a_bound_flow_sees_what_its_call_gives(tmp_path: Path) -> None:
    solver = _solver(
        tmp_path,
        lib="def forward(fn, *args, wait=0, **kwargs):\n    fn(*args, wait=wait, **kwargs)\n",
        a="from lib import forward\n\ndef view(task):\n    forward(task, 1, 'two', wait=5, name='x')\n",
    )
    call = solver.callers.of(_ref(solver, "lib.py", "forward")).calls[0]
    flow = bound_flow(solver, call.callee, call.site.call, call.site.env)
    assert flow is not None
    inner = flow.sites[0]
    assert inner.unit.flow is flow
    values = [solver.value(arg.value, inner.env) for arg in inner.call.args]
    assert next(k.items for k in values[0].kinds()) is not None  # type: ignore[union-attr]
    assert values[1].only == Literal(5)
    assert values[2].only.entries[0][1].only == Literal("x")  # type: ignore[union-attr]


def test_a_call_that_does_not_fit_has_no_bound_flow(tmp_path: Path) -> None:
    solver = _solver(tmp_path, lib="def f(a):\n    pass\n\ndef g():\n    f(1, 2)\n")
    ref = _ref(solver, "lib.py", "f")
    call = solver.callers.of(ref).calls[0]
    assert bound_flow(solver, Function(ref), call.site.call, call.site.env) is None


def test_a_factory_gives_what_its_argument_says(tmp_path: Path) -> None:
    solver = _solver(
        tmp_path,
        lib="def same(x, wrap=False):\n    if wrap:\n        return [x]\n    return x\n",
        a="from lib import same\n\nn = same(3)\n",
    )
    assert Literal(3) in solver.module_attribute("a.py", "n").kinds()


def test_the_default_belongs_to_the_functions_own_module(tmp_path: Path) -> None:
    solver = _solver(
        tmp_path,
        lib="LIMIT = 2.5\n\ndef pick(x, limit=LIMIT):\n    return limit if x else unknown()\n",
        a="from lib import pick\nLIMIT = 'mine'\n\nn = pick(1)\n",
    )
    assert Literal("mine") not in solver.module_attribute("a.py", "n").kinds()
    assert Plain("str") not in solver.module_attribute("a.py", "n").kinds()


def _bound_results(solver: Solver) -> list[object]:
    """What `f` of lib.py returns to each of its calls in a.py."""
    ref = _ref(solver, "lib.py", "f")
    found: list[object] = []
    for call in solver.callers.of(ref).calls:
        flow = bound_flow(solver, Function(ref), call.site.call, call.site.env)
        assert flow is not None
        only = solver.flow_value(flow).only
        found.append(only.value if isinstance(only, Literal) else only)
    return found


def test_one_call_decides_what_its_literals_decide(tmp_path: Path) -> None:
    lib = "def f(wrap=False):\n    if wrap is None:\n        return b''\n    if not wrap:\n        return 1\n    return 'text'\n"
    calls = "from lib import f\n\ndef g(x):\n    f(True)\n    f()\n    f(None)\n    f(wrap=0)\n    f(x)\n"
    assert _bound_results(_solver(tmp_path, lib=lib, a=calls)) == ["text", 1, b"", 1, None]


def test_what_is_taken_out_of_keywords_is_gone(tmp_path: Path) -> None:
    head = "def f(**kwargs):\n    late = kwargs.pop('late', 0)\n    del kwargs['other']\n    return "
    calls = "from lib import f\n\nf(late=1, other=2, rest='x')\n"
    expected = {"late": 1, "kwargs['rest']": "x", "kwargs.get('late')": None, "len(kwargs)": Plain("int")}
    for number, (expression, result) in enumerate(expected.items()):
        assert _bound_results(_solver(tmp_path / str(number), lib=head + expression, a=calls)) == [result]
