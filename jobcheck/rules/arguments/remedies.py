"""What to pass instead of a value that a queue cannot hold, for each kind."""

from __future__ import annotations

from jobcheck.rules.base import Context
from jobcheck.solve import kinds
from jobcheck.solve.kinds import Kind

_RECORD = (
    "Pass the record's primary key and fetch the record in the job; pass values too where the job needs them as they are now"
)
_BUILD = "Pass what it is built from, and build it in the job"
_CODE = "Pass a name or a value that the job chooses the function by"
_VIEW = "Pass `list(...)` of it"
_FILE = "Pass where the file is kept (a storage key, not a local path), or its contents when they are small"

_PLAIN = {
    "bytes": "Pass text: `base64.b64encode(data).decode()`",
    "bytearray": "Pass text: `base64.b64encode(data).decode()`",
    "memoryview": "Pass text: `base64.b64encode(data).decode()`",
    "decimal": "Pass `str(amount)` and make the Decimal again in the job",
    "fraction": "Pass `str(fraction)` and make the Fraction again in the job",
    "complex": "Pass its two parts",
    "datetime": "Pass `.isoformat()` and read it with `datetime.fromisoformat` in the job",
    "date": "Pass `.isoformat()` and read it with `date.fromisoformat` in the job",
    "time": "Pass `.isoformat()` and read it with `time.fromisoformat` in the job",
    "timedelta": "Pass `.total_seconds()`",
    "zoneinfo": "Pass the zone's name",
    "uuid": "Pass `str(uuid)`",
    "path": "Pass `str(path)`, and see that the worker's host has that path",
    "pattern": "Pass the `.pattern` text",
    "match": "Pass the groups that the job needs",
    "ip": "Pass `str(address)`",
    "range": "Pass its start and stop, or `list(...)` of it",
    "nan": "Pass None where there is no number",
    "inf": "Pass None where there is no number",
    "exception": "Pass `str(error)`, or the values that the job needs",
    "traceback": "Pass `traceback.format_exc()`",
    "request": "Pass the values that the job needs from the request: the user's id, the form's data",
    "response": "Pass the values that the job needs from the response",
    "queryset": "Pass a list of primary keys: `list(queryset.values_list('pk', flat=True))`",
    "record": _RECORD,
    "lazy_str": "Pass `str(text)`, or the message id to be translated in the job",
    "lazy_object": "Pass the primary key of the object behind it",
    "safe_str": "Pass `str(text)`",
    "uploaded_file": _FILE,
    "np_scalar_int": "Pass `int(number)`",
    "np_scalar_float": "Pass `float(number)`",
    "np_array": "Pass `.tolist()`, or where the data is stored",
    "pd_frame": "Pass where the data is stored, or the query that gives it",
    "pd_timestamp": "Pass `.isoformat()`",
    "object_id": "Pass `str(object_id)` and make the ObjectId again in the job",
    "async_result": "Pass its `.id`",
    "coroutine": "Await it first",
    "sentinel": "Pass a value that a queue can hold, such as None",
    "connection": "Open the connection in the job",
    "redis_client": "Open the connection in the job",
    **dict.fromkeys(("file", "tempfile"), _FILE),
    **dict.fromkeys(("bytesio", "stringio"), "Pass its contents when they are small, else where they are stored"),
    **dict.fromkeys(("iterator", "generator", "map", "zip", "enumerate"), _VIEW),
    **dict.fromkeys(("dict_keys", "dict_values", "dict_items"), _VIEW),
    **dict.fromkeys(("lock", "socket", "thread", "logger", "contextvar", "weakref", "frame"), "Make it in the job"),
    "lambda": _CODE,
}
_SEQUENCES = {
    "set": "Pass `sorted(...)` or `list(...)` of it",
    "frozenset": "Pass `sorted(...)` or `list(...)` of it",
    "deque": _VIEW,
    "array": _VIEW,
}
_RECORD_ROWS = frozenset({"dj_model", "sqlalchemy", "peewee", "mongoengine"})
_MAPPED = {
    "row": "Pass the values that the job needs from the row",
    "session": "Open a session in the job",
    **dict.fromkeys(("query", "rows", "statement"), "Pass a list of primary keys, or the values that the job needs"),
}


def remedy(kind: Kind, context: Context) -> str:
    """One sentence; empty where there is no good advice."""
    found = _remedy(kind, context)
    return f"{found}." if found else ""


def for_result(kind: Kind, context: Context) -> str:
    """The same for what a job returns, which nobody makes again in a job."""
    found = _remedy(kind, context)
    if not found.startswith("Pass "):
        return "Return plain values, or nothing."
    return found.partition(" and ")[0].replace("Pass", "Return", 1) + "."


def _remedy(kind: Kind, context: Context) -> str:
    match kind:
        case kinds.Plain(name):
            return _PLAIN.get(name.removesuffix("_naive").removesuffix("_aware"), _BUILD)
        case kinds.Literal(bytes()):
            return _PLAIN["bytes"]
        case kinds.Sequence(name):
            return _SEQUENCES.get(name, "")
        case kinds.EnumMember(cls):
            return f"Pass `.value` and make the member again in the job: `{cls.name}(value)`"
        case kinds.Instance(cls) if cls.name == "FieldFile":
            return "Pass its `.name`, or the record's primary key, and open the file in the job"
        case kinds.Instance(cls):
            return _instance(context.solver.classes.row(cls))
        case kinds.FrameworkValue("sqlalchemy" | "peewee", role) if role in _MAPPED:
            return _MAPPED[role]
        case kinds.FrameworkValue(role="result"):
            return _PLAIN["async_result"]
        case kinds.Coroutine():
            return _PLAIN["coroutine"]
        case kinds.Function() | kinds.LocalFunction() | kinds.Partial() | kinds.ClassObject() | kinds.ModuleKind():
            return _CODE
        case _:
            return _BUILD


def _instance(row: str | None) -> str:
    if row in _RECORD_ROWS:
        return _RECORD
    if row in ("dataclass", "dataclass_frozen_slots"):
        return "Pass `dataclasses.asdict(...)` of it, or its fields"
    if row == "pydantic":
        return "Pass `.model_dump(mode='json')` and validate it in the job"
    if row == "attrs":
        return "Pass `attrs.asdict(...)` of it, or its fields"
    if row in ("exception", "exception_custom_init"):
        return _PLAIN["exception"]
    return _BUILD
