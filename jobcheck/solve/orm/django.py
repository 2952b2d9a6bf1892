"""Django: managers, querysets and the shortcuts that fetch a record. Source: Django 5.2's QuerySet reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks.base import NoJobs
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import (
    UNKNOWN,
    ClassObject,
    ClassRef,
    External,
    FrameworkValue,
    Instance,
    Kind,
    Literal,
    Sequence,
    Value,
    join,
    known,
    plain,
)  # fmt: skip

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

NAME = "django"
_MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
_RECORD = frozenset({"get", "create", "latest", "earliest", "aget", "acreate"})
_MAYBE = frozenset({"first", "last"})
_QUERY = frozenset({
    "all", "filter", "exclude", "annotate", "order_by", "reverse", "distinct", "select_related", "prefetch_related", "defer",
    "only", "using", "select_for_update", "union", "intersection", "difference", "alias", "none", "get_queryset",
    "complex_filter",
})  # fmt: skip
_ROWS = frozenset({"values", "values_list", "dates", "datetimes"})
_PLAIN = {"count": "int", "exists": "bool", "update": "int", "bulk_update": "int", "explain": "str", "contains": "bool"}
_SHORTCUTS = frozenset({"django.shortcuts.get_object_or_404", "django.shortcuts.aget_object_or_404"})


@dataclass(frozen=True, slots=True)
class _Method:
    """A method of a manager or queryset, not called yet."""

    owner: FrameworkValue
    name: str


class DjangoModels(NoJobs):
    """Answers for classes that derive from django.db.models.Model."""

    name = "django-models"

    def attribute(self, solver: Solver, owner: Kind, name: str) -> Value | None:
        """`Model.objects`, and the methods of managers and querysets."""
        if isinstance(owner, ClassObject) and name in _MANAGERS and solver.classes.row(owner.cls) == "dj_model":
            return self._manager(solver, owner.cls, name)
        if isinstance(owner, Instance) and name in ("pk", "id") and solver.classes.row(owner.cls) == "dj_model":
            return UNKNOWN
        if isinstance(owner, FrameworkValue) and owner.framework == NAME:
            return known(FrameworkValue(NAME, "method", _Method(owner, name)))
        return None

    def _manager(self, solver: Solver, cls: ClassRef, name: str) -> Value:
        """The manager; a model's own one may hold methods of its own, but get, create and first stay what they are."""
        return known(FrameworkValue(NAME, "manager", cls))

    def call(self, solver: Solver, callee: Kind, node: ir.Call, env: Env) -> Value | None:
        """What a method of a manager or queryset, or get_object_or_404, gives."""
        if isinstance(callee, External):
            return self._shortcut(solver, node, env) if callee.qualname in _SHORTCUTS else None
        if not isinstance(callee, FrameworkValue) or callee.framework != NAME:
            return None
        method = callee.data
        if not isinstance(method, _Method):
            return UNKNOWN
        owner, name = method.owner, method.name
        cls = owner.data
        assert isinstance(cls, ClassRef)
        if owner.role == "rows":
            return known(owner) if name in _QUERY else UNKNOWN
        if name in _RECORD:
            return known(Instance(cls))
        if name in _MAYBE:
            return join([known(Instance(cls)), known(Literal(None))])
        if name in ("get_or_create", "update_or_create"):
            items = (known(Instance(cls)), plain("bool"))
            return known(Sequence("tuple", join(items), items))
        if name in _QUERY:
            return known(FrameworkValue(NAME, "queryset", cls))
        if name in _ROWS:
            return known(FrameworkValue(NAME, "rows", cls))
        if name == "bulk_create":
            return known(Sequence("list", known(Instance(cls))))
        return plain(_PLAIN[name]) if name in _PLAIN else UNKNOWN

    def _shortcut(self, solver: Solver, node: ir.Call, env: Env) -> Value:
        first = argument(node, 0, "klass")
        only = solver.value(first, env).only if first is not None else None
        if isinstance(only, ClassObject):
            return known(Instance(only.cls))
        if isinstance(only, FrameworkValue) and only.framework == NAME and isinstance(only.data, ClassRef):
            return known(Instance(only.data))
        return UNKNOWN
