"""Whether the rows of a model are saved inside of transactions: what its receivers and its own `save` must expect."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.project.shape import ClassDecl
from jobcheck.project.source import UnreadableSource
from jobcheck.solve.kinds import ClassObject, ClassRef, External, FunctionRef, Origin, Sequence, Value
from jobcheck.solve.orm.django_classes import Sorts
from jobcheck.solve.sites import Site
from jobcheck.solve.transactions.asked import Answers, Question
from jobcheck.solve.transactions.blocks import Blocks
from jobcheck.solve.transactions.openings import CERTAIN, POSSIBLE, Opening
from jobcheck.solve.units import Unit

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_OWN_BLOCKS = frozenset({"get_or_create", "update_or_create", "aget_or_create", "aupdate_or_create"})
_READ_ONLY = frozenset({"has_add_permission", "has_change_permission"})
_REGISTERS = re.compile(rb"\bregister\b|\bmodel\s*=")
# How many files are read for one model, and how many functions of them.
_MOST_FILES = 24
_MOST_UNITS = 40
_MOST_CALLING = 8
_MOST_SAVES = 12
# How many callers up a transaction is sought around a save, and how many of each function are asked.
_DEEPEST = 2
_MOST_CALLERS = 6


class Saves:
    """Answers for models are remembered."""

    def __init__(self, solver: Solver, blocks: Blocks, sorts: Sorts | None, setting: Opening | None) -> None:
        self._solver = solver
        self._blocks = blocks
        self._sorts = sorts
        self._setting = setting
        self._known: dict[tuple[ClassRef | None, tuple[Question, ...]], Opening | None] = {}

    def of(self, model: ClassRef | None, asked: tuple[Question, ...] = ()) -> Opening | None:
        """A transaction in which rows of a model are saved, by a save that may pass what is asked of it; for None any
        transaction that the project opens."""
        key = (model, asked)
        if key not in self._known:
            self._known[key] = None  # a save that leads to itself
            self._known[key] = self._best(model, asked)
        return self._known[key]

    def may_pass(self, opening: Opening, model: ClassRef | None, asked: tuple[Question, ...]) -> bool:
        """Whether nothing is seen in the save of a transaction that a test of the row would stop."""
        if opening.save is None or model is None or self._sorts is None or not asked:
            return True
        return Answers(self._solver, self._sorts.models, opening.save, model).may_pass(asked)

    def _best(self, model: ClassRef | None, asked: tuple[Question, ...]) -> Opening | None:
        """The first that is found; one that is slight only where no other is certain."""
        slight: Opening | None = None
        for opening in self._found(model):
            if not self.may_pass(opening, model, asked):
                continue
            if not opening.slight:
                return slight if slight is not None and opening.level == POSSIBLE else opening
            slight = slight or opening
        return slight

    def _found(self, model: ClassRef | None) -> Iterator[Opening]:
        if self._setting is not None:
            yield self._setting
        if model is not None:
            yield from self._in_code(model)
            yield from self._in_callers(model)
            yield from self._in_admin(model)
        if self._sorts is not None:
            yield from self._anywhere()

    # --- in the admin ------------------------------------------------------------------------------------------

    def _in_admin(self, model: ClassRef) -> Iterator[Opening]:
        for filename in self._files(model, "admin"):
            data = self._solver.raw(filename) or b""
            if b"admin" not in data or not _REGISTERS.search(data):
                continue
            for origin in (*self._admins(filename, model), *self._registered(filename, model)):
                yield Opening("admin", origin, f"Django's admin saves a `{model.name}` inside a transaction", slight=True)

    def _admins(self, filename: str, model: ClassRef) -> Iterator[Origin]:
        """Classes of admins for the model."""
        for decl in self._classes(filename):
            ref = self._solver.classes.register(filename, decl)
            if self._sorts is None or self._sorts.of(ref) != "admin" or {f.name for f in decl.functions} >= _READ_ONLY:
                continue
            if self._sorts.model(ref) == model:
                yield Origin(filename, decl.name_start, decl.name_end)

    def _files(self, model: ClassRef, word: str, among: set[str] | None = None) -> list[str]:
        """The files to look at for a model: its own, those that are named so, then the others that mention it."""
        files = [n for n in self._solver.callers.mentions.files(model.name) if among is None or n in among]
        return sorted(files, key=lambda name: (name != model.filename, word not in name))[:_MOST_FILES]

    def _classes(self, filename: str) -> list[ClassDecl]:
        try:
            return self._solver.project.shape(filename).classes
        except UnreadableSource:
            return []

    def _registered(self, filename: str, model: ClassRef) -> Iterator[Origin]:
        """`admin.site.register(Order)`, without an admin of its own."""
        data = self._solver.raw(filename) or b""
        try:
            spans = [(s.start, s.end) for s in self._solver.project.shape(filename).statements]
        except UnreadableSource:
            return
        for start, end in spans:
            if b".register(" not in data[start:end] or model.name.encode() not in data[start:end]:
                continue
            unit = self._solver.unit(filename, start, end)
            for site in self._solver.flow(unit).sites if not unit.refused else ():
                callee = self._solver.value(site.call.func, site.env).only
                admin = isinstance(callee, External) and callee.qualname.startswith("django.contrib.admin")
                if admin and len(site.call.args) == 1 and self._names(site, model):
                    yield unit.origin(site.call)

    def _names(self, site: Site, model: ClassRef) -> bool:
        value = self._solver.value(site.call.args[0].value, site.env)
        kinds = [k for v in value.kinds() for k in (_items(v) if isinstance(v, Sequence) else [v])]
        return any(isinstance(k, ClassObject) and k.cls == model for k in kinds)

    # --- in the project's code ---------------------------------------------------------------------------------

    def _in_code(self, model: ClassRef) -> Iterator[Opening]:
        for unit in self._units(model):
            for site in self._solver.flow(unit).sites:
                found = self._saved(unit, site, model)
                if found is not None:
                    yield found

    def _units(self, model: ClassRef) -> Iterator[Unit]:
        """Functions that may save the model inside of a transaction, by the words in them."""
        number = 0
        mentions = self._solver.callers.mentions
        opening = {name for word in ("atomic", *sorted(_OWN_BLOCKS)) for name in mentions.files(word)}
        for filename in self._files(model, "models", opening):
            data = self._solver.raw(filename) or b""
            if "migrations/" in filename:
                continue
            for decl, _ in self._solver.functions_of(filename):
                text = data[decl.start : decl.end]
                if (b"atomic" in text or b"_or_create" in text) and number < _MOST_UNITS:
                    number += 1
                    unit = self._solver.function_unit(FunctionRef(filename, decl.qualname, decl.start))
                    if unit is not None and not unit.refused:
                        yield unit

    def _saved(self, unit: Unit, site: Site, model: ClassRef) -> Opening | None:
        func = site.call.func
        operation = self._solver.records.operation(site) if isinstance(func, ir.Attribute) else None
        if operation is None or operation.model != model or not isinstance(func, ir.Attribute):
            return None
        if func.attr in _OWN_BLOCKS:
            note = f"`{func.attr}` saves a `{model.name}` in a transaction of its own"
            return Opening("upsert", unit.origin(site.call), note, slight=True, save=site)
        if operation.act not in ("create", "save") or func.attr.startswith("bulk") or operation.fields is not None:
            return None  # what writes named fields only is a special case, which receivers mostly pass over
        opening = self._blocks.within(site.around) or (self._blocks.of_function(unit) if not site.deferred else None)
        if opening is None or opening.family != "django":
            return None
        note = f"a `{model.name}` is saved here inside a transaction"
        return Opening("with", unit.origin(site.call), note, CERTAIN, save=site)

    def _in_callers(self, model: ClassRef) -> Iterator[Opening]:
        """A save whose caller has a transaction open."""
        number = 0
        for filename in self._files(model, "models")[:_MOST_CALLING]:
            if "migrations/" in filename or self._solver.is_test(filename):
                continue
            for unit in self._naming(filename, model):
                for site in self._solver.flow(unit).sites:
                    if number < _MOST_SAVES and self._writes(site, model):
                        number += 1
                        if self._open_above(site):
                            note = f"a `{model.name}` is saved here, and a caller has a transaction open"
                            yield Opening("with", unit.origin(site.call), note, CERTAIN, save=site)

    def _open_above(self, site: Site, depth: int = 0) -> bool:
        """Whether a call runs where the code itself, or a caller, has a transaction open. Signals and saves are not asked:
        that would lead back here."""
        opening = self._blocks.within(site.around) or (None if site.deferred else self._blocks.of_function(site.unit))
        if opening is not None:
            return opening.family == "django"
        if site.deferred or depth >= _DEEPEST or not site.unit.qualname or self._solver.is_test(site.unit.filename):
            return False
        callers = self._solver.callers.of(FunctionRef(site.unit.filename, site.unit.qualname, site.unit.offset))
        return any(self._open_above(call.site, depth + 1) for call in callers.calls[:_MOST_CALLERS])

    def _naming(self, filename: str, model: ClassRef) -> Iterator[Unit]:
        """The functions of a file that name the model and save something."""
        data, name = self._solver.raw(filename) or b"", model.name.encode()
        for decl, _ in self._solver.functions_of(filename):
            text = data[decl.start : decl.end]
            if name in text and (b".save(" in text or b".create(" in text):
                unit = self._solver.function_unit(FunctionRef(filename, decl.qualname, decl.start))
                if unit is not None and not unit.refused:
                    yield unit

    def _writes(self, site: Site, model: ClassRef) -> bool:
        """`order.save()`, `Order.objects.create(...)`: with the signals of one row, and all of its fields."""
        func = site.call.func
        if not isinstance(func, ir.Attribute) or func.attr not in ("save", "create"):
            return False
        operation = self._solver.records.operation(site)
        return operation is not None and operation.model == model and operation.fields is None

    def _anywhere(self) -> Iterator[Opening]:
        """Some transaction of the project: receivers are called inside of it for whatever it saves."""
        mentions = self._solver.callers.mentions
        for filename in mentions.files("atomic"):
            if "migrations/" in filename:
                continue
            data = self._solver.raw(filename) or b""
            found = re.search(rb"^\s*(?:with\s+[\w.]*atomic\(|@[\w.]*atomic\b)", data, re.MULTILINE)
            if found is not None:
                start = found.start() + len(found[0]) - len(found[0].lstrip())
                note = "the project opens transactions, such as this one; a save in one is not committed when its signal is sent"
                yield Opening("with", Origin(filename, start, found.end()), note, POSSIBLE)
                return


def _items(value: Sequence) -> list[object]:
    return [k for item in value.items or () for k in Value(item.alts).kinds()]
