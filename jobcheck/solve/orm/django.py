"""Django: models, managers, querysets, views, forms and signals, and Django REST framework. Sources: Django 5.2's and
REST framework 3.16's references."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks.base import NoJobs
from jobcheck.project.shape import FunctionDecl
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import (
    ClassObject,
    ClassRef,
    External,
    FrameworkValue,
    Function,
    FunctionRef,
    Instance,
    Kind,
    Origin,
    Plain,
    Value,
    known,
    plain,
)  # fmt: skip
from jobcheck.solve.orm import django_tables as tables
from jobcheck.solve.orm.base import FieldInfo, Operation
from jobcheck.solve.orm.django_classes import Sorts
from jobcheck.solve.orm.django_forms import Forms
from jobcheck.solve.orm.django_functions import Functions
from jobcheck.solve.orm.django_models import Models
from jobcheck.solve.orm.django_operations import Operations
from jobcheck.solve.orm.django_queries import MANAGERS, Queries, is_standard
from jobcheck.solve.orm.django_query import NAME, OWN, Method, Query, query_of
from jobcheck.solve.orm.django_records import Records
from jobcheck.solve.orm.django_views import Views
from jobcheck.solve.sites import Site
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_ABSENT = {
    "DoesNotExist": "django.core.exceptions.ObjectDoesNotExist",
    "MultipleObjectsReturned": "django.core.exceptions.MultipleObjectsReturned",
}


@dataclass(frozen=True, slots=True)
class Super:
    """`super()` in a method of a class: attributes are looked up above it."""

    cls: ClassRef


class _Parts:
    """What answers for the project of one solver."""

    def __init__(self, solver: Solver) -> None:
        self.solver = solver
        self.models = Models(solver)
        self.queries = Queries(solver, self.models)
        self.records = Records(self.models, self.queries)
        self.sorts = Sorts(self.models)
        self.forms = Forms(self.models, self.sorts)
        self.views = Views(self.models, self.sorts, self.forms)
        self.functions = Functions(self.models)
        self.operations = Operations(solver, self.models, self.sorts)


class DjangoModels(NoJobs):
    """Answers for models and what belongs to them."""

    name = "django-models"

    def __init__(self) -> None:
        self._parts: _Parts | None = None

    def parts(self, solver: Solver) -> _Parts:
        """What answers for the project of a solver."""
        if self._parts is None or self._parts.solver is not solver:
            self._parts = _Parts(solver)
        return self._parts

    # --- the contract of mappers -------------------------------------------------------------------------------

    def operation(self, solver: Solver, site: Site) -> Operation | None:
        """See Orm."""
        return self.parts(solver).operations.of(site)

    def fields(self, solver: Solver, cls: ClassRef) -> dict[str, FieldInfo] | None:
        """See Orm."""
        models = self.parts(solver).models
        return models.all(cls) if models.is_model(cls) else None

    def promised(self, solver: Solver, qualname: str, arguments: tuple[Value, ...]) -> Value | None:
        """See Infers: `QuerySet[Order]`, `Manager[Order]`, a model of a library."""
        parts = self.parts(solver)
        ref = ClassRef(qualname)
        sort = parts.queries.sort(ref)
        if sort:
            only = arguments[0].only if arguments else None
            return known(FrameworkValue(NAME, sort, Query(only.cls if isinstance(only, Instance) else None)))
        if not parts.models.is_model(ref):
            return None
        return plain("record") if ref.name == "Model" else known(Instance(ref))

    def entered(self, solver: Solver, context: Instance) -> Value | None:
        """See Infers: nothing of Django's is entered that way."""
        return None

    def inferred(self, solver: Solver, node: ir.Call, env: Env) -> Value | None:
        """See Infers: `anything.lines.filter(code=1)` is of the one model that is related under the name `lines`."""
        parts, func = self.parts(solver), node.func
        if not isinstance(func, ir.Attribute) or not isinstance(func.value, ir.Attribute):
            return None
        name = func.attr
        fields = [a.keyword.partition("__")[0] for a in node.args if a.keyword]
        telling = fields and name in tables.NARROWING
        if not telling and not (name in ("all", "first", "last", "exists", "count") and not node.args):
            return None
        query = parts.records.known_by(func.value.attr, fields)
        if query is None or not solver.value(func.value, env).unknown:
            return None
        found = parts.queries.call(FrameworkValue(NAME, "manager", query), query, name, node, env)
        return found.opened()

    # --- attributes --------------------------------------------------------------------------------------------

    def attribute(self, solver: Solver, owner: Kind, name: str) -> Value | None:
        """`Model.objects`, fields of records, methods of managers and querysets, `self.request` of views ..."""
        match owner:
            case FrameworkValue(framework="django"):
                return self._of_own(solver, owner, name)
            case ClassObject(cls=cls):
                return self._of_class(solver, owner, cls, name)
            case External(qualname=qualname):
                return self._of_class(solver, owner, ClassRef(qualname), name)
            case Instance(cls=cls):
                return self._of_instance(solver, owner, cls, name)
            case Plain(name="request") if self._imports(solver):
                return self.parts(solver).views.of_request(name)
            case Plain(name="record") if tables.plain_method(name) in tables.RECORD_METHODS:
                return known(FrameworkValue(NAME, "method", Method(known(owner), name)))
            case Plain(name="queryset"):
                return self.parts(solver).queries.attribute(FrameworkValue(NAME, "queryset", Query(None)), Query(None), name)
            case _:
                return None

    def _imports(self, solver: Solver) -> bool:
        return self.parts(solver).models.apps.present

    def _of_own(self, solver: Solver, owner: FrameworkValue, name: str) -> Value | None:
        query = query_of(owner)
        if query is not None:
            return self.parts(solver).queries.attribute(owner, query, name)
        return self._of_super(solver, owner.data, name) if isinstance(owner.data, Super) else None

    def _of_class(self, solver: Solver, owner: Kind, cls: ClassRef, name: str) -> Value | None:
        parts = self.parts(solver)
        if name in ("as_manager", "from_queryset") and parts.queries.sort(cls):
            return known(FrameworkValue(NAME, "method", Method(known(owner), name)))
        if not parts.models.is_model(cls):
            unseen = name == "objects" and cls.filename is None and ".models." in cls.qualname
            return parts.queries.related(None) if unseen and self._imports(solver) else None
        if name in _ABSENT:
            return known(External(_ABSENT[name]))
        found = parts.queries.manager(cls, name)
        if found is None and cls.filename is None and name not in MANAGERS:
            return None
        return found

    def _of_instance(self, solver: Solver, owner: Instance, cls: ClassRef, name: str) -> Value | None:
        parts = self.parts(solver)
        if parts.models.is_model(cls):
            return parts.records.attribute(owner, name)
        if parts.queries.sort(cls):
            query = Query(None, parts.queries.classes(cls))
            return parts.queries.attribute(FrameworkValue(NAME, parts.queries.sort(cls), query), query, name)
        sort = parts.sorts.of(cls)
        if not sort or any(True for _ in solver.member(cls, name)):
            return None
        return self._made(parts, owner, sort, name)

    def _made(self, parts: _Parts, owner: Instance, sort: str, name: str) -> Value | None:
        """What Django's own classes give to views, forms and serializers."""
        if sort in ("form", "serializer"):
            return parts.forms.attribute(owner, sort, name)
        return parts.views.attribute(owner, name) if sort == "view" else None

    # --- super() -----------------------------------------------------------------------------------------------

    def _of_super(self, solver: Solver, found: Super, name: str) -> Value | None:
        parts = self.parts(solver)
        cls = found.cls
        self_value = parts.queries.self_value(cls) or known(Instance(cls))
        standard = query_of(self_value.alts[0].kind) is not None and is_standard(name)
        for filename, decl, declaring in solver.member(cls, name):
            if declaring != cls and isinstance(decl, FunctionDecl) and not standard:
                return known(Function(FunctionRef(filename, decl.qualname, decl.start), self_value))
        owner = self_value.alts[0].kind
        if standard or (parts.models.is_model(cls) and name in tables.RECORD_METHODS):
            return known(FrameworkValue(NAME, "method", Method(self_value, name)))
        sort = parts.sorts.of(cls)
        return self._made(parts, owner, sort, name) if sort and isinstance(owner, Instance) else None

    def _super(self, solver: Solver, node: ir.Call, env: Env) -> Value | None:
        """`super()` in a method of one of the classes that Django gives methods to."""
        parts, cls = self.parts(solver), env.unit.cls
        if cls is None or (node.args and len(node.args) != 2):
            return None
        served = parts.queries.sort(cls) or parts.sorts.of(cls) or parts.models.is_model(cls)
        return known(FrameworkValue(NAME, "super", Super(cls))) if served else None

    # --- calls -------------------------------------------------------------------------------------------------

    def call(self, solver: Solver, callee: Kind, node: ir.Call, env: Env) -> Value | None:
        """What a method of a manager or queryset, or a shortcut, gives."""
        queries = self.parts(solver).queries
        match callee:
            case External(qualname=qualname):
                if qualname == "super":
                    return self._super(solver, node, env)
                return self.parts(solver).functions.call(qualname, node, env)
            case ClassObject(cls=cls):
                return queries.new(cls, node, env)
            case Function(ref=ref, bound=Value() as bound):
                query = query_of(bound.alts[0].kind) if bound.alts else None
                return queries.own_call(ref, query) if query is not None else None
            case FrameworkValue(framework="django", role="manager_class", data=Query() as query):
                return known(FrameworkValue(NAME, "manager", query))
            case FrameworkValue(framework="django", role="method", data=Method() as method):
                return self._method(solver, method, node, env)
            case _:
                return None

    def _method(self, solver: Solver, method: Method, node: ir.Call, env: Env) -> Value | None:
        parts = self.parts(solver)
        owner = method.owner.alts[0].kind if method.owner.alts else None
        match owner:
            case FrameworkValue(data=Query() as query):
                return parts.queries.call(owner, query, method.name, node, env)
            case ClassObject(cls=cls) | Instance(cls=cls) if method.name == "as_manager":
                return known(FrameworkValue(NAME, "manager", Query(OWN, parts.queries.classes(cls))))
            case ClassObject(cls=cls):
                return parts.queries.made_class(parts.queries.classes(cls), node, env)
            case External():
                return parts.queries.made_class((), node, env)
            case Plain():
                return parts.records.called(method.name)
            case Instance(cls=cls) if parts.models.is_model(cls):
                return parts.records.called(method.name)
            case Instance(cls=cls):
                return self._made_call(parts, owner, parts.sorts.of(cls), method.name, node, env)
            case _:
                return None

    def _made_call(self, parts: _Parts, owner: Instance, sort: str, name: str, node: ir.Call, env: Env) -> Value | None:
        if sort in ("form", "serializer"):
            return parts.forms.called(owner, sort, name, node, env)
        return parts.views.called(owner, name, node, env) if sort == "view" else None

    # --- operators and parameters ------------------------------------------------------------------------------

    def pipe(self, solver: Solver, left: Value, right: Value, origin: Origin) -> Value | None:
        """Two querysets joined by `|`."""
        queries = [query_of(v.only) for v in (left, right) if v.only is not None]
        first = queries[0] if queries else None
        if len(queries) < 2 or first is None or queries[1] is None:
            return None
        return known(FrameworkValue(NAME, "queryset", replace(first, related=False)))

    def parameter(self, solver: Solver, filename: str, decl: FunctionDecl, index: int, name: str) -> Value | None:
        """`self` in the methods of managers and querysets; what Django hands to views, admins and receivers."""
        parts = self.parts(solver)
        found = solver.function_at(filename, decl.start)
        cls = found[1] if found else None
        static = any(d.dotted in ("staticmethod", "classmethod") for d in decl.decorators)
        if cls is not None and index == 0:
            return None if static else parts.queries.self_value(cls)
        return parts.views.parameter(filename, decl, cls, index, name) if not static else None
