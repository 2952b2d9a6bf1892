"""What the body of a class declares, read as code: shared by the mappers whose fields are calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.project.shape import AssignDecl
from jobcheck.solve.defs import Env, ExprDef
from jobcheck.solve.kinds import ClassObject, ClassRef, External, FrameworkValue, Kind
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# Classes have this many attributes at most, as far as mappers look.
MOST_NAMES = 400


@dataclass(eq=False, slots=True)
class Declaration:
    """`name: annotation = value` in the body of `owner`."""

    name: str
    owner: ClassRef
    value: ir.Expr | None
    annotation: ir.Expr | None
    env: Env


def declarations(solver: Solver, cls: ClassRef) -> Iterator[Declaration]:
    """What a class and those above it declare by assignment, the farthest first, so that later ones replace."""
    info = solver.classes.info(cls)
    for ancestor in reversed(info.ancestors if info else ()):
        above = solver.classes.info(ancestor)
        for assign in above.decl.assigns[:MOST_NAMES] if above else ():
            found = declaration(solver, ancestor, assign)
            if found is not None:
                yield found


def declaration(solver: Solver, owner: ClassRef, assign: AssignDecl) -> Declaration | None:
    """One statement of a class body, if it gives one name a value or an annotation."""
    if len(assign.names) != 1 or assign.augmented or assign.unpacked or owner.filename is None:
        return None
    unit = solver.unit(owner.filename, assign.start, assign.end, cls=owner)
    stmt = unit.body[0] if len(unit.body) == 1 else None
    env = solver.flow(unit).entered.get(id(stmt)) if stmt is not None else None
    if env is None:
        return None
    match stmt:
        case ir.Assign(value=value):
            return Declaration(assign.names[0], owner, value, None, env)
        case ir.AnnAssign(annotation=annotation, value=value):
            return Declaration(assign.names[0], owner, value, annotation, env)
        case _:
            return None


def declares(solver: Solver, cls: ClassRef, name: str) -> bool:
    """Whether a class of the project gives itself a name: an annotation alone, for the reader, gives nothing."""
    return any(not isinstance(d, AssignDecl) or d.value is not None for _, d, _ in solver.member(cls, name))


def qualname(solver: Solver, node: ir.Expr, env: Env) -> str:
    """The full name of what an expression means outside the project, or of a class of it; "" for all else."""
    match solver.value(node, env).only:
        case External(qualname=name):
            return name
        case ClassObject(cls=cls):
            return cls.qualname
        case _:
            return ""


def keyword(call: ir.Call, name: str) -> ir.Expr | None:
    """The expression given by keyword."""
    return next((a.value for a in call.args if a.keyword == name), None)


def positional(call: ir.Call) -> list[ir.Expr]:
    """The arguments given by position, up to a starred one."""
    found: list[ir.Expr] = []
    for arg in call.args:
        if arg.star == "*":
            break
        if arg.keyword is None and not arg.star:
            found.append(arg.value)
    return found


def truth(node: ir.Expr | None) -> bool | None:
    """True or False where it stands there as such."""
    return node.value if isinstance(node, ir.Constant) and isinstance(node.value, bool) else None


def text(node: ir.Expr | None) -> str | None:
    """A str that stands there as such."""
    return node.value if isinstance(node, ir.Constant) and isinstance(node.value, str) else None


@dataclass(frozen=True, slots=True)
class FieldCall:
    """A field that a call made, not read yet: `role` is the short name of its class outside the project.

    As a value of its own it also comes through helpers of the project (`title = field(StringField())`).
    """

    role: str
    call: ir.Call
    env: Env

    def option(self, name: str) -> ir.Expr | None:
        """An option by its name."""
        return keyword(self.call, name)

    def flag(self, name: str) -> bool | None:
        """An option that is True or False as it stands there."""
        return truth(self.option(name))

    @property
    def first(self) -> ir.Expr | None:
        """The first argument given by position."""
        return next(iter(positional(self.call)), None)


def field_of(solver: Solver, node: ir.Expr, env: Env, mapper: str) -> FieldCall | None:
    """The field of a mapper that an expression makes."""
    for kind in solver.value(node, env).kinds():
        if isinstance(kind, FrameworkValue) and kind.framework == mapper and isinstance(kind.data, FieldCall):
            return kind.data
    return None


def field_class(solver: Solver, callee: Kind, packages: frozenset[str], overriding: str) -> str:
    """The short name of the field class outside the project that a callee is, or derives from; "" for other things.

    A class of the project that has a method named `overriding` decides for itself what it gives: "Field".
    """
    match callee:
        case External(qualname=name) | ClassObject(cls=ClassRef(filename=None, qualname=name)):
            return name.rpartition(".")[2] if name.partition(".")[0] in packages and name.endswith("Field") else ""
        case ClassObject(cls=cls):
            info = solver.classes.info(cls)
            names = [a.qualname for a in info.ancestors if a.filename is None] if info is not None else []
            found = [n for n in names if n.partition(".")[0] in packages and n.endswith("Field")]
            if found and any(True for _ in solver.member(cls, overriding)):
                return "Field"
            return found[0].rpartition(".")[2] if found else ""
        case _:
            return ""


def made_here(solver: Solver, node: ir.Expr, env: Env) -> bool:
    """Whether a record is one that its class was called for just before: it is not stored yet."""
    definition = env.lookup(node.id)[0] if isinstance(node, ir.Name) else None
    if isinstance(definition, ExprDef):
        node, env = definition.node, definition.env
    return isinstance(node, ir.Call) and isinstance(solver.value(node.func, env).only, ClassObject)


def conditions(node: ir.Expr) -> Iterator[ir.Compare]:
    """The equalities of a condition, through `&`."""
    if isinstance(node, ir.Compare) and node.ops == ["=="]:
        yield node
    elif isinstance(node, ir.BinOp) and node.op == "&":
        yield from conditions(node.left)
        yield from conditions(node.right)
