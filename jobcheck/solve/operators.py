"""Operators, subscripts, iteration, narrowing and changes in place: what they do to values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve import stdlib
from jobcheck.solve.defs import ChangeDef, NarrowDef
from jobcheck.solve.kinds import (
    MOST_ITEMS,
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
    Generator,
    Instance,
    Items,
    Keyed,
    Kind,
    Listed,
    Literal,
    LocalFunction,
    Mapping,
    Method,
    Partial,
    Places,
    Plain,
    Sequence,
    Value,
    join,
    known,
    plain,
)  # fmt: skip

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_NUMBERS = ("bool", "int", "float", "decimal", "fraction", "complex")
_DATES = ("datetime", "datetime_naive", "datetime_aware", "date")
_CALLABLES = (Function, LocalFunction, Partial, ClassObject, Method)


def constant(node: ir.Constant) -> Value:
    """The value of a literal."""
    if node.kind == "float" and isinstance(node.value, float) and not math.isfinite(node.value):
        return plain("nan" if math.isnan(node.value) else "inf")
    if node.cut or (node.value is None and node.kind != "none"):
        return plain(node.kind) if node.kind in ("int", "complex", "str", "bytes") else UNKNOWN
    return known(Literal(node.value))


def plain_name(kind: Kind) -> str:
    """The name of a Plain kind or of the type of a literal; "" for other kinds."""
    if isinstance(kind, Plain):
        return kind.name
    if isinstance(kind, Generator):
        return "generator"
    if isinstance(kind, Literal):
        return "none" if kind.value is None else type(kind.value).__name__
    return ""


# --- operators -------------------------------------------------------------------------------------------------


def binary(op: str, left: Value, right: Value) -> Value:
    """`left op right`."""
    if left.unknown or right.unknown:
        one = left if not left.unknown else right
        # A str on one side makes a str; anything else may be anybody's operator.
        texts = op in ("+", "%") and one.alts and all(plain_name(k) == "str" for k in one.kinds())
        if texts and (op == "+" or one is left):
            return plain("str")
        # Nothing but a path may stand beside the `/` of a path, and what comes out is one.
        if op == "/" and one is left and one.alts and all(plain_name(k) == "path" for k in one.kinds()):
            return plain("path").opened() if one.open else plain("path")
        return NOTHING if not left.open and not right.open else UNKNOWN
    parts = [_binary(op, a.kind, b.kind) for a in left.alts for b in right.alts]
    result = join(parts)
    return result.opened() if left.open or right.open else result


def _binary(op: str, left: Kind, right: Kind) -> Value:
    if isinstance(left, Sequence) or isinstance(right, Sequence):
        return _sequence_operator(op, left, right)
    if isinstance(left, Mapping) and isinstance(right, Mapping) and op == "|":
        return known(Mapping("dict", left.entries + right.entries, join_rest(left.rest, right.rest)))
    a, b = plain_name(left), plain_name(right)
    if a in ("str", "safe_str") and op == "%":
        return plain("str")
    if "path" in (a, b) and op == "/":
        return plain("path")
    if a in _NUMBERS and b in _NUMBERS:
        return _number(op, a, b)
    if a == b and a in ("str", "bytes") and op == "+":
        if isinstance(left, Literal) and isinstance(right, Literal) and isinstance(left.value, str):
            return known(Literal(left.value + str(right.value)))
        return plain(a)
    if a in ("str", "bytes") and b == "int" and op == "*":
        return plain(a)
    return _date(op, a, b)


def _number(op: str, a: str, b: str) -> Value:
    if op == "/" and {a, b} <= {"int", "bool"}:
        return plain("float")
    if op in ("&", "|", "^") and a == b == "bool":
        return plain("bool")
    wider = max(a, b, key=_NUMBERS.index)
    return plain("int" if wider == "bool" else wider)


def _date(op: str, a: str, b: str) -> Value:
    if a in _DATES and b == "timedelta" and op in "+-":
        return plain(a)
    if a == "timedelta" and b in _DATES and op == "+":
        return plain(b)
    if a in _DATES and b in _DATES and op == "-":
        return plain("timedelta")
    if a == b == "timedelta":
        return plain("timedelta") if op in "+-%" else plain("float")
    if (a == "timedelta" and b in _NUMBERS) or (b == "timedelta" and a in _NUMBERS and op == "*"):
        return plain("timedelta")
    return UNKNOWN


def _sequence_operator(op: str, left: Kind, right: Kind) -> Value:
    if isinstance(left, Sequence) and isinstance(right, Sequence):
        if op == "+" and left.name == right.name:
            items = left.items + right.items if left.items is not None and right.items is not None else None
            if items is not None and len(items) > MOST_ITEMS:
                items = None
            return known(Sequence(left.name, join([left.element, right.element]), items))
        if op in ("|", "&", "-", "^") and left.name in ("set", "frozenset"):
            return known(Sequence(left.name, join([left.element, right.element])))
    if isinstance(left, Sequence) and op == "*":
        return known(Sequence(left.name, left.element))
    if plain_name(left) == "str" and op == "%":
        return plain("str")
    if isinstance(left, Sequence) and left.name in ("set", "frozenset") and op in ("|", "&", "-", "^"):
        return known(Sequence(left.name, join([left.element, UNKNOWN])))
    return UNKNOWN


def unary(op: str, operand: Value) -> Value:
    """`op operand`."""
    if op == "not":
        return plain("bool")
    parts = []
    for alt in operand.alts:
        if op == "-" and isinstance(alt.kind, Literal) and isinstance(alt.kind.value, (int, float)):
            parts.append(known(Literal(-alt.kind.value)))
        elif plain_name(alt.kind) in ("int", "float", "decimal", "timedelta", "bool"):
            name = plain_name(alt.kind)
            parts.append(plain("int" if name == "bool" else name))
        else:
            parts.append(UNKNOWN)
    return join([*parts, UNKNOWN] if operand.open else parts)


def compared(left: Value) -> Value:
    """A comparison is a bool, except for things that overload it (columns, arrays, query expressions)."""
    if left.alts and all(plain_name(k) or isinstance(k, (Sequence, Mapping, EnumMember)) for k in left.kinds()):
        return plain("bool")
    return Value((Alt(Plain("bool")),), True)


# --- subscripts and iteration ----------------------------------------------------------------------------------


def item(solver: Solver, owner: Value, index: Value) -> Value:
    """`owner[index]`."""
    if owner.unknown:
        return owner
    parts = [_item(solver, alt.kind, index.only) for alt in owner.alts]
    return join([*parts, UNKNOWN] if owner.open else parts)


def _item(solver: Solver, owner: Kind, index: Kind | None) -> Value:
    if isinstance(owner, Sequence):
        if owner.items is not None and isinstance(index, Literal) and isinstance(index.value, int):
            if -len(owner.items) <= index.value < len(owner.items):
                return owner.items[index.value]
            return NOTHING  # raises
        return owner.element
    if isinstance(owner, Mapping):
        return lookup(owner, index)
    if plain_name(owner) == "str":
        return plain("str")
    if plain_name(owner) == "bytes":
        return plain("int")
    if isinstance(owner, FrameworkValue) and isinstance(owner.data, Keyed):
        return owner.data.under(index)
    if isinstance(owner, FrameworkValue):
        return _placed(owner.data, index) if isinstance(owner.data, Places) else element(solver, owner)
    return UNKNOWN


def _placed(data: Places, index: Kind | None) -> Value:
    place = index.value if isinstance(index, Literal) else None
    return data.at(place if isinstance(place, int) else None)


def holds(owner: Mapping, index: Kind | None) -> bool:
    """Whether a dict surely has a key."""
    return isinstance(index, (Literal, EnumMember)) and any(key.only == index for key, _ in owner.entries)


def lookup(owner: Mapping, index: Kind | None) -> Value:
    """What a dict holds under a key."""
    if isinstance(index, (Literal, EnumMember)):
        for key, value in reversed(owner.entries):
            if key.only == index:
                return value
        if owner.rest is None and all(isinstance(k.only, (Literal, EnumMember)) for k, _ in owner.entries):
            return UNKNOWN
    # An entry under another known key is not meant.
    known_index = isinstance(index, (Literal, EnumMember))
    parts = [v for k, v in owner.entries if not (known_index and isinstance(k.only, (Literal, EnumMember)))]
    if owner.rest is not None:
        parts.append(owner.rest[1])
    return join([*parts, UNKNOWN])


def sliced(owner: Value) -> Value:
    """`owner[a:b]`: the same sort of thing, items no longer told apart."""
    parts = []
    for alt in owner.alts:
        if isinstance(alt.kind, Sequence):
            parts.append(known(Sequence(alt.kind.name, alt.kind.element)))
        elif plain_name(alt.kind) in ("str", "bytes", "queryset", "np_array", "pd_frame"):
            parts.append(plain(plain_name(alt.kind)))
        elif isinstance(alt.kind, FrameworkValue) and isinstance(alt.kind.data, Listed):
            parts.append(alt.kind.data.listed)
        elif isinstance(alt.kind, FrameworkValue) and isinstance(alt.kind.data, Items):
            parts.append(known(alt.kind))
        else:
            parts.append(UNKNOWN)
    return join([*parts, UNKNOWN] if owner.open else parts)


def element(solver: Solver, kind: Kind) -> Value:
    """One item that iterating over `kind` gives."""
    match kind:
        case Sequence() | Generator():
            return kind.element
        case Coroutine(result=result) if isinstance(only := result.only, Generator):
            return only.element  # an async generator, which nobody awaits
        case Mapping():
            keys = [k for k, _ in kind.entries]
            return join([*keys, kind.rest[0]] if kind.rest else keys) if keys or kind.rest else UNKNOWN
        case Plain(name="range"):
            return plain("int")
        case Plain(name="str"):
            return plain("str")
        case Plain(name="bytes"):
            return plain("int")
        case ClassObject(cls=cls):
            flavor = solver.classes.enum_flavor(cls)
            return known(EnumMember(cls, flavor)) if flavor else UNKNOWN
        case FrameworkValue(data=Items() as items):
            return items.element
        case _:
            return UNKNOWN


def unpacked(solver: Solver, value: Value, index: int | None) -> Value:
    """Target `index` of an unpacking; None for a starred or later one."""
    if value.unknown:
        return value
    parts = []
    for alt in value.alts:
        kind = alt.kind
        if isinstance(kind, Sequence):
            if kind.items is not None and index is not None:
                parts.append(kind.items[index] if index < len(kind.items) else UNKNOWN)
            else:
                parts.append(UNKNOWN if index is None else kind.element)
        elif isinstance(kind, FrameworkValue) and isinstance(kind.data, Places):
            parts.append(kind.data.at(index))
        else:
            parts.append(UNKNOWN)
    return join([*parts, UNKNOWN] if value.open else parts)


# --- containers changed in place -------------------------------------------------------------------------------


def mapping_parts(value: Value) -> tuple[list[tuple[Value, Value]], tuple[Value, Value] | None]:
    """The known entries of a dict and what stands for the others."""
    only = value.only
    if isinstance(only, Mapping):
        return list(only.entries), only.rest
    return [], (UNKNOWN, UNKNOWN)


def join_rest(a: tuple[Value, Value] | None, b: tuple[Value, Value] | None) -> tuple[Value, Value] | None:
    """The unknown entries of two dicts together."""
    if a is None or b is None:
        return a or b
    return join([a[0], b[0]]), join([a[1], b[1]])


def changed(solver: Solver, before: Value, change: ChangeDef) -> Value:
    """A container after one change in place."""
    key = solver.value(change.key, change.env) if change.key is not None else UNKNOWN
    value = solver.value(change.node, change.env) if change.node is not None else UNKNOWN
    parts = [known(_changed(solver, alt.kind, change.how, key, value), alt.origin) for alt in before.alts]
    return Value(join(parts).alts, before.open) if parts else before


def _changed(solver: Solver, kind: Kind, how: str, key: Value, value: Value) -> Kind:
    if isinstance(kind, Mapping):
        if how in ("item", "setdefault"):
            return _with_entry(kind, key, value)
        if how == "group":  # with what the entry may hold besides
            return Mapping(kind.name, kind.entries, join_rest(kind.rest, (key, Value(value.alts, True))))
        if how == "update":
            entries, rest = mapping_parts(value)
            return Mapping(kind.name, (*kind.entries, *entries)[: MOST_ITEMS * 2], join_rest(kind.rest, rest))
        return _without_entry(kind, key) if how == "remove" else kind
    if isinstance(kind, Sequence):
        if how in ("append", "add", "insert", "appendleft", "item"):
            # In a loop the number of items is not known any more, so they are not told apart.
            return Sequence(kind.name, join([kind.element, value]))
        if how in ("extend", "update"):
            return Sequence(kind.name, join([kind.element, solver.iterated(value)]))
        if how == "remove":
            return Sequence(kind.name, kind.element)
    return kind


def _with_entry(kind: Mapping, key: Value, value: Value) -> Mapping:
    if not isinstance(key.only, (Literal, EnumMember)) or len(kind.entries) >= MOST_ITEMS:
        return Mapping(kind.name, kind.entries, join_rest(kind.rest, (key, value)))
    kept = tuple(e for e in kind.entries if e[0].only != key.only)
    return Mapping(kind.name, (*kept, (key, value)), kind.rest)


def _without_entry(kind: Mapping, key: Value) -> Mapping:
    """A dict from which one key is taken; where it is not known which, any of its entries may still be there."""
    if isinstance(key.only, (Literal, EnumMember)):
        return Mapping(kind.name, tuple(e for e in kind.entries if e[0].only != key.only), kind.rest)
    rest = kind.rest
    for entry in kind.entries:
        rest = join_rest(rest, entry)
    return Mapping(kind.name, (), rest)


# --- narrowing -------------------------------------------------------------------------------------------------


def narrowed_truth(solver: Solver, value: Value, truth: bool) -> Value:
    """The alternatives that can be true (or false)."""
    return Value(tuple(a for a in value.alts if _may_be(solver, a.kind, truth)), value.open)


def _may_be(solver: Solver, kind: Kind, truth: bool) -> bool:
    if isinstance(kind, Instance) and solver.classes.record(kind.cls) is not None:
        # A record is true, whatever is in it, unless its class says otherwise.
        return truth or any(True for n in ("__bool__", "__len__") for _ in solver.member(kind.cls, n))
    if isinstance(kind, Literal):
        return bool(kind.value) == truth
    if kind == Plain("none"):
        return not truth
    if isinstance(kind, _CALLABLES):
        return truth
    if not truth and plain_name(kind) in ("uuid", "path", "lock", "file", *_DATES):
        return False
    return not (isinstance(kind, Sequence) and kind.items == () and truth)


def narrowed(solver: Solver, value: Value, test: NarrowDef) -> Value:
    """The alternatives that a test leaves."""
    if test.how == "truthy":
        return narrowed_truth(solver, value, test.truth)
    if test.how == "none":
        wanted = (Plain("none"), Literal(None))
        if test.truth:
            kept = tuple(a for a in value.alts if a.kind in wanted)
            return Value(kept, False) if kept or not value.open else plain("none")
        return value.without(*wanted)
    assert test.test is not None
    names = _class_names(solver, solver.value(test.test, test.env))
    if names is None:
        return Value(value.alts, True) if value.alts else value
    kept = tuple(a for a in value.alts if _instance(solver, a.kind, names) in ((True, None) if test.truth else (False, None)))
    if test.truth and not kept and value.open:
        return join(_instance_of(solver, n) for n in names)
    return Value(kept, value.open)


def _class_names(solver: Solver, value: Value) -> list[ClassRef] | None:
    """The classes of an isinstance test; None when one is unknown."""
    found: list[ClassRef] = []
    if value.open:
        return None
    for kind in value.kinds():
        match kind:
            case ClassObject(cls=cls):
                found.append(cls)
            case External(qualname=qualname):
                found.append(ClassRef(qualname))
            case Sequence(items=items) if items is not None:
                for part in items:
                    inner = _class_names(solver, part)
                    if inner is None:
                        return None
                    found.extend(inner)
            case _:
                return None
    return found


def _instance(solver: Solver, kind: Kind, classes: list[ClassRef]) -> bool | None:
    """Whether a value of this kind is an instance of one of the classes; None when that is not known."""
    qualnames = {c.qualname for c in classes}
    if "object" in qualnames:
        return True
    name = plain_name(kind)
    if isinstance(kind, (Sequence, Mapping)):
        name = kind.name
        builtin = {"defaultdict": "dict", "OrderedDict": "dict", "Counter": "dict"}.get(name, name)
        if builtin in qualnames or name in {q.rsplit(".", 1)[-1] for q in qualnames}:
            return True
        return None if any(q.startswith(("collections.", "typing.")) for q in qualnames) else False
    if name:
        own = {q for q, plain_ in stdlib.CLASSES.items() if plain_ == name}
        own |= {"int"} if name == "bool" else set()
        own |= {"datetime.datetime", "datetime.date"} if name.startswith("datetime") else set()
        if own & qualnames:
            return True
        return False if own and all(q in stdlib.CLASSES or c.filename for q, c in zip(qualnames, classes, strict=False)) else None
    if isinstance(kind, Instance) and kind.cls.filename:
        info = solver.classes.info(kind.cls)
        if info and any(a in classes or a.qualname in qualnames for a in info.ancestors):
            return True
        return False if info and info.complete else None
    if isinstance(kind, EnumMember):
        return True if kind.cls in classes else (None if qualnames & {"enum.Enum", "str", "int"} else False)
    return None


def _instance_of(solver: Solver, cls: ClassRef) -> Value:
    """An instance of a class known only by reference."""
    if cls.filename is None:
        name = stdlib.CLASSES.get(cls.qualname)
        if name:
            return plain(name)
        if cls.qualname in stdlib.SEQUENCES:
            return known(Sequence(stdlib.SEQUENCES[cls.qualname], UNKNOWN))
        if cls.qualname in stdlib.MAPPINGS:
            return known(Mapping(stdlib.MAPPINGS[cls.qualname], (), (UNKNOWN, UNKNOWN)))
        return known(Instance(cls)) if solver.classes.record(cls) is not None else UNKNOWN
    flavor = solver.classes.enum_flavor(cls)
    return known(EnumMember(cls, flavor)) if flavor else known(Instance(cls))
