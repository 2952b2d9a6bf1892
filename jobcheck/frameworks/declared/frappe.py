"""Frappe's background jobs. Source: frappe 15 and develop (frappe/utils/background_jobs.py); RQ with pickle carries them.

`frappe.enqueue("app.module.function", queue="long", **arguments)`: a function, or its dotted path, and the arguments of
the job among the options of the call. The worker calls `function(**arguments)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.findings import Confidence
from jobcheck.frameworks import raised
from jobcheck.frameworks.declared import calls, importable
from jobcheck.frameworks.declared.carried import Bound
from jobcheck.frameworks.declared.engine import DeclaredFramework
from jobcheck.frameworks.declared.spec import Form, Spec
from jobcheck.project.shape import FunctionDecl
from jobcheck.registry import Argument, Deferred, Enqueue, Job, Registry
from jobcheck.solve.kinds import FunctionRef, Literal
from jobcheck.solve.orm.frappe import FrappeDocuments
from jobcheck.solve.sites import Site

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# By position after the job, and what further names `enqueue` takes; all else is the job's.
_LEAD = ("queue", "timeout", "event", "is_async", "job_name", "now", "enqueue_after_commit")
OPTIONS = frozenset(_LEAD) | frozenset("on_success on_failure at_front at_front_when_starved job_id deduplicate async".split())
_DOC_LEAD = ("doctype", "name", "method", "queue", "timeout", "now")
_REFUSES = "the call raises TypeError"
_ENQUEUE = Form("enqueue", "keywords", 0, ("method",), _LEAD, OPTIONS, unplaced=_REFUSES)
_DOC = Form("enqueue_doc", "keywords", None, (), _DOC_LEAD, OPTIONS | {"doctype", "name", "method"}, unplaced=_REFUSES)
_HOMES = ("frappe", "frappe.utils.background_jobs")
SPEC = Spec(
    name="frappe",
    display="Frappe",
    modules=frozenset({"frappe"}),
    seeds=frozenset({"enqueue(", "enqueue_doc("}),
    marks=(rb"\benqueue(?:_doc)?\s*\(",),
    functions={
        **{f"{home}.enqueue": _ENQUEUE for home in _HOMES},
        **{f"{home}.enqueue_doc": _DOC for home in _HOMES},
    },
    attributes={},
    wire="rq-pickle",
    mismatch="the job fails in the worker with TypeError",
    named_by_string=True,
    methods=True,
    awaits=False,
    verb="frappe.enqueue",
)

# What runs a job again, up to five times and in the same process, when its transaction was taken back.
RETRY = "frappe.exceptions.RetryBackgroundJobError"
_HOOKS = "hooks.py"
_EVENTS = "scheduler_events"


class Frappe(DeclaredFramework):
    """Frappe: any function or method that can be pickled, or a dotted path; `enqueue_doc` names a method of a document."""

    def __init__(self) -> None:
        super().__init__(SPEC)

    def names(self, job: Job) -> tuple[str, ...]:
        """A path is followed where it stands: functions that are handed one are found by that."""
        return (job.name,) if job.cls is None else ()

    def wires(self, solver: Solver, job: Job) -> tuple[tuple[str, ...], Confidence]:
        """pickle: Frappe gives RQ no other serializer."""
        return super().wires(solver, job)[0], Confidence.HIGH

    def _enqueues(self, solver: Solver, site: Site, bound: Bound, certain: bool) -> Iterator[Enqueue]:
        for made in super()._enqueues(solver, site, bound, certain):
            if _is(made, "now", True):
                continue  # performed on the spot, with the arguments that the function takes
            if bound.form is _DOC:
                self._of_document(solver, made)
            after = made.options.get("enqueue_after_commit")
            if after is not None and after.value.only != Literal(False):
                made.deferred = Deferred("after_commit", after.origin)
            node = calls.told_apart(bound.form, site.call).job
            if certain and node is not None:
                why = importable.why_not(solver, site, node, made.jobs)
                made.unimportable = why if why != "main" else ""
            yield made

    def finish(self, solver: Solver, registry: Registry) -> None:
        """See Framework; first, the paths that an app's hooks.py gives the scheduler, which calls them without arguments."""
        for filename in solver.project.filenames:
            if filename.rpartition("/")[2] == _HOOKS and _EVENTS.encode() in (solver.raw(filename) or b""):
                registry.enqueues.extend(self._scheduled(solver, filename))
        super().finish(solver, registry)
        for job in self.jobs.values():
            raised.settle(solver, job, registry, RETRY, ())

    def _scheduled(self, solver: Solver, filename: str) -> Iterator[Enqueue]:
        for unit, stmt in solver.top_statements(filename):
            env = solver.flow(unit).entered.get(id(stmt))
            named = isinstance(stmt, ir.Assign) and any(isinstance(t, ir.Name) and t.id == _EVENTS for t in stmt.targets)
            if env is None or not named or not isinstance(stmt, ir.Assign):
                continue
            for node in _paths(stmt.value):
                site = Site(ir.Call(node.start, node.end, node, []), env, None, "other", stmt, unit)
                name = str(node.value)
                job = self.named(solver, name, filename)
                made = Enqueue(self.name, _EVENTS, site, unit.origin(node), (job,) if job is not None else (), name)
                made.named, made.follows, made.scheduled = unit.origin(node), True, True
                yield made

    def _of_document(self, solver: Solver, made: Enqueue) -> None:
        """The method of a document's class that `enqueue_doc(doctype, name, method)` names."""
        key = made.options.get("name")
        if key is not None:
            made.about = Argument(key.value, key.origin, "name", "", key.node)
        doctype, method = made.options.get("doctype"), made.options.get("method")
        name = method.value.only if method is not None else None
        if doctype is None or not (isinstance(name, Literal) and isinstance(name.value, str)):
            return
        ref = _document_method(solver, made.site, doctype.node, doctype.value.only, name.value)
        job = self.method_of(solver, ref) if ref is not None else None
        if job is not None:
            made.jobs = (job,)


def _paths(node: ir.Expr) -> Iterator[ir.Constant]:
    """The dotted paths in `{"daily": ["app.tasks.all"], "cron": {"0 3 * * *": ["app.tasks.night"]}}`."""
    match node:
        case ir.DictExpr():
            for item in node.items:
                yield from _paths(item.value)
        case ir.ListExpr() | ir.TupleExpr():
            for element in node.elements:
                yield from _paths(element)
        case ir.Constant(value=str()):
            yield node
        case _:
            return


def _is(made: Enqueue, name: str, value: bool) -> bool:
    option = made.options.get(name)
    return option is not None and option.value.only == Literal(value)


def _document_method(solver: Solver, site: Site, node: ir.Expr | None, kind: object, method: str) -> FunctionRef | None:
    """A method by the name of its doctype, or of the document at hand (`self.doctype`)."""
    match node:
        case ir.Attribute(value=ir.Name(id="self"), attr="doctype"):
            cls = site.unit.cls
        case _ if isinstance(kind, Literal) and isinstance(kind.value, str):
            mapper = next((f for f in solver.frameworks if isinstance(f, FrappeDocuments)), None)
            documents = mapper.documents(solver) if mapper is not None else None
            cls = documents.class_of(kind.value) if documents is not None else None
        case _:
            cls = None
    found = next(iter(solver.classes.lookup(cls, method)), None) if cls is not None else None
    if found is None or not isinstance(found[1], FunctionDecl):
        return None
    return FunctionRef(found[0].filename, found[1].qualname, found[1].start)
