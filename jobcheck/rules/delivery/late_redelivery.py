"""
## What it finds
A job that is kept waiting, or runs, for longer than its broker waits for an acknowledgement: Celery over Redis or SQS with a
`countdown`, an `eta`, a retry delay, or with `acks_late` a time limit, beyond the visibility timeout; and a lock that
ends before the job that holds it has to. With django-q2 over the database, SQS, MongoDB or IronMQ: a `timeout` that is longer
than `retry` of `Q_CLUSTER`.

## Why it matters
Celery does not leave a job with an `eta` or `countdown` on the queue: a worker takes the message and keeps it, not
acknowledged, until its time has come. Redis gives what is not acknowledged within the visibility timeout (an hour unless
`broker_transport_options` says otherwise; 30 minutes on SQS) to another worker, again and again. One job that was due in 20
seconds under a timeout of 3 ran five times when we tried it. A job with `acks_late` that runs for longer is started a
second time beside the first. django-q2 acknowledges a job when it is done: after `retry` seconds (60 unless the setting says
otherwise) the ORM broker hands out a job that still runs once more.

## Example
```python
remind.apply_async((order.pk,), countdown=2 * 24 * 3600)
```

## Use instead
```python
# settings: more than the longest delay
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3 * 24 * 3600}
```

## How to fix
Raise `visibility_timeout` above the longest delay and run time (messages of a worker that died come back that much later),
or store what is due when, and let a periodic job enqueue it.

## Options
None.

## Known limits
For Celery only where the settings name Redis or SQS and no other broker, and only times that the code writes down. Environment
variables, `.env` files and queues with settings of their own are not read. RabbitMQ has no such timeout for this.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.frameworks.arguments import literal, truth
from jobcheck.registry import Broker, Enqueue, Job, Option, Retry
from jobcheck.rules.base import Confidence, Context, FindingBuilder, Rule, Severity
from jobcheck.rules.delivery import catching, performers, spans
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import Origin

_FIX = "Raise visibility_timeout above it, or let a periodic job enqueue what is due."
_FIXES = {"timeout": "Let `retry` of Q_CLUSTER be greater than every timeout."}
_DEFAULT_BACKOFF_MAX, _DEFAULT_RETRIES = 600, 3


class LateRedelivery(Rule):
    """JOB406."""

    code = "JOB406"
    severity = Severity.ERROR
    subject = (Enqueue, Retry, Job)

    def check(self, subject: Enqueue | Retry | Job, context: Context) -> Iterator[FindingBuilder]:
        if context.solver.is_test(subject.origin.filename):
            return
        broker = context.registry.brokers.get(subject.framework)
        if isinstance(subject, Job):
            yield from self._locked(subject, context)
            if broker is not None:
                yield from self._declared(subject, broker, context)
        elif broker is not None and (isinstance(subject, Retry) or not subject.immediate):
            yield from self._called(subject, broker, context)
            yield from self._allowed(subject, broker, context)

    def _called(self, subject: Enqueue | Retry, broker: Broker, context: Context) -> Iterator[FindingBuilder]:
        given = subject.options if isinstance(subject, Enqueue) else subject.arguments
        for name in ("countdown", "eta"):
            found = given.get(name)
            if found is None or found.node is None:
                continue
            measure = spans.seconds if name == "countdown" else spans.from_now
            delay = measure(context, found.node, subject.site.env)
            if delay is not None and delay > broker.patience:
                job = subject.job if isinstance(subject, Retry) else subject.jobs[0] if len(subject.jobs) == 1 else None
                what = f"`{job.label}`" if job else "the job"
                verb = "is retried" if isinstance(subject, Retry) else "is to run"
                text = f"{what} {verb} after {spans.spelt(delay)}: {_again(broker)}"
                builder = self._finding(subject.site.unit.origin(found.node), text, job, broker, context)
                if isinstance(subject, Enqueue):
                    context.relate_enqueue(builder, subject)
                yield builder

    def _allowed(self, subject: Enqueue | Retry, broker: Broker, context: Context) -> Iterator[FindingBuilder]:
        """`async_task(f, timeout=600)`: a run that may be longer than the broker waits for its end."""
        option = subject.options.get(broker.limited_by) if isinstance(subject, Enqueue) else None
        if option is None or option.node is None or not isinstance(subject, Enqueue):
            return
        limit = spans.seconds(context, option.node, subject.site.env)
        if limit is not None and limit > broker.patience:
            job = subject.jobs[0] if len(subject.jobs) == 1 else None
            text = f"`{job.label if job else subject.job_name or 'the job'}` {_longer(limit, broker)}"
            yield self._finding(option.origin, text, job, broker, context)

    def _declared(self, job: Job, broker: Broker, context: Context) -> Iterator[FindingBuilder]:
        limited = broker.limit is not None and broker.limit > broker.patience and broker.origin is not None
        if limited and job is min((j for j in context.registry.jobs if j.framework == job.framework), key=lambda j: j.key):
            assert broker.limit is not None
            assert broker.origin is not None
            yield self._finding(broker.origin, f"any job {_longer(broker.limit, broker)}", None, broker, context)
        delay = _default_delay(job, context) or _backoff(job, context)
        if delay is not None and delay[0] > broker.patience:
            text = f"`{job.label}` is retried after {spans.spelt(delay[0])}: {_again(broker)}"
            yield self._finding(delay[1].origin, text, job, broker, context)
        limit = _limit(job, context)
        if limit is not None and truth(job.options.get("acks_late")) is True and limit[0] > broker.patience:
            text = f"`{job.label}` may run for {spans.spelt(limit[0])} before it is acknowledged: {_again(broker)}"
            yield self._finding(limit[1].origin, text, job, broker, context)

    def _finding(self, origin: Origin, text: str, job: Job | None, broker: Broker, context: Context) -> FindingBuilder:
        builder = context.finding(
            self, origin, text, confidence=Confidence.MEDIUM, job=job, framework=_framework(broker, context),
            how_to_fix=_FIXES.get(broker.limited_by, _FIX),
            what_happens="A worker holds the message all that time; what is not acknowledged in time goes to another worker too.",
        )  # fmt: skip
        if broker.origin is not None and broker.origin != origin:
            builder.relate(context.place(broker.origin), "how long the broker waits")
        return builder

    # --- locks -------------------------------------------------------------------------------------------------

    def _locked(self, job: Job, context: Context) -> Iterator[FindingBuilder]:
        """`with cache.lock(key, timeout=60):` around all the work of a job that may run for longer."""
        limit, body = _limit(job, context), catching.body(context, job)
        if limit is None or body is None:
            return
        for stmt in body[2].body:
            env = body[1].entered.get(id(stmt))
            if not isinstance(stmt, ir.With) or env is None:
                continue
            for item in stmt.items:
                life = _lock_life(item.context, env, context)
                if life is not None and life < limit[0]:
                    longest = spans.spelt(limit[0])
                    text = f"the lock of `{job.label}` ends after {spans.spelt(life)}, and the job may run for {longest}"
                    builder = context.finding(
                        self, body[0].origin(item.context), text, confidence=Confidence.MEDIUM, job=job,
                        what_happens="A second run takes the lock while the first is still at work.",
                        how_to_fix="Let the lock live longer than the job may.",
                    )  # fmt: skip
                    yield builder.relate(context.place(limit[1].origin), "this is how long it may run")


def _framework(broker: Broker, context: Context) -> str:
    return next(name for name, known in context.registry.brokers.items() if known is broker)


def _longer(limit: float, broker: Broker) -> str:
    return f"may run for {spans.spelt(limit)} before it is acknowledged: {_again(broker)}"


def _again(broker: Broker) -> str:
    name = {"redis": "Redis", "sqs": "SQS"}.get(broker.what, broker.what)
    return f"{name} hands it to another worker every {spans.spelt(broker.patience)}, and it runs more than once"


def _number(job: Job, option: Option | None, context: Context) -> float | None:
    """The number that an option of a declaration is; the names in it are the module's."""
    if option is None:
        return None
    if option.node is None or job.decorated is None:
        said = literal(option.value)
        return float(said) if isinstance(said, (int, float)) and not isinstance(said, bool) else None
    where = job.decorated
    env = Env(context.solver.unit(where.filename, where.start, where.end), {}, None, frozenset())
    return spans.seconds(context, option.node, env)


def _limit(job: Job, context: Context) -> tuple[float, Option] | None:
    """How long a job may run before it is stopped; the softer limit is the one that counts."""
    for name in ("soft_time_limit", "time_limit"):
        option = job.options.get(name)
        number = _number(job, option, context)
        if option is not None:
            return (number, option) if number is not None else None
    return None


def _default_delay(job: Job, context: Context) -> tuple[float, Option] | None:
    """`default_retry_delay`, where a retry that names no time of its own uses it."""
    option = job.options.get("default_retry_delay")
    number = _number(job, option, context)
    if option is None or number is None:
        return None
    by_hand = [r for r in performers.retries_of(context, job) if not {"countdown", "eta"} & r.arguments.keys()]
    automatic = any(h.form == "autoretry_for" for h in job.handlers) and "retry_backoff" not in job.options
    return (number, option) if by_hand or automatic else None


def _backoff(job: Job, context: Context) -> tuple[float, Option] | None:
    """The longest pause that `retry_backoff` comes to."""
    option, most = job.options.get("retry_backoff"), job.options.get("retry_backoff_max")
    if option is None or not job.handlers:
        return None
    factor = 1.0 if literal(option.value) is True else _number(job, option, context)
    ceiling = _number(job, most, context) if most is not None else float(_DEFAULT_BACKOFF_MAX)
    retries = _retries(job)
    if factor is None or ceiling is None or retries is None:
        return None
    return min(ceiling, factor * 2 ** min(retries - 1, 40)), most or option


def _retries(job: Job) -> int | None:
    if "retry_kwargs" in job.options or job.unknown_options:
        return None
    option = job.options.get("max_retries")
    if option is None:
        return _DEFAULT_RETRIES
    said = literal(option.value)
    return int(said) if isinstance(said, int) and said > 0 else None


def _lock_life(node: ir.Expr, env: Env, context: Context) -> float | None:
    """The `timeout` of a Redis `.lock(name, timeout=...)`: its life. Other locks call the wait for them so."""
    if not isinstance(node, ir.Call) or not isinstance(node.func, ir.Attribute) or node.func.attr != "lock":
        return None
    given = argument(node, 1, "timeout")
    return spans.seconds(context, given, env) if given is not None and node.args[0].keyword != "timeout" else None
