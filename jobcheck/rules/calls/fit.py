"""Whether the arguments of an enqueue fit the parameters of its job: Python's own binding, for what is known of both."""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.findings import Confidence
from jobcheck.registry import Argument, Enqueue, Message, Parameter, Signature
from jobcheck.rules.base import Context
from jobcheck.values import dataclass

# What the first parameter of a job that gets itself is called.
SELF_NAMES = frozenset({"self", "_self", "task", "_task", "this", "celery_task", "current_task", "task_self", "job"})


@dataclass(frozen=True, slots=True)
class Misfit:
    """One thing that does not fit.

    `what`: missing, many, unknown, twice, positional (a positional-only parameter given by name). `names` are the
    parameters or keywords concerned; `argument` is the one at fault, None for what is missing.
    """

    what: str
    names: tuple[str, ...]
    argument: Argument | None = None
    given: int = 0


def misfits(enqueue: Enqueue, signature: Signature) -> list[Misfit]:
    """Everything that surely does not fit; arguments that cannot be seen are taken to be right."""
    fewest = len(enqueue.positional) + (enqueue.prepended or 0)
    return [*_many(enqueue, signature, fewest), *_keywords(enqueue, signature, fewest), *_missing(enqueue, signature, fewest)]


def _many(enqueue: Enqueue, signature: Signature, fewest: int) -> Iterator[Misfit]:
    room = len(signature.positional)
    if signature.vararg is None and fewest > room:
        own = enqueue.positional
        surplus = own[max(len(own) - (fewest - room), 0)] if own else None
        yield Misfit("many", tuple(p.name for p in signature.positional), surplus, fewest)


def _keywords(enqueue: Enqueue, signature: Signature, fewest: int) -> Iterator[Misfit]:
    reached = {p.name for p in signature.positional[:fewest]}
    for argument in enqueue.keywords:
        assert argument.name is not None
        parameter = signature.parameter(argument.name)
        if parameter is None:
            if signature.kwarg is None:
                yield Misfit("unknown", (argument.name,), argument)
        elif parameter.role == "posonly":
            if signature.kwarg is None:
                yield Misfit("positional", (argument.name,), argument)
        elif argument.name in reached:
            yield Misfit("twice", (argument.name,), argument)


def _missing(enqueue: Enqueue, signature: Signature, fewest: int) -> Iterator[Misfit]:
    given = {a.name for a in enqueue.keywords}
    if signature.kwarg is not None:  # `**` takes the name, and the positional-only parameter stays empty
        given -= {p.name for p in signature.parameters if p.role == "posonly"}
    absent = [p for p in _unfilled(enqueue, signature, fewest) if p.required and p.name not in given]
    if absent:
        yield Misfit("missing", tuple(p.name for p in absent))


def _unfilled(enqueue: Enqueue, signature: Signature, fewest: int) -> list[Parameter]:
    """The parameters that only a keyword in sight can fill."""
    if enqueue.open_kwargs or enqueue.partial:
        return []
    keyword_only = [p for p in signature.parameters if p.role == "kwonly"]
    if enqueue.open_args or enqueue.prepended is None:
        return keyword_only
    return [*signature.positional[fewest:], *keyword_only]


# The framework that has `bind`.
_BINDS = "celery"


def blames_bind(enqueue: Enqueue, message: Message) -> bool:
    """Whether it would fit if the job's first parameter were (or were not) the job itself: `bind` is at fault then."""
    job = message.job
    if job.signature is None or job.cls is not None or job.framework != _BINDS:
        return False
    shifted = _shifted(job.signature, job.bound)
    return shifted is not None and not misfits(enqueue, shifted)


def meant(message: Message) -> Signature | None:
    """The job's signature; where `bind` is at fault, as the call takes it to be: the other rules then speak of what it passes."""
    signature = message.job.signature
    if signature is None or not misfits(message.enqueue, signature) or not blames_bind(message.enqueue, message):
        return signature
    return _shifted(signature, message.job.bound)


def _shifted(signature: Signature, bound: bool) -> Signature | None:
    if bound and signature.injected and signature.injected[0] not in SELF_NAMES:
        first = Parameter(signature.injected[0], "arg", True)
        return Signature((first, *signature.parameters), signature.vararg, signature.kwarg)
    positional = signature.positional
    if not bound and positional and positional[0].name in SELF_NAMES:
        return Signature(signature.parameters[1:], signature.vararg, signature.kwarg, (positional[0].name,))
    return None


def confidence(message: Message, context: Context) -> Confidence:
    """How sure it is that this job is meant, and that nothing stands between the call and the job."""
    enqueue, job = message.enqueue, message.job
    if len(enqueue.jobs) > 1 or (job.base is not None and job.base.filename is None and job.cls is None):
        return Confidence.MEDIUM
    if enqueue.job_name is not None or enqueue.form == "retry":
        return Confidence.HIGH
    callee = context.solver.value(enqueue.innermost.call.func, enqueue.innermost.env)
    return Confidence.HIGH if len(callee.alts) == 1 and not callee.open else Confidence.MEDIUM
