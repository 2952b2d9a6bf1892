"""Which calls enqueue, and what they enqueue with which options."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks import arguments
from jobcheck.frameworks.declared import calls, unmade
from jobcheck.frameworks.declared.carried import Bound, Configured
from jobcheck.frameworks.declared.spec import Form
from jobcheck.frameworks.declared.values import Values
from jobcheck.registry import Argument, Enqueue, Job, Malformed, Registry, Unsent
from jobcheck.solve.flow import Flow, Site
from jobcheck.solve.kinds import External, Function, Kind

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver


class Enqueues(Values):
    """The enqueues of a framework, each recorded where its call stands."""

    def record(self, solver: Solver, site: Site, registry: Registry) -> None:
        """See Framework."""
        callee = solver.value(site.call.func, site.env)
        for kind in callee.kinds():
            bound = self._bound(kind)
            if bound is not None:
                made = list(self._enqueues(solver, site, bound, certain=True))
                registry.enqueues.extend(made)
                registry.unsent.extend(unmade.dropped(self.spec, site, bound.form.sent, made))
            elif isinstance(kind, External):
                registry.unsent.extend(unmade.canvas(solver, self.spec, site, self.meaning(kind.qualname)))
        if callee.unknown:
            registry.missing.extend(unmade.other_verb(solver, self.spec, site))
        if callee.unknown and isinstance(site.call.func, ir.Attribute) and site.call.func.attr in self.spec.guessed:
            for form in self._guesses(site.call.func.attr):
                registry.enqueues.extend(self._enqueues(solver, site, Bound(form), certain=False))
                return

    def record_flow(self, solver: Solver, flow: Flow, registry: Registry) -> None:
        """See Framework: verbs that are named and never called."""
        for bare in flow.bare:
            if not isinstance(bare.node, ir.Attribute) or bare.node.attr not in self.verbs:
                continue
            only = solver.value(bare.node, bare.env).only
            bound = self._bound(only) if only is not None else None
            if bound is not None and bound.job is not None and bound.form.sent and not bound.form.immediate:
                in_test = solver.is_test(flow.unit.filename)
                registry.unsent.append(Unsent(self.name, "method", flow.unit.origin(bare.node), (bound.job,), in_test))

    def _bound(self, kind: Kind) -> Bound | None:
        if isinstance(kind, External):
            form = self.meaning(kind.qualname)
            return Bound(form) if isinstance(form, Form) else None
        mine = self._mine(kind)
        if mine is None:
            return None
        if isinstance(mine.data, Bound):
            return mine.data
        if isinstance(mine.data, Job) and mine.role == "job" and self.spec.call is not None:
            return Bound(self.spec.call, mine.data)
        return None

    def _guesses(self, verb: str) -> Iterator[Form]:
        for role, table in self.spec.attributes.items():
            form = table.get(verb)
            if role != "job" and isinstance(form, Form) and form.job_at is not None:
                yield form

    def _enqueues(self, solver: Solver, site: Site, bound: Bound, certain: bool) -> Iterator[Enqueue]:
        form, env = bound.form, site.env
        given = calls.told_apart(form, site.call)
        jobs: tuple[Job, ...] = (bound.job,) if bound.job is not None else ()
        name = None
        before = bound.configured or Configured()
        if before.jobs or before.name is not None:
            jobs, name = before.jobs, before.name
        elif bound.job is None and given.job is not None:
            jobs, name = self._jobs(solver, solver.value(given.job, env), site.unit.filename)
        if not certain and not jobs and not (name is not None and self.spec.named_by_string):
            return
        in_test = solver.is_test(site.unit.filename)
        made = Enqueue(self.name, form.name, site, site.unit.origin(site.call), jobs, name, in_test=in_test)
        for job in jobs:
            job.awaited = job.awaited and form.awaits
        made.sent, made.immediate, made.partial = form.sent, form.immediate, form.partial
        made.unawaited = certain and form.awaited and site.usage == "dropped"
        made.arguments_only = form.takes in ("call", "keywords") and not form.swallowed
        if name is not None and (given.job is not None or before.named is not None):
            made.named = site.unit.origin(given.job) if given.job is not None else before.named
        if form.by_name and given.job is not None and isinstance(solver.value(given.job, env).only, Function):
            made.named, made.misnamed = site.unit.origin(given.job), form.by_name
        if certain and not jobs and isinstance(given.job, ir.Call):
            made.handed = Argument(solver.value(given.job, env), site.unit.origin(given.job), node=given.job)
        for messages in self._filled(solver, made, form, given):
            messages.malformed = self._shaped(messages.malformed)
            self._complete(messages, before)
            messages.transactional = self.transactional(solver, messages)
            yield messages

    def _shaped(self, found: list[Malformed]) -> list[Malformed]:
        """`args=` and `kwargs=` of shapes that the framework does not take, each with what happens then."""
        for wrong in found:
            otherwise = self.spec.shapes.get(wrong.parameter, self.spec.mismatch)
            wrong.happens = wrong.happens or self.spec.shapes.get(wrong.what, otherwise)
        return [wrong for wrong in found if wrong.happens]

    def _complete(self, made: Enqueue, before: Configured) -> None:
        """Add what was said before the call that enqueues; what the call says itself comes first."""
        made.options = {o.name: o for o in before.options} | made.options
        given = {a.name for a in made.arguments}
        made.arguments = [a for a in before.arguments if a.name not in given] + made.arguments
        made.open_options = made.open_options or before.open_options
        made.open_kwargs = made.open_kwargs or before.open_kwargs

    def transactional(self, solver: Solver, enqueue: Enqueue) -> bool:
        """Whether a message is written on the application's own connection, and committed with its rows."""
        return self.spec.transactional

    def _filled(self, solver: Solver, made: Enqueue, form: Form, given: calls.Given) -> Iterator[Enqueue]:
        """The enqueues of a call, with their arguments: one, or one for each dict of a bulk form."""
        if form.takes != "dicts":
            calls.fill(solver, made, form, given)
            yield made
            return
        for arg in given.rest:
            one = replace(made, arguments=[], options=dict(made.options), malformed=[], unplaced=[])
            if arg.star:
                one.open_kwargs = True
            else:
                found = arguments.from_parts(solver, None, arg.value, made.site.env)
                one.arguments, one.open_kwargs, one.malformed = found.arguments, found.open_kwargs, found.malformed
            yield one
