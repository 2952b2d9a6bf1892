"""Records by their keys: which record's key an expression is, and by which key a record was fetched."""

from __future__ import annotations

from jobcheck.code import ir
from jobcheck.solve.defs import Env, ParamDef
from jobcheck.solve.kinds import ClassRef, Instance
from jobcheck.solve.orm.base import Operation
from jobcheck.solve.solver import Solver
from jobcheck.solve.sources import Source, site_of

_CONVERSIONS = frozenset({"str", "int", "UUID"})
KEYS = frozenset({"pk", "id", "uuid"})
_PRIMARY = frozenset({"pk", "id"})
_LONGEST_CHAIN = 4
_FETCHES = ("fetch", "lock")


def plain(node: ir.Expr) -> ir.Expr:
    """An expression without the conversions around it: `str(order.pk)` is `order.pk`."""
    while isinstance(node, ir.Call) and len(node.args) == 1 and isinstance(node.func, (ir.Name, ir.Attribute)):
        name = node.func.id if isinstance(node.func, ir.Name) else node.func.attr
        if name not in _CONVERSIONS:
            break
        node = node.args[0].value
    return node


def key_source(solver: Solver, node: ir.Expr, env: Env) -> Source:
    """Where a key comes from, conversions aside."""
    source = solver.sources.of(plain(node), env)
    stripped = plain(source.node)
    return source if stripped is source.node else key_source(solver, stripped, source.env)


def model_of(solver: Solver, node: ir.Expr, env: Env) -> ClassRef | None:
    """The class of the record that an expression is; None when it is not surely one."""
    found = {k.cls for k in solver.value(node, env).kinds() if isinstance(k, Instance) and solver.records.fields(k.cls)}
    return found.pop() if len(found) == 1 else None


def keyed(solver: Solver, source: Source) -> Source | None:
    """The record whose key an expression is: `order` of `order.pk`."""
    node = source.node
    if source.definition is not None or not isinstance(node, ir.Attribute):
        return None
    model = model_of(solver, node.value, source.env)
    if model is None:
        return None
    field = solver.records.field(model, node.attr)
    if node.attr not in KEYS and not (field is not None and field.key):
        return None
    return solver.sources.of(node.value, source.env)


def operation_of(solver: Solver, record: Source) -> Operation | None:
    """The call that made a record: a fetch, a create. What takes the row from a result (`.one()`) is looked through."""
    node = record.node
    for _ in range(_LONGEST_CHAIN):
        site = site_of(Source(node, record.env))
        operation = solver.records.operation(site) if site is not None else None
        if operation is not None or site is None or not isinstance(site.call.func, ir.Attribute):
            return operation
        node = site.call.func.value
    return None


def fetched_by(solver: Solver, record: Source) -> Source | None:
    """The key that a record was fetched by, where it was fetched by its key alone."""
    operation = operation_of(solver, record)
    if operation is None or operation.act not in _FETCHES or not operation.by_key:
        return None
    return lookup_key(solver, operation)


def lookup_key(solver: Solver, operation: Operation) -> Source | None:
    """The primary key that an operation looks for."""
    for name, node in operation.lookups:
        field = solver.records.field(operation.model, name) if operation.model is not None else None
        if name in ("pk", "pk__exact", "id", "") or (field is not None and field.key):
            return key_source(solver, node, operation.site.env)
    return None


def parameter(source: Source, function: ir.FunctionDef | None) -> str | None:
    """The name of the function's parameter that a source is."""
    definition = source.definition
    if isinstance(definition, ParamDef) and definition.function is function:
        return definition.param.name
    return None


def same_record(solver: Solver, first: Source, second: Source) -> bool:
    """Whether two sources are one object, or the rows of one key."""
    sources = solver.sources
    if sources.same(first, second):
        return True
    one, other = key_of(solver, first), key_of(solver, second)
    return one is not None and other is not None and sources.same(one, other)


def key_of(solver: Solver, record: Source) -> Source | None:
    """What a record was fetched by; for `order.pk` of another record that one's key, and so on."""
    key = fetched_by(solver, record)
    inner = keyed(solver, key) if key is not None else None
    return key_of(solver, inner) or key if inner is not None else key


def is_template(solver: Solver, record: ir.Expr, env: Env, before: int | None = None) -> bool:
    """Whether the function takes the key off a record, before an offset if one is given: `order.pk = None`. To save it makes
    another row."""
    flow, source = env.unit.flow, solver.sources.of(record, env)
    resets = [(w.target, w) for w in flow.writes if isinstance(w.target, ir.Attribute)] if flow is not None else []
    return any(
        target.attr in _PRIMARY and (before is None or w.stmt.end <= before)
        and solver.sources.same(solver.sources.of(target.value, w.env), source)
        for target, w in resets
    )  # fmt: skip
