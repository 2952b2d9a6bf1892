"""What decorators of the project do with the arguments on their way to a job's function.

`def inner(*args, **kwargs): return f(*args, **kwargs)` hands on what it is given. Others fill a parameter
(`f(session, *args, **kwargs)`, `f(*args, session=session, **kwargs)`) or take a keyword for themselves
(`kwargs.pop("trace_id", None)`): so much is read off the wrapper; of all else nobody knows what arrives.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.project import modules
from jobcheck.project.shape import DecoratorDecl, FunctionDecl
from jobcheck.solve.decorators import TRANSPARENT
from jobcheck.solve.defs import dotted, statements
from jobcheck.solve.kinds import FunctionRef
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# How many helpers one decorator hands the function on to.
_DEEPEST = 3
_LOOKS = frozenset({"get", "items", "keys", "values", "copy"})
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Passing:
    """What lies between the caller's arguments and the function's parameters.

    filled  how many first parameters the decorator fills; named those that it fills by name
    taken   keywords that it takes for itself, which the function does not see
    """

    filled: int = 0
    named: frozenset[str] = _NONE
    taken: frozenset[str] = _NONE

    @property
    def whole(self) -> bool:
        """Whether the function gets exactly what the caller gives."""
        return not (self.filled or self.named or self.taken)

    def then(self, other: Passing) -> Passing:
        """Both, one after the other."""
        return Passing(self.filled + other.filled, self.named | other.named, self.taken | other.taken)


def through(solver: Solver, filename: str, decorators: Iterable[DecoratorDecl]) -> Passing | None:
    """What some decorators of a function do together; None when that cannot be seen."""
    passing = Passing()
    for decorator in decorators:
        found = of(solver, filename, decorator)
        if found is None:
            return None
        passing = passing.then(found)
    return passing


def of(solver: Solver, filename: str, decorator: DecoratorDecl) -> Passing | None:
    """What one decorator does; None when that cannot be seen."""
    if solver.decorator_name(filename, decorator) in TRANSPARENT:
        return Passing()
    return _of_name(solver, filename, decorator.dotted, decorator.is_call, 0) if decorator.dotted else None


def _of_name(solver: Solver, filename: str, name: str, factory: bool, depth: int) -> Passing | None:
    """What the function of the project does that a name of a module stands for."""
    resolution = solver.project.resolve_dotted(filename, name)
    if isinstance(resolution, modules.External) and not factory:
        # A framework's own declaration, called as a function: it takes the function as it is.
        return Passing() if depth and any(f.knows(resolution.qualname) for f in solver.frameworks) else None
    if not isinstance(resolution, modules.Declared) or len(resolution.decls) != 1 or depth > _DEEPEST:
        return None
    decl = resolution.decls[0]
    if not isinstance(decl, FunctionDecl):
        return None
    unit = solver.function_unit(FunctionRef(resolution.filename, decl.qualname, decl.start))
    function = unit.function if unit else None
    return _of_function(solver, resolution.filename, function, factory, depth) if function is not None else None


def _of_function(solver: Solver, filename: str, function: ir.FunctionDef, factory: bool, depth: int) -> Passing | None:
    inner = [s for s in statements(function.body) if isinstance(s, ir.FunctionDef)]
    if factory:
        found = (_of_function(solver, filename, f, False, depth) for f in inner)
        return next((f for f in found if f is not None), None)
    if not function.params.args and not function.params.posonly:
        return None
    target = (function.params.posonly + function.params.args)[0].name
    wrapped = (_of_wrapper(f, target) for f in inner)
    passing = next((w for w in wrapped if w is not None), None)
    if passing is not None or inner:
        return passing
    return _by_helper(solver, filename, function, target, depth)


def _by_helper(solver: Solver, filename: str, function: ir.FunctionDef, target: str, depth: int) -> Passing | None:
    """A decorator that leaves the wrapping to another one: `wrapped = with_hooks(f)`."""
    names = [n for n in walk(function.body) if isinstance(n, ir.Name) and n.id == target]
    calls = [
        n for n in walk(function.body)
        if isinstance(n, ir.Call) and n.args and not n.args[0].keyword and _named(n.args[0].value, target)
    ]  # fmt: skip
    returned = [n for n in walk(function.body) if isinstance(n, ir.Return) and n.value is not None and _named(n.value, target)]
    if len(calls) != 1 or len(names) != 1 + len(returned) or not dotted(calls[0].func):
        return None
    return _of_name(solver, filename, dotted(calls[0].func), False, depth + 1)


# --- the wrapper ---------------------------------------------------------------------------------------------------


def _of_wrapper(inner: ir.FunctionDef, target: str) -> Passing | None:
    """What `def inner(first, *args, **kwargs)` hands on to `target`; None unless that is all of it."""
    params = inner.params
    if params.kwonly or params.vararg is None or params.kwarg is None or any(p.default for p in params.posonly + params.args):
        return None
    own = [p.name for p in params.posonly + params.args]
    calls = [n for n in walk(inner) if isinstance(n, ir.Call) and isinstance(n.func, ir.Name) and n.func.id == target]
    found = {_of_call(call, own, params.vararg.name, params.kwarg.name) for call in calls}
    passing = found.pop() if len(found) == 1 else None
    taken = _taken(inner, {params.vararg.name, params.kwarg.name}, params.kwarg.name)
    if passing is None or taken is None or _rebound(inner, own):
        return None
    return Passing(passing.filled, passing.named, taken)


def _of_call(call: ir.Call, own: list[str], vararg: str, kwarg: str) -> Passing | None:
    """`target(filled, own, *args, named=..., **kwargs)`."""
    plain = [a.value for a in call.args if not a.star and a.keyword is None]
    stars = {a.star: a.value for a in call.args if a.star}
    whole = _named(stars.get("*"), vararg) and _named(stars.get("**"), kwarg)
    if not whole or sum(1 for a in call.args if a.star) != 2 or len(plain) < len(own):
        return None
    filled = len(plain) - len(own)
    handed = all(_named(node, name) for node, name in zip(plain[filled:], own, strict=True))
    mixed = any(isinstance(node, ir.Name) and node.id in own for node in plain[:filled])
    if not handed or mixed:
        return None
    return Passing(filled, frozenset(a.keyword for a in call.args if a.keyword is not None))


def _taken(inner: ir.FunctionDef, names: set[str], kwarg: str) -> frozenset[str] | None:
    """The keywords that a wrapper takes out; None when it may change the arguments in another way."""
    harmless: set[int] = set()
    taken: set[str] = set()
    for node in walk(inner):
        match node:
            case ir.Call(func=ir.Attribute(value=ir.Name(id=name) as owner, attr="pop"), args=[ir.Arg(value=key), *_]) if (
                name == kwarg and isinstance(key, ir.Constant) and isinstance(key.value, str)
            ):
                taken.add(key.value)
                harmless.add(id(owner))
            case ir.Attribute(attr=attr) if attr in _LOOKS:
                harmless.add(id(node.value))
            case ir.Arg() if node.star:
                harmless.add(id(node.value))
            case ir.Subscript(value=ir.Name() as owner):
                harmless.add(id(owner))  # `args[0]`; one that is assigned to is told below
            case ir.Compare():
                harmless.update(id(part) for part in node.comparators)
            case ir.FString():
                harmless.update(id(part) for part in node.values)
            case ir.Assign(targets=targets):
                if any(isinstance(t, ir.Subscript) and isinstance(t.value, ir.Name) and t.value.id in names for t in targets):
                    return None
            case ir.AugAssign(target=ir.Subscript(value=ir.Name(id=name))) if name in names:
                return None
            case ir.Delete(targets=targets):
                if any(isinstance(t, ir.Subscript) and _any_named(t.value, names) for t in targets):
                    return None
            case _:
                pass
    touched = any(isinstance(n, ir.Name) and n.id in names and id(n) not in harmless for n in walk(inner))
    return None if touched else frozenset(taken)


def _rebound(inner: ir.FunctionDef, own: list[str]) -> bool:
    """Whether the wrapper gives one of its own parameters another value."""
    targets = (t for n in walk(inner) if isinstance(n, ir.Assign) for t in n.targets)
    return any(_any_named(t, set(own)) for t in targets)


def _any_named(node: ir.Expr, names: set[str]) -> bool:
    return isinstance(node, ir.Name) and node.id in names


def _named(node: ir.Expr | None, name: str) -> bool:
    return isinstance(node, ir.Name) and node.id == name
