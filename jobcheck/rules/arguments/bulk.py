"""What makes an argument large: a file's contents, a document made in memory, all rows of a table."""

from __future__ import annotations

from jobcheck.code import ir
from jobcheck.rules.arguments.trails import callee, trail
from jobcheck.rules.base import Confidence, Context
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import EnterDef, Env
from jobcheck.solve.kinds import ClassObject, ClassRef, FrameworkValue, Instance, Literal, Plain
from jobcheck.solve.operators import plain_name
from jobcheck.solve.sources import Source
from jobcheck.values import dataclass

LONGEST_TRAIL = 12
# Calls that change how contents are written but not how much there is: the argument, or the owner of the method.
_RECODING = frozenset({
    "base64.b64encode", "base64.b64decode", "base64.encodebytes", "base64.standard_b64encode", "base64.urlsafe_b64encode",
    "json.dumps", "json.loads", "orjson.dumps", "str", "bytes", "zlib.compress", "gzip.compress", "bytearray",
    "binascii.hexlify", "memoryview",
})  # fmt: skip
_RECODED = frozenset({"decode", "encode", "strip", "hex", "replace", "splitlines", "rstrip", "lstrip", "tobytes"})
_HANDLES = {
    "file": "the contents of a whole file", "tempfile": "the contents of a whole file",
    "uploaded_file": "the contents of a whole upload", "bytesio": "a whole document", "stringio": "a whole document",
}  # fmt: skip
_LISTS = frozenset({"list", "tuple", "set", "sorted", "frozenset"})
# What a query may be put through and still be the whole table.
_WHOLE = frozenset(
    "all order_by values_list values only defer distinct select_related prefetch_related iterator using options scalars "
    "execute yield_per annotate reverse tuples".split()
)
_MANAGERS = frozenset({"objects", "_default_manager", "_base_manager", "query"})
_CLIENTS = ("requests.", "httpx.")
_SERIALIZERS = "rest_framework.serializers."


@dataclass(frozen=True, slots=True)
class Bulk:
    """A large value: how a message calls it, the expression that makes it, how sure that is."""

    what: str
    node: ir.Expr
    env: Env
    level: Confidence = Confidence.MEDIUM
    rows: bool = False


def of(node: ir.Expr, env: Env, context: Context) -> Bulk | None:
    """What makes an expression large; None when that is not known, or it is not."""
    made = (_made_here(source, context) for source in trail(node, env, context, _before, LONGEST_TRAIL))
    return next((found for found in made if found is not None), None)


def _before(source: Source, context: Context) -> ir.Expr | None:
    match source.node:
        case ir.Call(func=ir.Attribute(attr=attr, value=value)) if attr in _RECODED:
            return value
        case ir.Call() as call if callee(call, source.env, context) in _RECODING:
            return argument(call, 0)
        case _:
            return None


def _made_here(source: Source, context: Context) -> Bulk | None:
    node, env = source.node, source.env
    match node:
        case ir.Call(func=ir.Attribute(attr=attr, value=owner), args=args):
            return _method(node, attr, owner, args, env, context) or _rows(node, env, context) or _serialized(node, env, context)
        case ir.Call() | ir.Comprehension():
            return _rows(node, env, context) or _serialized(node, env, context)
        case ir.Attribute(attr="content" | "text", value=owner) if _is_response(owner, env, context):
            return Bulk("the whole body of a response", node, env)
        case ir.Attribute(attr="data", value=owner):
            return _serializer(node, owner, env, context)
        case _:
            return None


# --- contents ------------------------------------------------------------------------------------------------------


def _method(node: ir.Call, name: str, owner: ir.Expr, args: list[ir.Arg], env: Env, context: Context) -> Bulk | None:
    """`handle.read()`, `path.read_bytes()`, `buffer.getvalue()`."""
    if name not in ("read", "read_text", "read_bytes", "getvalue") or any(not arg.keyword for arg in args):
        return None
    only = context.solver.value(owner, env).only
    kind = plain_name(only) if only is not None else ""
    if name == "read":
        if kind in _HANDLES:
            level = Confidence.HIGH if kind == "uploaded_file" else Confidence.MEDIUM
            return Bulk(_HANDLES[kind], node, env, level)
        return Bulk(_HANDLES["uploaded_file"], node, env, Confidence.HIGH) if _is_upload(owner, env, context) else None
    if name == "getvalue":
        return Bulk("a whole document", node, env) if kind in ("bytesio", "stringio") else None
    return Bulk(_HANDLES["file"], node, env) if kind == "path" else None


def _is_upload(owner: ir.Expr, env: Env, context: Context) -> bool:
    """`request.FILES["upload"]`, `request.FILES.get("upload")`."""
    node = context.solver.sources.of(owner, env).node
    if isinstance(node, ir.Call) and isinstance(node.func, ir.Attribute) and node.func.attr == "get":
        node = node.func.value
    elif isinstance(node, ir.Subscript):
        node = node.value
    return isinstance(node, ir.Attribute) and node.attr in ("FILES", "files")


def _is_response(owner: ir.Expr, env: Env, context: Context) -> bool:
    """Whether an expression is what an HTTP client's call gave."""
    source = context.solver.sources.of(owner, env)
    node, where = source.node, source.env
    if isinstance(source.definition, EnterDef):
        node, where = source.definition.node, source.definition.env
    return callee(node, where, context).startswith(_CLIENTS)


def _serialized(node: ir.Expr, env: Env, context: Context) -> Bulk | None:
    """Django's `serializers.serialize("json", queryset)`."""
    if not isinstance(node, ir.Call) or callee(node, env, context) != "django.core.serializers.serialize":
        return None
    given = argument(node, 1, "queryset")
    only = context.solver.value(given, env).only if given is not None else None
    is_query = isinstance(only, FrameworkValue) or only == Plain("queryset")
    return Bulk("a serialized queryset", node, env) if is_query else None


def _serializer(node: ir.Expr, owner: ir.Expr, env: Env, context: Context) -> Bulk | None:
    """`Serializer(records, many=True).data`; of one record it is no more than a long message, unless others hang on it."""
    source = context.solver.sources.of(owner, env)
    made = source.node
    only = context.solver.value(made, source.env).only
    if not isinstance(made, ir.Call) or not isinstance(only, Instance):
        return None
    info = context.solver.classes.info(only.cls)
    names = info.externals if info is not None else frozenset({only.cls.qualname})
    if not any(name.startswith(_SERIALIZERS) for name in names):
        return None
    many = argument(made, 99, "many")
    if many is not None and context.solver.value(many, source.env).only == Literal(True):
        instance = argument(made, 0, "instance")
        # What a client has sent is as large as its request; and what was made in one go is bounded as that was.
        sent = instance is None and argument(made, 99, "data") is not None
        small = sent or _is_slice(instance, source.env, context) or _is_made_at_once(instance, source.env, context)
        level = Confidence.LOW if small else Confidence.MEDIUM
        return Bulk("a list of serialized records", node, env, level)
    if argument(made, 0, "instance") is None:
        return None
    nested = _nested(only.cls, context)
    if nested is not None:
        # Who tells browsers of a record sends what belongs to it, too: of those that we read, none was worth a change.
        return Bulk(f"a serialized record with all its `{nested}`", node, env, Confidence.LOW, rows=True)
    return Bulk("a serialized record", node, env, Confidence.LOW)


def _is_slice(node: ir.Expr | None, env: Env, context: Context) -> bool:
    """Whether an expression is a part of a list that is bounded: `records[:10]`."""
    found = context.solver.sources.of(node, env).node if node is not None else None
    return isinstance(found, ir.Subscript) and isinstance(found.index, ir.SliceExpr) and found.index.upper is not None


def _is_made_at_once(node: ir.Expr | None, env: Env, context: Context) -> bool:
    """Whether an expression is what `bulk_create(...)` gave: rows of a list that the code itself has put together."""
    found = context.solver.sources.of(node, env).node if node is not None else None
    return (
        isinstance(found, ir.Call) and isinstance(found.func, ir.Attribute) and found.func.attr in ("bulk_create", "abulk_create")
    )


def _nested(cls: ClassRef, context: Context) -> str | None:
    """The field of a serializer under which another one shows any number of records: `lines = LineSerializer(many=True)`."""
    solver = context.solver
    info = solver.classes.info(cls)
    for ref in info.ancestors if info is not None else ():
        above = solver.classes.info(ref)
        for assign in above.decl.assigns if above is not None else ():
            unit = solver.unit(above.filename, *assign.value, cls=ref) if above is not None and assign.value else None
            stmt = unit.body[0] if unit is not None and len(unit.body) == 1 else None
            if unit is None or not isinstance(stmt, ir.ExprStmt) or not isinstance(stmt.value, ir.Call):
                continue
            many = argument(stmt.value, 99, "many")
            env = solver.flow(unit).entered[id(stmt)]
            if isinstance(many, ir.Constant) and many.value is True and _is_serializer(stmt.value, env, context):
                return assign.names[0]
    return None


def _is_serializer(node: ir.Call, env: Env, context: Context) -> bool:
    only = context.solver.value(node, env).only
    info = context.solver.classes.info(only.cls) if isinstance(only, Instance) else None
    return info is not None and any(name.startswith(_SERIALIZERS) for name in info.externals)


# --- rows ----------------------------------------------------------------------------------------------------------


def _rows(node: ir.Expr, env: Env, context: Context) -> Bulk | None:
    """A list of something of each row of a table."""
    if isinstance(node, ir.Comprehension):
        clause = node.clauses[0]
        rows = clause.iter if len(node.clauses) == 1 and not clause.conditions and node.kind != "generator" else None
    else:
        rows = argument(node, 0) if isinstance(node, ir.Call) and callee(node, env, context) in _LISTS else None
    table = _table(rows, env, context) if rows is not None else None
    return Bulk(f"something of every row of `{table}`", node, env, rows=True) if table is not None else None


def _table(node: ir.Expr, env: Env, context: Context) -> str | None:
    """The name of the class whose rows a query gives, when nothing narrows it."""
    source = Source(node, env)
    for _ in range(LONGEST_TRAIL):
        source = context.solver.sources.of(source.node, source.env)
        match source.node:
            case ir.Comprehension(kind="generator", clauses=[ir.Clause(iter=inner, conditions=[])]):
                source = Source(inner, source.env)
            case ir.Call(func=ir.Attribute(attr="query") | ir.Name(id="select"), args=[first, *_]):
                return _named(first.value, source.env, context)
            case ir.Call(func=ir.Attribute(attr=attr, value=owner), args=args) if attr in _WHOLE:
                source = Source(args[0].value if attr in ("scalars", "execute") and args else owner, source.env)
            case ir.Attribute(attr=attr, value=owner) if attr in _MANAGERS:
                return _named(owner, source.env, context)
            case _:
                return None
    return None


def _named(node: ir.Expr, env: Env, context: Context) -> str | None:
    """The class of records that an expression is, or is an attribute of."""
    for candidate in (node, node.value if isinstance(node, ir.Attribute) else None):
        only = context.solver.value(candidate, env).only if candidate is not None else None
        if isinstance(only, ClassObject) and context.solver.classes.record(only.cls):
            return only.cls.name
    return None
