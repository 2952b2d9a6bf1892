"""What a job reports of a record that it has fetched by a key it was given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.rules.state import keys, reports
from jobcheck.solve.defs import Env, ExprDef
from jobcheck.solve.flow import Flow, Site
from jobcheck.solve.kinds import ClassRef, FunctionRef, Origin
from jobcheck.solve.solver import Solver
from jobcheck.solve.sources import Source
from jobcheck.values import dataclass

# How many helpers down reports are sought, and how many flows one job takes.
DEEPEST = 3
MOST_FLOWS = 40


@dataclass(frozen=True, slots=True)
class Told:
    """A field of the fresh record in a report. `kind` says which sort of report, `fetch` is where the record was read."""

    model: ClassRef | None
    field: str
    kind: str
    read: Origin
    report: Origin
    fetch: Origin


@dataclass(slots=True)
class Telling:
    """What one job reports of the record of one parameter.

    `tested` are the fields that decide what it does, `used` those that it works with besides reporting them.
    """

    told: list[Told] = field(default_factory=list)
    tested: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)


class Fresh:
    """Follows the record of one parameter of one job."""

    def __init__(self, solver: Solver, ref: FunctionRef, parameter: str, given: bool) -> None:
        """`given`: the parameter is the record itself, which the framework fetched anew."""
        self.solver = solver
        self.ref = ref
        self.parameter = parameter
        self.given = given
        self.function: ir.FunctionDef | None = None
        self.found = Telling()
        self.flows = 0

    def telling(self) -> Telling:
        """Read the job's function and the helpers that it hands the record to."""
        unit = self.solver.function_unit(self.ref)
        if unit is not None and not unit.refused and unit.function is not None:
            self.function = unit.function
            self._flow(self.solver.flow(unit), 0)
        return self.found

    def _flow(self, flow: Flow, depth: int) -> None:
        self.flows += 1
        self._tests(flow)
        for site in flow.sites:
            kind = reports.report(self.solver, site)
            if kind is not None:
                self._report(site, kind)
            elif depth < DEEPEST and self.flows < MOST_FLOWS and self._concerned(site):
                flows = self.solver.sources.bound(site.call, site.env)
                for inner in flows:
                    self._flow(inner, depth + 1)
                if not flows:
                    self._works(site)

    def _report(self, site: Site, kind: str) -> None:
        given = [a.value for a in site.call.args]
        if isinstance(site.call.func, ir.Attribute):
            given.append(site.call.func.value)  # `EmailMessage(subject, body).send()`
        for argument in given:
            for node, env in self.solver.sources.parts(argument, site.env):
                self._part(node, env, site, kind)

    def _works(self, site: Site) -> None:
        """What a call out of sight is given of the record: it is worked with."""
        for argument in site.call.args:
            for node, env in self._near(argument.value, site.env):
                if isinstance(node, ir.Attribute) and self._record(node.value, env) is not None:
                    self.found.used.add(_field(node.attr))

    def _part(self, node: ir.Expr, env: Env, site: Site, kind: str) -> None:
        if not isinstance(node, ir.Attribute):
            return
        record = self._record(node.value, env)
        if record is None:
            return
        told = Told(
            self._model(record), _field(node.attr), kind, env.unit.origin(node), site.unit.origin(site.call),
            record.env.unit.origin(record.node),
        )  # fmt: skip
        if all((t.field, t.read) != (told.field, told.read) for t in self.found.told):
            self.found.told.append(told)

    def _record(self, node: ir.Expr, env: Env) -> Source | None:
        """The fresh record that an expression is."""
        source = self.solver.sources.of(node, env)
        if self.given:
            return source if keys.parameter(source, self.function) == self.parameter else None
        key = keys.fetched_by(self.solver, source)
        return source if key is not None and keys.parameter(key, self.function) == self.parameter else None

    def _model(self, record: Source) -> ClassRef | None:
        operation = keys.operation_of(self.solver, record)
        return operation.model if operation is not None else keys.model_of(self.solver, record.node, record.env)

    # --- what is followed, and what is no report ---------------------------------------------------------------

    def _concerned(self, site: Site) -> bool:
        """Whether a call is handed the record, something of it, or its key."""
        func = site.call.func
        given = [a.value for a in site.call.args]
        if isinstance(func, ir.Attribute):
            given.append(func.value)
        return any(self._of_record(node, env) for g in given for node, env in self._near(g, site.env))

    def _near(self, argument: ir.Expr, env: Env) -> Iterator[tuple[ir.Node, Env]]:
        """The parts of an argument, and of what its name was given just before."""
        yield from ((node, env) for node in walk(argument, into_functions=False))
        definition = env.lookup(argument.id)[0] if isinstance(argument, ir.Name) else None
        if isinstance(definition, ExprDef):
            yield from ((node, definition.env) for node in walk(definition.node, into_functions=False))

    def _of_record(self, node: ir.Node, env: Env) -> bool:
        if isinstance(node, ir.Name):
            source = self.solver.sources.of(node, env)
            return keys.parameter(source, self.function) == self.parameter or self._record(node, env) is not None
        return isinstance(node, ir.Call) and self._record(node, env) is not None

    def _tests(self, flow: Flow) -> None:
        """Fields that a branch depends on: the job acts on what it finds."""
        function = flow.unit.function
        for node in walk(function.body) if function is not None else ():
            tests: list[ir.Expr] = []
            if isinstance(node, (ir.If, ir.While)):
                tests = [node.test]
            elif isinstance(node, ir.Match):
                tests = [node.subject]
            elif isinstance(node, ir.Assert):
                tests = [node.test]
            self.found.tested.update(_field(n.attr) for t in tests for n in walk(t) if isinstance(n, ir.Attribute))


def _field(attribute: str) -> str:
    """The field that an attribute shows: `get_status_display` shows `status`."""
    if attribute.startswith("get_") and attribute.endswith("_display"):
        return attribute[4:-8]
    return attribute
