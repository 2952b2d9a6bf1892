"""The data of which a framework's file consists: how it spells jobs and enqueues, and what it takes out of a call.

A framework that fits these tables needs no code of its own; `engine.DeclaredFramework` reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, Union

from jobcheck.values import dataclass


@dataclass(frozen=True, slots=True)
class Form:
    """One way to enqueue.

    name        how messages call it (`enqueue`, `send_with_options`)
    takes       call: positionals and keywords are the job's; lists: `args=`/`kwargs=` are, and everything else is an
                option; either: lists where `args=` or `kwargs=` is given, and a call otherwise; keywords: only keywords
                are the job's; dicts: each positional is a dict with the keywords of one message
    unplaced    what becomes of positionals where only keywords are taken, as the end of a sentence
    by_name     what becomes of a job that is handed over itself where its name is wanted, likewise; "": it may be
    job_at      position of the job among the positionals, for forms that are no methods of the job; `job_names` its names
    lead        names of positionals before the job's arguments that are options (`enqueue_at(datetime, f, ...)`)
    swallowed   names that this form takes out of the keywords as options of its own
    lists       names of the two parts, and `lists_at` their positions after lead and job, for `takes` lists
    sent        False: it builds a message; `immediate`: it runs here and now
    awaits      what performs the job awaits an async function
    awaited     the call gives a coroutine, and nothing is enqueued before it is awaited
    merges      keywords beside `kwargs=` are the job's, too
    malformed   what becomes of `args=` and `kwargs=` of the wrong shape, as the end of a sentence
    surplus     what becomes of positionals beside `args=` and `kwargs=`, as the end of a sentence; `drops` the same for
                keywords that are no options
    partial     more arguments may be added to the message that it builds
    """

    name: str
    takes: Literal["call", "lists", "either", "keywords", "dicts"] = "call"
    job_at: int | None = None
    job_names: tuple[str, ...] = ()
    lead: tuple[str, ...] = ()
    swallowed: frozenset[str] = frozenset()
    lists: tuple[str, str] = ("args", "kwargs")
    lists_at: tuple[int, int] | None = None
    sent: bool = True
    immediate: bool = False
    awaited: bool = False
    awaits: bool = True
    unplaced: str = ""
    by_name: str = ""
    malformed: str = ""
    merges: bool = False
    surplus: str = ""
    drops: str = ""
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Declares:
    """A decorator that makes a job of a function.

    bare       it may stand without parentheses
    leads      names of its own positional parameters (`@job("high")`), which are options then
    job_at     position of a function among its positionals when it is called with one (`job(f)`), if it may be
    periodic   it also schedules the job
    keeps      it gives back the function itself; `awaits`: as of a Form
    unbare     what happens without the parentheses, as the end of a sentence, where `bare` is False
    """

    name: str
    bare: bool = True
    leads: tuple[str, ...] = ()
    periodic: bool = False
    keeps: bool = False
    awaits: bool = True
    unbare: str = ""


@dataclass(frozen=True, slots=True)
class Makes:
    """A call or attribute that gives an object of the framework, by its role in `Spec.attributes`.

    The role "injected": a parameter with such a default, or such a thing in its annotation, is filled by the framework.
    configures   the keywords of the call are options of what is enqueued through the object
    keywords_in  the one of them that holds keyword arguments of the job
    job_at       position of the job, or its name, among the positionals, where the call is handed one; `job_names` its names
    unsent       what it is called where it is a message that somebody has to send
    """

    role: str
    configures: bool = False
    keywords_in: str | None = None
    job_at: int | None = None
    job_names: tuple[str, ...] = ()
    unsent: str = ""


Meaning = Union[Form, Declares, Makes]
INJECTED = "injected"


@dataclass(frozen=True, slots=True)
class Spec:
    """One framework.

    functions    full names from outside the project -> what calling them does or gives
    attributes   role -> attribute -> the same, for objects of the framework; the role "job" is a declared job
    call         what calling a declared job does; None: it runs here and now
    guessed      verbs that enqueue on a receiver nobody knows, when their first argument is a function of the project or
                 names one: no other library has them so
    context      name of the option (of the decorator) that gives the job one parameter more, None where every job has it
    injected     how many first parameters the framework fills for every job
    mismatch     ends a sentence about arguments that do not fit
    wire         the serializer where nothing else is said
    named_by_string  jobs are enqueued by their names, so that a name that no job has is one that was not found
    makers       what a function of the project must match to return one of the framework's decorators or jobs
    retried_by   the option (of a job or an enqueue) by which runs after an error are asked for; `retried`: they come unasked;
                 `once`: the number by which it asks for none
    objects      full names from outside the project -> role, for what is an object there and no class or function
    methods      bound methods may be jobs
    apart        jobs are performed by another process than the one that enqueues
    verb         how messages write that a job is enqueued; "": the decorated function is no job object
    awaits       the worker awaits jobs that are async functions
    callable     a declared job can be called, and is performed then
    transactional    the queue is a table that is written on the application's own connection
    shapes       what becomes of `args=` of the wrong shape, by the word that Malformed has for it, and of `kwargs`, as the end
                 of a sentence; "": the framework takes it. What is not named is a `mismatch`
    send         how a message that was built is sent
    if_async     as of a Job; `if_sync` too
    """

    name: str
    display: str
    modules: frozenset[str]
    seeds: frozenset[str]
    marks: tuple[bytes, ...]
    functions: Mapping[str, Meaning]
    attributes: Mapping[str, Mapping[str, Meaning]]
    wire: str
    mismatch: str
    call: Form | None = None
    guessed: frozenset[str] = frozenset()
    injected: int = 0
    context: str | None = None
    named_by_string: bool = False
    makers: bytes | None = None
    objects: Mapping[str, str] = field(default_factory=dict)
    awaits: bool = True
    verb: str = ".delay"
    methods: bool = False
    apart: bool = True
    retried_by: str | None = None
    retried: bool = False
    transactional: bool = False
    once: int = 0
    callable: bool = True
    shapes: Mapping[str, str] = field(default_factory=dict)
    send: str = ""
    if_async: str = ""
    if_sync: str = ""
    verbs: frozenset[str] = field(default=frozenset())
