"""Celery: base classes of jobs that change arguments between the enqueue and the run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.frameworks.celery import names
from jobcheck.frameworks.deferral import callbacks_of
from jobcheck.frameworks.postponed import COMMITS
from jobcheck.project.shape import FunctionDecl
from jobcheck.registry import Deferred
from jobcheck.solve.kinds import UNKNOWN, ClassObject, ClassRef, FunctionRef

if TYPE_CHECKING:
    from jobcheck.registry import Job
    from jobcheck.solve.flow import Site
    from jobcheck.solve.kinds import Value
    from jobcheck.solve.solver import Solver

# What an enqueue goes through before Celery looks at the arguments, and what the run goes through after.
ENQUEUE_STEPS = ("apply_async", "delay", "s", "si", "signature", "subtask", "apply")
RUN_STEPS = ("__call__",)

_APP_WIDE = re.compile(rb"\btask_cls\b|\.Task\s*=[^=]")
_NAMED = re.compile(r"""(?:\btask_cls|\.Task)\s*=\s*["']?([\w.:]+)""")
_CHANGES = frozenset({"pop", "update", "setdefault", "append", "insert", "extend", "clear", "popitem", "remove"})


# Bases from here do nothing to arguments.
_PLAIN = frozenset({"celery", "celery_once", "celery_singleton", "object", "builtins", "abc", "typing", "typing_extensions"})


class Bases:
    """Answers for one project, each base class looked at once."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        self._known: dict[tuple[ClassRef, tuple[str, ...], bool], bool] = {}
        self._app_wide: list[ClassRef] | None = None

    def rewrite(self, job: Job, steps: tuple[str, ...]) -> bool:
        """Whether the job's base class, or one that the project gives to all its jobs, may change the arguments."""
        return any(self._changes(cls, steps) for cls in self._of(job))

    def convert(self, job: Job) -> bool:
        """Whether that class may put other values into the message than it is given: more than a key of its own."""
        return any(self._changes(cls, ENQUEUE_STEPS, keys=True) for cls in self._of(job))

    def wire(self, job: Job) -> Value | None:
        """The serializer that its own `apply_async` names: `super().apply_async(args, kwargs, serializer=...)`; None if none."""
        for cls in self._of(job):
            for site in self._sites(cls, "apply_async"):
                given = next((a.value for a in site.call.args if a.keyword == "serializer"), None)
                if given is not None and isinstance(site.call.func, ir.Attribute) and site.call.func.attr == "apply_async":
                    return self._solver.value(given, site.env)
        return None

    def _of(self, job: Job) -> list[ClassRef]:
        base = job.cls or job.base
        return [base] if base else self._defaults()

    def deferral(self, job: Job, form: str) -> Deferred | None:
        """What the job's base class puts an enqueue off by: an `apply_async` of its own that hands it to `on_commit`."""
        for cls in self._of(job):
            for step in ("apply_async", "delay") if form == "delay" else ("apply_async",):
                found = self._deferred(cls, step)
                if found is not None:
                    return found
        return None

    def before(self, job: Job) -> tuple[FunctionRef, ...]:
        """The `before_start` of the job's class, which each run begins with."""
        base = job.cls or job.base
        for filename, decl, _ in self._solver.member(base, "before_start") if base is not None else ():
            return (FunctionRef(filename, decl.qualname, decl.start),) if isinstance(decl, FunctionDecl) else ()
        return ()

    def _deferred(self, cls: ClassRef, step: str) -> Deferred | None:
        for site in self._sites(cls, step):
            hook = next((what for what, _ in callbacks_of(self._solver, site) if what in COMMITS), None)
            if hook is not None:
                return Deferred(hook, site.unit.origin(site.call))
        return None

    def _sites(self, cls: ClassRef, step: str) -> Sequence[Site]:
        """The calls of a method that the class has or inherits within the project."""
        for filename, decl, _ in self._solver.member(cls, step):
            if not isinstance(decl, FunctionDecl):
                return ()
            unit = self._solver.function_unit(FunctionRef(filename, decl.qualname, decl.start))
            return self._solver.flow(unit).sites if unit is not None and not unit.refused else ()
        return ()

    def _changes(self, cls: ClassRef, steps: tuple[str, ...], keys: bool = False) -> bool:
        """`keys`: a class that only writes keys of its own leaves what it is given as it is."""
        known = (cls, steps, keys)
        if known not in self._known:
            foreign = not keys and bool(steps) and self._is_foreign(cls)
            self._known[known] = foreign or any(not self._faithful(cls, step, keys) for step in steps)
        return self._known[known]

    def _is_foreign(self, cls: ClassRef) -> bool:
        """Whether it is, or derives from, a class of a library of which nothing is known: `celery_batches.Batches` hands the job
        a list of requests."""
        info = self._solver.classes.info(cls)
        outside = {cls.qualname} if info is None else info.externals
        return any(n not in names.TASK_BASES and n.partition(".")[0] not in _PLAIN for n in outside)

    def _faithful(self, cls: ClassRef, step: str, keys: bool) -> bool:
        for filename, decl, _ in self._solver.member(cls, step):
            if not isinstance(decl, FunctionDecl):
                return False
            unit = self._solver.function_unit(FunctionRef(filename, decl.qualname, decl.start))
            if unit is None or unit.function is None or not hands_on(unit.function, keys):
                return False
        return True

    def _defaults(self) -> list[ClassRef]:
        """Task classes of files that set the class of all jobs (`Celery(task_cls=...)`, `app.Task = ...`)."""
        if self._app_wide is None:
            candidates = self._solver.callers.mentions.any_of(("task_cls", "Task"))
            self._app_wide = [cls for name in candidates for cls in self._task_classes(name)]
        return self._app_wide

    def _task_classes(self, filename: str) -> list[ClassRef]:
        if not _APP_WIDE.search(self._solver.raw(filename) or b""):
            return []
        owners = {cls for _, cls in self._solver.functions_of(filename) if cls is not None}
        text = (self._solver.raw(filename) or b"").decode(errors="replace")
        for name in _NAMED.findall(text):
            owner, _, last = name.replace(":", ".").rpartition(".")
            module = self._solver.project.find_module(owner, filename) if owner else filename
            value = self._solver.module_attribute(module, last) if isinstance(module, str) else UNKNOWN
            owners.update(kind.cls for kind in value.kinds() if isinstance(kind, ClassObject))
        found = {cls: self._solver.classes.info(cls) for cls in owners}
        return [cls for cls, info in found.items() if info is not None and info.externals & names.TASK_BASES]


def hands_on(function: ir.FunctionDef, keys: bool = False) -> bool:
    """Whether a method of a task class hands on what it was given as `args` and `kwargs`, unchanged.

    `keys`: it may write and take out keys that it names (`kwargs["tenant"] = ...`).
    """
    own = _parameters(function)
    if not own and len(function.params.posonly) + len(function.params.args) + len(function.params.kwonly) > 1:
        return False  # `delay(self, order)` sends what it makes of it
    return not any(_disturbs(node, own) and not (keys and _is_key(node, own)) for node in walk(function))


def _is_key(node: ir.Node, own: frozenset[str]) -> bool:
    """`kwargs["tenant"] = ...`, `kwargs.pop("tenant")`; not `kwargs["order"] = kwargs["order"].pk`."""
    match node:
        case ir.Assign(targets=[ir.Subscript(index=ir.Constant())]):
            return not any(_named(part, own) for part in walk(node.value))
        case ir.Delete(targets=[ir.Subscript(index=ir.Constant())]):
            return True
        case ir.Call(func=ir.Attribute(attr="pop" | "setdefault")) if node.args:
            return isinstance(node.args[0].value, ir.Constant)
        case ir.Call(func=ir.Attribute(attr="update")):
            return all(a.keyword is not None for a in node.args)
        case _:
            return False


def _parameters(function: ir.FunctionDef) -> frozenset[str]:
    params = function.params
    stars = [p.name for p in (params.vararg, params.kwarg) if p is not None]
    plain = [p.name for p in (*params.posonly, *params.args, *params.kwonly) if p.name in ("args", "kwargs")]
    # `**options` of `apply_async(self, args=None, kwargs=None, **options)` are not the job's arguments.
    return frozenset(plain or stars)


def _disturbs(node: ir.Node, own: frozenset[str]) -> bool:
    match node:
        case ir.Assign():
            return any(_writes(target, own) for target in node.targets)
        case ir.AugAssign() | ir.AnnAssign():
            return _writes(node.target, own)
        case ir.Delete():
            return any(_writes(target, own) for target in node.targets)
        case ir.Call():
            return _changes_in_place(node, own) or _hands_other(node, own)
        case _:
            return False


def _writes(target: ir.Node, own: frozenset[str]) -> bool:
    if isinstance(target, ir.Subscript):
        return _named(target.value, own) and not _is_option(target.index)
    return _named(target, own)


def _is_option(key: ir.Expr) -> bool:
    """`kwargs["countdown"] = ...` of an `apply_async(self, *args, **kwargs)` sets an option."""
    return isinstance(key, ir.Constant) and key.value in names.ENQUEUE_OPTIONS and key.value not in ("args", "kwargs")


def _changes_in_place(node: ir.Call, own: frozenset[str]) -> bool:
    func = node.func
    if not isinstance(func, ir.Attribute) or func.attr not in _CHANGES or not _named(func.value, own):
        return False
    return not (node.args and _is_option(node.args[0].value))


def _hands_other(node: ir.Call, own: frozenset[str]) -> bool:
    """`super().apply_async((tenant, *args), kwargs)`: something else than was given."""
    if not isinstance(node.func, ir.Attribute) or node.func.attr not in (*ENQUEUE_STEPS, *RUN_STEPS, "run"):
        return any(a.keyword in ("args", "kwargs") and not _named(a.value, own) for a in node.args)
    if not node.args:
        return True
    if any(a.star and not isinstance(a.value, ir.Name) for a in node.args):
        return True  # `*(request, *args)`
    return any(not a.star and a.keyword in (None, "args", "kwargs") and not _passed(a.value, own) for a in node.args)


def _passed(value: ir.Expr, own: frozenset[str]) -> bool:
    return _named(value, own | {"self"}) or isinstance(value, ir.Constant)


def _named(node: ir.Node | None, own: frozenset[str]) -> bool:
    return isinstance(node, ir.Name) and node.id in own
