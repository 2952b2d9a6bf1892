"""Reaching definitions: what may have given a name its value, kept symbolic until somebody asks.

The flow pass makes one `Def` for each binding of a name and joins them where paths meet; nothing is inferred while it
runs. `solve.values` turns a Def into a Value on demand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import TYPE_CHECKING, Union

from jobcheck.code import ir
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.kinds import Value
    from jobcheck.solve.units import Unit


@dataclass(eq=False, slots=True)
class ExprDef:
    """`name = node`."""

    node: ir.Expr
    env: Env
    annotation: ir.Expr | None = None


@dataclass(eq=False, slots=True)
class UnpackDef:
    """One target of an unpacking: item `index` of what `source` is; None for a starred target."""

    source: Def
    index: int | None


@dataclass(eq=False, slots=True)
class IterDef:
    """The target of a `for` or a comprehension clause over `node`."""

    node: ir.Expr
    env: Env
    is_async: bool = False


@dataclass(eq=False, slots=True)
class EnterDef:
    """The target of `with node as target`."""

    node: ir.Expr
    env: Env
    is_async: bool = False


@dataclass(eq=False, slots=True)
class ParamDef:
    """A parameter. `role`: posonly, arg, vararg, kwonly, kwarg; `index` counts the positional ones."""

    param: ir.Param
    role: str
    index: int
    function: ir.FunctionDef | ir.Lambda
    env: Env


@dataclass(eq=False, slots=True)
class ExceptDef:
    """`except type as name`."""

    type: ir.Expr | None
    env: Env


@dataclass(eq=False, slots=True)
class ImportDef:
    """A name bound by an import inside a function: `import module` (`name` None) or `from module import name`."""

    module: str
    level: int
    name: str | None
    whole: bool
    env: Env


@dataclass(eq=False, slots=True)
class NestedDef:
    """A function or class defined inside a function."""

    node: ir.FunctionDef | ir.ClassDef
    env: Env


@dataclass(eq=False, slots=True)
class AugDef:
    """`name op= node`."""

    before: Def
    op: str
    node: ir.Expr
    env: Env


@dataclass(eq=False, slots=True)
class ChangeDef:
    """A container changed in place: `name[key] = node`, `name.append(node)`, `name.update(node)`."""

    before: Def
    how: str
    key: ir.Expr | None
    node: ir.Expr | None
    env: Env


@dataclass(eq=False, slots=True)
class NarrowDef:
    """What is left of `before` where `test` (about this name) came out as `truth`.

    `how`: isinstance (test: the class expression), none, truthy, callable.
    """

    before: Def
    how: str
    test: ir.Expr | None
    truth: bool
    env: Env


@dataclass(eq=False, slots=True)
class PhiDef:
    """Several definitions meet: branches, or (`loop`) the head of a loop. `parts` may still grow while flow runs."""

    parts: list[Def] = field(default_factory=list)
    loop: bool = False


@dataclass(eq=False, slots=True)
class GivenDef:
    """A parameter of a function as one call sees it: the value that the call gives (see `binding`).

    `default` is the parameter's own default where the call gives nothing; it belongs to the module of the function.
    `written` is how the caller wrote what the method is called on. `handed` is what `*args` and `**kwargs` were
    given, in order: a name ("" for a positional one) and its definition; empty where not all of it can be seen.
    """

    value: Value
    default: ir.Expr | None = None
    env: Env | None = None
    written: ExprDef | None = None
    handed: tuple[tuple[str, Def], ...] = ()


@dataclass(eq=False, slots=True)
class UnknownDef:
    """A binding that jobcheck does not follow (a pattern, `global` names, a deleted name)."""


Def = Union[
    ExprDef, UnpackDef, IterDef, EnterDef, ParamDef, ExceptDef, ImportDef, NestedDef, AugDef, ChangeDef, NarrowDef,
    PhiDef, GivenDef, UnknownDef,
]  # fmt: skip

UNKNOWN_DEF = UnknownDef()


class Env:
    """The definitions that reach one point. Dotted keys (`self.x`) hold assignments to attributes.

    An Env that something remembers is frozen: call `fork()` before changing one that has been handed out.
    """

    __slots__ = ("locals", "outer", "unit", "values", "vars")

    def __init__(self, unit: Unit, definitions: dict[str, Def], outer: Env | None, local_names: frozenset[str]) -> None:
        self.unit = unit
        self.vars = definitions
        self.outer = outer
        self.locals = local_names
        self.values: dict[object, Value] = {}

    def fork(self) -> Env:
        """A copy that may be changed."""
        return Env(self.unit, dict(self.vars), self.outer, self.locals)

    def lookup(self, name: str) -> tuple[Def | None, bool]:
        """The definition of a name and whether the name is local to a function (False: ask the module)."""
        env: Env | None = self
        while env is not None:
            found = env.vars.get(name)
            if found is not None:
                return found, True
            if name in env.locals:
                return None, True
            env = env.outer
        return None, False

    def bind(self, name: str, definition: Def) -> None:
        """Bind a name, and forget what was known of its attributes."""
        prefix = name + "."
        stale = [key for key in self.vars if key.startswith(prefix)]
        for key in stale:
            del self.vars[key]
        self.vars[name] = definition


def merge(envs: list[Env]) -> Env | None:
    """The environment where several paths meet; None when none arrives."""
    if not envs:
        return None
    first = envs[0]
    if len(envs) == 1:
        return first
    merged = first.fork()
    known, others = first.vars, [env.vars for env in envs[1:]]
    differing = [name for name, part in known.items() if any(other.get(name) is not part for other in others)]
    differing += dict.fromkeys(name for other in others for name in other if name not in known)
    for name in differing:  # most names mean the same on each path
        parts: list[Def] = []
        for env in envs:
            part = env.vars.get(name)
            if part is None:
                # Bound on some paths only: for an attribute the other value is whatever the object had.
                part = UNKNOWN_DEF if "." in name else None
            if part is not None and all(part is not p for p in parts):
                parts.append(part)
        merged.vars[name] = parts[0] if len(parts) == 1 else PhiDef(parts)
    return merged


_COMPOUND = frozenset({ir.If, ir.While, ir.For, ir.With, ir.Try, ir.Match})
_BIND_NOTHING = frozenset({ir.ExprStmt, ir.If, ir.Return, ir.Raise, ir.Simple, ir.While, ir.Assert, ir.Delete})


def assigned_names(body: list[ir.Stmt]) -> frozenset[str]:
    """The names that statements bind in their own scope (nested functions and classes bind only their name)."""
    names: set[str] = set()
    outside: set[str] = set()
    for stmt in statements(body):
        if type(stmt) in _BIND_NOTHING:
            continue
        match stmt:
            case ir.FunctionDef() | ir.ClassDef():
                names.add(stmt.name)
            case ir.ScopeDecl():
                outside.update(stmt.names)
            case ir.Import():
                names.update(a.asname or a.name.split(".")[0] for a in stmt.names)
            case ir.ImportFrom():
                names.update(a.asname or a.name for a in stmt.names)
            case ir.Assign():
                for target in stmt.targets:
                    names.update(target_names(target))
            case ir.AnnAssign() | ir.AugAssign() | ir.For():
                names.update(target_names(stmt.target))
            case ir.With():
                for item in stmt.items:
                    if item.target is not None:
                        names.update(target_names(item.target))
            case ir.Try():
                names.update(h.name for h in stmt.handlers if h.name)
            case ir.Match():
                names.update(n for case in stmt.cases for n in case.binds)
            case _:
                pass
    return frozenset(names - outside)


def all_params(params: ir.Parameters) -> list[ir.Param]:
    """Every parameter in order of declaration."""
    found = [*params.posonly, *params.args]
    if params.vararg:
        found.append(params.vararg)
    found.extend(params.kwonly)
    if params.kwarg:
        found.append(params.kwarg)
    return found


def target_names(target: ir.Expr) -> Iterator[str]:
    """The names that an assignment target binds."""
    if isinstance(target, ir.Name):
        yield target.id
    elif isinstance(target, (ir.TupleExpr, ir.ListExpr)):
        for element in target.elements:
            yield from target_names(element)
    elif isinstance(target, ir.Starred):
        yield from target_names(target.value)


def statements(body: list[ir.Stmt]) -> Iterator[ir.Stmt]:
    """Every statement of a scope in source order, not those of nested functions and classes."""
    stack: list[ir.Stmt] = list(reversed(body))
    while stack:
        stmt = stack.pop()
        yield stmt
        if type(stmt) in _COMPOUND:
            stack.extend(reversed(list(sub_statements(stmt))))


def sub_statements(stmt: ir.Stmt) -> Iterator[ir.Stmt]:
    """The statements directly inside a compound statement of the same scope."""
    match stmt:
        case ir.If() | ir.While() | ir.For():
            yield from stmt.body
            yield from stmt.orelse
        case ir.With():
            yield from stmt.body
        case ir.Try():
            yield from stmt.body
            for handler in stmt.handlers:
                yield from handler.body
            yield from stmt.orelse
            yield from stmt.final
        case ir.Match():
            for case in stmt.cases:
                yield from case.body
        case _:
            pass


def dotted(node: ir.Expr) -> str:
    """`a.b.c` for names and attributes of names, else the empty string."""
    parts: list[str] = []
    while type(node) is ir.Attribute:
        parts.append(node.attr)
        node = node.value
    if type(node) is not ir.Name:
        return ""
    parts.append(node.id)
    return ".".join(reversed(parts))
