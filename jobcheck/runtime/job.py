"""The job itself: what it declares, the arguments of one enqueue, and the state of one run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar
from weakref import WeakValueDictionary

from jobcheck.runtime import ambient, enqueuing, execution, messages
from jobcheck.runtime.configured import SetOptions
from jobcheck.runtime.errors import OptionError
from jobcheck.runtime.handlers import check_methods
from jobcheck.runtime.idempotency import Idempotency
from jobcheck.runtime.names import name_of
from jobcheck.runtime.options import Options, check_priority, check_queue, seconds
from jobcheck.runtime.wires import wire_named

if TYPE_CHECKING:
    from jobcheck.runtime.payload import JobData

JobT = TypeVar("JobT", bound="Job")
_declared: WeakValueDictionary[str, type[Job]] = WeakValueDictionary()


def declared(name: str) -> type[Job] | None:
    """The job declared in this process under a name such as `shop.jobs.ChargeOrder`; also local classes."""
    return _declared.get(name)


class Job:
    """A unit of work that is enqueued here and performed somewhere else, some time later, at least once.

    Subclasses write `perform` and declare how they travel. An instance is one call of the job, with its arguments.
    """

    queue_as: ClassVar[Any] = "default"  # a queue name, or a callable of the job that gives one
    priority: Any = None  # an integer (lower is more important), or a callable of the job that gives one
    wire: ClassVar[str] = "resque"
    queue_name_prefix: ClassVar[str | None] = None  # "shop": every queue this job names becomes shop_...
    queue_name_delimiter: ClassVar[str] = "_"
    retry_jitter: ClassVar[float] = 0.0  # for each retry_on that does not say its own
    enqueue_after_commit: ClassVar[bool] = False  # wait for the open transactions, and drop the job if they roll back
    log_arguments: ClassVar[bool] = True
    idempotency = Idempotency()  # the reason given to @idempotent, or None

    set = SetOptions()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        wire_named(cls.wire)
        if not callable(cls.queue_as) and check_queue(cls.queue_as) is None:
            raise OptionError(f"{name_of(cls)}: queue_as must be a name or a callable")
        if not callable(cls.priority):
            check_priority(cls.priority)
        if cls.queue_name_prefix is not None:
            check_queue(cls.queue_name_prefix)
        seconds(cls.retry_jitter, "retry_jitter")
        check_methods(cls)
        _declared[name_of(cls)] = cls

    def __init__(self, /, *args: Any, **kwargs: Any) -> None:
        import uuid

        self.args: tuple[Any, ...] = args
        self.kwargs: dict[str, Any] = kwargs
        self.job_id = str(uuid.uuid4())
        self.provider_job_id: str | None = None
        self.scheduled_at: datetime | None = None
        self.enqueued_at: datetime | None = None
        self.executions = 0
        self.exception_executions: dict[str, int] | None = {}
        self.locale: str | None = None  # of the enqueue, in force again around the run
        self.timezone = ambient.captured("timezone")
        self.successfully_enqueued = False
        self.enqueue_error: Exception | None = None
        self.stored_arguments: list[Any] | None = None
        self.unknown_keys: dict[str, Any] = {}  # of a message from a newer release
        self._queue_name: str | None = None

    def perform(self, *args: Any, **kwargs: Any) -> Any:
        """The work. Subclasses write it; its parameters are what the job takes."""
        raise NotImplementedError(f"{name_of(type(self))} has no perform")

    @classmethod
    def perform_later(cls: type[JobT], /, *args: Any, **kwargs: Any) -> JobT | Literal[False]:
        """Enqueue the job with these arguments; return it, or False when the queue refused it or a callback halted it.

        Raises SignatureError, KeywordArgumentsError or SerializationError, and errors of the adapter but EnqueueError.
        """
        return enqueuing.enqueue(cls(*args, **kwargs))

    @classmethod
    def perform_now(cls, /, *args: Any, **kwargs: Any) -> Any:
        """Perform the job here, without the wire; return what `perform` returns, or the error that a handler took."""
        return execution.run(cls(*args, **kwargs))

    def enqueue(self: JobT, /, **options: Any) -> JobT | Literal[False]:
        """Enqueue this job with the options of `set`; as `perform_later`."""
        return enqueuing.enqueue(self, options)

    def retry_job(self: JobT, /, **options: Any) -> JobT | Literal[False]:
        """Enqueue this job again under its id, with the options of `set` for the next run only in the message."""
        return enqueuing.enqueue_again(self, options)

    @property
    def queue_name(self) -> str:
        """The queue it goes to; a callable `queue_as` is asked the first time. Raises OptionError for a bad name."""
        if self._queue_name is None:
            name = check_queue(_value_for(self, type(self).queue_as))
            if name is None:
                raise OptionError(f"{name_of(type(self))}: queue_as gave no name")
            self._queue_name = self._prefixed(name)
        return self._queue_name

    @queue_name.setter
    def queue_name(self, name: str) -> None:
        self._queue_name = name

    def settle(self) -> None:
        """Ask callables for what they decide per job, once: the priority from now on is a number or None."""
        if callable(self.priority):
            self.priority = check_priority(_value_for(self, type(self).priority))

    def apply(self, options: Options) -> None:
        """Take over options that were given for this enqueue."""
        if options.queue is not None:
            self.queue_name = self._prefixed(options.queue)
        if options.priority is not None:
            self.priority = options.priority
        if options.at is not None:
            self.scheduled_at = options.at

    def _prefixed(self, queue: str) -> str:
        prefix = type(self).queue_name_prefix
        return queue if prefix is None else f"{prefix}{type(self).queue_name_delimiter}{queue}"

    def restore(self, data: JobData) -> None:
        """Become the job of a message; the arguments stay stored until the run reads them."""
        self.job_id = data["job_id"]
        self.provider_job_id = data["provider_job_id"]
        self.queue_name = data["queue_name"]
        self.priority = data["priority"]
        self.stored_arguments = data["arguments"]
        self.executions = data["executions"]
        counted = data["exception_executions"]
        self.exception_executions = {} if counted is None and not self.executions else counted and dict(counted)
        self.locale = data["locale"]
        self.timezone = data["timezone"] or self.timezone
        self.enqueued_at = messages.moment(data["enqueued_at"])
        self.scheduled_at = messages.moment(data["scheduled_at"])

    def __repr__(self) -> str:
        return f"<{name_of(type(self))} {self.job_id}>"


def _value_for(job: Job, value: str | int | Callable[[Job], Any] | None) -> Any:
    return value(job) if callable(value) else value
