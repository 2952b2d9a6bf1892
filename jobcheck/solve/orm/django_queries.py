"""Django's managers and querysets: which one a model has, and what their methods give."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.project.shape import AssignDecl, FunctionDecl
from jobcheck.solve.calls import argument
from jobcheck.solve.decorators import PROPERTIES
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import (
    UNKNOWN,
    ClassObject,
    ClassRef,
    Coroutine,
    FrameworkValue,
    Function,
    FunctionRef,
    Instance,
    Literal,
    Mapping,
    Plain,
    Sequence,
    Value,
    join,
    known,
    plain,
)  # fmt: skip
from jobcheck.solve.orm import django_tables as tables
from jobcheck.solve.orm.django_query import NAME, OWN, Column, Method, Query, as_manager, as_queryset, data_of, query_of, rebound

if TYPE_CHECKING:
    from jobcheck.solve.orm.django_models import Models
    from jobcheck.solve.solver import Solver

MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
_MANAGER_BASES = frozenset({
    "django.db.models.Manager", "django.db.models.manager.Manager", "django.db.models.manager.BaseManager",
    "django.contrib.auth.models.UserManager", "django.contrib.auth.models.BaseUserManager",
    "django.contrib.auth.base_user.BaseUserManager", "django.contrib.gis.db.models.Manager",
})  # fmt: skip
_QUERYSET_BASES = frozenset({"django.db.models.QuerySet", "django.db.models.query.QuerySet"})


class Queries:
    """What managers and querysets give, for the models of one project."""

    def __init__(self, solver: Solver, models: Models) -> None:
        self.solver = solver
        self.models = models
        self._sorts: dict[ClassRef, str] = {}
        self._classes: dict[ClassRef, tuple[ClassRef, ...]] = {}
        self._managers: dict[tuple[ClassRef, str], Value | None] = {}

    # --- which manager -----------------------------------------------------------------------------------------

    def manager(self, cls: ClassRef, name: str) -> Value | None:
        """The manager that a class attribute of a model is; None when it is none."""
        key = (cls, name)
        if key not in self._managers:
            self._managers[key] = None
            self._managers[key] = self._manager(cls, name)
        return self._managers[key]

    def _manager(self, cls: ClassRef, name: str) -> Value | None:
        default = as_manager(Query(cls)) if name in MANAGERS else None
        if name != "objects" and name in MANAGERS:
            return self.manager(cls, "objects")
        for filename, decl, declaring in self.solver.member(cls, name):
            if not isinstance(decl, AssignDecl) or decl.value is None:
                return None
            text = (self.solver.raw(filename) or b"")[slice(*decl.value)]
            if default is None and b"anager" not in text and b"uery" not in text:
                return None
            return self._bound(self.solver.declared(filename, decl, declaring), cls, b"anager" in text) or default
        return default

    def _bound(self, value: Value, cls: ClassRef, named: bool) -> Value | None:
        """The manager of a model, from what its class body assigns."""
        match value.only:
            case FrameworkValue(framework="django", role="manager", data=Query() as query):
                return as_manager(replace(query, model=cls))
            case Instance(cls=manager) if named and manager.filename is None:
                return as_manager(Query(cls))
            case _:
                return None

    def related(self, cls: ClassRef | None) -> Value:
        """The manager of related records."""
        found = self.manager(cls, "objects") if cls is not None else None
        only = query_of(found.only) if found is not None and found.only is not None else None
        return as_manager(replace(only, related=True) if only is not None else Query(cls, related=True))

    # --- classes -----------------------------------------------------------------------------------------------

    def sort(self, cls: ClassRef) -> str:
        """`manager` or `queryset` for such a class; "" for others."""
        if cls not in self._sorts:
            self._sorts[cls] = ""
            self._sorts[cls] = self._sort(cls)
        return self._sorts[cls]

    def _sort(self, cls: ClassRef) -> str:
        info = self.solver.classes.info(cls)
        names = info.externals if info else frozenset({cls.qualname})
        if names & _QUERYSET_BASES or any(n.endswith(("QuerySet", "Queryset")) for n in names):
            return "queryset"
        outside = any((n.endswith("Manager") and ".models." in n) or n.endswith(".from_queryset") for n in names)
        if outside or names & _MANAGER_BASES:
            return "manager"
        return "manager" if info and not info.complete and len(self.classes(cls)) > 1 else ""

    def classes(self, cls: ClassRef) -> tuple[ClassRef, ...]:
        """The classes in which methods of a manager or queryset are looked up: also those of `from_queryset(...)` bases."""
        if cls not in self._classes:
            self._classes[cls] = (cls,)
            info = self.solver.classes.info(cls)
            made = [c for a in info.ancestors for c in self._made_bases(a)] if info else []
            self._classes[cls] = tuple(dict.fromkeys([cls, *made]))
        return self._classes[cls]

    def _made_bases(self, cls: ClassRef) -> list[ClassRef]:
        """The queryset classes of `class M(models.Manager.from_queryset(Q))`."""
        info = self.solver.classes.info(cls)
        found: list[ClassRef] = []
        for base, ref in zip(info.decl.bases, info.bases, strict=True) if info else ():
            if ref is None or ref.qualname.endswith(".from_queryset"):
                assert info is not None
                data = data_of(self.solver.expression(info.filename, base.start, base.end).only, "manager_class")
                found.extend(data.classes if data is not None else ())
        return found

    def self_value(self, cls: ClassRef) -> Value | None:
        """`self` in the methods of a manager or queryset class."""
        sort = self.sort(cls)
        return known(FrameworkValue(NAME, sort, Query(OWN, self.classes(cls)))) if sort else None

    def new(self, cls: ClassRef, node: ir.Call, env: Env) -> Value | None:
        """An instance of a manager or queryset class."""
        sort = self.sort(cls)
        if not sort:
            return None
        given = argument(node, 0, "model") if sort == "queryset" else None
        only = self.solver.value(given, env).only if given is not None else None
        model = only.cls if isinstance(only, ClassObject) else OWN
        return known(FrameworkValue(NAME, sort, Query(model, self.classes(cls))))

    def made_class(self, owners: tuple[ClassRef, ...], node: ir.Call, env: Env) -> Value:
        """`Manager.from_queryset(Q)`: a class."""
        given = argument(node, 0, "queryset_class")
        only = self.solver.value(given, env).only if given is not None else None
        classes = self.classes(only.cls) if isinstance(only, ClassObject) else ()
        return known(FrameworkValue(NAME, "manager_class", Query(OWN, (*owners, *classes))))

    # --- attributes --------------------------------------------------------------------------------------------

    def attribute(self, owner: FrameworkValue, query: Query, name: str) -> Value:
        """`queryset.name`: a method of the project's own class, or one of Django's."""
        if not is_standard(name):
            own = self._own_member(owner, query, name)
            if own is not None:
                return own
        if name == "model":
            return known(ClassObject(query.model)) if query.model is not None else UNKNOWN
        return known(FrameworkValue(NAME, "method", Method(known(owner), name)))

    def _own_member(self, owner: FrameworkValue, query: Query, name: str) -> Value | None:
        for cls in query.classes:
            for filename, decl, declaring in self.solver.member(cls, name):
                if not isinstance(decl, FunctionDecl):
                    return self.solver.declared(filename, decl, declaring).opened() if isinstance(decl, AssignDecl) else UNKNOWN
                ref = FunctionRef(filename, decl.qualname, decl.start)
                if any(self.solver.decorator_name(filename, d) in PROPERTIES for d in decl.decorators):
                    return self.own_call(ref, query)
                return known(Function(ref, known(owner)))
        return None

    def own_call(self, ref: FunctionRef, query: Query) -> Value:
        """What a method of a manager or queryset class gives, for the model that it is called on."""
        value = self.solver.returned(ref)
        return rebound(value, query, self.path) if query.model != OWN else value

    # --- calls -------------------------------------------------------------------------------------------------

    def call(self, owner: FrameworkValue, query: Query, name: str, node: ir.Call, env: Env) -> Value:
        """What one of Django's methods gives."""
        plain_name = tables.plain_method(name)
        value = self._called(owner, query, plain_name, node, env)
        return known(Coroutine(value)) if name not in (plain_name, "aiterator") else value

    def _called(self, owner: FrameworkValue, query: Query, name: str, node: ir.Call, env: Env) -> Value:
        if name in tables.RECORD:
            return query.element
        if name in tables.CREATING:
            return query.record
        if name in tables.MAYBE:
            return join([query.element, plain("none")])
        if name in tables.PAIR:
            items = (query.record, plain("bool"))
            return known(Sequence("tuple", join(items), items))
        if name in tables.CHAINED:
            return as_queryset(self.chained(owner, query, name))
        if name in tables.ROWS:
            return as_queryset(replace(self.chained(owner, query, name), row=self.row(query, name, node, env)))
        return self._result(query, name)

    def _result(self, query: Query, name: str) -> Value:
        """What methods that evaluate give."""
        if name == "bulk_create":
            return known(Sequence("list", query.record))
        if name == "in_bulk":
            return known(Mapping("dict", (), (self.models.key_value(query.model) if query.model else UNKNOWN, query.record)))
        if name == "aggregate":
            return known(Mapping("dict", (), (plain("str"), UNKNOWN)))
        if name == "iterator":
            return known(FrameworkValue(NAME, "iterator", query))
        if name == "delete":
            items = (plain("int"), known(Mapping("dict", (), (plain("str"), plain("int")))))
            return known(Sequence("tuple", join(items), items))
        return plain(tables.PLAIN_RESULTS[name]) if name in tables.PLAIN_RESULTS else UNKNOWN

    def chained(self, owner: FrameworkValue, query: Query, name: str) -> Query:
        """The queryset that a method gives; of a manager's own classes, those that are querysets stay."""
        if name in ("select_for_update", "none"):
            query = replace(query, locked=name == "select_for_update")
        if owner.role != "manager":
            return query
        own = [c for c in query.classes if self.sort(c) == "queryset"]
        return replace(query, classes=tuple(dict.fromkeys([*own, *self._querysets(query)])), related=False)

    def _querysets(self, query: Query) -> tuple[ClassRef, ...]:
        """The classes of the queryset that a manager's own `get_queryset` gives."""
        for cls in query.classes:
            for filename, decl, _ in self.solver.member(cls, "get_queryset"):
                if isinstance(decl, FunctionDecl) and self.sort(cls) == "manager":
                    value = self.solver.returned(FunctionRef(filename, decl.qualname, decl.start))
                    data = data_of(value.only, "queryset")
                    return data.classes if data is not None else ()
        return ()

    # --- rows of values ----------------------------------------------------------------------------------------

    def row(self, query: Query, name: str, node: ir.Call, env: Env) -> Value:
        """What each row of values is."""
        if name in ("dates", "datetimes"):
            return plain("date" if name == "dates" else "datetime_aware")
        names = [a.value for a in node.args if a.keyword is None and not a.star]
        whole = bool(names) and len(names) == len([a for a in node.args if a.keyword not in ("flat", "named")])
        columns = [self.column(query, n, env) for n in names]
        if name == "values":
            keys = tuple(self.solver.value(n, env) for n in names)
            entries = tuple(zip(keys, columns, strict=True)) if all(k.only is not None for k in keys) else ()
            return known(Mapping("dict", entries, None if whole and entries else (plain("str"), UNKNOWN)))
        if argument(node, 99, "flat") is not None:
            return columns[0] if len(columns) == 1 and whole else UNKNOWN
        items = tuple(columns) if whole else None
        return known(Sequence("tuple", join(columns) if whole else UNKNOWN, items))

    def column(self, query: Query, node: ir.Expr, env: Env) -> Value:
        """The values of the field that an expression names."""
        only = self.solver.value(node, env).only
        if query.model is None or not isinstance(only, Literal) or not isinstance(only.value, str):
            return UNKNOWN
        if query.model == OWN:
            return known(FrameworkValue(NAME, "column", Column(only.value)))
        return self.path(query.model, only.value)

    def path(self, cls: ClassRef, text: str) -> Value:
        """The values that a path such as "customer__name" leads to."""
        first, _, rest = text.partition("__")
        column = first.removesuffix("_id") if first.endswith("_id") and not rest else first
        info = self.models.key(cls) if first == "pk" else self.models.field(cls, first) or self.models.field(cls, column)
        if info is None:
            return self.models.key_value(cls) if text == "id" and self.models.key(cls).name == "id" else UNKNOWN
        if info.relation is None:
            return info.value if not rest else UNKNOWN
        value = self.path(info.relation, rest) if rest else self.models.key_value(info.relation)
        return join([value, plain("none")]) if Plain("none") in info.value.kinds() and value.alts else value


def is_standard(name: str) -> bool:
    """Whether Django gives a method of managers and querysets its meaning, whatever else a class says."""
    name = tables.plain_method(name)
    return name in tables.CHAINED or name in tables.RECORD or name in tables.QUERY_ACTS or name in tables.ROWS
