"""Effects that another run of their job does again: for missing-idempotency-marker and replayed-effect."""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.registry import Cause, Job
from jobcheck.rules.base import Context
from jobcheck.rules.delivery.following import Following, in_handler
from jobcheck.solve.effects import Effect, Failure, Summary
from jobcheck.solve.escape import BROAD, meets
from jobcheck.solve.exceptions import canonical, lineage
from jobcheck.solve.kinds import ClassRef
from jobcheck.solve.order import chain
from jobcheck.solve.sites import Flow
from jobcheck.values import dataclass

# What somebody outside notices when it is done twice.
NOTICED = frozenset({"payment", "mail", "message", "http"})
# What seldom fails just then.
UNLIKELY = frozenset({"database", "queue", "gone"})
# Errors by which an answer may be lost, whatever library they are of.
_LOST = ("timeout", "connection", "network", "transport", "unavailable", "httperror", "requestexception", "apierror")


@dataclass(eq=False, slots=True)
class Replay:
    """An effect that is done again: because of what, and what fails after it (None: it, or its worker, itself).

    `looped`: it is done for one item after the other, and fails for a later one.
    """

    effect: Effect
    cause: Cause
    failure: Failure | None = None
    looped: bool = False


def of_job(job: Job, context: Context) -> list[Replay]:
    """Every effect of a job that another run does again, once for each cause at most, the surest first."""
    unit = context.solver.function_unit(job.function) if job.function is not None and job.delivery else None
    if job.function is None or unit is None or unit.refused or context.solver.is_test(job.filename):
        return []
    summary, flow = context.solver.effects.of(job.function), context.solver.flow(unit)
    following = context.once("following", lambda: Following(context.solver))
    found = [r for cause in job.delivery for r in _by_cause(summary, flow, cause, following, context)]
    found += [r for cause in job.delivery for r in _across(job, summary, cause, context)]
    return sorted(found, key=_rank)


def _across(job: Job, summary: Summary, cause: Cause, context: Context) -> Iterator[Replay]:
    """What a callback ahead of the run does, which fails; and what the run does, when a callback behind it fails."""
    failing = next(_failures(summary, cause, context), None)
    for hook in job.before if failing is not None else ():
        for effect in context.solver.effects.of(hook).effects:
            if _surely(effect):
                yield Replay(effect, cause, failing)
    by_hand = cause.retry is not None
    late = [f for hook in job.after if not by_hand for f in _failures(context.solver.effects.of(hook), cause, context)]
    for effect in summary.effects if late else ():
        if _surely(effect):
            yield Replay(effect, cause, late[0])


def _surely(effect: Effect) -> bool:
    """Whether somebody outside notices an effect of a function that is left behind, and nothing is seen to forbid it."""
    if effect.kind not in NOTICED or not effect.doubles or effect.pending or effect.marked is not None:
        return False
    return not effect.site.deferred and not in_handler(effect.site.around)


def _rank(replay: Replay) -> tuple[bool, bool, bool, bool, int]:
    weak = replay.failure is not None and replay.failure.kind in UNLIKELY
    effect = replay.effect
    return replay.failure is None, weak, effect.kind not in NOTICED, effect.kind != "payment", effect.site.call.start


def _by_cause(summary: Summary, flow: Flow, cause: Cause, following: Following, context: Context) -> Iterator[Replay]:
    failures = list(_failures(summary, cause, context))
    for effect in summary.effects:
        if not effect.doubles or effect.pending or in_handler(effect.site.around) or effect.site.deferred:
            continue
        likely = [f for f in failures if not _passed(effect, f, failures)]
        found = next((f for f in likely if following.after(flow, effect, f)), None)
        if found is not None:
            yield Replay(effect, cause, found)
            continue
        again = next((f for f in failures if following.looped(effect, f)), None)
        if again is not None:
            yield Replay(effect, cause, again, looped=True)
        elif _alone(effect, cause, failures, context):
            yield Replay(effect, cause)


def _failures(summary: Summary, cause: Cause, context: Context) -> Iterator[Failure]:
    """The failures that lead to another run, the likely ones first."""
    if cause.why == "worker-lost" or (cause.retry is not None and (cause.retry.enqueue or cause.retry.site.deferred)):
        return  # a retry with arguments of its own goes on where the run stopped
    if cause.retry is not None and not cause.errors and not cause.open:
        site = cause.retry.site
        yield Failure("raise", frozenset(), site.call, site.around, cause.origin, "retry()", site)
        return
    attempt = _attempt(cause)
    found = [f for f in summary.failures if meets(context.solver, cause.errors, f.errors) and _inside(f, attempt)]
    yield from sorted(found, key=lambda f: f.kind not in ("network", "raise"))


def _passed(effect: Effect, failure: Failure, failures: list[Failure]) -> bool:
    """Whether what raises has been asked before the effect, and with nothing that could differ: `Client()` once more."""
    if failure.kind != "raise" or not _asks_nothing(failure.node):
        return False
    same = (f.node for f in failures if f.kind == "raise" and f.origin == failure.origin)
    return any(_asks_nothing(node) and node.end <= effect.site.call.end for node in same)


def _asks_nothing(node: ir.Node) -> bool:
    return isinstance(node, ir.Call) and not node.args and isinstance(node.func, ir.Name)


def _attempt(cause: Cause) -> ir.Try | None:
    """The `try` by whose handler a job asks for another run."""
    around = cause.retry.site.enclosing("handler") if cause.retry is not None else None
    return around.node if around is not None and isinstance(around.node, ir.Try) else None


def _inside(failure: Failure, attempt: ir.Try | None) -> bool:
    """Whether a failure comes to that `try`, where it is one."""
    if attempt is None:
        return True
    return any(a.role == "try" and a.node is attempt for a in chain(failure.around))


def _alone(effect: Effect, cause: Cause, failures: list[Failure], context: Context) -> bool:
    """Whether an effect is done again though nothing after it fails: its answer, or its worker, is lost."""
    if effect.marked is not None:
        return False
    if cause.why == "worker-lost":
        return effect.kind == "payment" or (effect.kind in ("mail", "message") and not cause.shared)
    if effect.kind != "payment" or not any(_loses(context, cls) for cls in cause.errors):
        return False
    attempt = _attempt(cause)
    return attempt is None or any(a.role == "try" and a.node is attempt for a in chain(effect.site.around))


def _loses(context: Context, cls: ClassRef) -> bool:
    """Whether an error may mean that something was done, and only its answer did not arrive."""
    if canonical(cls.qualname) in BROAD:
        return True
    family = lineage(context.solver, cls)
    last = cls.name.lower().replace("_", "")
    return bool(family & {"TimeoutError", "ConnectionError"}) or any(word in last for word in _LOST) or cls.name == "OSError"
