"""What a run does outside of the process: noted as it happens, and broken off behind a chosen one.

The tables say which functions of well-known libraries are effects. A program names its own as `mock.patch` does: where
they are looked up.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial, wraps
from types import TracebackType
from typing import Any, NamedTuple

from jobcheck.runtime.errors import Killed
from jobcheck.runtime.names import locate
from jobcheck.runtime.payload import JobData
from jobcheck.runtime.settings import Adapter, settings

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_CHANGES = re.compile(r"\s*(INSERT\s+INTO|UPDATE|DELETE\s+FROM|REPLACE\s+INTO)\s+(\S+)", re.IGNORECASE)
_READS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_REPEATABLE = frozenset({"PUT", "DELETE"})  # by the meaning of HTTP; a program that differs gives `state`


class Effect(NamedTuple):
    """One call that somebody outside sees; `doubles` when a second one is a second mail, charge or job."""

    name: str
    detail: str
    doubles: bool = True

    def __str__(self) -> str:
        return f"{self.name}({self.detail})"

    @classmethod
    def enqueue(cls, data: JobData) -> Effect:
        """The enqueue of a job."""
        return cls("enqueue", f"{data['job_class']} {data['arguments']!r}")


Describe = Callable[..., "Effect | None"]
Kill = Callable[[list[Effect]], bool] | None


def _mail(name: str, message: Any, *args: Any, **kwargs: Any) -> Effect:
    return Effect(name, f"{getattr(message, 'subject', '')!r} to {getattr(message, 'to', '')!r}")


def _http(name: str, connection: Any, method: str = "GET", url: str = "", *args: Any, **kwargs: Any) -> Effect | None:
    verb = str(method).upper()
    return None if verb in _READS else Effect(name, f"{verb} {url}", verb not in _REPEATABLE)


def _httpx(name: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> Effect | None:
    return _http(name, client, request.method, str(request.url))


def _method(name: str, owner: Any, *args: Any, **kwargs: Any) -> Effect:
    return _call(name, *args, **kwargs)


def _call(name: str, *args: Any, **kwargs: Any) -> Effect:
    shown = [*map(repr, args), *(f"{key}={value!r}" for key, value in kwargs.items())]
    return Effect(name, _ADDRESS.sub("", ", ".join(shown)))


def _write(name: str, owner: Any, *args: Any, **kwargs: Any) -> Effect | None:
    """A statement, when it changes rows: `INSERT INTO shop_order`. The first text among the arguments is it."""
    statement = next((arg for arg in (*args, *kwargs.values()) if isinstance(arg, str)), "")
    found = _CHANGES.match(statement)
    return Effect("write", " ".join(found.groups()), doubles=False) if found else None


def _commit(name: str, *args: Any, **kwargs: Any) -> Effect:
    return Effect("commit", "", doubles=False)


# Of libraries that the program has loaded. An effect inside of another one is not noted again.
KNOWN: dict[str, Describe] = {
    "smtplib.SMTP.sendmail": _method,
    "smtplib.SMTP.send_message": _method,
    "django.core.mail.message.EmailMessage.send": _mail,
    "http.client.HTTPConnection.request": _http,
    "urllib3.connectionpool.HTTPConnectionPool.urlopen": _http,
    "requests.sessions.Session.request": _http,
    "httpx.Client.send": _httpx,
}

# Inside of the program's own house: somewhere a process can die, and nothing that somebody outside sees.
WRITES: dict[str, Describe] = {
    "django.db.backends.utils.CursorWrapper.execute": _write,
    "django.db.backends.utils.CursorWrapper.executemany": _write,
    "django.db.backends.base.base.BaseDatabaseWrapper._commit": _commit,
    "sqlalchemy.engine.default.DefaultDialect.do_execute": _write,
    "sqlalchemy.engine.default.DefaultDialect.do_executemany": _write,
    "sqlalchemy.engine.default.DefaultDialect.do_commit": _commit,
}


class Recorder:
    """Notes the effects of what runs inside of its `with`; enqueues of other jobs are effects too, and go nowhere.

    `targets` are dotted names of the program's own. `kill`, asked behind each effect with all effects so far, says whether
    the run ends there: with Killed, which stands for the death of the process. From then on it is `over`: whatever the job
    does in a `finally` or a bare `except`, no effect, no write and no commit gets out any more.
    """

    known: Mapping[str, Describe] = KNOWN

    def __init__(self, targets: Iterable[str] = (), *, kill: Kill = None, job_id: str | None = None) -> None:
        self.effects: list[Effect] = []
        self.over = False
        self._kill = kill
        self._job_id = job_id
        self._inside = False
        self._stack = ExitStack()
        self._targets = {name: describe for name, describe in self.known.items() if _loaded(name)}
        self._targets.update({name: _own(name) for name in targets})
        self._barred = {n: d for n, d in WRITES.items() if kill is not None and n not in self._targets and _loaded(n)}

    def __enter__(self) -> Recorder:
        with self._stack:
            for name, describe in self._targets.items():
                self._stack.enter_context(_patched(name, partial(self._wrapped, name, describe)))
            for name, describe in self._barred.items():
                self._stack.enter_context(_patched(name, partial(self._guarded, name, describe)))
            before = settings.adapter
            self._stack.callback(setattr, settings, "adapter", before)
            settings.adapter = self.adapter()
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def adapter(self) -> Adapter:
        """Where enqueues go."""
        return _Sink(self, self._job_id)

    def note(self, effect: Effect) -> None:
        """Add an effect that has happened. Raises Killed when it is the one behind which the run ends."""
        self._live(effect)
        self.effects.append(effect)
        if self._kill is not None and self._kill(self.effects):
            self.over = True
            raise Killed(f"behind {effect}")

    def _live(self, effect: Effect) -> None:
        """Raises Killed where the run is over, and the job does as if it were not."""
        if self.over:
            raise Killed(f"dead already, ahead of {effect}")

    def _wrapped(self, name: str, describe: Describe, original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            if self._inside:
                return original(*args, **kwargs)
            self._inside = True
            try:
                effect = describe(name, *args, **kwargs)
                if effect is not None:
                    self._live(effect)
                result = original(*args, **kwargs)
            finally:
                self._inside = False
            if effect is not None:
                self.note(effect)
            return result

        return wrapper

    def _guarded(self, name: str, describe: Describe, original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            effect = describe(name, *args, **kwargs) if self.over else None
            if effect is not None:
                _take_back(name, args)
                self._live(effect)
            return original(*args, **kwargs)

        return wrapper


def _take_back(name: str, args: tuple[Any, ...]) -> None:
    """A commit that does not happen is a rollback, for which nobody asks when Killed comes out of it."""
    attribute = name.rpartition(".")[2]
    if attribute.endswith("commit"):
        getattr(args[0], attribute.replace("commit", "rollback"))(*args[1:])


class _Sink:
    """Takes enqueues as effects, the job's own retries aside."""

    name = "effects"

    def __init__(self, recorder: Recorder, job_id: str | None) -> None:
        self._recorder, self._job_id = recorder, job_id

    def enqueue(self, data: JobData) -> None:
        if data["job_id"] != self._job_id:
            self._recorder.note(Effect.enqueue(data))

    def enqueue_at(self, data: JobData, at: float) -> None:
        self.enqueue(data)


@contextmanager
def _patched(name: str, wrapped: Callable[[Any], Any]) -> Iterator[None]:
    owner, attribute = _owner(name), name.rpartition(".")[2]
    static = inspect.getattr_static(owner, attribute)
    own = attribute in vars(owner)
    kind = type(static) if isinstance(static, (staticmethod, classmethod)) else None
    made = wrapped(static.__func__ if kind else static)
    setattr(owner, attribute, kind(made) if kind else made)
    try:
        yield
    finally:
        setattr(owner, attribute, static) if own else delattr(owner, attribute)


def _own(name: str) -> Describe:
    """How to show a call of the program's own: the `self` of a method is left out."""
    owner = _owner(name)
    if not callable(getattr(owner, name.rpartition(".")[2], None)):
        raise ValueError(f"there is no function {name!r} whose calls could be noted")
    is_method = isinstance(owner, type) and inspect.isfunction(inspect.getattr_static(owner, name.rpartition(".")[2]))
    return _method if is_method or _is_class_method(owner, name) else _call


def _is_class_method(owner: object, name: str) -> bool:
    return isinstance(inspect.getattr_static(owner, name.rpartition(".")[2]), classmethod)


def _owner(name: str) -> Any:
    prefix = name.rpartition(".")[0]
    if prefix in sys.modules:
        return sys.modules[prefix]
    __import__(prefix.partition(".")[0])
    owner = locate(prefix)
    if owner is None:
        try:
            return __import__(prefix, fromlist=["_"])
        except ImportError:
            raise ValueError(f"there is no {prefix!r} to find {name!r} in") from None
    return owner


def _loaded(name: str) -> bool:
    parts = name.split(".")
    return ".".join(parts[:-2]) in sys.modules and locate(name) is not None
