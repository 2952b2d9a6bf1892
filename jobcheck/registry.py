"""What rules look at: jobs, enqueues, messages (an enqueue meeting a job), schedules, and what jobs do to the queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Literal

from jobcheck.code import ir
from jobcheck.findings import Confidence
from jobcheck.project.shape import FunctionDecl
from jobcheck.solve.flow import Around, Exit, Site
from jobcheck.solve.kinds import UNKNOWN, ClassRef, FunctionRef, Origin, Value
from jobcheck.solve.units import Unit
from jobcheck.values import dataclass


@dataclass(eq=False, slots=True)
class Option:
    """An option of a job or an enqueue: what the framework keeps. `origin` covers `name=value`."""

    name: str
    value: Value
    origin: Origin
    node: ir.Expr | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a job that the caller fills. `role`: posonly, arg, kwonly."""

    name: str
    role: str
    required: bool
    annotation: Value = UNKNOWN


@dataclass(frozen=True, slots=True)
class Signature:
    """What a job takes from its caller; parameters that the framework injects are left out (`injected`)."""

    parameters: tuple[Parameter, ...] = ()
    vararg: str | None = None
    kwarg: str | None = None
    injected: tuple[str, ...] = ()

    @property
    def positional(self) -> tuple[Parameter, ...]:
        return tuple(p for p in self.parameters if p.role != "kwonly")

    def parameter(self, name: str) -> Parameter | None:
        return next((p for p in self.parameters if p.name == name), None)

    def __str__(self) -> str:
        parts = [p.name if p.required else f"{p.name}=..." for p in self.positional]
        keywords = [p for p in self.parameters if p.role == "kwonly"]
        if self.vararg:
            parts.append(f"*{self.vararg}")
        elif keywords:
            parts.append("*")
        parts += [p.name if p.required else f"{p.name}=..." for p in keywords]
        if self.kwarg:
            parts.append(f"**{self.kwarg}")
        return f"({', '.join(parts)})"


@dataclass(eq=False, slots=True)
class Handler:
    """What a declaration says of an error: run the job again, or give it up.

    `what`: retry or discard. `errors` are the exceptions it names (a tuple's items, one by one), each an argument whose
    value is the class; `open` when there are more that cannot be seen. `bound` says whether the number of runs ends:
    "none" (surely not), "some", or "unknown"; `bound_origin` is where it is said. `origin` covers the declaration.
    """

    what: str
    form: str
    origin: Origin
    errors: list[Argument] = field(default_factory=list)
    open: bool = False
    bound: str = "unknown"
    bound_origin: Origin | None = None
    options: dict[str, Option] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Results:
    """Where a job's return value is kept: the serializers that may carry it, and the configuration that says so.

    No wires: it is not kept, or nobody can say how.
    """

    wires: tuple[str, ...] = ()
    confidence: Confidence = Confidence.HIGH
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Marker:
    """Somebody's word that running a job twice does no harm.

    `how`: comment, decorator (the runtime's, or one that the configuration names), option (one that the configuration
    names). `reason` may be empty where the form does not ask for one. `origin` covers what says so.
    """

    how: str
    reason: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Dedup:
    """What keeps a second message of a job off the queue as long as the first one is on it (`celery_once.QueueOnce`).

    It is about messages, not about runs: a retry of the first one is let through.
    """

    by: str
    origin: Origin


@dataclass(eq=False, slots=True)
class Cause:
    """One reason for which a message may be performed again, though it has been performed, wholly or in part.

    why      retry (an error that the declaration names), by-hand (the job asks for it), raised (code below it does, by an
             error of the framework's; the origin is the job's), worker-lost (the worker's end), redelivery (the broker
             takes the message for lost)
    errors   the exceptions that lead to it; empty where no error of the job's own does. `open`: more than can be seen
    origin   the option, the call or the setting that says so; `retry` the call, for by-hand
    form     how messages call it (`autoretry_for`, `retries=`, the framework where it does so unasked)
    shared   it is said for many jobs at once (a setting, a base class), not of this one
    """

    why: Literal["retry", "by-hand", "raised", "worker-lost", "redelivery"]
    origin: Origin
    errors: tuple[ClassRef, ...] = ()
    open: bool = False
    retry: Retry | None = None
    shared: bool = False
    form: str = ""


@dataclass(eq=False, slots=True)
class Job:
    """A thing that runs later: a decorated function, a job class, or a function that exists as a job by being enqueued.

    `signature` is None when it cannot be known (a decorator that is not understood stands between function and job,
    the class inherits its run method from outside the project). `bound`: the first parameter is the job itself.
    `wire` is what the declaration says (a Value, UNKNOWN when silent); `wires` are the names of the serializers that this
    leaves, empty where enqueues decide. `origin` is the name of the function or class;
    `decorated` is the job decorator's expression, when there is one. `results` says what becomes of what it returns;
    `handed_on` is a place where that is given to another job as an argument. `marker` says who vouches for its running
    twice, `dedup` what keeps equal messages from being queued twice; `delivery` is why it may run more than once for one
    message, as far as that is known. `hooks` are methods that run in the worker around the run, on the same object;
    `before` and `after` those of them that each run begins and ends with, where an error is one of the run.
    `awaited`: the worker awaits an async function. `verb` is how messages write its enqueue. `callable`: it can be called,
    and is performed then. `apart`: it is performed by another process than the one that enqueues it, on the `same_host` where
    the queue is a file of this one. `misbound` ends a sentence about a parameter that the framework fills and that the function
    does not have; `if_async` and `if_sync` one about an async function that is not awaited, and about one that should be async;
    `undeclared` one about a decorator that makes no job. `plugged`: something of another library may read options that the
    framework does not know.
    """

    framework: str
    name: str
    origin: Origin
    filename: str
    function: FunctionRef | None = None
    decl: FunctionDecl | None = None
    cls: ClassRef | None = None
    signature: Signature | None = None
    options: dict[str, Option] = field(default_factory=dict)
    bound: bool = False
    is_async: bool = False
    wire: Value = UNKNOWN
    decorated: Origin | None = None
    base: ClassRef | None = None
    unknown_options: bool = False
    handlers: list[Handler] = field(default_factory=list)
    hooks: tuple[FunctionRef, ...] = ()
    before: tuple[FunctionRef, ...] = ()
    after: tuple[FunctionRef, ...] = ()
    wires: tuple[str, ...] = ()
    results: Results = field(default_factory=Results)
    handed_on: Origin | None = None
    marker: Marker | None = None
    dedup: Dedup | None = None
    delivery: tuple[Cause, ...] = ()
    awaited: bool = False
    verb: str = ".delay"
    apart: bool = True
    same_host: bool = False
    callable: bool = True
    misbound: str = ""
    if_async: str = ""
    if_sync: str = ""
    undeclared: str = ""
    plugged: bool = False

    @property
    def label(self) -> str:
        """How messages call it: the class's or function's own name."""
        if self.cls:
            return self.cls.name
        return self.function.name if self.function else self.name

    @property
    def key(self) -> tuple[str, int, str]:
        """Sorts jobs by where they stand."""
        return (self.origin.filename, self.origin.start, self.name)


@dataclass(eq=False, slots=True)
class Argument:
    """One argument that is to cross the queue.

    `name` is its keyword, None for a positional; `star` is `*` or `**` for an unpacked one, whose own value is the
    container. `origin` covers the value (of the expression inside a literal `args=(...)` where there is one). `given` is the
    value, or how to work it out when it is first asked for: that is a rule's question, and rules are asked on all cores.
    """

    given: Value | Callable[[], Value]
    origin: Origin
    name: str | None = None
    star: Literal["", "*", "**"] = ""
    node: ir.Expr | None = None

    @property
    def value(self) -> Value:
        if callable(self.given):
            self.given = self.given()
        return self.given

    @property
    def path(self) -> str:
        return self.name or ""


@dataclass(eq=False, slots=True)
class Malformed:
    """`args=`/`kwargs=` of the wrong shape.

    `what`: not-iterable, string, mapping, not-a-sequence (a set, an iterator), scalar (by its name a single value),
    kwargs-not-dict, json, not-literal (text from which the framework cannot read arguments). `happens` ends a sentence
    about it, `certain` is False where only names speak.
    """

    what: str
    parameter: str
    origin: Origin
    value: Value
    happens: str = ""
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Deferred:
    """An enqueue that does not happen where it is written but when something else does.

    `how`: on_commit (Django's hook, and project functions that put what they get into it), delay_on_commit (a form of
    the framework's own), after_commit (a hook or event of another library), dispatched (handed to a function that may
    keep it for a while). `origin` covers what says so.
    """

    how: str
    origin: Origin


@dataclass(eq=False, slots=True)
class Enqueue:
    """One place where a job is handed to a queue, or a message for one is made.

    form        how it is spelt (`delay`, `apply_async`, `s`, `si`, `send_task`, `perform_later`, ...)
    jobs        the jobs it may mean; empty when unknown (then perhaps `job_name`)
    named       where the name stands, for a job that is named by a string
    arguments   in order; `open_args`/`open_kwargs` when there are more that cannot be seen (`*x`, `**x`, a variable)
    options     by name, what the framework keeps
    sent        whether the call itself sends; a signature does not
    prepended   results that the framework puts before the arguments (the next link of a chain); None: not known
    partial     more arguments may be added before it is sent
    follows     the worker sends it, when other jobs are done (a later link of a chain, the body of a chord) or it is time (a
                periodic job)
    scheduled   no call sends it, but an entry of a schedule or a job's own decorator when it is time
    immediate   performed here and now without a queue (`perform_now`, `apply`): no wire, but a signature
    deferred    put off until a transaction has been committed; None: enqueued as soon as the code gets there
    unawaited   it is a coroutine that nobody awaits, so that nothing is enqueued
    blocked     what to await instead of a call that asks Django's database in a coroutine; "" for other calls
    unplaced    arguments by position that a form drops or refuses, as `unplaced_happens` says (the end of a sentence);
                `listed`: because it takes them as `args=` and `kwargs=`, not because it takes names only
    lost        keywords that the call drops because others are given as `args=` or `kwargs=`, as `lost_happens` says
    arguments_only  every keyword of the call is an argument of the job: no option has a place there
    transactional  the message is a row of the application's own connection: committed with the others, or not at all
    unimportable  why no worker can import what is enqueued: lambda, nested, main (a function of the script that is run)
    misnamed    what becomes of it, as the job itself was handed over where its name is wanted (at `named`); "" otherwise
    about       the key of the record that the job is a method of, where the framework fetches that by it
    handed      what was given as the job where that is a call: its value is what is enqueued, and no job is known by it
    through     the calls on the way when the project's own functions hand the job on: from the one in the outermost such
                function to the framework's own form; `site` and `origin` are then the call that starts it
    """

    framework: str
    form: str
    site: Site
    origin: Origin
    jobs: tuple[Job, ...] = ()
    job_name: str | None = None
    named: Origin | None = None
    arguments: list[Argument] = field(default_factory=list)
    open_args: bool = False
    open_kwargs: bool = False
    options: dict[str, Option] = field(default_factory=dict)
    open_options: bool = False
    sent: bool = True
    prepended: int | None = 0
    partial: bool = False
    follows: bool = False
    scheduled: bool = False
    immediate: bool = False
    malformed: list[Malformed] = field(default_factory=list)
    wire: Value = UNKNOWN
    in_test: bool = False
    deferred: Deferred | None = None
    through: tuple[Site, ...] = ()
    unimportable: str = ""
    misnamed: str = ""
    unawaited: bool = False
    blocked: str = ""
    unplaced: list[Argument] = field(default_factory=list)
    unplaced_happens: str = ""
    listed: bool = False
    lost: list[Option] = field(default_factory=list)
    lost_happens: str = ""
    arguments_only: bool = False
    handed: Argument | None = None
    about: Argument | None = None
    transactional: bool = False

    @property
    def unit(self) -> Unit:
        return self.site.unit

    @property
    def innermost(self) -> Site:
        """The framework's own form: the last of the calls on the way."""
        return self.through[-1] if self.through else self.site

    @property
    def positional(self) -> list[Argument]:
        return [a for a in self.arguments if a.name is None and not a.star]

    @property
    def keywords(self) -> list[Argument]:
        return [a for a in self.arguments if a.name is not None]


@dataclass(eq=False, slots=True)
class Message:
    """One enqueue meeting one job that it may mean, with what holds for the two together.

    `wires` are the names of the serializers that may carry it: more than one when the project says several things.
    `confidence` is what is lost by how wire and job were found. `mismatch` ends a sentence about arguments that do not
    fit the job's parameters: what happens then; `unseen` the same for what the framework's own check does not see.
    `rewritten`: the arguments may be changed on the way, so that they need not fit.
    `converted`: the job may be given other values than the message holds (a base class loads records for ids).
    """

    enqueue: Enqueue
    job: Job
    wires: tuple[str, ...]
    confidence: Confidence = Confidence.HIGH
    mismatch: str = ""
    unseen: str = ""
    rewritten: bool = False
    converted: bool = False


@dataclass(eq=False, slots=True)
class Schedule:
    """A cron expression or a periodic entry (`form`: crontab, entry).

    `fields` are the cron fields given by keyword or position; an entry has its `schedule` as the only one, and what
    it says of job and name holds for the cron expression inside it too.
    """

    framework: str
    form: str
    origin: Origin
    fields: dict[str, Argument] = field(default_factory=dict)
    job_name: str | None = None
    name: str | None = None
    in_test: bool = False
    site: Site | None = None


@dataclass(eq=False, slots=True)
class Retry:
    """A job asking to be run again by hand: `self.retry(...)`.

    `positional` are the parameters that were given by position; `unknown` the keywords that are no option, each with
    the nearest one that is. `raises`: the call never returns. `bound` and `bound_origin` as for a Handler.
    """

    framework: str
    site: Site
    origin: Origin
    job: Job
    arguments: dict[str, Argument] = field(default_factory=dict)
    enqueue: Enqueue | None = None
    positional: tuple[str, ...] = ()
    unknown: dict[str, str | None] = field(default_factory=dict)
    raises: bool = True
    bound: str = "unknown"
    bound_origin: Origin | None = None


@dataclass(eq=False, slots=True)
class Signal:
    """A place where a job tells its framework something by an exception of the framework's, other than by `Retry`.

    `what` is the exception (`celery.exceptions.Ignore`), or `method` where the retry was named and not called.
    """

    framework: str
    what: str
    exit: Exit
    origin: Origin
    job: Job


@dataclass(eq=False, slots=True)
class Wait:
    """Code that waits for a job's result: `.get()`, `.join()`.

    `jobs` are those waited for, where they are known; `immediate`: they were performed on the spot (`apply`).
    `allowed`: the code says that it means to wait in a job; `polling`: it asks in a loop whether there is a result.
    """

    framework: str
    site: Site
    origin: Origin
    form: str
    options: dict[str, Argument] = field(default_factory=dict)
    in_test: bool = False
    jobs: tuple[Job, ...] = ()
    immediate: bool = False
    allowed: bool = False
    polling: bool = False


@dataclass(eq=False, slots=True)
class Unsent:
    """A message that is built and dropped, or given to a local name that nothing reads (`name`).

    `what`: signature, chain, group, chord, message; configured, job (built, not enqueued); method (never called).
    `send` says how it would be sent, where the framework alone does not tell.
    """

    framework: str
    what: str
    origin: Origin
    jobs: tuple[Job, ...] = ()
    in_test: bool = False
    name: str | None = None
    send: str = ""


@dataclass(eq=False, slots=True)
class Forgotten:
    """Something that the caller puts into a context of an enqueue's, which is not sent along, and that the job reads.

    `given` names it and says where; `job` is the name of the function that is performed, `reads` are where it is read: by
    that function, or, where it is one of several of that name (not `sure`), by those. `path` are the calls below the job
    that lead there. `direct`: it is given for this enqueue alone, and for nothing else that is done with the same records.
    """

    enqueue: Enqueue
    given: Argument
    job: str
    reads: tuple[Origin, ...]
    path: tuple[Origin, ...]
    sure: bool
    direct: bool


@dataclass(eq=False, slots=True)
class Refusal:
    """A canvas (`what`: group, chord) that is sent with an option which its framework refuses there: `happens` then. `made` is
    where the expression of the canvas begins."""

    framework: str
    what: str
    option: Option
    happens: str
    in_test: bool = False
    made: Origin | None = None

    @property
    def origin(self) -> Origin:
        return self.option.origin


@dataclass(eq=False, slots=True)
class Callback:
    """A function handed over to be called later: `transaction.on_commit(callback)`.

    `value` is what was handed over; `what` says when it runs (`on_commit`, `link`; `called`: where `site`, in a function
    of the project that it is handed to, calls it).
    """

    what: str
    site: Site
    origin: Origin
    argument: ir.Expr
    value: Value
    in_test: bool = False


@dataclass(eq=False, slots=True)
class MissingJob:
    """An enqueue verb on what has none. `why`: plain-function, plain-method, plain-class, no-such-name, other-verb (of a job)."""

    framework: str
    site: Site
    origin: Origin
    name: str
    why: str
    declared: Origin | None = None
    in_test: bool = False


@dataclass(frozen=True, slots=True)
class Broker:
    """What carries the messages of a framework, where the project's settings say it, by the name that messages use.

    `patience` is how many seconds it waits for a message to be acknowledged before it hands it to another worker;
    `origin` is where that is said, None for the broker's own default. Where jobs are acknowledged when they are done,
    `limit` is for how many seconds the settings let any of them run, and `limited_by` the option of an enqueue that does.
    """

    what: str
    patience: float
    origin: Origin | None = None
    limit: float | None = None
    limited_by: str = ""


@dataclass(frozen=True, slots=True)
class QueueUse:
    """A place that says to which queue messages go: how is route, job (its declaration), entry (of a schedule), enqueue."""

    framework: str
    name: str
    how: str
    origin: Origin


@dataclass(eq=False, slots=True)
class Registry:
    """Everything the project does with queues."""

    jobs: list[Job] = field(default_factory=list)
    enqueues: list[Enqueue] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    schedules: list[Schedule] = field(default_factory=list)
    retries: list[Retry] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    unsent: list[Unsent] = field(default_factory=list)
    forgotten: list[Forgotten] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    callbacks: list[Callback] = field(default_factory=list)
    called: list[Callback] = field(default_factory=list)
    missing: list[MissingJob] = field(default_factory=list)
    frameworks: list[str] = field(default_factory=list)
    brokers: dict[str, Broker] = field(default_factory=dict)


__all__ = [
    "Argument", "Around", "Broker", "Callback", "Cause", "Dedup", "Deferred", "Enqueue", "Exit", "Forgotten", "Handler", "Job",
    "Malformed", "Marker", "Message",
    "MissingJob", "Option", "Parameter", "QueueUse", "Refusal",
    "Registry", "Retry", "Schedule", "Signal", "Signature", "Unsent", "Wait",
]  # fmt: skip
