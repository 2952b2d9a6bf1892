"""The project's own context variables and thread-locals: where they are read, and who sets them."""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.project import modules
from jobcheck.project.shape import AssignDecl
from jobcheck.rules.base import Context
from jobcheck.rules.state.ambients import Ambient
from jobcheck.rules.state.web import serves
from jobcheck.solve.flow import Site
from jobcheck.solve.kinds import External, Instance, Origin, Plain, Value
from jobcheck.solve.reach import Visit
from jobcheck.solve.units import Unit
from jobcheck.values import dataclass

_LOCALS = frozenset({
    "threading.local", "_threading_local.local", "asgiref.local.Local", "werkzeug.local.Local", "gevent.local.local",
})  # fmt: skip
_CALLS = frozenset({"get", "set", "reset"})


@dataclass(eq=False, slots=True)
class Read:
    """One read of a variable, declared at `declared`. `thread`: a thread-local, not a context variable."""

    name: str
    node: ir.Expr
    site: Site | None
    declared: Origin
    thread: bool


def reads(context: Context, visit: Visit) -> Iterator[Read]:
    """The reads of such variables in a function."""
    for name, node, site, store in _mentions(context, visit.unit, visit.flow.sites):
        declared = None if store else _declared(context, visit.unit, name)
        if declared is not None:
            yield Read(name, node, site, *declared)


def only_requests(context: Context, read: Read) -> tuple[Ambient, Origin] | None:
    """What a variable is, and where it is set, if only code that serves requests does that."""
    key = ("ambient", read.declared)
    found: tuple[Ambient, Origin] | None = context.once(key, lambda: _only_requests(context, read))
    return found


def _only_requests(context: Context, read: Read) -> tuple[Ambient, Origin] | None:
    units = context.solver.callers.units_mentioning(read.name)
    setting = [] if units is None else [(u, node) for u in units for node in _stores(context, u, read)]
    if not setting or not all(serves(context, unit) for unit, _ in setting):
        return None
    sort = "thread-local" if read.thread else "context variable"
    ambient = Ambient(f"the {sort} `{read.name}`, which only requests set", "a worker has the default, or nothing", ())
    unit, node = setting[0]
    return ambient, unit.origin(node)


def _stores(context: Context, unit: Unit, read: Read) -> Iterator[ir.Expr]:
    if unit.refused or unit.function is None:
        return
    for name, node, _, store in _mentions(context, unit, context.solver.flow(unit).sites):
        if store and name == read.name:
            declared = _declared(context, unit, name)
            if declared is not None and declared[0] == read.declared:
                yield node


def _mentions(context: Context, unit: Unit, sites: list[Site]) -> Iterator[tuple[str, ir.Expr, Site | None, bool]]:
    """Reads and stores of attributes and `get`/`set` of names that are no locals: (name, node, site, is a store)."""
    function = unit.function
    if function is None:
        return
    local = unit.own_names
    called: set[int] = set()
    for site in sites:
        func = site.call.func
        called.add(id(func))
        if isinstance(func, ir.Attribute) and isinstance(func.value, ir.Name) and func.attr in _CALLS:
            if func.value.id not in local:
                yield func.value.id, site.call, site, func.attr != "get"
        elif isinstance(func, ir.Name) and func.id in ("getattr", "setattr", "delattr") and site.call.args:
            first = site.call.args[0].value
            if isinstance(first, ir.Name) and first.id not in local:
                yield first.id, site.call, site, func.id != "getattr"
    stored = {id(t) for stmt in unit.nodes if type(stmt) is ir.Assign for t in stmt.targets}
    for node in unit.nodes:
        if type(node) is not ir.Attribute or type(node.value) is not ir.Name or id(node) in called:
            continue
        if node.value.id not in local:
            yield node.value.id, node, None, id(node) in stored


def _declared(context: Context, unit: Unit, name: str) -> tuple[Origin, bool] | None:
    """Where a module-level name is declared as a context variable or thread-local."""
    resolution = context.solver.project.resolve(unit.filename, name)
    decl = resolution.decls[0] if isinstance(resolution, modules.Declared) and len(resolution.decls) == 1 else None
    if not isinstance(resolution, modules.Declared) or not isinstance(decl, AssignDecl):
        return None
    value = context.solver.module_attribute(unit.filename, name)
    variable = value.only == Plain("contextvar")
    if not variable and not _is_local(context, resolution.filename, decl, value):
        return None
    return Origin(resolution.filename, decl.start, decl.end), not variable


def _is_local(context: Context, filename: str, decl: AssignDecl, value: Value) -> bool:
    """Whether a declaration makes a thread-local, also of a class of the project."""
    only = value.only
    if isinstance(only, Instance):
        info = context.solver.classes.info(only.cls)
        return bool((info.externals if info is not None else {only.cls.qualname}) & _LOCALS)
    if decl.value is None:
        return False
    unit = context.solver.unit(filename, *decl.value)
    stmt = unit.body[0] if len(unit.body) == 1 else None
    if not isinstance(stmt, ir.ExprStmt) or not isinstance(stmt.value, ir.Call):
        return False
    callee = context.solver.value(stmt.value.func, context.solver.flow(unit).entered[id(stmt)]).only
    return isinstance(callee, External) and callee.qualname in _LOCALS
