"""What calls on Django's records, managers and querysets do to the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from jobcheck.code import ir
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import Env
from jobcheck.solve.kinds import (
    ClassObject,
    ClassRef,
    External,
    FrameworkValue,
    Instance,
    Literal,
    Plain,
    Sequence,
    Value,
)  # fmt: skip
from jobcheck.solve.orm import django_tables as tables
from jobcheck.solve.orm.base import Act, Operation
from jobcheck.solve.orm.django_chains import call_env, chain, evaluations, is_assigned_to, made_by, self_name
from jobcheck.solve.orm.django_models import FIELD_FILE
from jobcheck.solve.orm.django_query import OWN, Query, query_of
from jobcheck.solve.sites import Site

if TYPE_CHECKING:
    from jobcheck.solve.orm.django_classes import Sorts
    from jobcheck.solve.orm.django_models import Models
    from jobcheck.solve.solver import Solver

_NONE = (Literal(None), Plain("none"))
_SHORTCUTS = {"get_object_or_404", "get_list_or_404", "aget_object_or_404", "aget_list_or_404"}
# Keywords of saving and creating that are no fields.
_NO_FIELDS = frozenset({"defaults", "create_defaults", "using"})


class Operations:
    """Reads calls; one for each run."""

    def __init__(self, solver: Solver, models: Models, sorts: Sorts) -> None:
        self.solver = solver
        self.models = models
        self.sorts = sorts
        self._seen: dict[tuple[str, int], tuple[frozenset[int], frozenset[str]]] = {}

    def of(self, site: Site) -> Operation | None:
        """What a call does to the database, when it surely is one of Django's."""
        func = site.call.func
        name = func.attr if isinstance(func, ir.Attribute) else func.id if isinstance(func, ir.Name) else ""
        if name in _SHORTCUTS:
            return self._shortcut(site)
        if isinstance(func, ir.Name):
            return self._evaluation(site) if name in tables.EVALUATING else None
        if not isinstance(func, ir.Attribute):
            return None
        plain_name = tables.plain_method(name)
        if plain_name in tables.CHAINED or plain_name in tables.ROWS:
            return self._loop(site)
        return self._method(site, func, plain_name) or self._own_query(site, name)

    def _method(self, site: Site, func: ir.Attribute, name: str) -> Operation | None:
        if not (name in tables.QUERY_ACTS or name in tables.RECORD_ACTS or name in tables.RELATED_ACTS or name == "get_object"):
            return None
        owner = self.solver.value(func.value, site.env)
        query = self.query(owner)
        if query is not None:
            return self._on_query(site, func, name, query)
        model = self.model_of_record(owner)
        if model is not None and name in tables.RECORD_ACTS:
            return self._on_record(site, func, name, model)
        return self._on_other(site, owner, name)

    def _on_other(self, site: Site, owner: Value, name: str) -> Operation | None:
        """`form.save()`, `serializer.save()`, `view.get_object()`, `super().save()` in a model."""
        only = owner.only
        cls = getattr(only.data, "cls", None) if isinstance(only, FrameworkValue) and only.role == "super" else None
        if isinstance(cls, ClassRef) and self.models.is_model(cls) and name in tables.RECORD_ACTS:
            operation = self._operation(site, cast("Act", tables.RECORD_ACTS[name]), cls)
            operation.record = self_name(site)
            return operation
        if isinstance(only, Instance):
            cls = only.cls
            if cls == FIELD_FILE:
                return self._saved_file(site, name)
        sort = self.sorts.of(cls) if isinstance(cls, ClassRef) else ""
        if name == "get_object" and sort == "view":
            return self._operation(site, "fetch", self.sorts.model(cast("ClassRef", cls)))
        if name == "save" and sort in ("form", "serializer"):
            return self._saved_form(site, cast("ClassRef", cls))
        return None

    def _saved_file(self, site: Site, name: str) -> Operation | None:
        """`order.invoice.save(name, content)`: the record is saved with its file, unless it says `save=False`."""
        func, keeps = site.call.func, argument(site.call, 2 if name == "save" else 0, "save")
        if name not in ("save", "delete") or (isinstance(keeps, ir.Constant) and keeps.value is False):
            return None
        record = func.value.value if isinstance(func, ir.Attribute) and isinstance(func.value, ir.Attribute) else None
        model = self.model_of_record(self.solver.value(record, site.env)) if record is not None else None
        if model is None:
            return None
        operation = self._operation(site, "save", model)
        operation.record = record
        return operation

    def _saved_form(self, site: Site, cls: ClassRef) -> Operation | None:
        commit = argument(site.call, 0, "commit")
        if (isinstance(commit, ir.Constant) and commit.value is False) or self.models.method(cls, "save"):
            return None
        model = self.sorts.model(cls)
        if model is None:
            return None
        assert isinstance(site.call.func, ir.Attribute)
        made = made_by(site.call.func.value, site.env)
        given = argument(made, 0 if self.sorts.of(cls) == "serializer" else 99, "instance") if made is not None else None
        starred = made is not None and any(a.star for a in made.args)
        called = made is not None and isinstance(made.func, ir.Name) and made.func.id[:1].isupper()
        operation = self._operation(site, "create" if given is None and called and not starred else "save", model)
        # the record that it is made for is saved, where its name still means the same
        if isinstance(given, ir.Name) and call_env(site.call.func.value, site.env).lookup(given.id) == site.env.lookup(given.id):
            operation.record = given
        return operation

    # --- receivers ---------------------------------------------------------------------------------------------

    def query(self, value: Value) -> Query | None:
        """The query that a value surely is."""
        found = [query_of(k) for k in value.kinds() if k not in _NONE]
        if not found or value.open or any(q is None for q in found):
            return None
        first = cast("Query", found[0])
        same = all(q is not None and (q.model, q.locked) == (first.model, first.locked) for q in found)
        return first if same else Query(None, locked=all(q is not None and q.locked for q in found))

    def model_of_record(self, value: Value) -> ClassRef | None:
        """The model of the record that a value surely is; OWN when it is one of several, or not known which."""
        found = [k for k in value.kinds() if k not in _NONE]
        if not found or any(not self._is_record(k) for k in found):
            return None
        models = {k.cls for k in found if isinstance(k, Instance)}
        return models.pop() if len(models) == 1 and all(isinstance(k, Instance) for k in found) else OWN

    def _is_record(self, kind: object) -> bool:
        return kind == Plain("record") or (isinstance(kind, Instance) and self.models.is_model(kind.cls))

    # --- queries -----------------------------------------------------------------------------------------------

    def _on_query(self, site: Site, func: ir.Attribute, name: str, query: Query) -> Operation | None:
        act = tables.QUERY_ACTS.get(name) or (tables.RELATED_ACTS.get(name) if query.related else None)
        if act is None:
            return None
        if name == "bulk_create" and any(argument(site.call, 99, k) for k in ("ignore_conflicts", "update_conflicts")):
            act = "upsert"
        if act == "fetch" and query.locked and name != "aggregate":
            act = "lock"
        operation = self._operation(site, cast("Act", act), query.model)
        self._look_up(operation, site.call, site.env)
        if act in ("create", "upsert", "update"):
            self._written(operation, site, name)
        return operation

    def _written(self, operation: Operation, site: Site, name: str) -> None:
        """The fields that a call on a query writes."""
        call, env = site.call, site.env
        given = [a for a in call.args if a.keyword is not None and a.keyword not in _NO_FIELDS]
        if name == "update":
            starred = any(a.star == "**" for a in call.args)
            operation.fields = None if starred else frozenset(a.keyword for a in given if a.keyword)
            operation.atomic = bool(given) and all(self._computed(a.value, env) for a in given)
        elif name == "bulk_update":
            fields = argument(call, 1, "fields")
            operation.fields = self._names(fields, env) if fields is not None else None

    def _computed(self, node: ir.Expr, env: Env) -> bool:
        """Whether the database computes a value: an `F()` stands in it."""
        match node:
            case ir.Call():
                callee = self.solver.value(node.func, env).only
                own = isinstance(callee, External) and callee.qualname.startswith("django.db.models")
                return own or any(self._computed(a.value, env) for a in node.args)
            case ir.BinOp():
                return self._computed(node.left, env) or self._computed(node.right, env)
            case _:
                return False

    def _evaluation(self, site: Site) -> Operation | None:
        """`list(queryset)`, `len(queryset)`."""
        given = argument(site.call, 0)
        if given is None or not isinstance(self.solver.value(site.call.func, site.env).only, External):
            return None
        query = self.query(self.solver.value(given, site.env))
        if query is None:
            return None
        operation = self._operation(site, "lock" if query.locked else "fetch", query.model)
        self._look_up_in(operation, given, site.env)
        return operation

    def _loop(self, site: Site) -> Operation | None:
        """A queryset that is iterated over where it is made, or under the name that it is given."""
        nodes, names = self._evaluated(site)
        return self._whole(site) if id(site.call) in nodes or is_assigned_to(site, names) else None

    def _own_query(self, site: Site, name: str) -> Operation | None:
        """The same for the project's own methods that give querysets."""
        return None if name in tables.CHANGING else self._loop(site)

    def _whole(self, site: Site) -> Operation | None:
        query = self.query(self.solver.value(site.call, site.env))
        if query is None:
            return None
        operation = self._operation(site, "lock" if query.locked else "fetch", query.model)
        self._look_up_in(operation, site.call, site.env)
        return operation

    def _evaluated(self, site: Site) -> tuple[frozenset[int], frozenset[str]]:
        """The expressions and the names that a function iterates over or tests."""
        key = (site.unit.filename, site.unit.offset)
        if key not in self._seen:
            found = list(evaluations(site.unit.nodes))
            names = frozenset(n.id for n in found if isinstance(n, ir.Name))
            self._seen[key] = (frozenset(id(n) for n in found), names)
        return self._seen[key]

    def _shortcut(self, site: Site) -> Operation | None:
        only = self.solver.value(site.call.func, site.env).only
        if not isinstance(only, External) or not only.qualname.startswith("django.shortcuts."):
            return None
        given = argument(site.call, 0, "klass")
        value = self.solver.value(given, site.env) if given is not None else Value()
        query = self.query(value)
        model = query.model if query else value.only.cls if isinstance(value.only, ClassObject) else None
        operation = self._operation(site, "lock" if query and query.locked else "fetch", model)
        if given is not None:
            self._look_up_in(operation, given, site.env)
        self._add_lookups(operation, site.call)
        return operation

    # --- records -----------------------------------------------------------------------------------------------

    def _on_record(self, site: Site, func: ir.Attribute, name: str, model: ClassRef) -> Operation:
        operation = self._operation(site, cast("Act", tables.RECORD_ACTS[name]), None if model == OWN else model)
        operation.record = func.value
        operation.using = argument(site.call, 99, "using")
        if name in ("save", "save_base"):
            fields = argument(site.call, 99, "update_fields")
            operation.fields = self._names(fields, site.env) if fields is not None else None
            if self.is_new(func.value, site.env):
                operation.act = "create"
        return operation

    def is_new(self, node: ir.Expr, env: Env) -> bool:
        """Whether an expression is an instance made just before by calling its class."""
        call = made_by(node, env)
        only = self.solver.value(call.func, call_env(node, env)).only if call is not None else None
        return isinstance(only, ClassObject) and self.models.is_model(only.cls)

    # --- parts -------------------------------------------------------------------------------------------------

    def _operation(self, site: Site, act: Act, model: ClassRef | None) -> Operation:
        return Operation(act, "django", site, None if model == OWN else model)

    def _names(self, node: ir.Expr, env: Env) -> frozenset[str] | None:
        """The strings of a display; None when it is something else."""
        only = self.solver.value(node, env).only
        if not isinstance(only, Sequence) or only.items is None:
            return None
        items = [i.only for i in only.items]
        names = [i.value for i in items if isinstance(i, Literal) and isinstance(i.value, str)]
        return frozenset(names) if len(names) == len(items) else None

    def _look_up(self, operation: Operation, call: ir.Call, env: Env) -> None:
        """The lookups of a call on a query, its own last."""
        assert isinstance(call.func, ir.Attribute)
        self._look_up_in(operation, call.func.value, env)
        name = tables.plain_method(call.func.attr)
        if name in tables.NARROWING or name in tables.PAIR:
            self._add_lookups(operation, call)

    def _look_up_in(self, operation: Operation, node: ir.Expr, env: Env) -> None:
        """The lookups of the chain that a queryset is made by."""
        for call in reversed(list(chain(node, env))):
            assert isinstance(call.func, ir.Attribute)
            if call.func.attr in tables.NARROWING and call.func.attr != "exclude":
                self._add_lookups(operation, call)
            elif call.func.attr in ("using", "db_manager"):
                operation.using = argument(call, 0, "alias")

    def _add_lookups(self, operation: Operation, call: ir.Call) -> None:
        found = tuple((a.keyword, a.value) for a in call.args if a.keyword is not None and a.keyword not in _NO_FIELDS)
        operation.lookups += found
        keys = {"pk", "pk__exact", self.models.key(operation.model).name if operation.model is not None else "id"}
        operation.by_key = operation.by_key or any(name in keys for name, _ in found)
