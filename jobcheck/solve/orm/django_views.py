"""Django's views, admins, signal receivers and requests: what their attributes give, and what they are handed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.project.shape import DecoratorDecl, FunctionDecl
from jobcheck.project.source import UnreadableSource
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import (
    UNKNOWN,
    ClassObject,
    ClassRef,
    External,
    FrameworkValue,
    Instance,
    Mapping,
    Sequence,
    Value,
    known,
    plain,
)  # fmt: skip
from jobcheck.solve.orm.django_query import NAME, Method, Query, as_queryset

if TYPE_CHECKING:
    from jobcheck.solve.orm.django_classes import Sorts
    from jobcheck.solve.orm.django_forms import Forms
    from jobcheck.solve.orm.django_models import Models

_METHODS = frozenset({
    "get_object", "get_queryset", "filter_queryset", "get_form", "get_serializer", "get_context_data", "get_success_url",
    "paginate_queryset",
})  # fmt: skip
_TEXT = known(Mapping("dict", (), (plain("str"), UNKNOWN)))
# What shows that a function whose first parameter is called request is a view, and not about some request of its own.
_OF_VIEWS = re.compile(
    rb"\brequest\.(?:POST|GET|META|FILES|COOKIES|session|query_params|headers|build_absolute_uri|get_full_path|get_host)\b"
    rb"|\b(?:render|redirect|get_object_or_404|JsonResponse|HttpResponse\w*|Response|messages\.\w+|login_required|api_view)\("
    rb"|@(?:login_required|staff_member_required|csrf_exempt|require_\w+|permission_required)\b"
)
_JOB_WORDS = ("task", "job", "actor", "receiver")


class Views:
    """Answers for views and admins, and for parameters that Django fills; one for each run."""

    def __init__(self, models: Models, sorts: Sorts, forms: Forms) -> None:
        self.models = models
        self.sorts = sorts
        self.forms = forms
        self.solver = models.solver
        self._importing: dict[str, bool] = {}

    # --- views -------------------------------------------------------------------------------------------------

    def attribute(self, owner: Instance, name: str) -> Value | None:
        """`self.name` in a view, where the project does not declare it."""
        match name:
            case "request":
                return plain("request")
            case "kwargs":
                return _TEXT
            case "args":
                return known(Sequence("tuple", UNKNOWN))
            case "object":
                model = self.sorts.model(owner.cls)
                return known(Instance(model)) if model is not None else UNKNOWN
            case "object_list":
                return self._queryset(owner.cls)
            case _ if name in _METHODS:
                return known(FrameworkValue(NAME, "method", Method(known(owner), name)))
            case _:
                return None

    def called(self, owner: Instance, name: str, node: ir.Call, env: Env) -> Value:
        """What a method of Django's own gives."""
        match name:
            case "get_object":
                return self._record(owner.cls)
            case "get_queryset":
                return self._queryset(owner.cls)
            case "filter_queryset":
                given = argument(node, 0, "queryset")
                return self.solver.value(given, env) if given is not None else UNKNOWN
            case "get_form":
                return self.form(owner.cls)
            case "get_serializer":
                return self._made(owner.cls, "serializer_class")
            case "get_context_data":
                return _TEXT
            case _:
                return UNKNOWN

    def _record(self, cls: ClassRef) -> Value:
        model = self.sorts.model(cls)
        return known(Instance(model)) if model is not None else UNKNOWN

    def _queryset(self, cls: ClassRef) -> Value:
        model = self.sorts.model(cls)
        return as_queryset(Query(model)) if model is not None else UNKNOWN

    def _made(self, cls: ClassRef, name: str) -> Value:
        made = self.sorts.class_in(cls, name)
        return known(Instance(made)) if made is not None else UNKNOWN

    def form(self, cls: ClassRef) -> Value:
        """The form of a view."""
        return self._made(cls, "form_class")

    # --- requests ----------------------------------------------------------------------------------------------

    def of_request(self, name: str) -> Value | None:
        """`request.name`."""
        match name:
            case "user":
                return known(Instance(self.models.apps.user))
            case "POST" | "GET" | "query_params":
                return plain("querydict")
            case "FILES":
                return known(Mapping("dict", (), (plain("str"), plain("uploaded_file"))))
            case "META" | "COOKIES" | "headers":
                return _TEXT
            case "path" | "path_info" | "method":
                return plain("str")
            case "data" | "session" | "auth":
                return UNKNOWN
            case _:
                return None

    # --- parameters --------------------------------------------------------------------------------------------

    def parameter(self, filename: str, decl: FunctionDecl, cls: ClassRef | None, index: int, name: str) -> Value | None:
        """What Django hands to a function for a parameter; None when that is not known."""
        place = next((p for p in decl.params if p.name == name), None)
        if place is None or place.annotation is not None:
            return None
        sort = self.sorts.of(cls) if cls is not None else ""
        if name == "request" and index == (0 if cls is None else 1) and (cls is None or sort):
            return self._request(filename, decl, sort)
        if cls is not None and sort:
            return self._of_method(cls, sort, decl, index, name)
        return self._signalled(filename, decl, index, name) if cls is None else None

    def _request(self, filename: str, decl: FunctionDecl, sort: str) -> Value | None:
        if sort in ("view", "admin"):
            return plain("request")
        if sort or any(w in d.dotted.lower() for d in decl.decorators for w in _JOB_WORDS) or not self.imports_django(filename):
            return None
        seen = _OF_VIEWS.search(self.solver.raw(filename) or b"", decl.start, decl.end)
        return plain("request").opened() if seen else None

    def imports_django(self, filename: str) -> bool:
        """Whether a file imports Django or REST framework."""
        if filename not in self._importing:
            try:
                imports = self.solver.project.shape(filename).imports
            except UnreadableSource:
                imports = []
            tops = {i.module.partition(".")[0] for i in imports if not i.level}
            self._importing[filename] = bool(tops & {"django", "rest_framework"})
        return self._importing[filename]

    def _of_method(self, cls: ClassRef, sort: str, decl: FunctionDecl, index: int, name: str) -> Value | None:
        method = (sort, decl.name, index)
        if sort == "view":
            return self._of_view(cls, method)
        if sort == "admin":
            return self._of_admin(cls, decl, index, name)
        return self._of_serializer(cls, decl, index) if sort == "serializer" else None

    def _of_view(self, cls: ClassRef, method: tuple[str, str, int]) -> Value | None:
        match method:
            case (_, "form_valid" | "form_invalid", 1):
                found = self.form(cls)
            case (_, "perform_create" | "perform_update", 1):
                found = self._made(cls, "serializer_class")
            case (_, "perform_destroy", 1):
                found = self._record(cls)
            case _:
                return None
        return None if found.unknown else found

    def _of_admin(self, cls: ClassRef, decl: FunctionDecl, index: int, name: str) -> Value | None:
        model = self.sorts.model(cls)
        names = [p.name for p in decl.params]
        if name == "queryset" and index == 2 and names[1:2] == ["request"]:
            return as_queryset(Query(model))
        if name == "obj" and (index == 1 or names[1:2] == ["request"]):
            record = known(Instance(model)) if model is not None else plain("record")
            place = decl.params[index]
            return record.opened() if place.has_default else record
        return None

    def _of_serializer(self, cls: ClassRef, decl: FunctionDecl, index: int) -> Value | None:
        match (decl.name, index):
            case ("create", 1) | ("update", 2) | ("validate", 1):
                return self.forms.data(cls, "serializer")
            case ("update", 1) | ("to_representation", 1):
                found = self._record(cls)
            case (name, 1) if name.startswith("validate_"):
                return self.forms.fields(cls, "serializer").get(name.removeprefix("validate_"))
            case (name, 1) if name.startswith("get_") and len(decl.params) == 2:
                found = self._record(cls)
            case _:
                return None
        return None if found.unknown else found.opened()

    # --- signals -----------------------------------------------------------------------------------------------

    def _signalled(self, filename: str, decl: FunctionDecl, index: int, name: str) -> Value | None:
        """`sender` and `instance` of a receiver of a model's signal."""
        if name not in ("sender", "instance"):
            return None
        for decorator in decl.decorators:
            if self.solver.decorator_name(filename, decorator) == "django.dispatch.receiver":
                senders = self._senders(filename, decorator)
                if senders is not None:
                    return _sent(senders, name)
        return _sent([], name) if _looks_like_receiver(decl) and not decl.decorators else None

    def _senders(self, filename: str, decorator: DecoratorDecl) -> list[ClassRef] | None:
        """The senders of a `@receiver(post_save, sender=Order)`; None for a signal that is not of models."""
        unit = self.solver.unit(filename, decorator.start, decorator.end)
        stmt = unit.body[0] if len(unit.body) == 1 else None
        if not isinstance(stmt, ir.ExprStmt) or not isinstance(stmt.value, ir.Call):
            return None
        env = self.solver.flow(unit).entered[id(stmt)]
        signal = argument(stmt.value, 0, "signal")
        if signal is None or not _of_models(self.solver.value(signal, env)):
            return None
        sender = argument(stmt.value, 1, "sender")
        model = self.models.model_of(self.solver.value(sender, env), filename) if sender is not None else None
        return [model] if model is not None else []


def _of_models(value: Value) -> bool:
    """Whether signals are Django's signals of models."""
    kinds = [k for v in value.kinds() for k in ([i.only for i in v.items or ()] if isinstance(v, Sequence) else [v])]
    return bool(kinds) and all(isinstance(k, External) and k.qualname.startswith("django.db.models.signals.") for k in kinds)


def _sent(senders: list[ClassRef], name: str) -> Value | None:
    if name == "instance":
        return known(Instance(senders[0])) if senders else plain("record")
    return known(ClassObject(senders[0])) if senders else None


def _looks_like_receiver(decl: FunctionDecl) -> bool:
    """`def saved(sender, instance, ..., **kwargs)`."""
    names = [p.name for p in decl.params]
    return names[:2] == ["sender", "instance"] and any(p.kind == "kwarg" for p in decl.params)
