"""Database operations that double: rows that are inserted again, counters that are counted up again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve import effect_tables as tables
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import Env, ExprDef, NarrowDef, dotted
from jobcheck.solve.exceptions import MISSING_ROW
from jobcheck.solve.kinds import ClassObject, ClassRef
from jobcheck.solve.orm.base import Operation

if TYPE_CHECKING:
    from jobcheck.solve.effects import Effect
    from jobcheck.solve.solver import Solver

# The packages whose errors an operation may raise.
ERRORS = {
    "django": frozenset({"django"}), "sqlalchemy": frozenset({"sqlalchemy"}), "peewee": frozenset({"peewee"}),
    "mongoengine": frozenset({"mongoengine", "pymongo"}), "frappe": frozenset({"frappe", "MySQLdb", "psycopg2"}),
}  # fmt: skip
# A job is one transaction, which is taken back when it fails: a row is there when something commits it before.
COMMITS_AT_THE_END = frozenset({"frappe"})
GONE = frozenset({MISSING_ROW, "sqlalchemy.exc.NoResultFound"})
# Methods that raise where there is no row.
_ONE = frozenset({
    "get", "aget", "latest", "earliest", "alatest", "aearliest", "get_object_or_404", "one", "scalar_one", "get_one",
})  # fmt: skip
_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")


def effect(solver: Solver, operation: Operation) -> Effect | None:
    """The insert or increment that an operation is; None for others."""
    from jobcheck.solve.effects import Effect

    site = operation.site
    name = operation.model.name if operation.model is not None else "a row"
    origin = site.unit.origin(site.call)
    if operation.act in ("create", "add") and not _merges(operation):
        guard = refused_twice(solver, operation)
        certain = operation.model is not None and bool(solver.records.fields(operation.model))
        doubles = certain and not guard and not is_journal(operation.model)
        made = Effect("insert", doubles, site, origin, f"a new {name}", model=operation.model, guard=guard)
        made.pending = operation.act == "add" or operation.orm in COMMITS_AT_THE_END
        return made
    counted = _counted(solver, operation)
    if counted:
        pending = operation.orm in COMMITS_AT_THE_END
        return Effect("increment", True, site, origin, f"{name}.{counted}", model=operation.model, pending=pending)
    return None


def needs_row(operation: Operation) -> bool:
    """Whether an operation raises when the row that it asks for is not there."""
    func = operation.site.call.func
    name = func.attr if isinstance(func, ir.Attribute) else func.id if isinstance(func, ir.Name) else ""
    if operation.act not in ("fetch", "lock") or name not in _ONE:
        return False
    return operation.orm != "sqlalchemy" or name != "get"


def _merges(operation: Operation) -> bool:
    """`session.merge(order)` writes the row that is there, if there is one."""
    func = operation.site.call.func
    return isinstance(func, ir.Attribute) and func.attr == "merge"


def is_journal(model: ClassRef | None) -> bool:
    """Whether a class of rows says what happened, once for each run."""
    words = [w.lower() for w in _WORDS.findall(model.name)] if model is not None else []
    return bool(words) and (words[-1] in tables.JOURNALS or bool({"log", "audit", "history"} & set(words)))


# --- rows that the database refuses to write twice -----------------------------------------------------------------


def refused_twice(solver: Solver, operation: Operation) -> str:
    """The unique fields that a new row is given, in words; "" when there are none."""
    if operation.model is None:
        return ""
    fields = solver.records.fields(operation.model)
    given = _given(operation)
    if given is not None and ("pk" in given or any(f.key and f.name in given for f in fields.values())):
        return "its own key is given"
    for field in fields.values():
        alone = field.unique and not field.key and not field.auto
        if alone and _covered(frozenset({field.name}), given, solver, operation.model):
            return f"{field.name} is unique"
        if field.together and _covered(field.together, given, solver, operation.model):
            return f"{', '.join(sorted(field.together))} are unique together"
    return ""


def _covered(names: frozenset[str], given: frozenset[str] | None, solver: Solver, model: ClassRef) -> bool:
    """Whether all of some fields are given; they are, when it is not known which are."""
    if given is None:
        return True
    columns = {f.name for n in given for f in [solver.records.field(model, n)] if f is not None} | given
    return names <= columns


def _given(operation: Operation) -> frozenset[str] | None:
    """The fields that a new row is given by name; None when that is not known."""
    call = operation.site.call
    if operation.record is not None:
        made = _made(operation.record, operation.site.env)
    else:
        made = call if isinstance(call.func, ir.Attribute) and call.func.attr in ("create", "acreate") else _element(call)
    if made is None or any(a.star for a in made.args):
        return None
    return frozenset(a.keyword for a in made.args if a.keyword is not None)


def _element(call: ir.Call) -> ir.Call | None:
    """The one call that makes each row of `bulk_create([Model(...) for ...])`."""
    objects = argument(call, 0, "objs")
    if isinstance(objects, ir.Comprehension) and isinstance(objects.element, ir.Call):
        return objects.element
    if isinstance(objects, ir.ListExpr) and len(objects.elements) == 1 and isinstance(objects.elements[0], ir.Call):
        return objects.elements[0]
    return None


def _made(node: ir.Expr, env: Env) -> ir.Call | None:
    if isinstance(node, ir.Call):
        return node
    found = env.lookup(node.id)[0] if isinstance(node, ir.Name) else None
    while isinstance(found, NarrowDef):
        found = found.before
    return found.node if isinstance(found, ExprDef) and isinstance(found.node, ir.Call) else None


# --- counters ------------------------------------------------------------------------------------------------------


def _counted(solver: Solver, operation: Operation) -> str:
    """The field that an operation counts up or down; "" when it does not."""
    if operation.act == "update":
        given = {a.keyword: a.value for a in operation.site.call.args if a.keyword is not None}
        return next((name for name, value in given.items() if _adds_to(solver, name, value, operation.site.env)), "")
    if operation.act != "save" or operation.record is None or _made_here(solver, operation):
        return ""
    record, flow = dotted(operation.record), operation.site.unit.flow
    for write in flow.writes if flow is not None else ():
        target = write.target
        if not isinstance(target, ir.Attribute) or dotted(target.value) != record or write.stmt.start > operation.site.call.start:
            continue
        own = write.value is not None and _adds_to(solver, target.attr, write.value, write.env)
        if (write.op in ("+", "-") and _number(write.value)) or own:
            return target.attr
    return ""


def _made_here(solver: Solver, operation: Operation) -> bool:
    """Whether the run has made the row itself, so that another run counts on another one."""
    assert operation.record is not None
    node = solver.sources.of(operation.record, operation.site.env).node
    flow = operation.site.unit.flow
    site = next((s for s in flow.sites if s.call is node), None) if flow is not None and isinstance(node, ir.Call) else None
    if site is None:
        return False
    made = solver.records.operation(site)
    return (made is not None and made.act == "create") or isinstance(solver.value(site.call.func, site.env).only, ClassObject)


def _number(node: ir.Expr | None) -> bool:
    """What is surely no text or list that is made longer."""
    return isinstance(node, ir.Constant) and node.kind in ("int", "float")


def _adds_to(solver: Solver, name: str, value: ir.Expr, env: Env) -> bool:
    """`F("name") + 1`, `order.name + 1`."""
    if not isinstance(value, ir.BinOp) or value.op not in ("+", "-"):
        return False
    left = value.left
    if isinstance(left, ir.Call) and len(left.args) == 1 and isinstance(left.args[0].value, ir.Constant):
        return dotted(left.func).rpartition(".")[2] == "F" and left.args[0].value.value == name
    return isinstance(left, ir.Attribute) and left.attr == name and _number(value.right)
