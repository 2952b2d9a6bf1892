"""From a declared function to the signature that the caller of its job sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.project import modules
from jobcheck.project.shape import DecoratorDecl, FunctionDecl
from jobcheck.registry import Parameter, Signature
from jobcheck.solve.defs import statements
from jobcheck.solve.kinds import UNKNOWN, FunctionRef, Kind

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver


def signature_of(
    solver: Solver, filename: str, decl: FunctionDecl, skip: int, injected: frozenset[str] = frozenset()
) -> Signature:
    """The signature of a function whose first `skip` positional parameters, and those named in `injected`, are filled
    by the framework. Annotations are read only for parameters that have one."""
    parameters: list[Parameter] = []
    hidden: list[str] = []
    vararg = kwarg = None
    for param in decl.params:
        if param.kind == "vararg":
            vararg = param.name
        elif param.kind == "kwarg":
            kwarg = param.name
        elif (param.kind != "kwonly" and len(hidden) < skip and not parameters) or param.name in injected:
            hidden.append(param.name)
        else:
            annotation = solver.annotated_at(filename, param.annotation) if param.annotation else UNKNOWN
            parameters.append(Parameter(param.name, param.kind, not param.has_default, annotation))
    return Signature(tuple(parameters), vararg, kwarg, tuple(hidden))


def keeps_signature(solver: Solver, filename: str, decorator: DecoratorDecl) -> bool:
    """Whether a decorator hands on exactly the arguments that it gets: `def inner(*a, **k): ... f(*a, **k)`.

    False when that cannot be seen.
    """
    from jobcheck.solve.decorators import TRANSPARENT

    if solver.decorator_name(filename, decorator) in TRANSPARENT:
        return True
    resolution = solver.project.resolve_dotted(filename, decorator.dotted) if decorator.dotted else None
    if not isinstance(resolution, modules.Declared) or len(resolution.decls) != 1:
        return False
    decl = resolution.decls[0]
    if not isinstance(decl, FunctionDecl):
        return False
    unit = solver.function_unit(FunctionRef(resolution.filename, decl.qualname, decl.start))
    function = unit.function if unit else None
    return function is not None and _passes_on(function, decorator.is_call)


def _passes_on(function: ir.FunctionDef, factory: bool) -> bool:
    inner = [s for s in statements(function.body) if isinstance(s, ir.FunctionDef)]
    if factory:
        return any(_passes_on(f, False) for f in inner)
    if not function.params.args and not function.params.posonly:
        return False
    target = (function.params.posonly + function.params.args)[0].name
    return any(_hands_all(f, target) for f in inner)


def _hands_all(inner: ir.FunctionDef, target: str) -> bool:
    """`def inner(*args, **kwargs)` that calls `target(*args, **kwargs)`, and leaves both as they came."""
    params = inner.params
    if params.args or params.posonly or params.kwonly or params.vararg is None or params.kwarg is None:
        return False
    vararg, kwarg = params.vararg.name, params.kwarg.name
    calls = [n for n in walk(inner) if isinstance(n, ir.Call) and isinstance(n.func, ir.Name) and n.func.id == target]
    whole = [_whole(call, vararg, kwarg) for call in calls]
    return bool(whole) and all(whole) and not _touched(inner, {vararg, kwarg})


def _whole(call: ir.Call, vararg: str, kwarg: str) -> bool:
    stars = {a.star: a.value for a in call.args}
    return len(call.args) == 2 and _named(stars.get("*"), vararg) and _named(stars.get("**"), kwarg)


def _touched(inner: ir.FunctionDef, names: set[str]) -> bool:
    """Whether a name is used other than to hand it on or to look into it: it may be changed then."""
    harmless: set[int] = set()
    for node in walk(inner):
        if (isinstance(node, ir.Arg) and node.star) or (isinstance(node, ir.Attribute) and node.attr in _LOOKS):
            harmless.add(id(node.value))
        elif isinstance(node, ir.Compare):
            harmless.update(id(part) for part in node.comparators)
        elif isinstance(node, ir.FString):
            harmless.update(id(part) for part in node.values)
    return any(isinstance(n, ir.Name) and n.id in names and id(n) not in harmless for n in walk(inner))


_LOOKS = frozenset({"get", "items", "keys", "values", "copy"})


def _named(node: ir.Expr | None, name: str) -> bool:
    return isinstance(node, ir.Name) and node.id == name


def which(solver: Solver, kind: Kind, filename: str, decl: FunctionDecl) -> DecoratorDecl | None:
    """The decorator of a function that is of this kind."""
    return next((d for d in decl.decorators if kind in solver.decorator_value(filename, d).kinds()), None)
