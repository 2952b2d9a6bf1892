"""From a declared function to the signature that the caller of its job sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.project import modules
from jobcheck.project.shape import DecoratorDecl, FunctionDecl
from jobcheck.registry import Parameter, Signature
from jobcheck.solve.defs import statements
from jobcheck.solve.kinds import UNKNOWN, FunctionRef, Kind

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver


def signature_of(solver: Solver, filename: str, decl: FunctionDecl, skip: int, injected: frozenset[str] = frozenset()) -> Signature:
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
            annotation = solver._annotated(filename, param.annotation) if param.annotation else UNKNOWN
            parameters.append(Parameter(param.name, param.kind, not param.has_default, annotation))
    return Signature(tuple(parameters), vararg, kwarg, tuple(hidden))


def keeps_signature(solver: Solver, filename: str, decorator: DecoratorDecl) -> bool:
    """Whether a decorator hands on exactly the arguments that it gets: `def inner(*a, **k): ... f(*a, **k)`.

    False when that cannot be seen.
    """
    from jobcheck.solve.solver import TRANSPARENT

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
    """`def inner(*args, **kwargs)` that calls `target(*args, **kwargs)`."""
    from jobcheck.code.walk import walk

    params = inner.params
    if params.args or params.posonly or params.kwonly or params.vararg is None or params.kwarg is None:
        return False
    for node in walk(inner):
        if isinstance(node, ir.Call) and isinstance(node.func, ir.Name) and node.func.id == target:
            stars = {a.star: a.value for a in node.args}
            if len(node.args) == 2 and _named(stars.get("*"), params.vararg.name) and _named(stars.get("**"), params.kwarg.name):
                return True
    return False


def _named(node: ir.Expr | None, name: str) -> bool:
    return isinstance(node, ir.Name) and node.id == name


def which(solver: Solver, kind: Kind, filename: str, decl: FunctionDecl) -> DecoratorDecl | None:
    """The decorator of a function that is of this kind."""
    return next((d for d in decl.decorators if kind in solver.decorator_value(filename, d).kinds()), None)
