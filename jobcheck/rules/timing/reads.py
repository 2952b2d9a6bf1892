"""What a job asks the database for: by which parameter, and of which model."""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import children
from jobcheck.registry import Job
from jobcheck.rules.base import Context
from jobcheck.solve.defs import Env, ParamDef, statements, sub_statements
from jobcheck.solve.kinds import ClassRef, External, FrameworkValue, Function, FunctionRef, Instance, Origin
from jobcheck.solve.orm.base import Operation
from jobcheck.solve.orm.django_query import query_of
from jobcheck.solve.reach import Visit
from jobcheck.solve.sites import Site
from jobcheck.solve.solver import Solver
from jobcheck.solve.transactions.keys import KEYS
from jobcheck.values import dataclass

_ASKS = frozenset({"fetch", "lock", "exists", "count", "update", "delete", "upsert", "refresh"})
# Calls that an argument may be given to without the database being asked.
_HARMLESS = frozenset({"logging", "structlog", "builtins", "print", "str", "int", "len", "repr", "isinstance", "format", "bool"})

# Locks that do not wait.
_LOOSE = frozenset({"nowait", "skip_locked"})
# Methods of querysets that say which rows.
_NARROWS = frozenset({"filter", "exclude"})
_CONDITIONS = "django.db.models."
_ROOTS = frozenset({"Model", "DeclarativeBase", "Document", "SQLModel"})
_MAPPERS = frozenset({"django", "sqlalchemy", "peewee", "mongoengine"})


@dataclass(frozen=True, slots=True)
class Read:
    """One question to the database. `parameters` are the job's parameters by which it asks; `whole`: it asks for rows that no
    argument names. `fields` are those that it compares. `locks`: it waits for who has written the row, until the commit."""

    model: ClassRef | None
    origin: Origin
    parameters: frozenset[str]
    whole: bool = False
    fields: frozenset[str] = frozenset()
    locks: bool = False


def reads_of(job: Job, context: Context) -> tuple[Read, ...]:
    """What the job, and the functions of the project that it calls, ask the database for."""
    if job.function is None:
        return ()
    ref = job.function
    return context.once(("reads", ref), lambda: tuple(_reads(ref, context.solver)))


def of_model(reads: tuple[Read, ...], model: ClassRef | None, context: Context) -> Read | None:
    """A read of the model, or of one above or below it."""
    for read in reads:
        if model is not None and read.model is not None and related(model, read.model, context.solver):
            return read
    return None


def by(reads: tuple[Read, ...], parameter: str | None) -> list[Read]:
    """The reads by one parameter."""
    return [read for read in reads if parameter is not None and parameter in read.parameters]


def related(one: ClassRef, other: ClassRef, solver: Solver) -> bool:
    """Whether two models are one, or one is a base of the other."""
    return one == other or _above(one, other, solver) or _above(other, one, solver)


def _above(lower: ClassRef, upper: ClassRef, solver: Solver) -> bool:
    if upper.filename is None and upper.qualname.rpartition(".")[2] in _ROOTS:
        return False  # what a manager of no model in particular gives: of which table is not known
    info = solver.classes.info(lower)
    return info is not None and upper in info.ancestors


def unseen(job: Job, parameter: str | None, context: Context) -> bool:
    """Whether what becomes of an argument in the job is out of sight."""
    if job.function is None or parameter is None:
        return True
    return any(_out_of_sight(use.how, use.other.kinds()) for use in context.uses(job, parameter).found)


def _out_of_sight(how: str, kinds: tuple[object, ...]) -> bool:
    if how == "escapes":
        return True
    if how != "argument":
        return False
    return not kinds or not all(_seen(k) for k in kinds)


def _seen(kind: object) -> bool:
    """Functions of the project are looked into, methods of querysets are reads, and some of Python's ask nothing."""
    match kind:
        case Function():
            return True
        case External(qualname=qualname):
            return qualname.partition(".")[0] in _HARMLESS
        case FrameworkValue(framework=framework):
            return framework in _MAPPERS
        case _:
            return False


def minds(job: Job, model: ClassRef | None, context: Context, fields: frozenset[str] = frozenset()) -> bool:
    """Whether the job, or a function of the project that it calls, reads something of such a row besides its key: one of
    `fields`, where these are named, or what may be.

    Its methods are looked into, what its managers give are rows of their own, and what it is put into (a template's
    context, a call out of sight) may read anything.
    """
    if job.function is None:
        return False
    ref, solver = job.function, context.solver
    asked = ("minds", ref, model, fields)
    return context.once(asked, lambda: any(_minds(solver, visit, model, fields) for visit in solver.reach.of(ref)))


# --- reading -----------------------------------------------------------------------------------------------------


def _reads(ref: FunctionRef, solver: Solver) -> list[Read]:
    found = []
    for visit in solver.reach.of(ref):
        for site in visit.flow.sites:
            operation = solver.records.operation(site)
            if operation is not None and operation.act in _ASKS:
                parameters = _parameters(solver, visit, site, operation)
                whole = operation.act == "fetch" and not parameters
                fields = frozenset(name.partition("__")[0] for name, _ in operation.lookups)
                locks = operation.act == "lock" and not _LOOSE & {a.keyword for a in _chained(site.call)}
                found.append(Read(operation.model, site.unit.origin(site.call), parameters, whole, fields, locks))
            elif operation is None:
                found.extend(_query(solver, visit, site))
        found.extend(_relations(solver, visit))
    return found


def _chained(call: ir.Call) -> Iterator[ir.Arg]:
    """The arguments of a call, and of those that it is chained to: `objects.select_for_update(nowait=True).get(...)`."""
    node: ir.Expr = call
    while isinstance(node, (ir.Call, ir.Attribute)):
        if isinstance(node, ir.Call):
            yield from node.args
        node = node.func if isinstance(node, ir.Call) else node.value


def _query(solver: Solver, visit: Visit, site: Site) -> Iterator[Read]:
    """A queryset that is made here and evaluated elsewhere."""
    func = site.call.func
    if isinstance(func, ir.Attribute) and func.attr in _NARROWS and site.call.args:
        for kind in solver.value(site.call, site.env).kinds():
            query = query_of(kind)
            if query is not None and query.model is not None:
                yield Read(query.model, site.unit.origin(site.call), _parameters(solver, visit, site, None))


def _relations(solver: Solver, visit: Visit) -> Iterator[Read]:
    """Records that are read as attributes of others: `order.customer`."""
    for node, env in _nodes(visit):
        if isinstance(node, ir.Attribute):
            yield from _relation(solver, visit, node, env)


def _nodes(visit: Visit) -> Iterator[tuple[ir.Node, Env]]:
    """What stands in a function's body, and what its names are there."""
    function = visit.unit.function
    for stmt in statements(function.body) if function is not None else ():
        env = visit.flow.entered.get(id(stmt))
        if env is None:
            continue
        inner = set(map(id, sub_statements(stmt)))
        for node in _own_nodes(stmt, inner):
            yield node, env


def _minds(solver: Solver, visit: Visit, model: ClassRef | None, fields: frozenset[str]) -> bool:
    others = _others(solver, model, fields)
    return any(
        _is_row(solver, part, env, model)
        for node, env in _nodes(visit)
        if not (isinstance(node, ir.Attribute) and node.attr in others)
        for part in _read_from(solver, node, env, fields)
    )


def _others(solver: Solver, model: ClassRef | None, fields: frozenset[str]) -> frozenset[str]:
    """The columns of the model's rows that are none of the fields."""
    known = {name for name in solver.records.fields(model) if name not in fields} if model is not None and fields else set()
    return frozenset(known | {f"{name}_id" for name in known})


def _read_from(solver: Solver, node: ir.Node, env: Env, fields: frozenset[str]) -> list[ir.Expr]:
    """The expressions of which a node reads what they are, or lets it be read; where `fields` are named, one of these."""
    match node:
        case ir.Attribute() if node.attr not in KEYS:
            kinds, another = solver.value(node, env).kinds(), bool(fields) and node.attr not in fields
            return [] if kinds and all(_is_asked(solver, k, another) for k in kinds) else [node.value]
        case ir.Call() if not _looked_into(solver.value(node.func, env).kinds()):
            return [argument.value for argument in node.args]
        case ir.DictExpr():
            return [item.value for item in node.items]
        case ir.ListExpr() | ir.TupleExpr() | ir.SetExpr():
            return list(node.elements)
        case _:
            return []


def _is_asked(solver: Solver, kind: object, another: bool) -> bool:
    """Whether an attribute gives a method, or a query by the row's key; `another` than the fields that matter: or the row that
    belongs to it, which is asked for by the key, too."""
    if another and isinstance(kind, Instance) and solver.classes.record(kind.cls):
        return True
    return isinstance(kind, (Function, FrameworkValue))


def _looked_into(kinds: tuple[object, ...]) -> bool:
    """Whether what is called is seen: the project's, or a condition of a query."""
    return bool(kinds) and all(_seen(k) or (isinstance(k, External) and k.qualname.startswith(_CONDITIONS)) for k in kinds)


def _is_row(solver: Solver, node: ir.Expr, env: Env, model: ClassRef | None) -> bool:
    """Whether it is a row of the model; of any, where that is not known."""
    rows = (k for k in solver.value(node, env).kinds() if isinstance(k, Instance) and solver.classes.record(k.cls))
    return any(model is None or related(row.cls, model, solver) for row in rows)


def _own_nodes(stmt: ir.Stmt, inner: set[int]) -> Iterator[ir.Node]:
    """What stands in a statement, the statements inside of it left aside."""
    stack: list[ir.Node] = list(children(stmt))
    while stack:
        node = stack.pop()
        if id(node) in inner or isinstance(node, (ir.FunctionDef, ir.Lambda, ir.Comprehension)):
            continue
        yield node
        stack.extend(children(node))


def _relation(solver: Solver, visit: Visit, node: ir.Attribute, env: Env) -> Iterator[Read]:
    if not any(isinstance(k, Instance) and solver.classes.record(k.cls) for k in solver.value(node.value, env).kinds()):
        return
    for kind in solver.value(node, env).kinds():
        if isinstance(kind, Instance) and solver.classes.record(kind.cls):
            yield Read(kind.cls, visit.unit.origin(node), frozenset())


def _parameters(solver: Solver, visit: Visit, site: Site, operation: Operation | None) -> frozenset[str]:
    """The parameters of the outermost function that a lookup is made of."""
    nodes = [node for _, node in operation.lookups] if operation is not None else []
    if not nodes:
        nodes = [a.value for a in site.call.args]
        if operation is not None and operation.record is not None:
            nodes.append(operation.record)
    names = _names(solver, [(n, site.env) for n in nodes], visit)
    while visit.caller is not None and visit.call is not None:
        # A parameter of a helper is what the call gives for it; which is which does not matter here.
        names = _names(solver, _given(visit.call), visit.caller) if names else frozenset()
        visit = visit.caller
    return names


def _given(site: Site) -> list[tuple[ir.Expr, Env]]:
    nodes = [a.value for a in site.call.args]
    if isinstance(site.call.func, ir.Attribute):
        nodes.append(site.call.func.value)
    return [(n, site.env) for n in nodes]


def _names(solver: Solver, nodes: list[tuple[ir.Expr, Env]], visit: Visit) -> frozenset[str]:
    found: set[str] = set()
    for node, env in nodes:
        for part, where in solver.sources.parts(node, env):
            definition = where.lookup(part.id)[0] if isinstance(part, ir.Name) else None
            if isinstance(definition, ParamDef) and definition.function is visit.unit.function:
                found.add(definition.param.name)
    return frozenset(found)
