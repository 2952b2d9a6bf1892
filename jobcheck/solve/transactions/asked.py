"""What a receiver asks of the saved row before it gets to a call, and whether a save that is seen can answer it so.

A receiver is called for every save. That one save stands in a transaction says nothing of a call that this save never leads
to: `if instance.state == "sent"` where a new row is a draft, `if not created` where the rows are made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.project.shape import FunctionDecl
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import Env, ParamDef, dotted
from jobcheck.solve.guards import tests
from jobcheck.solve.kinds import Alt, ClassRef, EnumMember, Literal, Value
from jobcheck.solve.order import may_precede
from jobcheck.solve.orm.django_models import Models
from jobcheck.solve.sites import Site
from jobcheck.solve.sources import Source
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_KEYS = frozenset({"pk", "id", "_state"})
_SAVING = frozenset({"save", "full_clean", "clean", "refresh_from_db"})


@dataclass(frozen=True, slots=True)
class Question:
    """One test that a save must pass.

    `field` "" asks whether the row is new (`holds`). Else it is a field: one of `values` when there are some, or (`holds` False)
    none of them; without values it is true, or (`holds` False) is not. `moved`: it is another than it was.
    """

    field: str
    holds: bool = True
    values: tuple[object, ...] = ()
    moved: bool = False


def questions(solver: Solver, site: Site, parameter: str) -> tuple[Question, ...]:
    """What is asked of the row that `parameter` is, and of `created`, before a call is reached."""
    flow = site.unit.flow
    if flow is None:
        return ()
    reader = _Reader(solver, parameter)
    return tuple(question for test, env, truth in tests(flow, site) for question in reader.read(test, env, truth))


class _Reader:
    """Reads tests. What they ask that is not understood is left out."""

    def __init__(self, solver: Solver, parameter: str) -> None:
        self.solver = solver
        self.parameter = parameter

    def read(self, test: ir.Expr, env: Env, truth: bool) -> Iterator[Question]:
        match test:
            case ir.UnaryOp(op="not", operand=operand):
                yield from self.read(operand, env, not truth)
            case ir.BoolOp(op=op, left=left, right=right) if op == ("and" if truth else "or"):
                yield from self.read(left, env, truth)
                yield from self.read(right, env, truth)
            case ir.Compare(left=left, ops=[op], comparators=[right]):
                yield from self._compared(left, op, right, env, truth)
            case ir.Name(id="created"):
                yield Question("", truth)
            case ir.Name() | ir.Attribute():
                field = self.field(test, env)
                if field:
                    yield Question(field, truth)
            case _:
                pass

    def _compared(self, left: ir.Expr, op: str, right: ir.Expr, env: Env, truth: bool) -> Iterator[Question]:
        one, other = self.field(left, env), self.field(right, env)
        if bool(one) == bool(other):
            return
        field, against = (one, right) if one else (other, left)
        found = constants(self.solver.value(against, env))
        holds = truth == (op in ("==", "is", "in"))
        if found and op in ("==", "is", "!=", "is not", "in", "not in") and (one or "in" not in op.split()):
            yield Question(field, holds, found)
        elif op in ("==", "!=") and not holds and self._was(against, env).endswith(field):
            yield Question(field, moved=True)

    def _was(self, node: ir.Expr, env: Env) -> str:
        """The name of what a field is compared with: `old.state`, `self._old_state`."""
        names = (node, self.solver.sources.of(node, env).node)
        return next((dotted(n) for n in reversed(names) if isinstance(n, (ir.Name, ir.Attribute))), "")

    def field(self, node: ir.Expr, env: Env) -> str:
        """The field of the row that an expression is; "" when it is something else."""
        source = self.solver.sources.of(node, env)
        found = source.node
        if source.definition is not None or not isinstance(found, ir.Attribute) or found.attr in _KEYS:
            return ""
        owner = self.solver.sources.of(found.value, source.env).definition
        return found.attr if isinstance(owner, ParamDef) and owner.param.name == self.parameter else ""


def constants(value: Value) -> tuple[object, ...]:
    """The constants that a value is, or is a container of; none when it may be anything else."""
    found: list[object] = []
    for kind in value.kinds():
        items = getattr(kind, "items", None)
        kinds = [k for item in items for k in item.kinds()] if items is not None else [kind]
        if not kinds or not all(isinstance(k, (Literal, EnumMember)) for k in kinds):
            return ()
        found.extend(kinds)
    return () if value.open else tuple(found)


class Answers:
    """Whether a save can pass the tests of a receiver. What is not seen can."""

    def __init__(self, solver: Solver, models: Models, save: Site, model: ClassRef) -> None:
        self.solver = solver
        self.models = models
        self.save = save
        self.model = model

    def may_pass(self, asked: tuple[Question, ...]) -> bool:
        """Whether nothing is seen in a save that a test would stop."""
        operation = self.solver.records.operation(self.save)
        if operation is None or not asked:
            return True
        record = self.solver.sources.of(operation.record, self.save.env) if operation.record is not None else None
        made = self.save.call if operation.act in ("create", "upsert") and record is None else None
        if record is not None and isinstance(record.node, ir.Call) and operation.act == "create":
            made = record.node
        new = operation.act == "create" if operation.act != "upsert" else None
        given = self._given(made, record)
        return all(self._passes(question, given, new) for question in asked)

    def _given(self, made: ir.Call | None, record: Source | None) -> dict[str, Value] | None:
        """The fields that are given a value on the way to the save; None where others may give some, too."""
        given: dict[str, Value] = {}
        for arg in made.args if made is not None else ():
            if arg.keyword is not None:
                given[arg.keyword] = self.solver.value(arg.value, self.save.env)
            elif arg.star:
                given[""] = _ANY  # what it holds is none of those that are named besides
            if arg.keyword in ("defaults", "create_defaults"):
                return None
        flow = self.save.unit.flow
        if record is None or flow is None:
            return given
        if any(self._is_handed(site, record) for site in flow.sites):
            return None
        for write in flow.writes:
            before = may_precede(write.stmt, write.around, self.save.call, self.save.around)
            if before and isinstance(write.target, ir.Attribute) and self._is(write.target.value, write.env, record):
                plain = write.value is not None and not write.op and write.target.attr not in given
                given[write.target.attr] = self.solver.value(write.value, write.env) if plain and write.value else _ANY
        return given

    def _is_handed(self, site: Site, record: Source) -> bool:
        """Whether a call before the save may set fields of the row: a method of it, or a function that it is given to."""
        func = site.call.func
        if site.call is self.save.call or site.call.start > self.save.call.start:
            return False
        if isinstance(func, ir.Attribute) and func.attr not in _SAVING and self._is(func.value, site.env, record):
            return True
        return any(isinstance(a.value, ir.Name) and self._is(a.value, site.env, record) for a in site.call.args)

    def _is(self, node: ir.Expr, env: Env, record: Source) -> bool:
        return self.solver.sources.same(self.solver.sources.of(node, env), record)

    def _passes(self, question: Question, given: dict[str, Value] | None, new: bool | None) -> bool:
        if not question.field:
            return new is None or new == question.holds
        if question.moved:
            return not new and (given is None or question.field in given)
        if given is None:
            return True
        name = next((n for n in (question.field, f"{question.field}_id", "") if n in given), None)
        if name is None:
            return not new or _stands(question, self._default(question.field))
        return _stands(question, given[name])

    def _default(self, field: str) -> Value:
        """What a field of a new row is of which nothing was said."""
        declared = self.models.declaration(self.model, field)
        if declared is None or self._set_by_class(field):
            return _ANY
        if any(arg.keyword in ("auto_now", "auto_now_add", "db_default") for arg in declared.call.args):
            return _ANY
        default = argument(declared.call, -1, "default")
        return self.solver.value(default, declared.env) if default is not None else _NOTHING

    def _set_by_class(self, field: str) -> bool:
        """Whether the class itself may fill a field when it is saved."""
        pattern = re.compile(rb"\bself\." + field.encode() + rb"\s*=(?!=)")
        for name in _SAVING:
            for filename, decl, _ in self.solver.member(self.model, name):
                if isinstance(decl, FunctionDecl) and pattern.search(self.solver.raw(filename) or b"", decl.start, decl.end):
                    return True
        return False


def _stands(question: Question, value: Value) -> bool:
    """Whether a value may pass a test."""
    found = constants(value)
    if not found:
        return True
    if not question.values:
        return any(not isinstance(kind, Literal) or bool(kind.value) == question.holds for kind in found)
    sorts = {type(kind) for kind in question.values}
    return any(type(kind) not in sorts or (kind in question.values) == question.holds for kind in found)


_ANY = Value(open=True)
_NOTHING = Value((Alt(Literal(None)),))
