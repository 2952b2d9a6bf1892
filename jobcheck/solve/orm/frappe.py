"""Frappe's documents: which class a doctype is, and what calls on documents do to the database.

A request and a job are one transaction each, which Frappe commits when they end: `doc.insert()` is seen by others only
then. `self` of a method that Frappe calls while it saves is a document that has just been written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.frameworks.base import NoJobs
from jobcheck.project.shape import FunctionDecl
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import ClassRef, External, Instance, Kind, Literal, Mapping, Value, known, plain
from jobcheck.solve.orm.base import Act, FieldInfo, Operation
from jobcheck.solve.orm.frappe_events import Handlers
from jobcheck.solve.sites import Site

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

NAME = "frappe"
_BASES = frozenset({
    "frappe.model.document.Document", "frappe.website.website_generator.WebsiteGenerator", "frappe.utils.nestedset.NestedSet",
})  # fmt: skip
_NOT_IN_NAME = re.compile(r"[ -]")
_FILE = re.compile(r"(?:^|/)doctype/(\w+)/\1\.py$")
# Functions of frappe that give a document, and whether it is a new one.
GIVES = {
    "frappe.get_doc": False, "frappe.get_cached_doc": False, "frappe.get_lazy_doc": False, "frappe.get_last_doc": False,
    "frappe.new_doc": True, "frappe.client.get_doc": False,
}  # fmt: skip
_ON_DOCUMENT: dict[str, Act] = {
    "insert": "create", "db_insert": "create", "save": "save", "submit": "save", "cancel": "save", "db_update": "save",
    "db_set": "update", "delete": "delete", "reload": "refresh",
}  # fmt: skip
_ON_DATABASE: dict[str, Act] = {
    "frappe.db.set_value": "update", "frappe.db.get_value": "fetch", "frappe.get_value": "fetch", "frappe.get_doc": "fetch",
    "frappe.get_cached_doc": "fetch", "frappe.get_lazy_doc": "fetch", "frappe.get_cached_value": "fetch",
    "frappe.db.exists": "exists", "frappe.delete_doc": "delete", "frappe.db.delete": "delete",
    "frappe.db.commit": "commit", "frappe.db.rollback": "rollback",
}  # fmt: skip
_VERBS = frozenset(_ON_DOCUMENT) | {name.rpartition(".")[2] for name in _ON_DATABASE}
# What Frappe calls on a document after it was written, and before it commits.
# A document that is inserted is updated, too.
HOOKS: dict[str, str] = {"after_insert": "create", "on_update": "upsert", "on_submit": "save", "on_update_after_submit": "save"}


# How the classes of doctypes that the project does not declare are called, and a document of any.
_ELSEWHERE = "frappe.doctype."
ANY = ClassRef(_ELSEWHERE + "Document")


class Documents:
    """Answers for one project; which file declares which doctype is found once."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        self._handlers = Handlers(solver)
        self._by_name: dict[str, list[str]] = {}
        for filename in solver.project.filenames:
            match = _FILE.search(filename)
            if match is not None:
                self._by_name.setdefault(match[1], []).append(filename)

    @property
    def any(self) -> bool:
        """Whether the project declares a doctype."""
        return bool(self._by_name)

    def class_of(self, doctype: str) -> ClassRef | None:
        """The class of a doctype: `Payment Entry` is `PaymentEntry` in `doctype/payment_entry/payment_entry.py`."""
        wanted = _NOT_IN_NAME.sub("", doctype)
        files = self._by_name.get(_NOT_IN_NAME.sub("_", doctype).lower(), [])
        found = [
            self._solver.classes.register(filename, decl)
            for filename in files
            for decl in self._solver.project.shape(filename).classes
            if decl.name == wanted
        ]
        return found[0] if len(found) == 1 else None

    def is_document(self, cls: ClassRef) -> bool:
        """Whether a class is one of documents: by its base, or by its name and place."""
        info = self._solver.classes.info(cls)
        if info is None:
            return cls.qualname.startswith(_ELSEWHERE)
        match = _FILE.search(info.filename)
        placed = match is not None and match[1].replace("_", "") == cls.name.lower()
        return placed or bool(info.externals & _BASES)

    def handled(self, filename: str, start: int) -> tuple[ClassRef, list[str]]:
        """The class of the documents that a function is called for when they are written, and the events; none: it is not."""
        found = self._handlers.of(filename, start)
        doctypes = {doctype for doctype, _ in found}
        cls = self.model_of(next(iter(doctypes))) if len(doctypes) == 1 and doctypes != {"*"} else ANY
        return cls, [event for _, event in found]

    def model_of(self, doctype: str) -> ClassRef:
        """The class of a doctype, or what stands for it where another app declares it."""
        return self.class_of(doctype) or ClassRef(_ELSEWHERE + doctype)

    def given_by(self, node: ir.Call, env: Env) -> Value | None:
        """The document that `frappe.get_doc("Loan", name)` or `frappe.get_doc({"doctype": "Loan"})` gives."""
        doctype = self._doctype(node, env)
        return known(Instance(self.model_of(doctype))) if doctype is not None else None

    def _doctype(self, node: ir.Call, env: Env) -> str | None:
        first = argument(node, 0, "doctype")
        only = self._solver.value(first, env).only if first is not None else None
        if isinstance(only, Mapping):
            said = (value.only for key, value in only.entries if key.only == Literal("doctype"))
            only = next(said, None)
        return only.value if isinstance(only, Literal) and isinstance(only.value, str) else None

    def fields(self, cls: ClassRef) -> dict[str, FieldInfo] | None:
        """The one field that every document has: its key."""
        return {"name": FieldInfo("name", plain("str").opened(), key=True)} if self.is_document(cls) else None

    def operation(self, site: Site) -> Operation | None:
        """What a call does to the database."""
        func = site.call.func
        if not isinstance(func, ir.Attribute) or func.attr not in _VERBS:
            return None
        if func.attr in _ON_DOCUMENT and not _is_module(func.value):
            return self._of_document(site, func)
        only = self._solver.value(func, site.env).only
        act = _ON_DATABASE.get(only.qualname) if isinstance(only, External) else None
        if act is None:
            return None
        made = Operation(act, NAME, site)
        doctype = self._doctype(site.call, site.env)
        key = argument(site.call, 1, "name")
        key = None if isinstance(key, (ir.DictExpr, ir.ListExpr)) else key  # filters
        if act not in ("commit", "rollback"):
            made.model = self.model_of(doctype) if doctype is not None else None
            made.lookups = (("pk", key),) if key is not None else ()
            made.by_key = key is not None
        return made if act in ("commit", "rollback") or key is not None else None

    def _of_document(self, site: Site, func: ir.Attribute) -> Operation | None:
        for kind in self._solver.value(func.value, site.env).kinds():
            if isinstance(kind, Instance) and self.is_document(kind.cls):
                act = _ON_DOCUMENT[func.attr]
                if act == "save" and self._is_new(func.value, site.env):
                    act = "create"
                return Operation(act, NAME, site, model=kind.cls, record=func.value)
        return None

    def _is_new(self, node: ir.Expr, env: Env) -> bool:
        source = self._solver.sources.of(node, env)
        if not isinstance(source.node, ir.Call):
            return False
        only = self._solver.value(source.node.func, source.env).only
        given = source.node.args[0].value if source.node.args else None
        return isinstance(only, External) and (GIVES.get(only.qualname) is True or isinstance(given, ir.DictExpr))


class FrappeDocuments(NoJobs):
    """Answers for documents, in a project that declares doctypes."""

    name = NAME

    def __init__(self) -> None:
        self._documents: Documents | None = None

    def documents(self, solver: Solver) -> Documents | None:
        """What is known of the project's documents; None where it has none."""
        if self._documents is None:
            self._documents = Documents(solver)
        return self._documents if self._documents.any else None

    def call(self, solver: Solver, callee: Kind, node: ir.Call, env: Env) -> Value | None:
        """See Framework."""
        if not isinstance(callee, External) or callee.qualname not in GIVES:
            return None
        documents = self.documents(solver)
        return documents.given_by(node, env) if documents is not None else None

    def parameter(self, solver: Solver, filename: str, decl: FunctionDecl, index: int, name: str) -> Value | None:
        """See Framework: the document that a function of `doc_events` is called with."""
        documents = self.documents(solver) if index == 0 else None
        cls, events = documents.handled(filename, decl.start) if documents is not None else (ANY, [])
        return known(Instance(cls)) if events else None

    def operation(self, solver: Solver, site: Site) -> Operation | None:
        """See Orm."""
        documents = self.documents(solver)
        return documents.operation(site) if documents is not None else None

    def fields(self, solver: Solver, cls: ClassRef) -> dict[str, FieldInfo] | None:
        """See Orm."""
        documents = self.documents(solver)
        return documents.fields(cls) if documents is not None else None


def _is_module(node: ir.Expr) -> bool:
    """`frappe`, `frappe.db`."""
    return (isinstance(node, ir.Name) and node.id == "frappe") or (isinstance(node, ir.Attribute) and _is_module(node.value))
