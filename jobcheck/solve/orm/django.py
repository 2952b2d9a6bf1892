"""Django: models, managers, querysets and the shortcuts that fetch a record. Source: Django 5.2's references."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks.base import NoJobs
from jobcheck.project.shape import AssignDecl, FunctionDecl
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import (
    UNKNOWN,
    ClassObject,
    ClassRef,
    External,
    FrameworkValue,
    Function,
    Instance,
    Kind,
    Sequence,
    Value,
    known,
    plain,
)  # fmt: skip
from jobcheck.solve.orm.base import FieldInfo, Operation
from jobcheck.solve.orm.django_models import Models
from jobcheck.solve.orm.django_operations import Operations
from jobcheck.solve.orm.django_queries import MANAGERS, Method, Queries, Query, as_manager, query_of
from jobcheck.solve.sites import Site

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_ONE_OR_404 = frozenset({"django.shortcuts.get_object_or_404", "django.shortcuts.aget_object_or_404"})
_LIST_OR_404 = frozenset({"django.shortcuts.get_list_or_404", "django.shortcuts.aget_list_or_404"})
_ABSENT = {
    "DoesNotExist": "django.core.exceptions.ObjectDoesNotExist",
    "MultipleObjectsReturned": "django.core.exceptions.MultipleObjectsReturned",
}


class DjangoModels(NoJobs):
    """Answers for models and what belongs to them."""

    name = "django-models"

    def __init__(self) -> None:
        self._parts: tuple[Models, Queries, Operations] | None = None

    def parts(self, solver: Solver) -> tuple[Models, Queries, Operations]:
        """What answers for the project of a solver."""
        if self._parts is None or self._parts[0].solver is not solver:
            models = Models(solver)
            self._parts = (models, Queries(solver, models), Operations(solver, models))
        return self._parts

    # --- the contract of mappers -------------------------------------------------------------------------------

    def operation(self, solver: Solver, site: Site) -> Operation | None:
        """See Orm."""
        return self.parts(solver)[2].of(site)

    def fields(self, solver: Solver, cls: ClassRef) -> dict[str, FieldInfo] | None:
        """See Orm."""
        models = self.parts(solver)[0]
        return models.all(cls) if models.is_model(cls) else None

    # --- attributes --------------------------------------------------------------------------------------------

    def attribute(self, solver: Solver, owner: Kind, name: str) -> Value | None:
        """`Model.objects`, fields of records, and the methods of managers and querysets."""
        models, queries, _ = self.parts(solver)
        query = query_of(owner)
        if query is not None:
            assert isinstance(owner, FrameworkValue)
            return queries.attribute(owner, query, name)
        if isinstance(owner, ClassObject) and models.is_model(owner.cls):
            return self._of_model(queries, owner.cls, name)
        if isinstance(owner, External) and models.is_model(ClassRef(owner.qualname)):
            return self._of_model(queries, ClassRef(owner.qualname), name)
        if isinstance(owner, Instance) and models.is_model(owner.cls):
            return self._of_record(models, owner, name)
        return None

    def _of_model(self, queries: Queries, cls: ClassRef, name: str) -> Value | None:
        if name in _ABSENT:
            return known(External(_ABSENT[name]))
        return queries.manager(cls, name) if name in MANAGERS or self._may_be_manager(queries, cls, name) else None

    def _may_be_manager(self, queries: Queries, cls: ClassRef, name: str) -> bool:
        for filename, decl, _ in queries.solver.member(cls, name):
            if not isinstance(decl, AssignDecl) or decl.value is None:
                return False
            text = (queries.solver.raw(filename) or b"")[slice(*decl.value)]
            return b"anager" in text or b"uery" in text
        return False

    def _of_record(self, models: Models, owner: Instance, name: str) -> Value | None:
        cls = owner.cls
        if models.method(cls, name):
            return None
        if name == "pk":
            return models.key_value(cls)
        field = models.field(cls, name)
        if field is not None:
            return as_manager(Query(field.relation, related=True)) if field.many else field.value
        if name == "id":
            return models.key_value(cls) if models.key(cls).name == "id" else UNKNOWN
        relation = models.field(cls, name.removesuffix("_id")) if name.endswith("_id") else None
        if relation is not None and relation.column == name:
            return models.key_value(relation.relation) if relation.relation else UNKNOWN
        return None

    # --- calls -------------------------------------------------------------------------------------------------

    def call(self, solver: Solver, callee: Kind, node: ir.Call, env: Env) -> Value | None:
        """What a method of a manager or queryset, or a shortcut, gives."""
        _, queries, _ = self.parts(solver)
        match callee:
            case External(qualname=qualname):
                return self._external(solver, qualname, node, env)
            case ClassObject(cls=cls):
                return queries.new(cls, node, env)
            case Function(bound=Value() as bound):
                query = query_of(bound.only) if bound.only is not None else None
                return queries.own_call(callee, query) if query is not None else None
            case FrameworkValue(framework="django", role="method", data=Method() as method):
                return self._method(queries, method, node, env)
            case _:
                return None

    def _method(self, queries: Queries, method: Method, node: ir.Call, env: Env) -> Value:
        owner = method.owner.only
        query = query_of(owner) if owner is not None else None
        if query is None or not isinstance(owner, FrameworkValue):
            return UNKNOWN
        return queries.call(owner, query, method.name, node, env)

    def _external(self, solver: Solver, qualname: str, node: ir.Call, env: Env) -> Value | None:
        if qualname in _ONE_OR_404:
            return self._shortcut(solver, node, env)
        if qualname in _LIST_OR_404:
            return known(Sequence("list", self._shortcut(solver, node, env)))
        return None

    def _shortcut(self, solver: Solver, node: ir.Call, env: Env) -> Value:
        first = argument(node, 0, "klass")
        only = solver.value(first, env).only if first is not None else None
        query = query_of(only) if only is not None else None
        if query is not None:
            return query.record
        if isinstance(only, ClassObject):
            return known(Instance(only.cls))
        if isinstance(only, External) and solver.classes.row(ClassRef(only.qualname)) == "dj_model":
            return known(Instance(ClassRef(only.qualname)))
        return plain("record")

    def parameter(self, solver: Solver, filename: str, decl: FunctionDecl, index: int, name: str) -> Value | None:
        """`self` in the methods of managers and querysets."""
        if index != 0 or decl.class_name is None:
            return None
        found = solver.function_at(filename, decl.start)
        cls = found[1] if found else None
        if cls is None or any(d.dotted in ("staticmethod", "classmethod") for d in decl.decorators):
            return None
        return self.parts(solver)[1].self_value(cls)
