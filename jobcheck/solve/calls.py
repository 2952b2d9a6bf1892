"""Calls: what `callee(...)` gives, for each kind of callee."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.project.shape import FunctionDecl
from jobcheck.solve import iteration, opened, operators, promises, stdlib
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import (
    NOTHING,
    UNKNOWN,
    Alt,
    ClassObject,
    ClassRef,
    Coroutine,
    EnumMember,
    External,
    FrameworkValue,
    Function,
    FunctionRef,
    Instance,
    Kind,
    Literal,
    LocalFunction,
    Mapping,
    Method,
    Partial,
    Plain,
    Sequence,
    Value,
    join,
    known,
    plain,
)  # fmt: skip
from jobcheck.solve.operators import plain_name

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver


def call(solver: Solver, node: ir.Call, env: Env) -> Value:
    """The value of a call expression."""
    callee = solver.value(node.func, env)
    if callee.unknown:
        return solver.records.inferred(node, env) or callee
    parts = [called(solver, alt.kind, node, env) for alt in callee.alts]
    return join([*parts, UNKNOWN] if callee.open else parts)


def called(solver: Solver, callee: Kind, node: ir.Call, env: Env) -> Value:
    """What calling one alternative gives."""
    if isinstance(callee, (FrameworkValue, External, ClassObject, Function, Method)):
        for framework in solver.frameworks:
            found = framework.call(solver, callee, node, env)
            if found is not None:
                return found
    match callee:
        case External(qualname=qualname):
            return _external(solver, qualname, node, env)
        case ClassObject(cls=cls):
            return _construct(solver, cls, node, env)
        case Function():
            return solver.returned_to(callee, node, env)
        case LocalFunction():
            return _local(solver, callee)
        case Method(owner=owner, name=name):
            return join(_method(solver, alt.kind, name, node, env) for alt in owner.alts)
        case Partial(function=function):
            return (
                join(called(solver, k, ir.Call(node.start, node.end, node.func, []), env) for k in function.kinds())
                if not function.unknown
                else UNKNOWN
            )
        case Instance(cls=cls):
            return _call_instance(solver, cls)
        case _:
            return UNKNOWN


def argument(node: ir.Call, index: int, name: str | None = None) -> ir.Expr | None:
    """The expression given for a parameter by position or by name; None when absent or behind a star."""
    for arg in node.args:
        if name is not None and arg.keyword == name:
            return arg.value
    positional = []
    for arg in node.args:
        if arg.star == "*":
            break
        if arg.keyword is None and not arg.star:
            positional.append(arg.value)
    return positional[index] if 0 <= index < len(positional) else None


def _construct(solver: Solver, cls: ClassRef, node: ir.Call, env: Env) -> Value:
    flavor = solver.classes.enum_flavor(cls)
    if flavor:
        return known(EnumMember(cls, flavor))
    if solver.classes.is_typed_dict(cls):
        return _dict_call(solver, "dict", node, env)
    if cls.filename is None and cls.qualname in stdlib.BUILTIN_EXCEPTIONS:
        return known(Instance(cls))
    info = solver.classes.info(cls)
    if info is not None and any(d.name == "__new__" for d in info.decl.functions):
        return known(Instance(cls)).opened()
    return known(Instance(cls))


def _call_instance(solver: Solver, cls: ClassRef) -> Value:
    method = _call_method(solver, cls)
    return UNKNOWN if method is None else solver.returned(method)


def _call_method(solver: Solver, cls: ClassRef) -> FunctionRef | None:
    """The `__call__` of a class of the project."""
    found = (
        FunctionRef(filename, decl.qualname, decl.start)
        for filename, decl, _ in solver.member(cls, "__call__")
        if isinstance(decl, FunctionDecl)
    )
    return next(found, None)


def callable_of(solver: Solver, value: Value) -> Value:
    """A value with the `__call__` of their class in place of objects that have one."""
    if not any(isinstance(kind, Instance) for kind in value.kinds()):
        return value
    alts = []
    for alt in value.alts:
        method = _call_method(solver, alt.kind.cls) if isinstance(alt.kind, Instance) else None
        alts.append(alt if method is None else Alt(Function(method, known(alt.kind)), alt.origin))
    return Value(tuple(alts), value.open)


def _local(solver: Solver, callee: LocalFunction) -> Value:
    flow = solver.nested_flow(callee)
    found = solver.nested_node(callee)
    if flow is None or found is None:
        return UNKNOWN
    key = ("local", callee.node)
    if solver.pursuit.meets(key):
        return NOTHING
    saved = solver.pursuit.enter(key)
    try:
        value = solver.flow_value(flow)
    finally:
        solver.pursuit.leave(key, saved)
    node = found[0]
    return known(Coroutine(value)) if isinstance(node, ir.FunctionDef) and node.is_async else value


# --- outside the project ---------------------------------------------------------------------------------------


def _external(solver: Solver, qualname: str, node: ir.Call, env: Env) -> Value:
    special = _SPECIAL.get(qualname)
    if special is not None:
        return special(solver, node, env)
    if qualname in stdlib.CALLS:
        return solver.named_kind(stdlib.CALLS[qualname])
    if qualname in stdlib.BUILTIN_CALLS:
        return _builtin(solver, qualname, node, env)
    if qualname in stdlib.SEQUENCES:
        return _sequence_call(solver, stdlib.SEQUENCES[qualname], node, env)
    if qualname in stdlib.MAPPINGS:
        return _dict_call(solver, stdlib.MAPPINGS[qualname], node, env)
    if qualname in stdlib.BUILTIN_EXCEPTIONS:
        return known(Instance(ClassRef(qualname)))
    promised = promises.of_external(qualname) if qualname in stdlib.CLASSES else UNKNOWN
    if not promised.unknown:
        return promised
    # An instance of some class of another library: what that is, nobody knows here.
    if qualname.rsplit(".", 1)[-1][:1].isupper() and "." in qualname:
        return known(Instance(ClassRef(qualname)))
    return UNKNOWN


def _builtin(solver: Solver, name: str, node: ir.Call, env: Env) -> Value:
    if name in ("str", "int", "float", "bool") and len(node.args) == 1 and not node.args[0].star:
        only = solver.value(node.args[0].value, env).only
        if isinstance(only, Literal) and name == "str" and isinstance(only.value, (int, str)):
            return known(Literal(str(only.value)))
        if isinstance(only, Literal) and name == "float" and only.value in ("nan", "inf", "-inf", "Infinity"):
            return plain("nan" if only.value == "nan" else "inf")
    return solver.named_kind(stdlib.BUILTIN_CALLS[name])


def _sequence_call(solver: Solver, name: str, node: ir.Call, env: Env) -> Value:
    source = argument(node, 0)
    if source is None:
        empty = not node.args
        return known(Sequence(name, NOTHING if empty else UNKNOWN, () if empty and name != "set" else None))
    value = solver.value(source, env)
    only = value.only
    items = only.items if isinstance(only, Sequence) and only.name in ("list", "tuple") and name in ("list", "tuple") else None
    return known(Sequence(name, iteration.items_of(solver, source, env), items))


def _dict_call(solver: Solver, name: str, node: ir.Call, env: Env) -> Value:
    entries: list[tuple[Value, Value]] = []
    rest: tuple[Value, Value] | None = None
    if name == "defaultdict":
        return known(Mapping(name, (), (UNKNOWN, UNKNOWN)))
    for arg in node.args:
        value = solver.value(arg.value, env)
        if arg.keyword is not None:
            entries.append((known(Literal(arg.keyword)), value))
            continue
        pair = None if isinstance(value.only, Mapping) or arg.star else iteration.pairs_of(solver, arg.value, env)
        more, others = operators.mapping_parts(value) if pair is None else ([], pair)
        entries.extend(more)
        rest = operators.join_rest(rest, others)
    return known(Mapping(name, tuple(entries), rest))


def _now(solver: Solver, node: ir.Call, env: Env) -> Value:
    """datetime.now(tz), datetime.fromtimestamp(t, tz): aware when a time zone is given."""
    index = 0 if _last(node) == "now" else 1
    zone = argument(node, index, "tz")
    return _aware_if(solver, zone, env)


def _datetime(solver: Solver, node: ir.Call, env: Env) -> Value:
    return _aware_if(solver, argument(node, 7, "tzinfo"), env)


def _aware_if(solver: Solver, zone: ir.Expr | None, env: Env) -> Value:
    if zone is None:
        return plain("datetime_naive")
    value = solver.value(zone, env)
    if value.only in (Literal(None), Plain("none")):
        return plain("datetime_naive")
    return plain("datetime_aware" if not value.open or not value.unknown else "datetime")


def _last(node: ir.Call) -> str:
    return node.func.attr if isinstance(node.func, ir.Attribute) else getattr(node.func, "id", "")


def _sorted(solver: Solver, node: ir.Call, env: Env) -> Value:
    source = argument(node, 0)
    return known(Sequence("list", iteration.items_of(solver, source, env) if source is not None else UNKNOWN))


def _fromkeys(solver: Solver, node: ir.Call, env: Env) -> Value:
    """`dict.fromkeys(keys, value)`."""
    source, given = argument(node, 0), argument(node, 1)
    if source is None or any(a.star for a in node.args):
        return UNKNOWN
    value = solver.value(given, env) if given is not None else plain("none")
    return known(Mapping("dict", (), (iteration.items_of(solver, source, env), value)))


def _same(solver: Solver, node: ir.Call, env: Env) -> Value:
    source = argument(node, 0)
    return solver.value(source, env) if source is not None else UNKNOWN


def _next(solver: Solver, node: ir.Call, env: Env) -> Value:
    source = argument(node, 0)
    if source is None:
        return UNKNOWN
    parts = [iteration.items_of(solver, source, env)]
    default = argument(node, 1)
    if default is not None:
        parts.append(solver.value(default, env))
    return join([*parts, UNKNOWN])


def _extreme(solver: Solver, node: ir.Call, env: Env) -> Value:
    """min, max: one of the arguments, or an item of the only one."""
    if any(a.star for a in node.args):
        return UNKNOWN
    given = [a.value for a in node.args if a.keyword is None]
    if len(given) == 1:
        return iteration.items_of(solver, given[0], env)
    return join(solver.value(g, env) for g in given) if given else UNKNOWN


def _number(solver: Solver, node: ir.Call, env: Env) -> Value:
    """abs, round, sum over numbers keep their kind."""
    source = argument(node, 0)
    value = solver.value(source, env) if source is not None else UNKNOWN
    if _last(node) == "round" and len(node.args) == 1:
        return plain("int") if all(plain_name(k) in ("int", "float") for k in value.kinds()) and value.alts else UNKNOWN
    names = {plain_name(k) for k in value.kinds()}
    if names and names <= {"int", "float", "decimal", "timedelta", "bool"} and not value.open:
        return join(plain("int" if n == "bool" else n) for n in sorted(names))
    return UNKNOWN


def _sum(solver: Solver, node: ir.Call, env: Env) -> Value:
    return UNKNOWN


def _partial(solver: Solver, node: ir.Call, env: Env) -> Value:
    if not node.args or node.args[0].star or node.args[0].keyword:
        return UNKNOWN
    if any(a.star for a in node.args):
        return known(Partial(solver.value(node.args[0].value, env)))
    args = tuple(solver.value(a.value, env) for a in node.args[1:] if a.keyword is None)
    keywords = tuple((a.keyword, solver.value(a.value, env)) for a in node.args if a.keyword is not None)
    return known(Partial(solver.value(node.args[0].value, env), args, keywords))


def _mkstemp(solver: Solver, node: ir.Call, env: Env) -> Value:
    items = (plain("int"), plain("str"))
    return known(Sequence("tuple", join(items), items))


def _asdict(solver: Solver, node: ir.Call, env: Env) -> Value:
    return known(Mapping("dict", (), (plain("str"), UNKNOWN)))


def _type(solver: Solver, node: ir.Call, env: Env) -> Value:
    source = argument(node, 0)
    only = solver.value(source, env).only if source is not None and len(node.args) == 1 else None
    return known(ClassObject(only.cls)) if isinstance(only, Instance) else UNKNOWN


def _getattr(solver: Solver, node: ir.Call, env: Env) -> Value:
    name = argument(node, 1)
    owner = argument(node, 0)
    said = solver.value(name, env).only if name is not None else None
    if owner is None or not isinstance(said, Literal) or not isinstance(said.value, str):
        return UNKNOWN
    return solver.attribute(solver.value(owner, env), said.value).opened()


_Special = Callable[["Solver", ir.Call, Env], Value]
_SPECIAL: dict[str, _Special] = {
    "datetime.datetime": _datetime,
    "datetime.datetime.now": _now,
    "datetime.datetime.fromtimestamp": _now,
    "sorted": _sorted,
    "dict.fromkeys": _fromkeys,
    "copy.copy": _same,
    "copy.deepcopy": _same,
    "typing.cast": lambda solver, node, env: solver.annotation(node.args[0].value, env) if len(node.args) == 2 else UNKNOWN,
    "next": _next,
    "min": _extreme,
    "max": _extreme,
    "abs": _number,
    "round": _number,
    "sum": _sum,
    "functools.partial": _partial,
    "asgiref.sync.sync_to_async": _same,
    "channels.db.database_sync_to_async": _same,
    "tempfile.mkstemp": _mkstemp,
    "dataclasses.asdict": _asdict,
    "type": _type,
    "getattr": _getattr,
}


# --- methods of builtin and standard kinds ---------------------------------------------------------------------


def _method(solver: Solver, owner: Kind, name: str, node: ir.Call, env: Env) -> Value:
    if isinstance(owner, Mapping):
        return _mapping_method(solver, owner, name, node, env)
    if isinstance(owner, Sequence):
        return _sequence_method(solver, owner, name, node, env)
    kind = plain_name(owner)
    table = stdlib.METHODS.get(kind)
    if table and name in table:
        if kind == "datetime_naive" and name == "replace" and argument(node, 99, "tzinfo") is None:
            return plain("datetime_naive")
        if kind in ("file", "tempfile") and name in opened.READS:
            return opened.content(solver, kind, node, env)
        return solver.named_kind(table[name])
    return UNKNOWN


def _mapping_method(solver: Solver, owner: Mapping, name: str, node: ir.Call, env: Env) -> Value:
    key = argument(node, 0)
    if name in ("get", "pop", "setdefault") and key is not None:
        index = solver.value(key, env).only
        found = operators.lookup(owner, index)
        if operators.holds(owner, index):
            return found
        default = argument(node, 1)
        return join([found, solver.value(default, env) if default is not None else known(Literal(None))])
    if name == "copy":
        return known(owner)
    if name in ("keys", "values", "items"):
        return known(Plain(f"dict_{name}"))
    if name in ("update", "clear"):
        return plain("none")
    return UNKNOWN


def _sequence_method(solver: Solver, owner: Sequence, name: str, node: ir.Call, env: Env) -> Value:
    if name == "copy":
        return known(owner)
    if name == "pop":
        return owner.element.opened()
    if name in ("index", "count"):
        return plain("int")
    if name in ("append", "add", "extend", "remove", "sort", "reverse", "insert", "clear", "discard", "update"):
        return plain("none")
    if owner.name in ("set", "frozenset") and name in ("union", "difference", "intersection", "symmetric_difference"):
        parts = [owner.element, *(solver.iterated(solver.value(a.value, env)) for a in node.args)]
        return known(Sequence(owner.name, join(parts)))
    if name in ("issubset", "issuperset", "isdisjoint"):
        return plain("bool")
    return UNKNOWN
