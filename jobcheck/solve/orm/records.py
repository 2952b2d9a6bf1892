"""Which classes are records of the mappers other than Django's, and of which one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobcheck.project import modules
from jobcheck.solve.orm import lookup
from jobcheck.solve.orm.sqlalchemy_kinds import short

if TYPE_CHECKING:
    from jobcheck.solve.classes import ClassInfo
    from jobcheck.solve.solver import Solver

# What the bases of mapped classes are called, below one of SQLAlchemy's packages.
_SQLALCHEMY = frozenset({
    "DeclarativeBase", "DeclarativeBaseNoMeta", "MappedAsDataclass", "declarative_base", "automap_base", "Model",
    "AsyncAttrs", "AuditMixin", "FileColumn",
})  # fmt: skip
_OUTSIDE = ("flask_appbuilder.security.sqla.models.", "flask_appbuilder.models.sqla.Model")
_PEEWEE = frozenset({"peewee", "playhouse", "flask_peewee", "peewee_async"})
_MONGO = frozenset({"mongoengine", "flask_mongoengine", "flask_mongoengine3"})
_DOCUMENTS = frozenset({"Document", "DynamicDocument", "EmbeddedDocument", "DynamicEmbeddedDocument"})
_COLUMNS = re.compile(rb"=\s*(?:[\w.]+\.)?(?:Column|mapped_column|relationship)\(|:\s*(?:[\w.]+\.)?Mapped\[")
_TABLE = re.compile(rb"^\s+__table(?:name)?__\b|^\s+def __tablename__\b", re.MULTILINE)


def of_external(qualname: str) -> str | None:
    """The row of the wire tables for an instance of a class outside the project."""
    top, name = qualname.partition(".")[0], qualname.rpartition(".")[2]
    if qualname.startswith(_OUTSIDE) or short(qualname) in _SQLALCHEMY:
        return "sqlalchemy"
    if top in _PEEWEE and name in ("Model", "AIOModel", "BaseModel"):
        return "peewee"
    return "mongoengine" if top in _MONGO and name in _DOCUMENTS else None


def of_class(solver: Solver, info: ClassInfo) -> str | None:
    """The row for an instance of a class of the project."""
    externals = sorted(info.externals)
    if any(short(q) == "SQLModel" for q in externals):
        return "sqlalchemy" if _is_table(solver, info) else "pydantic"
    found = [row for row in map(of_external, externals) if row is not None]
    if found:
        return found[0]
    return "sqlalchemy" if _has_columns(solver, info) else None


def _is_table(solver: Solver, info: ClassInfo) -> bool:
    """Whether `table=True` stands in the brackets of an SQLModel class or of one above it."""
    for ancestor in info.ancestors:
        above = solver.classes.info(ancestor)
        for name, start, end in above.decl.keywords if above else ():
            if name == "table" and above is not None:
                return (solver.raw(above.filename) or b"")[start:end] == b"True"
    return False


def _has_columns(solver: Solver, info: ClassInfo) -> bool:
    """A class whose bases cannot be seen, but which names a table and declares columns for it, is mapped."""
    if info.complete and not info.decorators and not info.externals:
        return False
    data = (solver.raw(info.filename) or b"")[info.decl.start : info.decl.end]
    if not _TABLE.search(data) or not _COLUMNS.search(data):
        return False
    return any(_from_sqlalchemy(solver, info.filename, name) for name in ("Column", "mapped_column", "relationship", "sa", "db"))


def _from_sqlalchemy(solver: Solver, filename: str, name: str) -> bool:
    """Whether a module has a name from SQLAlchemy, or one that cannot be followed and is called as Flask's `db`."""
    found = solver.project.resolve(filename, name)
    if isinstance(found, modules.External):
        return bool(short(found.qualname + "._")) or found.qualname == "sqlalchemy"
    return name == "db" and not isinstance(found, modules.Missing)


def used_as_database(solver: Solver, filename: str, name: str) -> bool:
    """Whether modules that have a name from this file derive classes from its `Model` and give them its `Column`s."""
    if not name.endswith("db") and name not in ("database", "sqla"):
        return False
    text = re.escape(name.encode())
    for user in lookup.mentioning(solver, rb"(?m)^class \w+\([^)]*\b" + text + rb"\.Model\b"):
        data = solver.raw(user) or b""
        found = solver.project.resolve(user, name)
        declared = isinstance(found, modules.Declared) and found.filename == filename
        if declared and re.search(rb"=\s*" + text + rb"\.Column\(", data):
            return True
    return False
