"""What a job does with a record that came as a copy: writes it back, reads what may have changed, or only its key."""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.project.shape import FunctionDecl
from jobcheck.registry import Job
from jobcheck.rules.base import Context
from jobcheck.rules.state import keys
from jobcheck.solve.calls import argument
from jobcheck.solve.kinds import (
    ClassObject,
    ClassRef,
    External,
    FrameworkValue,
    FunctionRef,
    Instance,
    Kind,
    Literal,
    Mapping,
    Method,
    Plain,
    Sequence,
    Value,
)  # fmt: skip
from jobcheck.solve.uses import Use, Uses, uses_of
from jobcheck.values import dataclass
from jobcheck.wire.rows import rows_of

# Methods by which a record writes itself back, and those by which it is read anew.
_SAVES = frozenset({"save", "asave"})
_REFRESHES = frozenset({"refresh_from_db", "arefresh_from_db", "refresh", "reload"})
_KEYS = frozenset({"pk", "id"})
_QUERIES = frozenset({"dj_queryset", "dj_queryset_values", "dj_manager"})
# What takes records as conditions, or as what new rows refer to.
_CONDITIONS = frozenset({
    "filter", "exclude", "get", "first", "get_or_create", "update_or_create", "create", "acreate", "aget", "Q", "exists",
})  # fmt: skip
_LOGS = frozenset({"debug", "info", "warning", "error", "exception", "critical"})
_SHOWING = _LOGS | {"str"}
# Rows that migrations make and nobody changes.
_CONSTANT = frozenset({"django.contrib.contenttypes.models.ContentType", "django.contrib.auth.models.Permission"})
DEEPEST_ITEM = 3
# How many methods of the record's class, each called by the one before, are looked into.
DEEPEST_METHOD = 2


@dataclass(frozen=True, slots=True)
class Held:
    """A record or query inside an argument. `cls` is the class of the rows; `query` when it is a query, `values` when that is one
    of values and not of records, `listed` when the argument holds it among others."""

    kind: Kind
    cls: ClassRef | None
    certain: bool
    query: bool = False
    listed: bool = False
    values: bool = False


def held(value: Value, context: Context, depth: int = 0) -> Held | None:
    """The first record or query that a value holds."""
    if depth > DEEPEST_ITEM:
        return None
    certain = len(value.alts) == 1 and not value.open
    for kind in value.kinds():
        found = _of_kind(kind, context, depth)
        # One of several, and nobody knows of which class: the others may be keys.
        if found is not None and (certain or found.cls is not None):
            listed = found.listed or isinstance(kind, Sequence)
            return Held(found.kind, found.cls, found.certain and certain, found.query, listed, found.values)
    return None


def _of_kind(kind: Kind, context: Context, depth: int) -> Held | None:
    match kind:
        case Instance(cls=cls) if context.solver.classes.record(cls):
            return Held(kind, cls, True)
        case Plain(name="record"):
            return Held(kind, None, True)
        case Plain(name="queryset") | FrameworkValue() if _QUERIES & set(rows_of(kind, context.solver.classes)):
            model = getattr(getattr(kind, "data", None), "model", None)
            values = _QUERIES & set(rows_of(kind, context.solver.classes)) == {"dj_queryset_values"}
            return Held(kind, model if isinstance(model, ClassRef) else None, True, query=True, values=values)
        case Sequence(element=element, items=items):
            parts = [element] if items is None else list(items)
        case Mapping(entries=entries, rest=rest):
            parts = [item for _, item in entries] + ([rest[1]] if rest else [])
        case _:
            return None
    return next((found for part in parts if (found := held(part, context, depth + 1)) is not None), None)


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of the copy. `what`: saved (with all fields), read, key (no more than that), fresh.

    `fields` are the columns that are read of it; `whole`: something out of sight may read any. `deciding`: those on which it
    depends what the job does.
    """

    what: str
    use: Use | None = None
    fields: frozenset[str] = frozenset()
    whole: bool = False
    deciding: frozenset[str] = frozenset()


def fate(job: Job, parameter: str, record: Held, context: Context) -> Fate:
    """What the job does with the record that a parameter is, or holds."""
    uses = context.uses(job, parameter)
    if _refreshes(uses):
        return Fate("fresh")
    for use in uses.found:
        if _saved(use, record, context, 0):
            return Fate("saved", use)
    reads = list(_reads(uses, record, context, 0))
    if not reads:
        return Fate("key")
    deciding = [(use, name) for use, name in reads if name and _decides(use)]
    first = deciding[0] if deciding else reads[0]
    fields = frozenset(name for _, name in reads if name)
    whole = any(not name for _, name in reads)
    return Fate("read", first[0], fields, whole, frozenset(name for _, name in deciding))


def _decides(use: Use) -> bool:
    """Whether a use stands in the test of a branch or a loop."""
    tests = (n.test for n in use.env.unit.nodes if isinstance(n, (ir.If, ir.While, ir.IfExp, ir.Assert)))
    return any(test.start <= use.node.start and use.node.end <= test.end for test in tests)


def _refreshes(uses: Uses) -> bool:
    return any(use.how == "attribute" and use.name in _REFRESHES for use in uses.found)


def _reads(uses: Uses, record: Held, context: Context, depth: int) -> Iterator[tuple[Use, str]]:
    """What is read of the record: uses, each with the column; "" where it may be any."""
    for use in uses.found:
        if use.how != "attribute":
            if not _harmless(use, record, context):
                yield use, ""
        elif use.name not in _KEYS and not use.name.startswith("_meta") and use.name != "__class__" and not _logged(use):
            yield from ((use, name) for name in _columns(use, record, context, depth))


def _columns(use: Use, record: Held, context: Context, depth: int) -> Iterator[str]:
    """The columns behind an attribute of the record: a field's own, those that a method reads. What other rows are asked for by
    the key of this one (`order.items.all()`) is read anew."""
    if record.cls is None:
        yield ""
        return
    if record.cls.qualname in _CONSTANT:
        return
    field = context.solver.records.field(record.cls, use.name)
    if field is not None:
        if not (field.key or field.many or field.auto in ("key", "add")):
            yield field.name
        return
    inner = _of_method(use.name, record, context) if depth < DEEPEST_METHOD else None
    if inner is not None:
        if not _refreshes(inner):
            yield from (name for _, name in _reads(inner, record, context, depth + 1))
    elif not isinstance(use.node, ir.Call) and not _is_query(use, context):
        yield use.name


def _is_query(use: Use, context: Context) -> bool:
    """Whether an attribute gives a manager, or a query."""
    kinds = context.solver.value(use.node, use.env).kinds()
    return any(_QUERIES & set(rows_of(kind, context.solver.classes)) for kind in kinds)


def _saved(use: Use, record: Held, context: Context, depth: int) -> bool:
    """Whether a use writes the record back with all its fields; itself, or by a method of its class."""
    if use.how == "argument":
        flow = context.solver.flow(use.env.unit)
        site = next((s for s in flow.sites if s.call is use.node), None)
        operation = context.solver.records.operation(site) if site is not None else None
        return operation is not None and operation.act in ("add", "save")
    if use.how != "attribute" or not isinstance(use.node, ir.Call):
        return False
    if use.name in _SAVES:
        return argument(use.node, 3, "update_fields") is None and not _is_template(use, context)
    inner = _of_method(use.name, record, context) if depth == 0 else None
    if inner is None or _refreshes(inner):
        return False
    return any(_saved(more, record, context, depth + 1) for more in inner.found)


def _is_template(use: Use, context: Context) -> bool:
    """Whether the record that is saved was told before that it has no key."""
    call = use.node
    owner = call.func.value if isinstance(call, ir.Call) and isinstance(call.func, ir.Attribute) else None
    return owner is not None and keys.is_template(context.solver, owner, use.env, call.start)


def _of_method(name: str, record: Held, context: Context) -> Uses | None:
    """What a method of the record's class does with `self`."""
    if record.cls is None:
        return None
    for info, decl in context.solver.classes.lookup(record.cls, name):
        if isinstance(decl, FunctionDecl) and decl.params:
            return uses_of(context.solver, FunctionRef(info.filename, decl.qualname, decl.start), decl.params[0].name)
    return None


def _asks_by_key(use: Use) -> bool:
    """Whether a record is a condition of a query, or what a new row refers to: its key is all that is taken."""
    if not isinstance(use.node, ir.Call) or use.name.rpartition(".")[2] not in _CONDITIONS:
        return False
    kinds = use.other.kinds()
    return bool(kinds) and all(
        k.qualname.startswith("django.db.models.") if isinstance(k, External) else isinstance(k, FrameworkValue) for k in kinds
    )


def _shows(use: Use) -> bool:
    """Whether a record is put into a text, as it calls itself: `str(user)`, `"notify_{}".format(user)`, a line of a log."""
    last = use.name.rpartition(".")[2]
    return use.how == "argument" and (last in _SHOWING or (last == "format" and isinstance(use.other.only, Method)))


def _logged(use: Use) -> bool:
    """Whether what is read of it only goes into a line of a log."""
    around = (n for n in use.env.unit.nodes if isinstance(n, ir.Call) and n.start < use.node.start and use.node.end < n.end)
    return any(isinstance(call.func, ir.Attribute) and call.func.attr in _LOGS for call in around)


def _refers(use: Use, context: Context) -> bool:
    """Whether another row comes to refer to it, by its key: `Album(owner=user)`, `photo.owner = user`."""
    only = use.other.only
    if use.how == "argument":
        return isinstance(only, ClassObject) and bool(context.solver.classes.record(only.cls))
    written = (n for n in use.env.unit.nodes if isinstance(n, ir.Assign) and n.value is use.node)
    targets = [target for stmt in written for target in stmt.targets]
    owners = [context.solver.value(t.value, use.env).only if isinstance(t, ir.Attribute) else None for t in targets]
    return bool(owners) and all(isinstance(o, Instance) and bool(context.solver.classes.record(o.cls)) for o in owners)


def _harmless(use: Use, record: Held, context: Context) -> bool:
    """Whether a use reads nothing that may have changed."""
    if use.how in ("iterated", "truth", "typetest") or (record.cls is not None and record.cls.qualname in _CONSTANT):
        return True
    if use.how == "compare":
        return use.other.only in (Plain("none"), Literal(None))
    if use.how == "formatted" or _shows(use):
        return not record.listed  # its name in a text
    if use.how in ("argument", "escapes") and _refers(use, context):
        return not record.listed
    if use.how != "argument" or use.name == "len":
        return use.how == "argument"
    return not record.listed and _asks_by_key(use)  # of many rows keys would do
