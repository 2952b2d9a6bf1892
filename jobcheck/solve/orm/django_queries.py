"""Django's managers and querysets: which one a model has, and what their methods give."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.project.shape import AssignDecl, ClassDecl, FunctionDecl
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import (
    UNKNOWN,
    ClassObject,
    ClassRef,
    Coroutine,
    External,
    FrameworkValue,
    Function,
    FunctionRef,
    Instance,
    Kind,
    Literal,
    Mapping,
    Sequence,
    Value,
    join,
    known,
    plain,
)  # fmt: skip
from jobcheck.solve.orm import django_tables as tables

if TYPE_CHECKING:
    from jobcheck.solve.orm.django_models import Models
    from jobcheck.solve.solver import Solver

NAME = "django"
# The model of a queryset's own methods, which serve any: it stands for the one of the queryset they are called on.
OWN = ClassRef("django.db.models.Model")
MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
_MANAGER_BASES = frozenset({
    "django.db.models.Manager", "django.db.models.manager.Manager", "django.db.models.manager.BaseManager",
    "django.contrib.auth.models.UserManager", "django.contrib.auth.models.BaseUserManager",
    "django.contrib.auth.base_user.BaseUserManager", "django.contrib.gis.db.models.Manager",
})  # fmt: skip
_QUERYSET_BASES = frozenset({"django.db.models.QuerySet", "django.db.models.query.QuerySet"})


@dataclass(frozen=True, slots=True)
class Query:
    """A manager or queryset: the data of its FrameworkValue.

    model    the class of its records; None when not known
    classes  the project's own manager and queryset classes that its methods are looked up in
    locked   select_for_update has been called
    row      what each item is, for `values()` and the like; None: records
    related  a manager of related records
    skipped  for `super()`: the class whose methods are passed over
    """

    model: ClassRef | None
    classes: tuple[ClassRef, ...] = ()
    locked: bool = False
    row: Value | None = None
    related: bool = False
    skipped: ClassRef | None = None

    @property
    def record(self) -> Value:
        """One of its records."""
        return known(Instance(self.model)) if self.model is not None else plain("record")

    @property
    def element(self) -> Value:
        """One item that iterating over it gives."""
        return self.record if self.row is None else self.row


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a manager, queryset or record, not called yet."""

    owner: Value
    name: str


def query_of(kind: Kind) -> Query | None:
    """The query that a kind is, when it is one."""
    data = kind.data if isinstance(kind, FrameworkValue) and kind.framework == NAME else None
    return data if isinstance(data, Query) else None


def as_manager(query: Query) -> Value:
    """The value of a manager."""
    return known(FrameworkValue(NAME, "manager", query))


def as_queryset(query: Query) -> Value:
    """The value of a queryset, of records or of rows of values."""
    return known(FrameworkValue(NAME, "queryset" if query.row is None else "rows", query))


class Queries:
    """What managers and querysets give, for the models of one project."""

    def __init__(self, solver: Solver, models: Models) -> None:
        self.solver = solver
        self.models = models
        self._sorts: dict[ClassRef, str] = {}

    # --- which manager -----------------------------------------------------------------------------------------

    def manager(self, cls: ClassRef, name: str) -> Value | None:
        """The manager that a class attribute of a model is; None when it is none."""
        for filename, decl, declaring in self.solver.member(cls, name):
            if not isinstance(decl, AssignDecl):
                return None
            found = self.bound(self.solver.declared(filename, decl, declaring), cls)
            return found or (as_manager(Query(cls)) if name in MANAGERS else None)
        return as_manager(Query(cls)) if name in MANAGERS else None

    def bound(self, value: Value, cls: ClassRef) -> Value | None:
        """The manager of a model, from what its class body assigns."""
        match value.only:
            case FrameworkValue(framework="django", role="manager", data=Query() as query):
                return as_manager(replace(query, model=cls))
            case Instance(cls=manager) if self.sort(manager) == "manager":
                return as_manager(Query(cls, (manager,)))
            case _:
                return None

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
        outside = any(n.endswith(("Manager", ".from_queryset")) and ".models." in n for n in names)
        return "manager" if outside or names & _MANAGER_BASES else ""

    # --- attributes --------------------------------------------------------------------------------------------

    def attribute(self, owner: FrameworkValue, query: Query, name: str) -> Value:
        """`queryset.name`: a method of the project's own class, or one of Django's."""
        own = self._own_method(owner, query, name)
        if own is not None:
            return own
        if name == "model":
            return known(ClassObject(query.model)) if query.model is not None and query.model != OWN else UNKNOWN
        return known(FrameworkValue(NAME, "method", Method(known(owner), name)))

    def _own_method(self, owner: FrameworkValue, query: Query, name: str) -> Value | None:
        """The project's method of that name; what Django's methods are called keeps Django's meaning."""
        plain_name = tables.plain_method(name)
        if plain_name in tables.CHAINED or plain_name in tables.RECORD or plain_name in tables.QUERY_ACTS:
            return None
        for cls in query.classes:
            for filename, decl, declaring in self.solver.member(cls, name):
                if declaring == query.skipped:
                    continue
                if isinstance(decl, FunctionDecl):
                    if any(d.dotted.rpartition(".")[2] in ("property", "cached_property") for d in decl.decorators):
                        return UNKNOWN
                    ref = FunctionRef(filename, decl.qualname, decl.start)
                    return known(Function(ref, known(owner)))
                return UNKNOWN
        return None

    # --- calls -------------------------------------------------------------------------------------------------

    def call(self, owner: FrameworkValue, query: Query, name: str, node: ir.Call, env: Env) -> Value:
        """What one of Django's methods gives."""
        plain_name = tables.plain_method(name)
        value = self._called(owner, query, plain_name, node, env)
        return known(Coroutine(value)) if name not in (plain_name, "aiterator") else value

    def _called(self, owner: FrameworkValue, query: Query, name: str, node: ir.Call, env: Env) -> Value:
        if name in tables.RECORD:
            return query.record if name == "create" else query.element
        if name in tables.MAYBE:
            return join([query.element, known(Literal(None))])
        if name in tables.PAIR:
            items = (query.record, plain("bool"))
            return known(Sequence("tuple", join(items), items))
        if name in tables.CHAINED:
            return as_queryset(self.chained(owner, query, name))
        if name in ("values", "values_list", "dates", "datetimes"):
            return as_queryset(replace(self.chained(owner, query, name), row=self.row(query, name, node, env)))
        if name == "bulk_create":
            return known(Sequence("list", query.record))
        if name == "in_bulk":
            return known(Mapping("dict", (), (UNKNOWN, query.record)))
        if name == "aggregate":
            return known(Mapping("dict", (), (plain("str"), UNKNOWN)))
        if name == "iterator":
            return plain("generator")
        return plain(tables.PLAIN_RESULTS[name]) if name in tables.PLAIN_RESULTS else UNKNOWN

    def chained(self, owner: FrameworkValue, query: Query, name: str) -> Query:
        """The queryset that a method gives; of a manager's own classes, those that are querysets stay."""
        if name == "select_for_update":
            query = replace(query, locked=True)
        if name == "none":
            query = replace(query, locked=False)
        return replace(query, skipped=None)

    def row(self, query: Query, name: str, node: ir.Call, env: Env) -> Value:
        """What each row of values is."""
        if name in ("dates", "datetimes"):
            return plain("date" if name == "dates" else "datetime_aware")
        if name == "values":
            return known(Mapping("dict", (), (plain("str"), UNKNOWN)))
        flat = argument(node, 99, "flat")
        if flat is None:
            return known(Sequence("tuple", UNKNOWN))
        names = [a.value for a in node.args if a.keyword is None and not a.star]
        return self.column(query, names[0], env) if len(names) == 1 else UNKNOWN

    def column(self, query: Query, node: ir.Expr, env: Env) -> Value:
        """The values of the field that an expression names."""
        only = self.solver.value(node, env).only
        if query.model is None or not isinstance(only, Literal) or not isinstance(only.value, str):
            return UNKNOWN
        return self.path(query.model, only.value)

    def path(self, cls: ClassRef, text: str) -> Value:
        """The values that a path such as "customer__name" leads to."""
        first, _, rest = text.partition("__")
        info = self.models.all(cls).get(first) if first != "pk" else self.models.key(cls)
        if info is None:
            info = next((f for f in self.models.all(cls).values() if f.column == first), None)
            return self.models.key_value(info.relation) if info and info.relation and not rest else UNKNOWN
        if info.relation is not None:
            return self.path(info.relation, rest) if rest else self.models.key_value(info.relation)
        return info.value if not rest else UNKNOWN

    # --- the project's own methods -----------------------------------------------------------------------------

    def own_call(self, function: Function, query: Query) -> Value:
        """What a method of a manager or queryset class gives, for the model that it is called on."""
        value = self.solver.returned(function.ref)
        return rebound(value, query) if query.model is not None else value

    def self_value(self, cls: ClassRef) -> Value | None:
        """`self` in the methods of a manager or queryset class."""
        sort = self.sort(cls)
        return known(FrameworkValue(NAME, sort, Query(OWN, (cls,)))) if sort else None

    def new(self, cls: ClassRef, node: ir.Call, env: Env) -> Value | None:
        """An instance of a manager or queryset class."""
        sort = self.sort(cls)
        if not sort:
            return None
        given = argument(node, 0, "model") if sort == "queryset" else None
        only = self.solver.value(given, env).only if given is not None else None
        model = only.cls if isinstance(only, ClassObject) else OWN
        return known(FrameworkValue(NAME, sort, Query(model, (cls,))))

    def classes_of(self, decl: ClassDecl | None) -> tuple[ClassRef, ...]:
        """For later: the queryset classes behind `from_queryset` bases."""
        return ()


def rebound(value: Value, query: Query) -> Value:
    """A value of a queryset's own method, with the model that the queryset is of in the place of OWN."""
    return Value(tuple(replace(alt, kind=_rebound(alt.kind, query)) for alt in value.alts), value.open)


def _rebound(kind: Kind, query: Query) -> Kind:
    match kind:
        case Instance(cls=cls) if cls == OWN and query.model is not None:
            return Instance(query.model)
        case FrameworkValue(framework="django", data=Query(model=model) as data) if model == OWN:
            row = rebound(data.row, query) if data.row is not None else None
            classes = data.classes or query.classes
            return FrameworkValue(NAME, kind.role, replace(data, model=query.model, classes=classes, row=row))
        case Sequence():
            items = tuple(rebound(i, query) for i in kind.items) if kind.items is not None else None
            return Sequence(kind.name, rebound(kind.element, query), items)
        case Coroutine(result=result):
            return Coroutine(rebound(result, query))
        case _:
            return kind


def is_super(kind: Kind) -> bool:
    """Whether it is the builtin `super`."""
    return isinstance(kind, External) and kind.qualname == "super"
