"""One run: from a folder of Python to findings. Everything between is asked for lazily."""

from __future__ import annotations

import functools
import gc
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from jobcheck import ahead
from jobcheck.abreast import abreast
from jobcheck.ahead import any_between
from jobcheck.code import ir
from jobcheck.engine_types import Report, RunOptions
from jobcheck.files import find_files
from jobcheck.findings import Confidence, Finding, FindingBuilder, Place, Severity
from jobcheck.forwarders.configured import Configured
from jobcheck.forwarders.decorated import Decorated
from jobcheck.forwarders.inference import Forwarders
from jobcheck.frameworks import all_frameworks
from jobcheck.frameworks.base import Framework
from jobcheck.frameworks.declared.engine import DeclaredFramework
from jobcheck.job_rows import job_rows
from jobcheck.markers import Markers
from jobcheck.marks import Marks
from jobcheck.patterns import Patterns
from jobcheck.project.modules import Project
from jobcheck.project.shape import ClassDecl, FunctionDecl, Hole
from jobcheck.project.source import UnreadableSource
from jobcheck.project.versions import project_versions
from jobcheck.registry import Job, Registry
from jobcheck.rules import all_rules
from jobcheck.rules.base import Context, Rule
from jobcheck.rules.catalogue import catalogue
from jobcheck.sharing import Sharing
from jobcheck.solve.kinds import ClassRef, FrameworkValue, FunctionRef
from jobcheck.solve.sites import Site
from jobcheck.solve.solver import Solver
from jobcheck.solve.units import Unit

# Each level of a question takes a handful of Python frames, and questions, flow and IR may each nest up to their bound.
RECURSION_LIMIT = 12_000
# With fewer jobs and enqueues than this, and little text that may hold them, further processes cost more than they save.
WORTH_FORKING = 40


def check(options: RunOptions) -> Report:
    """Check a project. Raises OSError only when the root itself cannot be listed."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, RECURSION_LIMIT))
    collecting = gc.isenabled()
    gc.disable()  # nearly all that is made is kept to the end: looking for garbage costs a twentieth and finds none
    try:
        return _Run(options).report()
    finally:
        sys.setrecursionlimit(before)
        if collecting:
            gc.enable()


class _Run:
    """The state of one run."""

    def __init__(self, options: RunOptions) -> None:
        self.options = options
        settings = options.settings
        files = find_files(options.root, settings.exclude)
        self.project = Project(options.root, files, overlay=options.overlay)
        self.sharing = Sharing(self.project.filenames)
        self.project.share = self.sharing.shape
        configured = Configured(settings.forwarders)
        frameworks: tuple[Framework, ...] = (*all_frameworks(), Decorated(), *([configured] if settings.forwarders else ()))
        if settings.frameworks:
            wanted = {name.lower() for name in settings.frameworks}
            frameworks = tuple(f for f in frameworks if f.name in wanted or not f.modules)
        self.frameworks = frameworks
        self.solver = Solver(self.project, frameworks, self._lower)
        self.solver.serializers = dict(settings.serializers)
        self.solver.versions = project_versions(files.others, self.project.read, settings.versions)
        tests = Patterns(settings.tests)
        seen: dict[str, bool] = {}
        self.solver.is_test = lambda name: seen[name] if name in seen else seen.setdefault(name, tests.matches(name))
        self._use(frameworks)
        self._large = False
        self.registry = Registry()
        self.forwarders = Forwarders(self.solver, self.registry, configured)
        self.findings: list[Finding] = []

    # --- reading -----------------------------------------------------------------------------------------------

    def _lower(self, filename: str, start: int, end: int) -> ir.Lowered:
        return self.sharing.island(filename, start, end, lambda: self._lowered(filename, start, end))

    def _lowered(self, filename: str, start: int, end: int) -> ir.Lowered:
        from jobcheck.code.islands import cut
        from jobcheck.code.lower import lower

        island = cut(self.project.source(filename).data, start, end)
        return lower(island.data, island.indent)

    def _ask_ahead(self, candidates: list[str]) -> None:
        """Have read on other cores what these files will need."""
        self._large = self._large or sum(len(self.solver.raw(name) or b"") for name in candidates) >= ahead.WORTH_IT
        others = (self.options.jobs or os.cpu_count() or 1) - 1
        if others and self._large:
            ask = functools.partial(ahead.ask, self.solver, self.marks, self._jobs_of, candidates)
            self.sharing.beside(ask, min(others, ahead.MOST_READERS))

    def _jobs_of(self, filename: str) -> list[Job]:
        """The jobs that a file declares by decorators, for a process that does not go on with this run's registry."""
        for decl, cls in self.solver.functions_of(filename):
            self._job_of(filename, decl, cls)
        found, self.registry.jobs = self.registry.jobs, []
        return found

    def _candidates(self) -> Iterator[str]:
        """Files that hold an identifier of a framework; what cannot be read is a finding."""
        seeds = [seed.encode() for f in self.frameworks for seed in f.seeds]
        for filename in self.project.filenames:
            try:
                data = self.project.source(filename).data
            except UnreadableSource as error:
                self._unreadable(filename, error.reason, error.row)
                continue
            if any(seed in data for seed in seeds):
                yield filename

    def _unreadable(self, filename: str, reason: str, row: int | None) -> None:
        place = Place(filename, row or 1, 1, row or 1, 1)
        rule = catalogue()["JOB001"]
        builder = FindingBuilder(rule.code, rule.name, Severity.ERROR, Confidence.HIGH, f"cannot be read: {reason}", place)
        builder.what_happens = "Nothing in this file was checked."
        self.findings.append(builder.build())

    def _shown(self, filename: str) -> bytes | None:
        """The text of a file as reports show it; None when it cannot be read."""
        try:
            return self.project.source(filename).shown
        except UnreadableSource:
            return None

    def _holes(self, filename: str) -> None:
        """Syntax errors of an indexed file; the rest of it is still checked."""
        for hole in self.project.shape(filename).holes:
            if hole.message:
                self._hole(filename, hole)

    def _hole(self, filename: str, hole: Hole) -> None:
        rule = catalogue()["JOB001"]
        row = hole.row or self.project.source(filename).place(hole.start, hole.start).row
        message = f"cannot be parsed: {hole.message.splitlines()[0]}"
        place = Place(filename, row, 1, row, 1)
        builder = FindingBuilder(rule.code, rule.name, Severity.ERROR, Confidence.HIGH, message, place)
        builder.what_happens = "The declaration around it was not checked; the rest of the file was."
        self.findings.append(builder.build())

    # --- registry ----------------------------------------------------------------------------------------------

    def _leave_unused(self) -> None:
        """Put aside the frameworks that no file of the project imports; those that answer for others too stay."""
        choosy = {module: f for f in self.frameworks if isinstance(f, DeclaredFramework) for module in f.modules}
        if not choosy or self.options.settings.frameworks:
            return
        modules = b"|".join(sorted(re.escape(m.encode()) for m in choosy))
        # One pattern for each word, which it begins with: so it is searched for six times as fast as from the line's start.
        patterns = [re.compile(word + rb"[ \t]+(" + modules + rb")\b") for word in (rb"from", rb"import")]
        found: set[str] = set()
        for data in filter(None, map(self.solver.raw, self.project.filenames)):
            for match in (match for pattern in patterns for match in pattern.finditer(data)):
                if not data[max(data.rfind(b"\n", 0, match.start()), 0) : match.start()].strip():
                    found.add(match[1].decode())
        unused = {id(f) for f in choosy.values() if not f.modules & found}
        self._use(tuple(f for f in self.frameworks if id(f) not in unused))

    def _use(self, frameworks: tuple[Framework, ...]) -> None:
        self.frameworks = self.solver.frameworks = frameworks
        verbs = frozenset(verb for f in frameworks for verb in f.verbs)
        self.marks = Marks((mark for f in frameworks for mark in f.marks), verbs)

    def _collect(self) -> None:
        self._leave_unused()
        candidates = list(self._candidates())
        makers: set[str] = set()
        done: set[str] = set()
        while candidates:
            self._ask_ahead(candidates)
            for filename in candidates:
                self._guarded(filename, "the analysis", lambda name=filename: makers.update(self._makers(name)))  # type: ignore[misc]
            for number, filename in enumerate(candidates):
                if self.options.progress:
                    self.options.progress("reading job code", number, len(candidates))
                self._guarded(filename, "the analysis", lambda name=filename: self._file(name))  # type: ignore[misc]
            done.update(candidates)
            candidates = self._mentioning(makers, done)
        named = [n for n in self.options.named if n.endswith(".py") and n in set(self.project.filenames)]
        for filename in sorted(named):
            self._guarded(filename, "the analysis", lambda name=filename: self._named(name))  # type: ignore[misc]
        for framework in self.frameworks:
            self._guarded("", framework.name, lambda f=framework: f.finish(self.solver, self.registry))  # type: ignore[misc]
        self._guarded("", "the reading of markers", self._mark)
        self.sharing.end()
        self.solver.effects.enqueued = _enqueued(self.registry)

    def _mark(self) -> None:
        settings = self.options.settings
        markers = Markers(self.solver, settings.idempotency_decorators, settings.idempotency_options)
        markers.read(self.registry.jobs)
        self.findings.extend(fault.build() for fault in markers.faults)

    def _makers(self, filename: str) -> Iterator[str]:
        """Functions of the file that are decorators which make jobs, by name."""
        patterns = [re.compile(f.makers) for f in self.frameworks if f.makers]
        data = self.project.source(filename).data
        for decl, cls in self.solver.functions_of(filename):
            if cls is not None or decl.decorators or not any(p.search(data, decl.start, decl.end) for p in patterns):
                continue
            returned = self.solver.returned(FunctionRef(filename, decl.qualname, decl.start))
            if any(f.makes_jobs(self.solver, returned) for f in self.frameworks):
                yield decl.name

    def _mentioning(self, makers: set[str], done: set[str]) -> list[str]:
        """Further files that use one of the project's own job decorators."""
        if not makers:
            return []
        pattern = re.compile(rb"@\s*(?:[\w.]+\.)?(?:" + b"|".join(re.escape(m.encode()) for m in sorted(makers)) + rb")\b")
        found = []
        for filename in self.project.filenames:
            data = None if filename in done else self.solver.raw(filename)
            if data is not None and pattern.search(data):
                found.append(filename)
        return found

    def _named(self, filename: str) -> None:
        """A file that was asked for by name: its syntax is vouched for, whether it holds job code or not."""
        from jobcheck.project.recover import syntax_error

        hole = syntax_error(self.project.source(filename).data)
        if hole is not None and all(f.place.filename != filename or f.code != "JOB001" for f in self.findings):
            self._hole(filename, hole)

    def _file(self, filename: str) -> None:
        self._holes(filename)
        shape = self.project.shape(filename)
        offsets = self.marks.offsets(self.project.source(filename).data, shape)
        for decl, cls in self.solver.functions_of(filename):
            self._job_of(filename, decl, cls)
        for ref in self._classes(filename, shape.classes):
            for framework in self.frameworks:
                job = framework.class_job(self.solver, ref)
                if job is not None:
                    self._add_job(job)
        bodies = {j.function.start for j in self.registry.jobs if j.function and j.function.filename == filename}
        for decl, _ in self.solver.functions_of(filename):
            if any_between(offsets, decl.start, decl.end) or decl.start in bodies:
                unit = self.solver.function_unit(FunctionRef(filename, decl.qualname, decl.start))
                if unit is not None:
                    self._unit(unit)
        self._statements(filename, offsets)

    def _classes(self, filename: str, decls: list[ClassDecl]) -> Iterator[ClassRef]:
        pending = list(decls)
        while pending:
            decl = pending.pop(0)
            yield self.solver.classes.register(filename, decl)
            pending.extend(decl.classes)

    def _statements(self, filename: str, offsets: list[int]) -> None:
        shape = self.project.shape(filename)
        spans = [(s.start, s.end, None) for s in shape.statements]
        inner: list[tuple[int, int]] = [(f.start, f.end) for f, _ in self.solver.functions_of(filename)]
        pending = list(shape.classes)
        class_spans: list[tuple[int, int, ClassRef | None]] = []
        while pending:
            decl = pending.pop(0)
            ref = self.solver.classes.register(filename, decl)
            class_spans.extend((a.start, a.end, ref) for a in decl.assigns)
            class_spans.extend((o.start, o.end, ref) for o in decl.others)
            pending.extend(decl.classes)
        for start, end, cls in [*spans, *class_spans]:
            if not any_between(offsets, start, end):
                continue
            if any(start < s and e <= end for s, e in inner):
                continue  # an `if` around functions: they are units of their own
            unit = self.solver.unit(filename, start, end, cls=cls)
            self._unit(unit)

    def _job_of(self, filename: str, decl: FunctionDecl, cls: ClassRef | None) -> None:
        if not decl.decorators:
            return
        for kind in self.solver.declared(filename, decl, cls).kinds():
            if isinstance(kind, FrameworkValue) and isinstance(kind.data, Job):
                self._add_job(kind.data)

    def _add_job(self, job: Job) -> None:
        if all(job is not known for known in self.registry.jobs):
            self.registry.jobs.append(job)

    def _unit(self, unit: Unit) -> None:
        if unit.refused:
            return
        flow = self.solver.flow(unit)
        aliases = self.marks.aliases(self.project.shape(unit.filename))
        for site in list(flow.sites):
            func = site.call.func
            verb = func.attr if isinstance(func, ir.Attribute) else func.id if isinstance(func, ir.Name) else ""
            self._site(site, aliases.get(verb, verb))
        for framework in self.frameworks:
            framework.record_flow(self.solver, flow, self.registry)

    def _site(self, site: Site, verb: str) -> None:
        verb = self.forwarders.verb(site, verb)
        asked = [f for f in self.frameworks if verb in f.verbs or not verb]
        if not any(verb in f.forwarded and self.forwarders.take(site, verb, f) for f in asked):
            for framework in asked:
                framework.record(self.solver, site, self.registry)
        self.forwarders.follow(site)

    # --- rules -------------------------------------------------------------------------------------------------

    def _judge(self) -> None:
        context = Context(self.solver, self.registry)
        # What has to be asked for costs nothing until it is.
        rules = [rule for rule in all_rules() if rule.default or rule.code in self.options.settings.rules]
        much = self._large or len(self.registry.jobs) + len(self.registry.enqueues) >= WORTH_FORKING
        # Those that look at the whole project walk through its jobs; the others ask for what callers give.
        ordered = sorted(rules, key=lambda rule: -rule.slow)  # no process is to wait for one that has just begun a long one
        groups = [[rule for rule in ordered if (rule.subject is Registry) == whole] for whole in (False, True)]
        work = [[functools.partial(self._judged, rule, context) for rule in group] for group in groups]
        processes = (self.options.jobs or os.cpu_count() or 1) if much else 1
        if processes > 1:
            self.sharing.begin(processes)
        answers = abreast(work, processes, self.sharing.become)
        found = dict(zip((rule.code for group in groups for rule in group), chain(*answers), strict=True))
        for rule in rules:
            self.findings.extend(found[rule.code])
        self._drop_redundant()

    def _judged(self, rule: Rule, context: Context) -> list[Finding]:
        """What one rule finds."""
        before = len(self.findings)
        for subject in self._subjects(rule):
            self._guarded(_filename(subject), rule.code, lambda s=subject: self._apply(rule, s, context))  # type: ignore[misc]
        found = self.findings[before:]
        del self.findings[before:]
        return found

    def _apply(self, rule: Rule, subject: object, context: Context) -> None:
        for builder in rule.check(subject, context):
            context.relate_way(builder, subject)
            self.findings.append(builder.build())

    def _subjects(self, rule: Rule) -> list[Any]:
        registry = self.registry
        if rule.subject is Registry:
            return [registry]
        groups: tuple[list[Any], ...] = (
            registry.messages, registry.enqueues, registry.jobs, registry.schedules, registry.retries, registry.waits,
            registry.unsent, registry.refusals, registry.callbacks, registry.missing,
        )  # fmt: skip
        return [subject for group in groups if group and isinstance(group[0], rule.subject) for subject in group]

    def _drop_redundant(self) -> None:
        """One defect is one finding: at one place, a rule yields to those it names; and no finding stands twice."""
        yields = {rule.code: rule.yields_to for rule in all_rules()}
        at: dict[Place, set[str]] = {}
        for finding in self.findings:
            if finding.code in self.options.settings.rules:  # a rule that is off takes no finding's place
                at.setdefault(finding.place, set()).add(finding.code)
        kept: dict[tuple[str, Place, str], Finding] = {}  # what is said of several jobs at one place is one defect
        for finding in self.findings:
            if any(code in at.get(finding.place, ()) for code in yields.get(finding.code, ())):
                continue
            label = (finding.job or "").rpartition(".")[2]
            kept.setdefault((finding.code, finding.place, finding.message.replace(f"`{label}`", "`")), finding)
        self.findings = list(kept.values())

    def _guarded(self, filename: str, what: str, work: Callable[[], None]) -> None:
        """Run one part; its failure is one JOB009 finding and not a lost run."""
        try:
            work()
        except UnreadableSource as error:
            if all(f.place.filename != error.filename or f.code != "JOB001" for f in self.findings):
                self._unreadable(error.filename, error.reason, error.row)
        except (Exception, RecursionError) as error:
            rule = catalogue()["JOB009"]
            frames = traceback.extract_tb(error.__traceback__)
            last = next((f for f in reversed(frames) if "jobcheck" in f.filename), None)
            where = f"{last.filename.replace(chr(92), '/').rsplit('jobcheck/', 1)[-1]}:{last.name}" if last else "unknown"
            message = f"{what} failed here: {type(error).__name__} in {where}"
            place = Place(filename or self._first_file(), 1, 1, 1, 1)
            builder = FindingBuilder(rule.code, rule.name, Severity.WARNING, Confidence.HIGH, message, place)
            builder.what_happens = "The rest of the run stands; this part was not checked."
            builder.how_to_fix = "Please report it with the file, or the part of it that is enough to show it."
            self.findings.append(builder.build())

    def _first_file(self) -> str:
        return self.project.filenames[0] if self.project.filenames else "."

    # --- report ------------------------------------------------------------------------------------------------

    def report(self) -> Report:
        """Do all of it."""
        try:
            self._collect()
            self._judge()
        finally:
            self.sharing.end()  # also when the run is broken off: no process and no file is left behind
        registry = self.registry
        sent = [e for e in registry.enqueues if not e.immediate]
        used = {j.framework for j in registry.jobs} | {e.framework for e in registry.enqueues}
        return Report(
            findings=self.findings,
            files=len(self.project.filenames),
            jobs=len(registry.jobs),
            enqueues=len(sent),
            frameworks=tuple(f.display for f in self.frameworks if f.name in used and f.display),
            filenames=tuple(self.project.filenames),
            sources=self._shown,
            whole_project=True,
            registry=job_rows(self.solver, registry, {f.name: f.display for f in self.frameworks}),
        )


def _enqueued(registry: Registry) -> Callable[[Site], tuple[FunctionRef, ...] | None]:
    """The functions of the jobs that a call enqueues, for whoever asks what a function does."""
    found = {
        id(e.site.call): tuple(job.function for job in e.jobs if job.function is not None)
        for e in registry.enqueues
        if e.sent and not e.immediate
    }
    return lambda site: found.get(id(site.call))


def _filename(subject: object) -> str:
    origin = getattr(subject, "origin", None) or getattr(getattr(subject, "enqueue", None), "origin", None)
    return origin.filename if origin is not None else ""
