"""What calls on Django's records, managers and querysets do to the database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import Def, Env, ExprDef, NarrowDef
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
_LONGEST_CHAIN = 30


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
            operation.record = _self_name(site)
            return operation
        if isinstance(only, Instance):
            cls = only.cls
        sort = self.sorts.of(cls) if isinstance(cls, ClassRef) else ""
        if name == "get_object" and sort == "view":
            return self._operation(site, "fetch", self.sorts.model(cast("ClassRef", cls)))
        if name == "save" and sort in ("form", "serializer"):
            return self._saved_form(site, cast("ClassRef", cls))
        return None

    def _saved_form(self, site: Site, cls: ClassRef) -> Operation | None:
        commit = argument(site.call, 0, "commit")
        if (isinstance(commit, ir.Constant) and commit.value is False) or self.models.method(cls, "save"):
            return None
        model = self.sorts.model(cls)
        if model is None:
            return None
        assert isinstance(site.call.func, ir.Attribute)
        made = _made_by(site.call.func.value, site.env)
        new = made is not None and argument(made, 0 if self.sorts.of(cls) == "serializer" else 99, "instance") is None
        starred = made is not None and any(a.star for a in made.args)
        called = made is not None and isinstance(made.func, ir.Name) and made.func.id[:1].isupper()
        return self._operation(site, "create" if new and called and not starred else "save", model)

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
        if id(site.call) not in nodes and not _named(site, names):
            return None
        return self._whole(site)

    def _own_query(self, site: Site, name: str) -> Operation | None:
        """The same for the project's own methods that give querysets."""
        if name in tables.CHANGING or not (id(site.call) in self._evaluated(site)[0] or _named(site, self._evaluated(site)[1])):
            return None
        return self._whole(site)

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
            found = list(_evaluations(site.unit.body))
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
        call = _made_by(node, env)
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
        for call in reversed(list(_chain(node, env))):
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


def _chain(node: ir.Expr, env: Env) -> Iterator[ir.Call]:
    """The calls of a chain of methods, outermost first, through names that stand for one."""
    for _ in range(_LONGEST_CHAIN):
        if isinstance(node, ir.Call) and isinstance(node.func, ir.Attribute):
            yield node
            node = node.func.value
            continue
        definition = _definition(node, env)
        if not isinstance(definition, ExprDef):
            return
        node, env = definition.node, definition.env


def _definition(node: ir.Expr, env: Env) -> Def | None:
    """The one definition of a name, narrowing aside."""
    found = env.lookup(node.id)[0] if isinstance(node, ir.Name) else None
    while isinstance(found, NarrowDef):
        found = found.before
    return found


def _made_by(node: ir.Expr, env: Env) -> ir.Call | None:
    """The call that made what an expression is."""
    if isinstance(node, ir.Call):
        return node
    definition = _definition(node, env)
    made = definition.node if isinstance(definition, ExprDef) else None
    return made if isinstance(made, ir.Call) else None


def call_env(node: ir.Expr, env: Env) -> Env:
    """The environment of the call that made what an expression is."""
    definition = _definition(node, env)
    return definition.env if isinstance(definition, ExprDef) else env


def _evaluations(body: list[ir.Stmt]) -> Iterator[ir.Expr]:
    """What a function iterates over, takes an item of, or tests for being empty."""
    for node in walk(body):
        match node:
            case ir.For() | ir.Clause():
                yield _unsliced(node.iter)
            case ir.Starred():
                yield _unsliced(node.value)
            case ir.Subscript() if not isinstance(node.index, ir.SliceExpr):
                yield node.value
            case ir.If() | ir.While() | ir.IfExp():
                yield node.test.operand if isinstance(node.test, ir.UnaryOp) else node.test
            case ir.Compare(ops=["in" | "not in"]):
                yield node.comparators[0]
            case _:
                pass


def _unsliced(node: ir.Expr) -> ir.Expr:
    return node.value if isinstance(node, ir.Subscript) and isinstance(node.index, ir.SliceExpr) else node


def _named(site: Site, names: frozenset[str]) -> bool:
    """Whether a call is what is assigned to one of the names."""
    stmt = site.stmt
    if not isinstance(stmt, ir.Assign) or stmt.value is not site.call:
        return False
    return any(isinstance(t, ir.Name) and t.id in names for t in stmt.targets)


def _self_name(site: Site) -> ir.Expr:
    """The first parameter of the method that a call stands in, as an expression."""
    function = site.unit.function
    params = [*function.params.posonly, *function.params.args] if function else []
    return ir.Name(site.call.start, site.call.start, params[0].name if params else "self")
