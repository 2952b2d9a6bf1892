"""Django's functions: shortcuts that fetch, the class and the instance of the user, models by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import ClassObject, ClassRef, Coroutine, External, Instance, Kind, Sequence, Value, join, known, plain
from jobcheck.solve.orm import django_tables as tables
from jobcheck.solve.orm.django_query import query_of

if TYPE_CHECKING:
    from jobcheck.solve.orm.django_models import Models

_ONE_OR_404 = frozenset({"django.shortcuts.get_object_or_404", "rest_framework.generics.get_object_or_404"})


class Functions:
    """Answers for calls of functions from outside the project; one for each run."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self.solver = models.solver

    def call(self, qualname: str, node: ir.Call, env: Env) -> Value | None:
        """What calling a function gives; None for those that are not Django's."""
        match qualname:
            case "django.contrib.auth.get_user_model":
                return _class_value(self.models.apps.user)
            case "django.apps.apps.get_model":
                return self._model_by_name(node, env)
            case _ if qualname in tables.CURRENT_USER:
                return Value((*known(Instance(self.models.apps.user)).alts, *plain("none").alts))
            case "django.contrib.auth.get_user":
                return known(Instance(self.models.apps.user))
            case _ if qualname in _ONE_OR_404:
                return self._shortcut(node, env)
            case "django.shortcuts.aget_object_or_404":
                return known(Coroutine(self._shortcut(node, env)))
            case "django.shortcuts.get_list_or_404":
                return known(Sequence("list", self._shortcut(node, env)))
            case "django.shortcuts.aget_list_or_404":
                return known(Coroutine(known(Sequence("list", self._shortcut(node, env)))))
            case _:
                return None

    def _model_by_name(self, node: ir.Call, env: Env) -> Value | None:
        """`apps.get_model("shop", "Order")`, `apps.get_model("shop.Order")`."""
        texts = [self.solver.value(a.value, env).only for a in node.args if a.keyword in (None, "app_label", "model_name")]
        names = [getattr(t, "value", None) for t in texts]
        if not names or not all(isinstance(n, str) for n in names):
            return None
        label, _, name = ".".join(str(n) for n in names).rpartition(".")
        found = self.models.apps.model(label, name)
        return _class_value(found) if found is not None else None

    def _shortcut(self, node: ir.Call, env: Env) -> Value:
        first = argument(node, 0, "klass") or argument(node, 0, "queryset")
        value = self.solver.value(first, env) if first is not None else Value()
        parts = [self._record_of(kind) for kind in value.kinds()]
        if not parts:
            return plain("record")
        return join(parts).opened() if value.open else join(parts)

    def _record_of(self, kind: Kind) -> Value:
        """A record of a model or queryset."""
        query = query_of(kind)
        if query is not None:
            return query.record
        if isinstance(kind, ClassObject):
            return known(Instance(kind.cls))
        if isinstance(kind, External) and self.solver.classes.row(ClassRef(kind.qualname)) == "dj_model":
            return known(Instance(ClassRef(kind.qualname)))
        return plain("record")


def _class_value(cls: ClassRef) -> Value:
    """The value of a class: of the project, or known by name only."""
    return known(ClassObject(cls)) if cls.filename is not None else known(External(cls.qualname))
