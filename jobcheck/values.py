"""`dataclass` for values that are made by the hundred thousand, and for a program that starts in a moment.

The standard library makes a frozen class set each field by way of `object.__setattr__`, so that making one takes three times
as long as making any other object (measured: 1.8 µs against 0.5 µs with four fields), and it compiles each method of a class
by itself, which took a fifth of the start of a run. Here a class that is nothing but its fields is one of msgspec's, which is
made, compared and hashed in C (a run of pretix takes a twelfth less CPU); of the others the methods are compiled together, and
what nobody may change is found by mypy. To mypy, and to `dataclasses.fields` and `replace`, each is a dataclass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    import dataclasses
    import reprlib
    from collections.abc import Callable, Iterable

    import msgspec

    def dataclass(
        cls: type | None = None, /, *, frozen: bool = False, eq: bool = True, slots: bool = False, order: bool = False
    ) -> type | Callable[[type], type]:
        """As in the standard library, but that a frozen class has its hash only."""

        def made(cls: type) -> type:
            if issubclass(cls, msgspec.Struct):
                raise TypeError(f"{cls.__name__}: what a value is is not inherited")
            if slots and frozen == eq and not order and _is_plain(cls):
                return _struct(cls, frozen)
            hashed = frozen and eq and "__hash__" not in cls.__dict__
            if order:
                return dataclasses.dataclass(cls, eq=eq, order=True, slots=slots, unsafe_hash=hashed)
            compared = eq and "__eq__" not in cls.__dict__
            shown = "__repr__" not in cls.__dict__
            cls.__doc__ = cls.__doc__ or cls.__name__  # else the signature is worked out to stand there
            cls = dataclasses.dataclass(cls, init=False, repr=False, eq=False, slots=slots)
            for name, method in _methods(cls, compared, hashed).items():
                method.__qualname__ = f"{cls.__qualname__}.{name}"
                setattr(cls, name, method)
            if compared and not hashed and "__hash__" not in cls.__dict__:
                cls.__hash__ = None
            if shown:
                cls.__repr__ = _shown
            return cls

        return made if cls is None else made(cls)

    _OWN = frozenset({"__dict__", "__weakref__", "__slots__"})

    def _is_plain(cls: type) -> bool:
        """Whether a class is nothing but its fields, all alike."""
        fields = [f for f in cls.__dict__.values() if isinstance(f, dataclasses.Field)]
        plain = all(f.init and f.repr and f.compare and f.hash is None and f.kw_only is not True for f in fields)
        special = {"__post_init__", "__init__", "__eq__", "__hash__"} & cls.__dict__.keys()
        return plain and not special and cls.__bases__ == (object,)

    def _struct(cls: type, compared: bool) -> type:
        """The class, made, compared and hashed in C; one that is not compared is hashed by identity.

        To the standard library's functions it is a dataclass as any other.
        """
        names = {name: thing for name, thing in cls.__dict__.items() if name not in _OWN}
        for name, field in names.items():
            if isinstance(field, dataclasses.Field):
                default = msgspec.NODEFAULT if field.default is dataclasses.MISSING else field.default
                factory = msgspec.NODEFAULT if field.default_factory is dataclasses.MISSING else field.default_factory
                names[name] = msgspec.field(default=default, default_factory=factory)
        cls.__doc__ = cls.__doc__ or cls.__name__  # else the signature is worked out to stand there
        known = dataclasses.dataclass(cls, init=False, repr=False, eq=False)
        names |= {name: getattr(known, name) for name in ("__dataclass_fields__", "__dataclass_params__")}
        return type(msgspec.Struct)(cls.__name__, (msgspec.Struct,), names, frozen=compared, eq=compared)

    def _methods(cls: type, compared: bool, hashed: bool) -> dict[str, Callable[..., object]]:
        fields = dataclasses.fields(cls)
        values = {"_unset": dataclasses.MISSING}
        parameters, body = ["self"], []
        for field in fields:
            name = field.name
            if field.kw_only:
                raise TypeError(f"{cls.__name__}.{name}: a field by keyword only has to be made with the standard library's")
            if field.default_factory is not dataclasses.MISSING:
                values[f"_make_{name}"] = field.default_factory
                given = f"_make_{name}() if {name} is _unset else {name}" if field.init else f"_make_{name}()"
                parameters += [f"{name}=_unset"] if field.init else []
                body.append(f"self.{name} = {given}")
            elif field.default is not dataclasses.MISSING:
                values[f"_default_{name}"] = field.default
                parameters += [f"{name}=_default_{name}"] if field.init else []
                body.append(f"self.{name} = {name if field.init else f'_default_{name}'}")
            elif field.init:
                parameters.append(name)
                body.append(f"self.{name} = {name}")
        if hasattr(cls, "__post_init__"):
            body.append("self.__post_init__()")
        parts = [f"def __init__({', '.join(parameters)}):", *(f" {line}" for line in body or ["pass"])]
        if compared:
            names = [field.name for field in fields if field.compare]
            parts += [
                "def __eq__(self, other):",
                " if other.__class__ is self.__class__:",
                f"  return {_tuple('self', names)} == {_tuple('other', names)}",
                " return NotImplemented",
            ]
        if hashed:
            names = [field.name for field in fields if (field.compare if field.hash is None else field.hash)]
            parts += ["def __hash__(self):", f" return hash({_tuple('self', names)})"]
        methods: dict[str, Callable[..., object]] = {}
        # The text is made of the names of a class's own fields.
        exec("\n".join(parts), values, methods)
        return methods

    def _tuple(owner: str, names: Iterable[str]) -> str:
        return "(" + "".join(f"{owner}.{name}, " for name in names) + ")"

    @reprlib.recursive_repr()
    def _shown(self: object) -> str:
        parts = (f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
        return f"{type(self).__qualname__}({', '.join(parts)})"
