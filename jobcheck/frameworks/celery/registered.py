"""Types that a project teaches kombu's JSON: `kombu.utils.json.register_type(BaseModel, "model", encode, decode)`.

What json cannot write, kombu looks up by `isinstance`, so that a class is registered with all that derive from it. What json
writes by itself (a `str` of an Enum with a mixin, a namedtuple) never gets there. Checked on the real one by
tests/facts/test_celery_registered.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from jobcheck.solve.calls import argument
from jobcheck.solve.kinds import ClassObject, ClassRef, External, Kind

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

NAME = "celery-json"
_CALLS = frozenset({"kombu.utils.json.register_type", "kombu.utils.register_type"})
_VERB = "register_type"
# The rows of the wires' tables that a type of somebody else's stands for; a class of the project is known by its bases.
_ROWS: dict[str, tuple[str, ...]] = {
    "enum.Enum": ("enum_int", "enum_str", "flag"), "set": ("set",), "frozenset": ("frozenset",), "range": ("range",),
    "complex": ("complex",), "datetime.timedelta": ("timedelta",), "collections.deque": ("deque",),
    "pathlib.Path": ("path",), "pathlib.PurePath": ("path",), "bytes": ("bytes_utf8", "bytes_bin"),
    "pydantic.BaseModel": ("pydantic",), "pydantic.main.BaseModel": ("pydantic",), "django.db.models.Model": ("dj_model",),
    "django.db.models.query.QuerySet": ("dj_queryset",), "django.db.models.QuerySet": ("dj_queryset",),
    "Exception": ("exception", "exception_custom_init"), "BaseException": ("exception", "exception_custom_init"),
}  # fmt: skip


def teach(solver: Solver) -> None:
    """Have the solver's wire for Celery's json take what the project registers; everything, where a type is not seen."""
    types = list(_registered(solver))
    if not types:
        return
    wire = solver.wire(NAME)
    seen = all(isinstance(t, (ClassObject, External)) for t in types)
    names = {_name(t) for t in types}
    taken = {row for name in names for row in _ROWS.get(name, ())}
    everything = not seen or "object" in names
    cells = {
        row: outcome for row, outcome in wire.cells.items() if outcome.kind != "enqueue-error" or not (everything or row in taken)
    }
    classes = tuple(t.cls if isinstance(t, ClassObject) else ClassRef(_name(t)) for t in types if t is not None)
    solver.own_wires[NAME] = replace(wire, cells=cells, taken=classes)


def _registered(solver: Solver) -> Iterator[Kind | None]:
    """The types that are registered; None for one that is not known."""
    for unit in solver.callers.units_mentioning(_VERB) or ():
        for site in solver.flow(unit).sites:
            only = solver.value(site.call.func, site.env).only
            if isinstance(only, External) and only.qualname in _CALLS:
                node = argument(site.call, 0, "t")
                kinds = solver.value(node, site.env).kinds() if node is not None else ()
                yield from kinds or (None,)


def _name(kind: Kind | None) -> str:
    name = kind.qualname if isinstance(kind, External) else kind.cls.qualname if isinstance(kind, ClassObject) else ""
    return name.removeprefix("builtins.")
