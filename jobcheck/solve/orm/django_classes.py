"""Django's other classes: views, forms, serializers, admins; and which model each of them is about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobcheck.project.shape import AssignDecl, ClassDecl, FunctionDecl
from jobcheck.solve.calls import argument
from jobcheck.solve.kinds import ClassObject, ClassRef, External, FunctionRef, Value
from jobcheck.solve.orm.django_query import OWN, query_of

if TYPE_CHECKING:
    from jobcheck.solve.orm.django_models import Models

_PREFIXES = (
    ("view", ("django.views.", "rest_framework.generics.", "rest_framework.viewsets.", "rest_framework.views.",
              "rest_framework.mixins.", "django.contrib.auth.mixins.", "django.contrib.auth.views.")),
    ("form", ("django.forms.", "django.contrib.auth.forms.")),
    ("serializer", ("rest_framework.serializers.",)),
    ("admin", ("django.contrib.admin.", "django.contrib.auth.admin.")),
)  # fmt: skip
# Classes of other libraries are called after what they are.
_SUFFIXES = (
    ("view", ("View", "ViewSet", "ViewSetMixin", "ViewMixin")),
    ("form", ("Form", "FormSet", "ModelFormMixin")),
    ("serializer", ("Serializer",)),
    ("admin", ("ModelAdmin", "Admin", "AdminMixin", "TabularInline", "StackedInline")),
)  # fmt: skip


class Sorts:
    """Answers about classes; one for each run."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self.solver = models.solver
        self._sorts: dict[ClassRef, str] = {}
        self._models: dict[ClassRef, ClassRef | None] = {}

    def of(self, cls: ClassRef) -> str:
        """view, form, serializer or admin; "" for other classes."""
        if cls not in self._sorts:
            info = self.solver.classes.info(cls)
            above = info.ancestors if info else (cls,)
            self._sorts[cls] = next((s for a in above if a.filename is None and (s := _sort(a.qualname))), "")
        return self._sorts[cls]

    # --- models ------------------------------------------------------------------------------------------------

    def model(self, cls: ClassRef) -> ClassRef | None:
        """The model that a view, form, serializer or admin is about; None when that cannot be said."""
        if cls not in self._models:
            self._models[cls] = None  # a class that leads to itself
            self._models[cls] = self._model(cls)
        return self._models[cls]

    def _model(self, cls: ClassRef) -> ClassRef | None:
        sort = self.of(cls)
        if sort in ("form", "serializer"):
            return self.meta_model(cls)
        found = self._class(self.assigned(cls, "model")) or self._queried(cls)
        if found is None and sort == "view":
            for name in ("form_class", "serializer_class"):
                made = self._class(self.assigned(cls, name))
                found = found or (self.model(made) if made is not None else None)
        return found or (self._registered(cls) if sort == "admin" else None)

    def meta_model(self, cls: ClassRef) -> ClassRef | None:
        """`class Meta: model = Order`."""
        meta = self.meta(cls)
        return self._class(self.assigned(meta, "model")) if meta is not None else None

    def meta(self, cls: ClassRef) -> ClassRef | None:
        """The class `Meta` of a class or of one above it."""
        for filename, decl, _ in self.solver.member(cls, "Meta"):
            return self.solver.classes.register(filename, decl) if isinstance(decl, ClassDecl) else None
        return None

    def assigned(self, cls: ClassRef, name: str) -> Value:
        """What a class body assigns to a name; nothing when it does not."""
        for filename, decl, declaring in self.solver.member(cls, name):
            return self.solver.declared(filename, decl, declaring) if isinstance(decl, AssignDecl) else Value()
        return Value()

    def class_in(self, cls: ClassRef, name: str) -> ClassRef | None:
        """The project's class that a class body assigns to a name (`form_class = OrderForm`)."""
        only = self.assigned(cls, name).only
        return only.cls if isinstance(only, ClassObject) else None

    def _class(self, value: Value) -> ClassRef | None:
        match value.only:
            case ClassObject(cls=cls):
                return cls
            case External(qualname=qualname):
                return ClassRef(qualname)
            case _:
                return None

    def _queried(self, cls: ClassRef) -> ClassRef | None:
        """The model of `queryset = ...`, or of what the project's own `get_queryset` gives."""
        value = self.assigned(cls, "queryset")
        for filename, decl, _ in self.solver.member(cls, "get_queryset") if value.unknown else ():
            if isinstance(decl, FunctionDecl):
                value = self.solver.returned(FunctionRef(filename, decl.qualname, decl.start))
            break
        found = {q.model for k in value.kinds() if (q := query_of(k)) is not None and q.model != OWN}
        return found.pop() if len(found) == 1 else None

    # --- admins ------------------------------------------------------------------------------------------------

    def _registered(self, cls: ClassRef) -> ClassRef | None:
        """The model that an admin is registered for, by decorator or in the same file."""
        info = self.solver.classes.info(cls)
        if info is None:
            return None
        for decorator in info.decl.decorators:
            if decorator.is_call and decorator.dotted.rpartition(".")[2] == "register":
                return self._first_argument(info.filename, decorator.start, decorator.end)
        data = self.solver.raw(info.filename) or b""
        match = re.search(rb"register\(\s*([\w.]+)\s*,\s*" + info.decl.name.encode() + rb"\b", data)
        if match is None:
            return None
        value = self.solver.module_attribute(info.filename, match[1].decode()) if b"." not in match[1] else Value()
        return self._class(value)

    def _first_argument(self, filename: str, start: int, end: int) -> ClassRef | None:
        from jobcheck.code import ir

        unit = self.solver.unit(filename, start, end)
        stmt = unit.body[0] if len(unit.body) == 1 else None
        if not isinstance(stmt, ir.ExprStmt) or not isinstance(stmt.value, ir.Call) or len(stmt.value.args) != 1:
            return None
        given = argument(stmt.value, 0)
        env = self.solver.flow(unit).entered[id(stmt)]
        return self.models.model_of(self.solver.value(given, env), filename) if given is not None else None


def _sort(qualname: str) -> str:
    name = qualname.rpartition(".")[2]
    for sort, prefixes in _PREFIXES:
        if qualname.startswith(prefixes):
            return sort
    return next((sort for sort, suffixes in _SUFFIXES if name.endswith(suffixes)), "")
