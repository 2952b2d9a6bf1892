"""SQLAlchemy 1 and 2, with Flask-SQLAlchemy, Flask-AppBuilder and SQLModel: records, sessions, queries, results.

Sources: the references of SQLAlchemy 1.4 and 2.0, Flask-SQLAlchemy 3.1, SQLModel 0.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks.base import NoJobs
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import (
    UNKNOWN,
    ClassObject,
    ClassRef,
    External,
    FrameworkValue,
    Instance,
    Kind,
    Value,
    known,
)  # fmt: skip
from jobcheck.solve.orm import records
from jobcheck.solve.orm import sqlalchemy_operations as operations
from jobcheck.solve.orm import sqlalchemy_results as results
from jobcheck.solve.orm import sqlalchemy_sessions as sessions
from jobcheck.solve.orm import sqlalchemy_statements as statements
from jobcheck.solve.orm.base import FieldInfo, Operation
from jobcheck.solve.orm.declared import declares, keyword, positional, text
from jobcheck.solve.orm.sqlalchemy_columns import backref, fields
from jobcheck.solve.orm.sqlalchemy_kinds import (
    NAME,
    Column,
    Method,
    Page,
    Row,
    Rows,
    Session,
    Statement,
    instance,
    is_ours,
    made,
    short,
)  # fmt: skip

if TYPE_CHECKING:
    from jobcheck.solve.sites import Site
    from jobcheck.solve.solver import Solver

_DATABASES = frozenset({"SQLAlchemy", "SQLA"})
_BASES = frozenset({"declarative_base", "automap_base", "generate_base"})
# What of Flask-SQLAlchemy's `db` is SQLAlchemy's orm, and not its core.
_ORM = frozenset({
    "relationship", "backref", "mapped_column", "column_property", "deferred", "synonym", "aliased", "joinedload",
    "dynamic_loader", "composite", "declared_attr", "Mapped",
})  # fmt: skip


class SqlAlchemy(NoJobs):
    """Answers for classes that SQLAlchemy maps."""

    name = "sqlalchemy"

    # --- attributes --------------------------------------------------------------------------------------------

    def attribute(self, solver: Solver, owner: Kind, name: str) -> Value | None:
        """Columns of records and classes, and the methods of sessions, queries and results."""
        match owner:
            case Instance(cls=cls):
                return self._of_instance(solver, owner, cls, name)
            case ClassObject(cls=cls) if solver.classes.record(cls) == NAME:
                return self._of_class(solver, cls, name)
            case FrameworkValue(framework="sqlalchemy"):
                return self._of_own(solver, owner, name)
            case _:
                return None

    def _of_instance(self, solver: Solver, owner: Instance, cls: ClassRef, name: str) -> Value | None:
        if solver.classes.record(cls) == NAME:
            info = solver.records.fields(cls).get(name)
            if info is not None:
                return info.value
            return None if declares(solver, cls, name) else backref(solver, cls, name)
        if name in sessions.METHODS and sessions.flavor(solver, known(owner)) is not None:
            if not declares(solver, cls, name):
                session = FrameworkValue(NAME, "session", Session(sessions.flavor(solver, known(owner)) or ""))
                return made("method", Method(session, name))
        elif self._is_database(solver, cls) and not declares(solver, cls, name):
            return self._of_database(solver, None, name)
        return None

    def _is_database(self, solver: Solver, cls: ClassRef) -> bool:
        info = solver.classes.info(cls)
        names = info.externals if info is not None else frozenset({cls.qualname})
        return any(short(n) in _DATABASES for n in names)

    def _of_class(self, solver: Solver, cls: ClassRef, name: str) -> Value | None:
        if name in solver.records.fields(cls):
            return made("column", Column(cls, name))
        if name == "query" and (not declares(solver, cls, name) or "query_property" in self._source(solver, cls)):
            return statements.of_model(cls)
        return None

    def _source(self, solver: Solver, cls: ClassRef) -> str:
        """The text that `query = ...` gives a class."""
        for filename, decl, _ in solver.member(cls, "query"):
            span = getattr(decl, "value", None)
            return (solver.raw(filename) or b"")[slice(*span)].decode("utf-8", "replace") if span else ""
        return ""

    def _of_own(self, solver: Solver, owner: FrameworkValue, name: str) -> Value:
        match owner.data:
            case Row() as row if name in row.names:
                return row.named(name)
            case Page() as page if name != "iter_pages":
                return results.of_page(page, name)
            case _ if owner.role == "database":
                return self._of_database(solver, owner.data if isinstance(owner.data, ClassRef) else None, name)
            case _:
                return made("method", Method(owner, name))

    def _of_database(self, solver: Solver, base: ClassRef | None, name: str) -> Value:
        """An attribute of Flask-SQLAlchemy's `db`."""
        if name == "session":
            return made("session", Session())
        if name == "Model":
            return known(ClassObject(base or ClassRef("flask_sqlalchemy.Model")))
        if name in ("get_or_404", "first_or_404", "one_or_404", "paginate"):
            return made("method", Method(FrameworkValue(NAME, "database"), name))
        if name in ("engine", "engines"):
            return made("engine", Session())
        return solver.external(f"sqlalchemy.{'orm.' if name in _ORM else ''}{name}")

    # --- calls -------------------------------------------------------------------------------------------------

    def call(self, solver: Solver, callee: Kind, node: ir.Call, env: Env) -> Value | None:
        """What SQLAlchemy's functions and methods give."""
        match callee:
            case External(qualname=qualname):
                return self._function(solver, qualname, node, env)
            case ClassObject(cls=ClassRef(filename=None, qualname=qualname)):
                return self._function(solver, qualname, node, env)
            case FrameworkValue(framework="sqlalchemy", role="method", data=Method() as method):
                return self._method(solver, method, node, env)
            case FrameworkValue(framework="sqlalchemy", role="sessions" | "session"):
                return made("session", callee.data)
            case FrameworkValue(framework="sqlalchemy"):
                return UNKNOWN
            case _:
                return None

    def _function(self, solver: Solver, qualname: str, node: ir.Call, env: Env) -> Value | None:
        if ".func." in qualname and qualname.startswith(("sqlalchemy.", "sqlmodel.")):
            name = qualname.rpartition(".")[2]
            return made("count" if name == "count" else "function", name)
        name = short(qualname)
        if not name:
            return None
        if name in _DATABASES:
            return made("database", self._model_class(solver, node, env))
        if name in _BASES:
            return known(ClassObject(self._own_base(solver, node, env) or ClassRef("sqlalchemy.orm.declarative_base")))
        if name == "get_sqla_class":
            return known(External("flask_appbuilder.SQLA"))
        if name == "aliased" and positional(node):
            return solver.value(positional(node)[0], env)
        if name == "exists":
            inner = statements.with_entities(solver, Statement(), positional(node), env)
            return made("exists", inner)
        if name == "registry":
            return made("registry")
        return sessions.factory(solver, qualname, node, env) or statements.start(solver, qualname, node, env)

    def _model_class(self, solver: Solver, node: ir.Call, env: Env) -> ClassRef | None:
        """The class that `SQLAlchemy(model_class=...)` makes the base of all."""
        given = keyword(node, "model_class")
        only = solver.value(given, env).only if given is not None else None
        return only.cls if isinstance(only, ClassObject) and solver.classes.record(only.cls) else None

    def _own_base(self, solver: Solver, node: ir.Call, env: Env) -> ClassRef | None:
        """The class that `declarative_base(cls=...)` puts below the base, if that is known to be mapped."""
        given = keyword(node, "cls")
        only = solver.value(given, env).only if given is not None else None
        return only.cls if isinstance(only, ClassObject) and solver.classes.record(only.cls) else None

    def _method(self, solver: Solver, method: Method, node: ir.Call, env: Env) -> Value:
        owner, name = method.owner, method.name
        match owner.role, owner.data:
            case "session", Session() as session:
                return sessions.method(solver, session.flavor, name, node, env)
            case "query", Statement() as statement:
                return statements.finished(statement, name) or statements.chained(solver, owner, name, node, env) or UNKNOWN
            case (("statement" | "exists"), Statement()):
                return statements.chained(solver, owner, name, node, env) or UNKNOWN
            case "rows", Rows() as rows:
                index = solver.value(positional(node)[0], env).only if positional(node) else None
                return results.of_rows(rows, name, index)
            case "row", Row() as row:
                return results.of_row(row, name)
            case "column", Column() as column:
                label = text(positional(node)[0]) if name == "label" and positional(node) else None
                return made("column", Column(column.cls, column.name, label)) if label else UNKNOWN
            case (("count" | "function"), _):
                return known(owner) if name in ("label", "filter", "over") else UNKNOWN
            case (("engine" | "sessions"), Session() as session):
                return made("begun" if name == "begin" else "session", session) if name in ("begin", "connect") else UNKNOWN
            case "database", _:
                return self._of_helper(solver, name, node, env)
            case "registry", _:
                return known(ClassObject(ClassRef("sqlalchemy.orm.declarative_base"))) if name in _BASES else UNKNOWN
            case _:
                return UNKNOWN

    def _of_helper(self, solver: Solver, name: str, node: ir.Call, env: Env) -> Value:
        """`db.get_or_404(Order, id)`, `db.first_or_404(select(Order))`, `db.paginate(...)`."""
        value = solver.value(positional(node)[0], env) if positional(node) else UNKNOWN
        if name == "get_or_404":
            return instance(value.only.cls) if isinstance(value.only, ClassObject) else UNKNOWN
        for kind in value.kinds():
            if isinstance(kind, FrameworkValue) and is_ours(kind, "statement") and isinstance(kind.data, Statement):
                rows = Rows(kind.data.entities[:1], kind.data.names[:1], True)
                return made("page", Page(rows)) if name == "paginate" else rows.element
        return UNKNOWN

    def inferred(self, solver: Solver, node: ir.Call, env: Env) -> Value | None:
        """A call on something unknown whose arguments tell that it is a session's."""
        if not isinstance(node.func, ir.Attribute) or not sessions.told(solver, node, env):
            return None
        return sessions.method(solver, "sync", node.func.attr, node, env)

    def entered(self, solver: Solver, context: Instance) -> Value | None:
        """`with MySession() as session`, of a class that derives from Session."""
        return known(context) if sessions.flavor(solver, known(context)) else None

    def guess(self, solver: Solver, filename: str, name: str) -> Value | None:
        """`db = make_db()`: a name that classes take `.Model` and `.Column` of is Flask-SQLAlchemy's database."""
        return made("database") if records.used_as_database(solver, filename, name) else None

    # --- annotations -------------------------------------------------------------------------------------------

    def promised(self, solver: Solver, qualname: str, arguments: tuple[Value, ...]) -> Value | None:
        """A value that is annotated with a class of SQLAlchemy's."""
        name = short(qualname)
        if name in _DATABASES:
            return made("database")
        if name in sessions.CLASSES:
            return made("session", Session(sessions.CLASSES[name]))
        if name in sessions.FACTORIES:
            return made("sessions", Session(sessions.FACTORIES[name]))
        if name in ("Engine", "AsyncEngine"):
            return made("engine", Session("async" if name.startswith("Async") else "sync"))
        if name == "ScalarResult" and arguments:
            return made("rows", Rows(arguments[:1], ("",), True))
        if name == "Query" and arguments:
            models = tuple(k.cls for k in arguments[0].kinds() if isinstance(k, Instance))
            return made("query", Statement(entities=arguments[:1], names=("",), models=models, whole=bool(models)))
        return None

    # --- the contract ------------------------------------------------------------------------------------------

    def operation(self, solver: Solver, site: Site) -> Operation | None:
        """See Orm."""
        return operations.operation(solver, site)

    def fields(self, solver: Solver, cls: ClassRef) -> dict[str, FieldInfo] | None:
        """See Orm."""
        return fields(solver, cls) if solver.classes.record(cls) == NAME else None
