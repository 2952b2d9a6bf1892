"""Who else writes to the rows of a class: other functions, forms and admin pages of the project."""

from __future__ import annotations

from jobcheck.code import ir
from jobcheck.rules.base import Context
from jobcheck.rules.state import keys
from jobcheck.solve.kinds import ClassRef, Origin
from jobcheck.solve.units import Unit

# Classes whose subclasses save what a user has entered, by the ends of their names.
_EDITORS = ("ModelForm", "Admin", "Serializer", "UpdateView", "ViewSet")
_ACTS = ("update", "upsert", "save")


def elsewhere(context: Context, model: ClassRef, run: frozenset[tuple[str, int]]) -> tuple[bool, Origin | None]:
    """Whether code that is not among `run` writes to rows of a class, and a place where it does.

    A class that half the project mentions counts as written to.
    """
    units = context.solver.callers.units_mentioning(model.name)
    if units is None:
        return True, None
    for unit in units:
        if (unit.filename, unit.offset) not in run and "migrations/" not in unit.filename:
            found = _writes(context, unit, model)
            if found is not None:
                return True, found
    return False, None


def _writes(context: Context, unit: Unit, model: ClassRef) -> Origin | None:
    if not unit.qualname:
        return _edits(context, unit)
    if unit.refused:
        return None
    flow = context.solver.flow(unit)
    for write in flow.writes:
        target = write.target
        if isinstance(target, ir.Attribute) and keys.model_of(context.solver, target.value, write.env) == model:
            return unit.origin(write.stmt)
    for site in flow.sites:
        operation = context.solver.records.operation(site)
        if operation is not None and operation.model == model and operation.act in _ACTS:
            return unit.origin(site.call)
    return None


def _edits(context: Context, unit: Unit) -> Origin | None:
    """`model = Order` in a form, a serializer or an admin page, or in its Meta."""
    cls = unit.cls
    info = context.solver.classes.info(cls) if cls is not None else None
    named = any(a.name.endswith(_EDITORS) for a in info.ancestors) if info is not None else False
    inner = cls is not None and ".Meta" in cls.qualname
    return unit.origin(unit.body[0]) if unit.body and (named or inner) else None
