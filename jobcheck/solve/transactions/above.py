"""What methods of Django's own classes save: `super().form_valid(form)`, `super().save_model(...)`, `serializer.save()`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve.calls import argument
from jobcheck.solve.kinds import Instance, Origin
from jobcheck.solve.orm.base import Operation
from jobcheck.solve.sites import Site
from jobcheck.solve.sources import Source
from jobcheck.solve.transactions.rows import Row

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# `super().<method>(...)` in a class of a sort: which of its arguments is saved, or which attribute of it or of `self`.
_SAVED_ABOVE: dict[tuple[str, str], tuple[tuple[int | None, str], ...]] = {
    ("view", "form_valid"): ((None, "object"), (0, "instance")),
    ("view", "perform_create"): ((0, "instance"),),
    ("view", "perform_update"): ((0, "instance"),),
    ("admin", "save_model"): ((1, ""),),
    ("admin", "save_form"): (),
    ("admin", "save_related"): ((1, "instance"),),
    ("serializer", "update"): ((0, ""), (None, "instance")),
    ("serializer", "save"): ((None, "instance"),),
    ("form", "save"): ((None, "instance"),),
}
_MAKES = frozenset({("serializer", "create"), ("serializer", "save"), ("form", "save"), ("serializer", "update")})


def written_above(solver: Solver, site: Site) -> Iterator[Row]:
    """What a call of a method above writes: `super().form_valid(form)`, `super().save_model(request, obj, form, change)`;
    and what `serializer.save()` and `x.rows.create(...)` do where nothing else is known of the receiver."""
    func, unit = site.call.func, site.unit
    if not isinstance(func, ir.Attribute) or func.attr not in {name for _, name in _SAVED_ABOVE} | {"save", "create"}:
        return
    origin = unit.origin(site.call)
    if isinstance(func.value, ir.Call) and isinstance(func.value.func, ir.Name) and func.value.func.id == "super":
        yield from _super(solver, site, func.attr, origin)
    elif func.attr == "save" and _is_serializer(func.value) and not _uncommitted(site.call):
        owner = func.value
        yield Row("save", None, Source(site.call, site.env), origin)
        made = ir.Attribute(owner.start, owner.end, owner, "instance")
        yield Row("save", None, solver.sources.of(made, site.env), origin)
    elif func.attr == "create" and isinstance(func.value, ir.Attribute) and solver.value(func.value, site.env).unknown:
        # `group.records.create(...)` of something unknown: what has a `pk` afterwards is a row
        yield Row("create", None, Source(site.call, site.env), origin)


def saved_by_form(solver: Solver, operation: Operation) -> Iterator[Row]:
    """What else a form's or a serializer's `save()` gives a name to: what it returns, and `serializer.instance`."""
    func, site = operation.site.call.func, operation.site
    if not isinstance(func, ir.Attribute) or operation.orm != "django" or solver.transactions.entries.sorts is None:
        return
    only = solver.value(func.value, site.env).only
    if not isinstance(only, Instance) or solver.transactions.entries.sorts.of(only.cls) not in ("form", "serializer"):
        return
    origin = site.unit.origin(site.call)
    made = ir.Attribute(func.value.start, func.value.end, func.value, "instance")
    for source in (Source(site.call, site.env), solver.sources.of(made, site.env)):
        yield Row(operation.act, operation.model, source, origin, operation)


def _super(solver: Solver, site: Site, name: str, origin: Origin) -> Iterator[Row]:
    unit = site.unit
    sorts = solver.transactions.entries.sorts
    sort = sorts.of(unit.cls) if sorts is not None and unit.cls is not None else ""
    if not sort or _uncommitted(site.call):
        return
    model = sorts.model(unit.cls) if sorts is not None and unit.cls is not None else None
    if (sort, name) in _MAKES:
        yield Row("create" if name == "create" else "save", model, Source(site.call, site.env), origin)
    params = unit.function.params if unit.function is not None else None
    own = [*params.posonly, *params.args][0].name if params is not None and [*params.posonly, *params.args] else "self"
    for index, attribute in _SAVED_ABOVE.get((sort, name), ()):
        node = argument(site.call, index) if index is not None else ir.Name(site.call.start, site.call.start, own)
        if node is not None:
            node = ir.Attribute(node.start, node.end, node, attribute) if attribute else node
            yield Row("save", model, solver.sources.of(node, site.env), origin)


def _is_serializer(node: ir.Expr) -> bool:
    """What a variable is called, where Django REST framework's `serializer.save()` is meant."""
    name = node.id if isinstance(node, ir.Name) else node.attr if isinstance(node, ir.Attribute) else ""
    return name.endswith("serializer") or name in ("form", "formset")


def _uncommitted(call: ir.Call) -> bool:
    """`save(commit=False)`."""
    given = argument(call, 0, "commit")
    return isinstance(given, ir.Constant) and given.value is False
