"""The options of each framework: which names it takes where, what people write instead, which values it cannot use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from jobcheck.frameworks.celery import names
from jobcheck.registry import Option
from jobcheck.solve.kinds import Instance, Literal
from jobcheck.values import dataclass

SECONDS = "a number of seconds"
OBJECT = object()


@dataclass(frozen=True, slots=True)
class Needs:
    """What an option must be. `refuses` are kinds, as `kind_name` says, that are surely wrong; `happens` ends a sentence.

    `least`: nobody means a number below it; `unit` ends a sentence about what such a number is.
    """

    what: str
    refuses: frozenset[str]
    happens: str
    least: int = 0
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Lacks:
    """What a form of enqueuing cannot do without: one of `others`. `happens` ends a sentence."""

    form: str
    others: tuple[str, ...]
    happens: str


@dataclass(frozen=True, slots=True)
class Place:
    """Options of one place, the declaration of a job or its enqueue.

    taken       the names that mean something there, obscure ones included
    documented  those that a misspelt name may have been meant for
    elsewhere   names that mean something in another place or framework, with what to say instead
    happens     what an unknown name does, as the end of a sentence
    refused     every unknown name is an error at run time, so none needs to look like a known one
    labels      any name may be given, for code of the project that looks for it
    by          an option that decides which names there are: `variants` has the place for each of its values, for "" where it
                is not given, and for `OBJECT` where it is some object
    lacks       forms that cannot do without an option
    instead     of names in `elsewhere`, what else they do where that is not `happens`: the call raises, so that it is an error
    """

    taken: frozenset[str]
    documented: frozenset[str]
    elsewhere: Mapping[str, str]
    happens: str
    needs: Mapping[str, Needs] = field(default_factory=dict)
    refused: bool = False
    lacks: tuple[Lacks, ...] = ()
    instead: Mapping[str, str] = field(default_factory=dict)
    labels: bool = False
    by: str = ""
    variants: Mapping[object, Place] = field(default_factory=dict)

    def beside(self, given: Mapping[str, Option], whole: bool = True) -> Place:
        """The place as it is beside the other options of a call; `whole`: all of them are seen."""
        option = given.get(self.by)
        if option is None:
            return self.variants.get("", self) if whole else self
        only = option.value.only
        key = (only.value or "") if isinstance(only, Literal) else OBJECT if isinstance(only, Instance) else None
        return self.variants.get(key, self)


@dataclass(frozen=True, slots=True)
class Options:
    """What one framework's options are.

    `telling` names are those that a job's own `**kwargs` is not meant to get; `declared_only` mean something in a
    declaration and nothing at an enqueue; `bases` need a base class of that name; `methods` are those of a job that a
    declared option of the same name would hide. `parameters` are names of options that a function with such a parameter, and
    no use for it, was meant to be declared with. `instead` is how an option is given at the enqueue, `{job}` and `{name}`
    in it. `together` are options of an enqueue that need another one, with that and what happens without it.
    """

    enqueue: Place
    declaration: Place
    telling: frozenset[str]
    declared_only: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()
    bases: Mapping[str, str] = field(default_factory=dict)
    methods: frozenset[str] = frozenset()
    instead: str = "{job}.apply_async((...), {name}=...)"
    together: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def of(framework: str) -> Options | None:
    """The options of a framework; None for one whose options are not described."""
    if framework in _ALL:
        return _ALL[framework]
    from jobcheck.frameworks.declared.option_tables import TABLES

    return TABLES.get(framework)


TEXT = frozenset({"str", "text"})
MOMENTS = frozenset({"datetime", "datetime_naive", "datetime_aware", "date", "time"})
NUMBERS = frozenset({"int", "float", "bool", "decimal"})
SPAN = frozenset({"timedelta"})

# --- Celery --------------------------------------------------------------------------------------------------------

_CELERY_LIMIT = Needs(SECONDS, SPAN, "the message cannot be written for the broker")
_CELERY_PRIORITY = Needs("a number", frozenset({"text"}), "Redis ignores it, and RabbitMQ refuses the message")

_CELERY_ENQUEUE = Place(
    taken=names.ENQUEUE_OPTIONS,
    documented=frozenset(
        "args kwargs task_id link link_error shadow countdown eta expires queue exchange routing_key priority serializer "
        "compression retry retry_policy time_limit soft_time_limit ignore_result add_to_parent headers connection".split()
    ),
    elsewhere={
        "delay": "countdown", "wait": "countdown", "delay_seconds": "countdown", "seconds": "countdown",
        "defer_by": "countdown", "run_at": "eta", "wait_until": "eta", "run_after": "eta", "scheduled_at": "eta",
        "ttl": "expires", "expire_seconds": "expires", "queue_name": "queue", "queue_as": "queue", "job_id": "task_id",
        "soft_timeout": "soft_time_limit", "hard_time_limit": "time_limit", "on_success": "link", "callback": "link",
        "on_failure": "link_error", "on_error": "link_error", "errback": "link_error", "options": "keywords of the call",
    },
    happens="Celery puts it among the message's properties, where nothing reads it",
    needs={
        "countdown": Needs(SECONDS, SPAN | MOMENTS | TEXT, "the call raises TypeError"),
        "eta": Needs("a datetime", SPAN | NUMBERS, "the call raises AttributeError"),
        "expires": Needs("a number of seconds or a datetime", SPAN | {"date", "time"}, "the call raises TypeError"),
        "priority": _CELERY_PRIORITY,
        "time_limit": _CELERY_LIMIT,
        "soft_time_limit": _CELERY_LIMIT,
        "link": Needs("a signature", frozenset({"job"}), "the call raises EncodeError"),
        "link_error": Needs("a signature", frozenset({"job"}), "the call raises EncodeError"),
    },
)  # fmt: skip

_INTERVALS = "default_retry_delay, or retry_backoff and retry_backoff_max"

_SET_FOR_ALL = (
    "serializer", "time_limit", "soft_time_limit", "track_started", "acks_late", "acks_on_failure_or_timeout",
    "reject_on_worker_lost", "ignore_result", "store_errors_even_if_ignored",
)  # fmt: skip

_CELERY_DECLARATION = Place(
    taken=names.TASK_OPTIONS,
    documented=frozenset(
        "name bind base typing serializer max_retries default_retry_delay autoretry_for dont_autoretry_for retry_kwargs "
        "retry_backoff retry_backoff_max retry_jitter acks_late reject_on_worker_lost acks_on_failure_or_timeout "
        "ignore_result store_errors_even_if_ignored throws rate_limit time_limit soft_time_limit expires priority queue "
        "track_started pydantic".split()
    ),
    elsewhere={
        "retries": "max_retries", "max_attempts": "max_retries", "attempts": "max_retries", "retry_limit": "max_retries",
        "retry_delay": "default_retry_delay", "retry_countdown": "default_retry_delay", "retry_on": "autoretry_for",
        "retry_for": "autoretry_for", "auto_retry_for": "autoretry_for", "exceptions": "autoretry_for",
        "countdown": "default_retry_delay, or apply_async(countdown=...)", "eta": "apply_async(eta=...)",
        "link": "apply_async(link=...)", "link_error": "apply_async(link_error=...)", "queue_name": "queue",
        "retry_policy": "apply_async(retry_policy=...)", "soft_timeout": "soft_time_limit", "timeout": "time_limit",
        # Of a retry_policy, which is about publishing the message.
        "interval_start": _INTERVALS, "interval_step": _INTERVALS, "interval_max": _INTERVALS,
        # Names of settings.
        **{f"task_{name}": name for name in _SET_FOR_ALL}, "task_default_rate_limit": "rate_limit",
        "hard_time_limit": "time_limit", "late_ack": "acks_late", "ack_late": "acks_late", "task_name": "name",
    },
    happens="Celery makes it an attribute of the job, which nothing reads",
    needs={
        "default_retry_delay": Needs(SECONDS, SPAN | TEXT, "every retry fails with TypeError"),
        "max_retries": Needs("a number or None", SPAN | TEXT, "every retry fails with TypeError"),
        "expires": Needs("a number of seconds or a datetime", SPAN, "every enqueue raises TypeError"),
        "retry_backoff": Needs("a number of seconds or a bool", SPAN | {"text"}, "the module does not import"),
        "priority": _CELERY_PRIORITY,
        "time_limit": _CELERY_LIMIT,
        "soft_time_limit": _CELERY_LIMIT,
    },
)  # fmt: skip

_CELERY = Options(
    enqueue=_CELERY_ENQUEUE,
    declaration=_CELERY_DECLARATION,
    telling=frozenset({"countdown", "eta", "link_error", "soft_time_limit", "routing_key", "retry_policy", "ignore_result"}),
    declared_only=names.TASK_ONLY,
    bases={
        "once": "celery_once.QueueOnce",
        "unique_on": "celery_singleton.Singleton",
        "raise_on_duplicate": "celery_singleton.Singleton",
        "lock_expiry": "celery_singleton.Singleton",
    },
    methods=names.TASK_METHODS,
)

# --- the reference API ---------------------------------------------------------------------------------------------

_RAISES = "the call raises OptionError"
_REFERENCE_QUEUE = Needs("a name", NUMBERS | SPAN | MOMENTS, _RAISES)
_REFERENCE_PRIORITY = Needs("an integer", TEXT | SPAN | {"float", "bool"}, _RAISES)

_REFERENCE_ENQUEUE = Place(
    taken=frozenset({"wait", "wait_until", "queue", "priority"}),
    documented=frozenset({"wait", "wait_until", "queue", "priority"}),
    elsewhere={
        "countdown": "wait", "delay": "wait", "seconds": "wait", "eta": "wait_until", "at": "wait_until",
        "run_at": "wait_until", "scheduled_at": "wait_until", "queue_as": "queue", "queue_name": "queue",
    },
    happens=_RAISES,
    needs={
        "wait": Needs("a number of seconds or a timedelta", MOMENTS | TEXT | {"bool"}, _RAISES),
        "wait_until": Needs("an aware datetime", SPAN | NUMBERS | TEXT | {"date", "time"}, _RAISES),
        "queue": _REFERENCE_QUEUE,
        "priority": _REFERENCE_PRIORITY,
    },
    refused=True,
)  # fmt: skip

_REFERENCE_DECLARED = frozenset(
    "queue_as priority wire queue_name_prefix queue_name_delimiter retry_jitter enqueue_after_commit log_arguments".split()
)
_REFERENCE_DECLARATION = Place(
    taken=_REFERENCE_DECLARED,
    documented=_REFERENCE_DECLARED,
    elsewhere={"queue": "queue_as", "queue_name": "queue_as", "serializer": "wire"},
    happens="the module does not import: job() raises TypeError",
    needs={
        "queue_as": Needs("a name or a callable", NUMBERS | SPAN, "the module does not import"),
        "priority": Needs("an integer or a callable", TEXT | {"float", "bool"}, "the module does not import"),
    },
    refused=True,
)

_REFERENCE = Options(
    enqueue=_REFERENCE_ENQUEUE,
    declaration=_REFERENCE_DECLARATION,
    telling=frozenset({"wait_until"}),
    declared_only=_REFERENCE_DECLARED - {"priority"},
)

_ALL = {"celery": _CELERY, "reference": _REFERENCE}
