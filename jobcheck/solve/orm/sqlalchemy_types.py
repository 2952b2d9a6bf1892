"""Column types: what a column of a type gives when it is read. Source: SQLAlchemy 1.4's and 2.0's type references."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.project.shape import AssignDecl, FunctionDecl
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import (
    UNKNOWN,
    ClassObject,
    ClassRef,
    EnumMember,
    External,
    FunctionRef,
    Mapping,
    Plain,
    Sequence,
    Value,
    join,
    known,
    plain,
)  # fmt: skip
from jobcheck.solve.orm.declared import declaration, keyword, positional, truth
from jobcheck.solve.orm.sqlalchemy_kinds import short

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_TYPES = {
    **dict.fromkeys(
        "Integer SmallInteger BigInteger INTEGER INT BIGINT SMALLINT TINYINT MEDIUMINT AutoString Year".split(), "int"),
    **dict.fromkeys(
        "String Text Unicode UnicodeText VARCHAR CHAR NVARCHAR NCHAR TEXT CLOB CITEXT LONGTEXT MEDIUMTEXT TINYTEXT "
        "VARCHAR2 NVARCHAR2 INET CIDR MACADDR EmailType URLText LtreeText".split(), "str"),
    **dict.fromkeys("Boolean BOOLEAN BOOL BIT".split(), "bool"),
    **dict.fromkeys("Float Double FLOAT DOUBLE DOUBLE_PRECISION REAL".split(), "float"),
    **dict.fromkeys("Numeric NUMERIC DECIMAL".split(), "decimal"),
    **dict.fromkeys("Date DATE".split(), "date"),
    **dict.fromkeys("Time TIME".split(), "time"),
    **dict.fromkeys("Interval INTERVAL".split(), "timedelta"),
    **dict.fromkeys("LargeBinary BLOB BINARY VARBINARY BYTEA LONGBLOB MEDIUMBLOB".split(), "bytes"),
    "IPAddressType": "ip", "UtcDateTime": "datetime_aware",
}  # fmt: skip
_TYPES["AutoString"] = "str"
_MOMENTS = frozenset({"DateTime", "DATETIME", "TIMESTAMP", "TIMESTAMPTZ"})
_UUIDS = frozenset({"UUID", "Uuid", "UUIDType", "GUID", "UNIQUEIDENTIFIER"})
_WRAPPERS = frozenset({"MutableDict", "MutableList", "MutableSet"})


def type_value(solver: Solver, node: ir.Expr, env: Env) -> Value | None:
    """What a column of the type that an expression names gives; None when the expression names no type."""
    callee, call = (node.func, node) if isinstance(node, ir.Call) else (node, None)
    if isinstance(callee, ir.Attribute) and callee.attr in ("with_variant", "as_mutable"):
        return _varied(solver, callee, call, env)
    match solver.value(callee, env).only:
        case External(qualname=qualname):
            return _external(solver, qualname, call, env)
        case ClassObject(cls=cls) if cls.filename is None:
            return _external(solver, cls.qualname, call, env)
        case ClassObject(cls=cls):
            return _own(solver, cls)
        case _:
            return None


def _varied(solver: Solver, callee: ir.Attribute, call: ir.Call | None, env: Env) -> Value | None:
    """`String().with_variant(...)`, `MutableDict.as_mutable(JSON)`."""
    if callee.attr == "with_variant":
        return type_value(solver, callee.value, env)
    first = positional(call)[:1] if call is not None else []
    return type_value(solver, first[0], env) if first else UNKNOWN


def _external(solver: Solver, qualname: str, call: ir.Call | None, env: Env) -> Value | None:
    name = short(qualname)
    if not name or not name[:1].isupper() or name in ("ForeignKey", "Identity", "Sequence", "Computed", "FetchedValue"):
        return None
    if name in _MOMENTS:
        zoned = (call is not None and truth(_first(call, "timezone"))) or name == "TIMESTAMPTZ"
        return plain("datetime_aware" if zoned else "datetime_naive")
    if name in _UUIDS:
        return _uuid(solver, qualname, call)
    if name in ("Numeric", "NUMERIC", "DECIMAL", "Float", "FLOAT") and call is not None:
        asked = truth(keyword(call, "asdecimal"))
        if asked is not None:
            return plain("decimal" if asked else "float")
    if name in ("Enum", "ENUM", "EnumType", "ChoiceType") and call is not None:
        return _enum(solver, call, env, name)
    if name == "ARRAY" and call is not None and positional(call):
        return known(Sequence("list", type_value(solver, positional(call)[0], env) or UNKNOWN))
    if name == "HSTORE":
        return known(Mapping("dict", (), (plain("str"), plain("str"))))
    return plain(_TYPES[name]) if name in _TYPES else UNKNOWN


def _first(call: ir.Call, name: str) -> ir.Expr | None:
    return keyword(call, name) or next(iter(positional(call)), None)


def _uuid(solver: Solver, qualname: str, call: ir.Call | None) -> Value:
    """PostgreSQL's UUID gave a str before SQLAlchemy 2.0 unless `as_uuid=True`; the others give UUIDs."""
    asked = truth(keyword(call, "as_uuid")) if call is not None else None
    if asked is not None:
        return plain("uuid" if asked else "str")
    if ".dialects." in qualname and not qualname.startswith("sqlalchemy_utils"):
        version = solver.versions.get("sqlalchemy", "")
        if not version:
            return join([plain("uuid"), plain("str")])
        return plain("str" if version.startswith(("0.", "1.")) else "uuid")
    return plain("uuid")


def _enum(solver: Solver, call: ir.Call, env: Env, name: str) -> Value:
    """`Enum(Color)` gives members; `Enum("red", "blue")` gives text."""
    first = next(iter(positional(call)), None)
    only = solver.value(first, env).only if first is not None else None
    if isinstance(only, ClassObject):
        flavor = solver.classes.enum_flavor(only.cls)
        return known(EnumMember(only.cls, flavor)) if flavor else UNKNOWN
    texts = isinstance(first, ir.Constant) and first.kind == "str" and name in ("Enum", "ENUM")
    return plain("str") if texts else UNKNOWN


def _own(solver: Solver, cls: ClassRef) -> Value | None:
    """A type of the project's own: what its process_result_value gives, else what the type below it gives."""
    info = solver.classes.info(cls)
    if info is None or not any(short(q) for q in info.externals):
        return None
    for filename, decl, _ in solver.member(cls, "process_result_value"):
        if isinstance(decl, FunctionDecl):
            value = solver.returned(FunctionRef(filename, decl.qualname, decl.start))
            return value.without(Plain("none"))
    for _, decl, owner in solver.member(cls, "impl"):
        found = declaration(solver, owner, decl) if isinstance(decl, AssignDecl) else None
        if found is not None and found.value is not None:
            return type_value(solver, found.value, found.env) or UNKNOWN
    for base in info.ancestors:
        if base.filename is None and short(base.qualname) in _TYPES:
            return plain(_TYPES[short(base.qualname)])
    return UNKNOWN
