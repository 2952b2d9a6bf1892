"""Which rows of the tables a kind is: several when the kind does not tell which of them it will be."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Protocol

from jobcheck.solve import kinds
from jobcheck.solve.kinds import Kind, Value
from jobcheck.wire.tables import OTHER_TZINFO, SAME, Outcome, Wire, outcome, row_names

Rows = tuple[str, ...]


class ClassFacts(Protocol):
    """What the project's classes are."""

    def row(self, cls: kinds.ClassRef) -> str | None:
        """The row of an instance of the class (dataclass, pydantic, attrs, plain, namedtuple, exception, dj_model,
        sqlalchemy, str_subclass, json_hook ...); None when it is not known what the class is.
        """

    def is_any(self, cls: kinds.ClassRef, classes: Collection[kinds.ClassRef]) -> bool:
        """Whether the class is, or derives from, one of some."""


# Plain names whose row is not simply called the same.
_PLAIN: dict[str, Rows] = {
    "bytes": ("bytes_utf8", "bytes_bin"),
    "datetime": ("dt_naive", "dt_utc", "dt_zoneinfo"),
    "datetime_naive": ("dt_naive",),
    "datetime_aware": ("dt_utc", "dt_zoneinfo"),
    "iterator": ("list_iterator", "itertools_chain"),
    "tempfile": ("tempfile", "named_tempfile"),
    "exception": ("exception", "exception_custom_init"),
    "connection": ("db_connection",),
    "request": ("dj_request",),
    "response": ("dj_response",),
    "querydict": ("dj_querydict",),
    "queryset": ("dj_queryset",),
    "record": ("dj_model", "sqlalchemy"),
    "manager": ("dj_manager",),
    "lazy_str": ("dj_lazy",),
    "lazy_object": ("dj_simplelazy",),
    "safe_str": ("dj_safestring",),
    "uploaded_file": ("dj_upload_mem", "dj_upload_tmp"),
    "np_scalar_int": ("np_int64",),
    "np_scalar_float": ("np_float64",),
    "pd_frame": ("pd_dataframe",),
}
_SEQUENCES = ("list", "tuple", "set", "frozenset", "deque", "array")
_MAPPINGS: dict[str, Rows] = {
    "dict": ("dict_str",),
    "defaultdict": ("defaultdict",),
    "OrderedDict": ("ordereddict",),
    "Counter": ("counter",),
    "mappingproxy": ("mappingproxy",),
}
_MEMBERS: dict[str, Rows] = {
    "plain": ("enum_int", "enum_str"),
    "int": ("intenum",),
    "str": ("strenum", "str_mixin_enum"),
    "flag": ("flag",),
    "intflag": ("intflag",),
}
_MEMBER_KEYS: dict[str, Rows] = {
    "plain": ("dict_enum",),
    "int": ("dict_intenum",),
    "str": ("dict_strenum", "dict_str_mixin"),
    "flag": ("dict_enum",),
    "intflag": ("dict_intenum",),
}
_PLAIN_KEYS: dict[str, Rows] = {
    "int": ("dict_int",),
    "float": ("dict_float",),
    "bool": ("dict_bool",),
    "none": ("dict_none",),
    "bytes": ("dict_bytes",),
    "uuid": ("dict_uuid",),
    "date": ("dict_date",),
    "datetime": ("dict_datetime",),
    "datetime_naive": ("dict_datetime",),
    "decimal": ("dict_decimal",),
    "record": ("dict_instance",),
    "sentinel": ("dict_instance",),
}
_INSTANCE_KEYS: dict[str, Rows] = {
    "namedtuple": ("dict_tuple",),
    "typing_namedtuple": ("dict_tuple",),
    "int_subclass": ("dict_intenum",),
    "plain": ("dict_instance",),
    "dj_model": ("dict_instance",),
    "sqlalchemy": ("dict_instance",),
    "peewee": ("dict_instance",),
    "mongoengine": ("dict_instance",),
}
_DJANGO = {"queryset": "dj_queryset", "rows": "dj_queryset_values", "manager": "dj_manager", "iterator": "generator"}
_SQLALCHEMY = {
    "row": "sqlalchemy_row", "query": "sqlalchemy_query", "statement": "sqlalchemy_select", "rows": "sqlalchemy_result",
    "session": "sqlalchemy_session",
}  # fmt: skip
_ROLES = {"result": "async_result", "signature": "signature", "canvas": "signature"}


def rows_of(kind: Kind, facts: ClassFacts) -> Rows:
    """The rows that a value of this kind may be; none where nothing is known."""
    match kind:
        case kinds.Literal(value):
            return (_literal_row(value),)
        case kinds.Plain(name):
            return _PLAIN.get(name) or ((name,) if name in row_names() else ())
        case kinds.Sequence(name):
            return (name,) if name in _SEQUENCES else ()
        case kinds.Mapping(name):
            return _MAPPINGS.get(name, ())
        case kinds.Generator():
            return ("generator",)
        case kinds.EnumMember(flavor=flavor):
            return _MEMBERS.get(flavor, ())
        case kinds.Instance(cls):
            row = facts.row(cls)
            return (row,) if row in row_names() and row is not None else ()
        case _:
            return _code_rows(kind)


def _code_rows(kind: Kind) -> Rows:
    """Rows of the kinds that are code, or that a framework made."""
    match kind:
        case kinds.ClassObject(cls):
            return ("local_class",) if "<locals>" in cls.qualname else ("cls",)
        case kinds.Function(ref, bound):
            if bound is not None:
                return ("bound_method",)
            return ("nested_func",) if "<locals>" in ref.qualname else ("func",)
        case kinds.LocalFunction(name):
            return ("nested_func",) if name.isidentifier() and name != "lambda" else ("lambda",)
        case kinds.Partial(function):
            return ("partial_lambda",) if _is_local(function) else ("partial",)
        case kinds.ModuleKind():
            return ("module",)
        case kinds.Coroutine():
            return ("coroutine",)
        case kinds.FrameworkValue("celery", role):
            return (_ROLES[role],) if role in _ROLES else ()
        case kinds.FrameworkValue("django", role):
            return (_DJANGO[role],) if role in _DJANGO else ()
        case kinds.FrameworkValue("sqlalchemy", role):
            return (_SQLALCHEMY[role],) if role in _SQLALCHEMY else ()
        case kinds.FrameworkValue("peewee", "query"):
            return ("peewee_query",)
        case _:
            return ()


def key_rows(kind: Kind, facts: ClassFacts) -> Rows:
    """The rows that a dict with such a key may be; none where the key is fine or nothing is known."""
    match kind:
        case kinds.Literal(str() as text):
            return (_text_row(text),)
        case kinds.Literal(value):
            return _PLAIN_KEYS["none" if value is None else type(value).__name__]
        case kinds.Plain(name):
            return _PLAIN_KEYS.get(name, ())
        case kinds.Sequence("tuple"):
            return ("dict_tuple",)
        case kinds.EnumMember(flavor=flavor):
            return _MEMBER_KEYS.get(flavor, ())
        case kinds.Instance(cls):
            return _INSTANCE_KEYS.get(facts.row(cls) or "", ())
        case kinds.ClassObject() | kinds.Function() | kinds.LocalFunction():
            return ("dict_instance",)
        case _:
            return ()


def weakest(wire: Wire, rows: Rows) -> tuple[str, Outcome]:
    """The row that fares best, and how: what is true of the kind whichever of the rows it is."""
    fared = [(row, harmless(outcome(wire, row))) for row in rows]
    return min(fared, key=lambda pair: pair[1].severity, default=("", SAME))


def harmless(found: Outcome | None) -> Outcome:
    """The outcome, with those that no one can call a loss (and the unmeasured) as same."""
    return SAME if found is None or found.becomes == OTHER_TZINFO else found


def _literal_row(value: bool | int | float | str | bytes | None) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "bool"
        case int():
            return _int_row(value)
        case float():
            return _float_row(value)
        case str():
            return _text_row(value)
        case bytes():
            return "bytes_utf8" if _is_utf8(value) else "bytes_bin"


def _int_row(value: int) -> str:
    if value >= 2**64:
        return "int_gt_2_64"
    if value < -(2**63):
        return "int_neg_big"
    return "int_gt_2_53" if abs(value) > 2**53 else "int"


def _float_row(value: float) -> str:
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf"
    if value.is_integer():
        return "float_1e16" if abs(value) >= 1e16 else "float_integral"
    return "float"


def _text_row(text: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "str_surrogate"
    return "str_nul" if "\x00" in text else "str"


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_local(function: Value) -> bool:
    kind = function.only
    return isinstance(kind, kinds.LocalFunction) or (
        isinstance(kind, kinds.Function) and kind.bound is None and "<locals>" in kind.ref.qualname
    )
