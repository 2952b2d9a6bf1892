"""The shape of a module: what it declares, shallowly, with byte spans into its source. No code is kept here.

Plain msgspec structs, so that a shape travels as MessagePack into the cache. Spans are (start, end), end exclusive.
Only module-level and class-level declarations are listed, including those under if/try/with/for/while/match
(`conditional`); what is nested in functions belongs to islands.
"""

from __future__ import annotations

from functools import cached_property
from typing import Literal, NamedTuple

import msgspec

ParamKind = Literal["posonly", "arg", "vararg", "kwonly", "kwarg"]
Span = tuple[int, int]


class Fact(msgspec.Struct, array_like=True, eq=False, gc=False):
    """A shallow fact with a place; compared by identity."""


class Param(Fact):
    """A parameter. `kind` is how an argument can reach it."""

    name: str
    kind: ParamKind
    has_default: bool
    annotation: Span | None = None
    default: Span | None = None


class DecoratorDecl(Fact):
    """The expression after `@`. `dotted` is its dotted name, or that of the function it calls, "" if neither."""

    dotted: str
    start: int
    end: int
    is_call: bool


class FunctionDecl(Fact):
    """A function. `start` is that of its first decorator; `end` is that of its last statement or comment."""

    name: str
    qualname: str
    start: int
    end: int
    name_start: int
    name_end: int
    params: list[Param]
    decorators: list[DecoratorDecl]
    is_async: bool
    returns: Span | None
    conditional: bool
    class_name: str | None
    """The qualname of the class it stands in."""


class BaseDecl(Fact):
    """A positional base. `dotted` is its dotted name (of the subscripted or called part), "" if not plain."""

    dotted: str
    start: int
    end: int


class KeywordDecl(NamedTuple):
    """`name=value` in the brackets of a class; the span is the value's."""

    name: str
    start: int
    end: int


class AssignDecl(Fact):
    """A statement that binds or writes names by value; `names` is empty for `a.b = c` and `a[b] = c`.

    `for` and `with` targets are listed too, with `unpacked`, `conditional` and no value; their span is that of the
    whole statement. A `type X = ...` statement is an assignment of its right-hand side.
    """

    names: tuple[str, ...]
    start: int
    end: int
    value: Span | None
    annotation: Span | None
    augmented: bool
    conditional: bool
    unpacked: bool


class ImportDecl(Fact):
    """One imported name. `module` is "" for `from . import x`; `name` is None for `import a.b`, "*" for a star."""

    module: str
    level: int
    name: str | None
    bound: str
    asname: str | None
    star: bool
    start: int
    end: int
    conditional: bool


class StatementDecl(Fact):
    """Any other statement, whole."""

    start: int
    end: int


class ClassDecl(Fact):
    """A class and what its body declares. `others` are its statements that are neither declaration nor assignment."""

    name: str
    qualname: str
    start: int
    end: int
    name_start: int
    name_end: int
    bases: list[BaseDecl]
    keywords: list[KeywordDecl]
    decorators: list[DecoratorDecl]
    functions: list[FunctionDecl]
    classes: list[ClassDecl]
    assigns: list[AssignDecl]
    others: list[StatementDecl]
    conditional: bool

    def function(self, name: str) -> FunctionDecl | None:
        """The last method of that name."""
        return next((f for f in reversed(self.functions) if f.name == name), None)

    def members(self, name: str) -> list[Declaration]:
        """All that the class body declares under a name, in source order."""
        found: list[Declaration] = [d for d in self.functions if d.name == name]
        found += [d for d in self.classes if d.name == name]
        found += [d for d in self.assigns if name in d.names]
        return sorted(found, key=_start)


class Hole(Fact):
    """A part of a broken file that could not be read. `message` is "" when it may be valid code after all."""

    start: int
    end: int
    row: int
    message: str


Declaration = FunctionDecl | ClassDecl | AssignDecl
Binding = FunctionDecl | ClassDecl | AssignDecl | ImportDecl


class Shape(msgspec.Struct, array_like=True, eq=False, dict=True):
    """What one module declares. `statements` are its top-level statements except imports, functions and classes."""

    functions: list[FunctionDecl]
    classes: list[ClassDecl]
    assigns: list[AssignDecl]
    imports: list[ImportDecl]
    statements: list[StatementDecl]
    star_imports: list[ImportDecl]
    all_names: list[str] | None = None
    has_getattr: bool = False
    broken: bool = False
    holes: list[Hole] = msgspec.field(default_factory=list)
    loose_names: list[str] = msgspec.field(default_factory=list)
    """Names that may be bound in ways not listed: `global` in a function, walrus, match captures."""
    dynamic: bool = False
    """The module may bind names by computation: `globals()`, `exec`, `sys.modules[__name__]`."""

    @cached_property
    def _table(self) -> dict[str, list[Binding]]:
        table: dict[str, list[Binding]] = {}
        definitions: list[FunctionDecl | ClassDecl] = [*self.functions, *self.classes]
        for named in definitions:
            table.setdefault(named.name, []).append(named)
        for assign in self.assigns:
            for name in assign.names:
                table.setdefault(name, []).append(assign)
        for imported in self.imports:
            if not imported.star:
                table.setdefault(imported.bound, []).append(imported)
        for found in table.values():
            if len(found) > 1:
                found.sort(key=_start)
        return table

    def bindings(self, name: str) -> list[Binding]:
        """Everything that binds the name at module level, in source order; do not change the list."""
        return self._table.get(name, [])

    @property
    def names(self) -> frozenset[str]:
        """All names bound at module level, star imports aside."""
        return frozenset(self._table)


def _start(decl: Binding) -> int:
    return decl.start
