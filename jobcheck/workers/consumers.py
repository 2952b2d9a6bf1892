"""What a worker command reads from: its queues, and the module it begins with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from posixpath import basename

from jobcheck.solve.kinds import Origin
from jobcheck.values import dataclass
from jobcheck.workers import options
from jobcheck.workers.words import VARIABLE, is_run


@dataclass(frozen=True, slots=True)
class Consumer:
    """One worker command.

    `queues` are those it names; empty: it names none, and reads what the framework reads then (`named` is False). None:
    nobody can say. `modules` are the modules it is told to load (Celery: the app's), None where that is not known.
    """

    framework: str
    origin: Origin
    queues: tuple[str, ...] | None
    modules: tuple[str, ...] | None = ()

    @property
    def named(self) -> bool:
        """Whether the command names its queues."""
        return bool(self.queues)


def consumers(command: list[str], origin: Origin) -> Iterator[Consumer]:
    """The worker that a command starts, if any."""
    words = [word for word in command if word]
    for index, word in enumerate(words):
        rest = words[index + 1 :]
        name = basename(word)
        read = _PROGRAMS.get(name)
        if read is None or _is_value(words, index) or not is_run(words[:index]):
            continue
        found = read(name, rest, origin)
        if found is not None:
            yield found
            return


def _is_value(words: list[str], index: int) -> bool:
    """Whether a word is an option's value: `--app celery`, `-A dramatiq`."""
    return index > 0 and words[index - 1] in ("-A", "-a", "-n", "--app", "--name", "-t", "-u", "--user")


# --- Celery --------------------------------------------------------------------------------------------------


def _celery(_name: str, rest: list[str], origin: Origin) -> Consumer | None:
    subcommand = _subcommand(rest, options.CELERY)
    if subcommand == "multi":
        return _multi(rest, origin)
    if subcommand != "worker":
        # a variable may stand for anything, `celery $ROLE` for a worker too
        is_open = subcommand is not None and VARIABLE.search(subcommand)
        return Consumer("celery", origin, None, None) if is_open else None
    return _read_celery(rest, origin)


def _read_celery(rest: list[str], origin: Origin) -> Consumer:
    queues: list[str] | None = []
    modules: list[str] | None = []
    for name, value in _pairs(rest, options.CELERY):
        if name in ("-Q", "--queues"):
            queues = None if queues is None or value is None or VARIABLE.search(value) else queues + value.split(",")
        elif name in ("-A", "--app", "-I", "--include"):
            modules = None if modules is None or value is None or VARIABLE.search(value) else modules + value.split(",")
        elif not name.startswith("-") and VARIABLE.search(name):
            queues = modules = None  # it may hold any option
    kept = None if queues is None else tuple(dict.fromkeys(q.strip() for q in queues if q.strip()))
    return Consumer("celery", origin, kept, None if modules is None else tuple(modules))


def _multi(rest: list[str], origin: Origin) -> Consumer | None:
    """`celery multi start 3 -Q:1 images -Q:2,3 data`: which node reads what is not told apart."""
    if not {"start", "restart"} & set(rest):
        return None
    return Consumer("celery", origin, None, None)


def _subcommand(rest: list[str], valued: frozenset[str]) -> str | None:
    """The first word that is neither an option nor an option's value."""
    return next((name for name, _ in _pairs(rest, valued) if not name.startswith("-")), None)


def _pairs(words: list[str], valued: frozenset[str]) -> Iterator[tuple[str, str | None]]:
    """Options with their values, and other words."""
    index = 0
    while index < len(words):
        word = words[index]
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            if equals:
                yield name, value
            elif name in valued:
                yield name, words[index + 1] if index + 1 < len(words) else None
                index += 1
            else:
                yield name, None
        elif word.startswith("-") and len(word) > 1:
            name = word[:2]
            if name in valued and len(word) > 2:
                yield name, word[2:].removeprefix("=")
            elif name in valued:
                yield name, words[index + 1] if index + 1 < len(words) else None
                index += 1
            else:
                yield word, None
        else:
            yield word, None
        index += 1


# --- RQ ------------------------------------------------------------------------------------------------------


def _rq(name: str, rest: list[str], origin: Origin) -> Consumer | None:
    if name == "rq":
        if not rest or rest[0] not in ("worker", "worker-pool"):
            return None
        rest = rest[1:]
    names = [word for word, _ in _pairs(rest, options.RQ) if not word.startswith("-")]
    if any(VARIABLE.search(n) for n in names):
        return Consumer("rq", origin, None)
    if any(word in ("-c", "--config") for word, _ in _pairs(rest, options.RQ)) and not names:
        return Consumer("rq", origin, None)  # a file may name them
    return Consumer("rq", origin, tuple(names))


# --- Dramatiq ------------------------------------------------------------------------------------------------


def _dramatiq(name: str, rest: list[str], origin: Origin) -> Consumer | None:
    queues: list[str] = []
    modules: list[str] = []
    taking: list[str] | None = None
    pairs = iter(rest)
    is_open = False
    for word in pairs:
        option, equals, value = word.partition("=")
        if word.startswith("-"):
            lists = option in options.DRAMATIQ_LISTS
            taking = (queues if option in ("-Q", "--queues") else []) if lists else None
            if equals and taking is not None:
                taking.append(value)
            if not lists and not equals and option in options.DRAMATIQ:
                next(pairs, None)
            # one module is what `-f` is always given
            if option in ("-f", "--fork-function") and not equals:
                next(pairs, None)
                taking = None
        elif taking is not None:
            taking.append(word)
            is_open = is_open or VARIABLE.search(word) is not None
        else:
            modules.append(word)
    if name == "dramatiq" and not modules and not queues:
        return None
    if is_open or any(VARIABLE.search(q) for q in queues):
        return Consumer("dramatiq", origin, None, None)
    known = name == "dramatiq" and not any(VARIABLE.search(module) for module in modules)
    return Consumer("dramatiq", origin, tuple(queues), tuple(modules) if known else None)


# --- Procrastinate -------------------------------------------------------------------------------------------


def _procrastinate(_name: str, rest: list[str], origin: Origin) -> Consumer | None:
    pairs = list(_pairs(rest, options.PROCRASTINATE))
    if "worker" not in (name for name, _ in pairs):
        return None
    queues: list[str] = []
    for name, value in pairs:
        if name in ("-q", "--queues"):
            if value is None or VARIABLE.search(value):
                return Consumer("procrastinate", origin, None)
            queues += [q.strip() for q in value.split(",") if q.strip()]
        elif not name.startswith("-") and VARIABLE.search(name):
            return Consumer("procrastinate", origin, None)
    return Consumer("procrastinate", origin, tuple(queues))


_Read = Callable[[str, list[str], Origin], "Consumer | None"]
_PROGRAMS: dict[str, _Read] = {
    "celery": _celery,
    "celeryd": lambda _name, rest, origin: _read_celery(rest, origin),
    "rq": _rq,
    "rqworker": _rq,
    "rqworker-pool": _rq,
    "dramatiq": _dramatiq,
    "dramatiq-gevent": _dramatiq,
    "rundramatiq": _dramatiq,
    "procrastinate": _procrastinate,
}
