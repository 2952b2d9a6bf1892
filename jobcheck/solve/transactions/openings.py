"""What opens a transaction, as data."""

from __future__ import annotations

from jobcheck.solve.kinds import ClassRef, Origin
from jobcheck.solve.sites import Site
from jobcheck.values import dataclass

CERTAIN, LIKELY, POSSIBLE = 3, 2, 1


@dataclass(frozen=True, slots=True)
class Opening:
    """One thing that opens a transaction, and how surely it is open.

    how      with, decorator, helper, setting (ATOMIC_REQUESTS), admin, signal, save (a model's own method), event, hook, flush
    origin   the place that says so, `note` what a reader is told there
    level    CERTAIN (it is open each time), LIKELY (it is, when what is known to happen does), POSSIBLE
    family   django, sqlalchemy, peewee, frappe
    using    the database alias where it is written; `named` when some alias is given, known or not
    saved    the parameter of the outermost function whose row has just been written, `act` how (save, delete, or before:
             it is about to be), `model` the class of it; `whole`: the saves that are known write all of its fields
    slight   what is seen to save such rows inside of a transaction is the admin, or commits at once (`get_or_create`)
    save     the call that saves them there, where it is the project's code
    """

    how: str
    origin: Origin
    note: str
    level: int = CERTAIN
    family: str = "django"
    using: str | None = None
    named: bool = False
    saved: str | None = None
    act: str = ""
    model: ClassRef | None = None
    whole: bool = False
    slight: bool = False
    save: Site | None = None
