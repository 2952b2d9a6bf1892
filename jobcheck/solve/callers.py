"""Who calls a function of the project, and with what: the call graph, read backwards and on demand.

Only calls whose callee is known to be the function count. A name that half the project mentions (`save`, `get`) is not
looked for: the answer is then "not known", never "nobody".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.project.mentions import Mentions
from jobcheck.project.shape import ClassDecl, FunctionDecl, Shape
from jobcheck.project.source import UnreadableSource
from jobcheck.solve.binding import argument_for
from jobcheck.solve.defs import ParamDef
from jobcheck.solve.kinds import UNKNOWN, ClassObject, ClassRef, Function, FunctionRef, Instance, Value, join, known
from jobcheck.solve.sites import Site
from jobcheck.solve.subclasses import subclasses
from jobcheck.solve.units import Unit
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_CALLED = re.compile(rb"[\w\x80-\xff]+\s*\(")
# A name that is put into a list, a tuple or a dict, or given to a call.
_HANDED = re.compile(rb"[\w\x80-\xff]+\s*[,)\]}]")
_IMPORT = re.compile(rb"\s*(?:from|import)\b")
# A name mentioned in more files, or more often, than this is too common to be looked for; and how many callers of
# callers one question asks for.
MOST_FILES = 16
MOST_MENTIONS = 48
DEEPEST_CALLERS = 3
_MOST_INHERITING = 8
# The same for functions that hand jobs on.
FAR_FILES = 80
FAR_MENTIONS = 300


@dataclass(eq=False, slots=True)
class Call:
    """One call of a function. `callee` is how the function was reached there (with what it is bound to)."""

    site: Site
    callee: Function


@dataclass(eq=False, slots=True)
class Calls:
    """The calls of a function that were found. `complete`: there is no other mention of its name in the project."""

    calls: tuple[Call, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    cls: ClassRef | None
    ref: FunctionRef | None


class Callers:
    """Answers are remembered. `solver.callers` is the one of a run; files of tests are not looked at."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        self._mentions: Mentions | None = None
        self._calls: dict[tuple[FunctionRef, bool], Calls] = {}
        self._spans: dict[str, list[_Span]] = {}
        self._depth = 0

    @property
    def mentions(self) -> Mentions:
        """Where names occur in the project's text, tests left aside."""
        if self._mentions is None:
            self._mentions = Mentions(self._solver.project, self._solver.is_test)
        return self._mentions

    def of(self, ref: FunctionRef, *, far: bool = False) -> Calls:
        """The calls of a function (for `__init__`: of its class). `far`: of one whose calls are job code, so that more of
        them are looked for."""
        if (ref, far) not in self._calls:
            self._calls[(ref, far)] = Calls()  # asked again while it is being answered
            self._calls[(ref, far)] = self._find(ref, far)
        return self._calls[(ref, far)]

    def units_mentioning(self, name: str, far: bool = False, called: bool = False, tables: bool = False) -> list[Unit] | None:
        """The functions and top-level statements that mention a name; None when there are too many to look at.

        `called`: only those where something of that name is called; with `tables`, functions that put it into a list of what
        to call, too.
        """
        files = self.mentions.files(name)
        if len(files) > (FAR_FILES if far else MOST_FILES):
            return None
        found: dict[tuple[str, int], Unit] = {}
        mentions = 0
        for filename in files:
            offsets = self.mentions.offsets(filename, name)
            mentions += len(offsets)
            if mentions > (FAR_MENTIONS if far else MOST_MENTIONS):
                return None
            data = self._solver.raw(filename) or b""
            for offset in offsets:
                handed = called and not _CALLED.match(data, offset)
                if handed and not (tables and _HANDED.match(data, offset)):
                    continue
                unit = self.unit_at(filename, offset)
                if unit is not None and not (handed and unit.function is None):
                    found[(filename, unit.offset)] = unit
        return list(found.values())

    def passed(self, unit: Unit, definition: ParamDef) -> Value:
        """What the project's callers pass for a parameter of the function that a unit is; open unless all are known."""
        if self._depth >= DEEPEST_CALLERS or not unit.qualname:
            return UNKNOWN
        self._depth += 1
        try:
            return self._passed(FunctionRef(unit.filename, unit.qualname, unit.offset), definition)
        finally:
            self._depth -= 1

    def _passed(self, ref: FunctionRef, definition: ParamDef) -> Value:
        calls = self.of(ref)
        parts = [self._argument(call, definition) for call in calls.calls]
        value = join(parts) if parts else UNKNOWN
        return value if calls.complete else value.opened()

    def _argument(self, call: Call, definition: ParamDef) -> Value:
        site = call.site
        found = argument_for(site.call, definition, call.callee.bound is not None)
        if found is None:
            return Value()  # the default stands
        return UNKNOWN if isinstance(found, str) else self._solver.value(found, site.env)

    # --- finding them ------------------------------------------------------------------------------------------

    def _find(self, ref: FunctionRef, far: bool) -> Calls:
        decl = self._solver.function_decl(ref)
        if decl is None:
            return Calls()
        names = self._names(*decl)
        calls: dict[int, Call] = {}
        complete = bool(names)
        for name in names:
            units = self.units_mentioning(name, far, called=True, tables=True)
            found = [call for unit in units or () for call in self._calls_in(unit, ref, name)]
            calls |= {id(call.site): call for call in found}
            complete = complete and units is not None and self._complete(name, found)
        return Calls(tuple(calls.values()), complete)

    def _names(self, decl: FunctionDecl, cls: ClassRef | None) -> list[str]:
        """By which names a function is called; a constructor by that of its class and of those that inherit it."""
        if decl.name == "__init__" and cls is not None:
            inheriting = [c.name for c in subclasses(self._solver, cls)[:_MOST_INHERITING]]
            return list(dict.fromkeys([cls.name, *inheriting]))
        return [] if decl.name.startswith("__") else [decl.name]

    def _complete(self, name: str, calls: list[Call]) -> bool:
        """Whether every mention is one of the calls (or a line that imports it)."""
        seen = {(c.site.unit.filename, c.site.unit.offset + c.site.call.start) for c in calls}
        return len(seen) == sum(self._handed_on(filename, name) for filename in self.mentions.files(name))

    def _handed_on(self, filename: str, name: str) -> int:
        """How many mentions of a name in a file are not imports of it."""
        imports = [(i.start, i.end) for i in self._solver.project.shape(filename).imports]
        data = self._solver.raw(filename) or b""
        return sum(
            not any(start <= offset < end for start, end in imports) and not _IMPORT.match(data, data.rfind(b"\n", 0, offset) + 1)
            for offset in self.mentions.offsets(filename, name)
        )

    def _calls_in(self, unit: Unit, ref: FunctionRef, name: str) -> Iterator[Call]:
        if unit.refused or (unit.filename, unit.offset) == (ref.filename, ref.start):
            return
        solver = self._solver
        for site in solver.flow(unit).sites:
            if _last(site.call.func) != name and not _aliased(site.call.func):
                continue
            for kind in solver.value(site.call.func, site.env).kinds():
                callee = self._is(kind, ref)
                if callee is not None:
                    yield Call(site, callee)

    def _is(self, kind: object, ref: FunctionRef) -> Function | None:
        match kind:
            case Function(ref=found) if found == ref:
                return kind
            case ClassObject(cls=cls) if ref.name == "__init__":
                return self._constructor(cls, ref)
            case _:
                return None

    def _constructor(self, cls: ClassRef, ref: FunctionRef) -> Function | None:
        for info, decl in self._solver.classes.lookup(cls, "__init__"):
            if (info.filename, decl.start) == (ref.filename, ref.start):
                return Function(ref, known(Instance(cls)))
            return None
        return None

    # --- where a mention stands --------------------------------------------------------------------------------

    def unit_at(self, filename: str, offset: int) -> Unit | None:
        """The function or top-level statement in which an offset lies."""
        for span in self._spans_of(filename):
            if span.start <= offset < span.end:
                if span.ref is not None:
                    return self._solver.function_unit(span.ref)
                return self._solver.unit(filename, span.start, span.end, cls=span.cls)
        return None

    def _spans_of(self, filename: str) -> list[_Span]:
        if filename not in self._spans:
            try:
                self._spans[filename] = list(self._read_spans(filename, self._solver.project.shape(filename)))
            except UnreadableSource:
                self._spans[filename] = []
        return self._spans[filename]

    def _read_spans(self, filename: str, shape: Shape) -> Iterator[_Span]:
        """Functions first: a statement around them (`if TYPE_CHECKING:`) is not what a mention inside belongs to."""
        for decl, cls in self._solver.functions_of(filename):
            yield _Span(decl.start, decl.end, cls, FunctionRef(filename, decl.qualname, decl.start))
        pending: list[ClassDecl] = list(shape.classes)
        while pending:
            decl_ = pending.pop(0)
            ref = self._solver.classes.register(filename, decl_)
            yield from (_Span(a.start, a.end, ref, None) for a in decl_.assigns)
            yield from (_Span(o.start, o.end, ref, None) for o in decl_.others)
            pending.extend(decl_.classes)
        for statement in shape.statements:
            yield _Span(statement.start, statement.end, None, None)


def _last(func: ir.Expr) -> str:
    return func.attr if isinstance(func, ir.Attribute) else func.id if isinstance(func, ir.Name) else ""


def _aliased(func: ir.Expr) -> bool:
    """A plain name may be an alias; an attribute says what it means."""
    return isinstance(func, ir.Name)
