"""The solver: from definitions to values, on demand, across the files of the project."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable
from collections.abc import Sequence as SequenceOf
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.project import modules
from jobcheck.project.modules import Project
from jobcheck.project.resolver import Query
from jobcheck.project.shape import AssignDecl, ClassDecl, DecoratorDecl, FunctionDecl
from jobcheck.project.source import UnreadableSource
from jobcheck.solve import attributes, calls, contexts, definitions, expressions, operators, promises, stdlib
from jobcheck.solve.binding import bound_flow, inherits
from jobcheck.solve.callers import Callers
from jobcheck.solve.classes import Classes
from jobcheck.solve.decorators import CONTEXT_MANAGERS, PROPERTIES, TRANSPARENT
from jobcheck.solve.defs import Def, Env, PhiDef
from jobcheck.solve.effects import Effects
from jobcheck.solve.flow import Flow, body_flow, function_flow
from jobcheck.solve.kinds import (
    DEEPEST,
    NOTHING,
    UNKNOWN,
    ClassObject,
    ClassRef,
    Coroutine,
    External,
    Function,
    FunctionRef,
    Generator,
    Instance,
    Literal,
    LocalFunction,
    Mapping,
    ModuleKind,
    Origin,
    Plain,
    Sequence,
    Value,
    join,
    known,
    plain,
)  # fmt: skip
from jobcheck.solve.orm.base import Records
from jobcheck.solve.pursuit import HOLDS, Pursuit
from jobcheck.solve.reach import Reach
from jobcheck.solve.sources import Sources
from jobcheck.solve.transactions import Transactions
from jobcheck.solve.units import Unit
from jobcheck.wire import tables
from jobcheck.wire.tables import Wire

if TYPE_CHECKING:
    from jobcheck.code.ir import Lowered
    from jobcheck.frameworks.base import Framework

# How many definitions, expressions and functions deep one question may go; beyond, the answer is unknown.
DEEPEST_QUESTION = 400
DEEPEST_CALL = 6
# How many expressions one question may look at. Mutually recursive code would otherwise be walked again and again.
LONGEST_QUESTION = 4_000

# A function is solved for one call of it alone, when it has at most this many bytes, and within this many calls.
LARGEST_BINDING = 4_000
DEEPEST_BINDING = 3

LowerIsland = Callable[[str, int, int], "Lowered"]


class Solver:
    """Answers questions about values. All answers are remembered; a question that meets itself answers nothing."""

    def __init__(self, project: Project, frameworks: SequenceOf[Framework], lower: LowerIsland) -> None:
        self.project = project
        self.frameworks = tuple(frameworks)
        self.classes = Classes(self)
        self.records = Records(self)
        self.callers = Callers(self)
        self.effects = Effects(self)
        self.sources = Sources(self)
        self.reach = Reach(self)
        self.transactions = Transactions(self)
        self._lower = lower
        self.serializers: dict[str, str] = {}
        self.own_wires: dict[str, Wire] = {}
        self.versions: dict[str, str] = {}
        self.is_test: Callable[[str], bool] = lambda filename: False
        self._units: dict[tuple[str, int, int], Unit] = {}
        self._declared: dict[tuple[str, int], Value] = {}
        self._module_names: dict[tuple[str, str], Value] = {}
        self._returns: dict[FunctionRef | tuple[FunctionRef, int], Value] = {}
        self._functions: dict[tuple[str, int], tuple[FunctionDecl, ClassRef | None]] = {}
        self._of_file: dict[str, list[tuple[FunctionDecl, ClassRef | None]]] = {}
        self._classes: dict[tuple[str, int], ClassDecl] = {}
        self._registered: set[str] = set()
        self._definitions: dict[object, tuple[Def, Value]] = {}
        self.pursuit = Pursuit()
        self._local_functions: list[tuple[ir.FunctionDef | ir.Lambda, Env]] = []
        self._local_numbers: dict[tuple[int, int], int] = {}
        self._depth = 0
        self._steps = 0
        self._calls = 0

    # --- islands -----------------------------------------------------------------------------------------------

    def unit(self, filename: str, start: int, end: int, qualname: str = "", cls: ClassRef | None = None) -> Unit:
        """The lowered island of some bytes of a file."""
        key = (filename, start, end)
        if key not in self._units:
            lowered = self._lower(filename, start, end)
            self._units[key] = Unit(filename, start, lowered.body, qualname, cls, lowered.refused)
        return self._units[key]

    def function_unit(self, ref: FunctionRef) -> Unit | None:
        """The unit of a function of the project."""
        found = self.function_decl(ref)
        if found is None:
            return None
        decl, cls = found
        return self.unit(ref.filename, decl.start, decl.end, decl.qualname, cls)

    def flow(self, unit: Unit) -> Flow:
        """The flow of a unit."""
        if unit.flow is None:
            function = unit.function
            if function is not None:
                unit.flow = function_flow(unit, function, None)
            else:
                unit.flow = body_flow(unit, unit.body)
        return unit.flow

    def nested_flow(self, ref: LocalFunction) -> Flow | None:
        """The flow of a function or lambda that stands inside another one."""
        node, env = self._local_functions[ref.node]
        whole = env.unit.flow
        return whole.nested.get(id(node)) if whole else None

    def nested_node(self, ref: LocalFunction) -> tuple[ir.FunctionDef | ir.Lambda, Env] | None:
        """The IR and the surrounding environment of a nested function."""
        return self._local_functions[ref.node]

    def local_function(self, node: ir.FunctionDef | ir.Lambda, env: Env) -> int:
        """The number of a nested function; one for each flow of the function around it."""
        key = (id(node), id(env.unit))
        if key not in self._local_numbers:
            self._local_numbers[key] = len(self._local_functions)
            self._local_functions.append((node, env))
        return self._local_numbers[key]

    # --- declarations ------------------------------------------------------------------------------------------

    def _register(self, filename: str) -> None:
        """Note the functions and classes of a file, so that references to them can be followed back."""
        if filename in self._registered:
            return
        self._registered.add(filename)
        try:
            shape = self.project.shape(filename)
        except UnreadableSource:
            return
        own: dict[int, tuple[FunctionDecl, ClassRef | None]] = {f.start: (f, None) for f in shape.functions}
        pending = list(shape.classes)
        while pending:
            decl = pending.pop()
            self._classes[(filename, decl.start)] = decl
            ref = self.classes.register(filename, decl)
            own.update((method.start, (method, ref)) for method in decl.functions)
            pending.extend(decl.classes)
        self._of_file[filename] = list(own.values())
        self._functions.update(((filename, start), found) for start, found in own.items())

    def function_decl(self, ref: FunctionRef) -> tuple[FunctionDecl, ClassRef | None] | None:
        """A function's declaration and the class that it is a method of."""
        self._register(ref.filename)
        return self._functions.get((ref.filename, ref.start))

    def function_at(self, filename: str, start: int) -> tuple[FunctionDecl, ClassRef | None] | None:
        """The declaration that starts at an offset, and the class that it is a method of."""
        self._register(filename)
        return self._functions.get((filename, start))

    def class_decl(self, ref: ClassRef) -> ClassDecl | None:
        """A class's declaration; None for one outside the project."""
        if ref.filename is None:
            return None
        self._register(ref.filename)
        return self._classes.get((ref.filename, ref.start))

    def functions_of(self, filename: str) -> list[tuple[FunctionDecl, ClassRef | None]]:
        """Every function and method that a file declares outside other functions."""
        self._register(filename)
        return self._of_file.get(filename, [])

    def declared(self, filename: str, decl: object, cls: ClassRef | None = None) -> Value:
        """The value of a declaration of a module or a class body."""
        assert isinstance(decl, (FunctionDecl, ClassDecl, AssignDecl))
        start = decl.start
        key = (filename, start)
        if isinstance(decl, AssignDecl) and len(decl.names) > 1:
            return UNKNOWN
        if key in self._declared:
            return self._declared[key]
        question = ("declared", key)
        if self.pursuit.meets(question):
            return NOTHING
        saved = self.pursuit.enter(question)
        try:
            value = self._declare(filename, decl, cls)
        finally:
            holds = self.pursuit.leave(question, saved)
        if holds:
            self._declared[key] = value
        return value

    def _declare(self, filename: str, decl: object, cls: ClassRef | None) -> Value:
        if isinstance(decl, FunctionDecl):
            return self._declare_function(filename, decl, cls)
        if isinstance(decl, ClassDecl):
            ref = self.classes.register(filename, decl)
            origin = Origin(filename, decl.name_start, decl.name_end)
            return known(ClassObject(ref), origin)
        if isinstance(decl, AssignDecl):
            return self._declare_assign(filename, decl, cls)
        return UNKNOWN

    def _declare_function(self, filename: str, decl: FunctionDecl, cls: ClassRef | None) -> Value:
        self._register(filename)
        ref = FunctionRef(filename, decl.qualname, decl.start)
        origin = Origin(filename, decl.name_start, decl.name_end)
        value = known(Function(ref), origin)
        for decorator in reversed(decl.decorators):
            name = self.decorator_name(filename, decorator)
            if name in TRANSPARENT or name in PROPERTIES or name in CONTEXT_MANAGERS:
                continue
            made = self._decorated(filename, decorator, decl, cls)
            if made is not None:
                return made
            value = Value(value.alts, True)
        return value

    def _decorated(self, filename: str, decorator: DecoratorDecl, decl: FunctionDecl, cls: ClassRef | None) -> Value | None:
        """What a framework makes of the function by this decorator."""
        if not self._may_be_framework(filename, decorator):
            return None
        for kind in self.decorator_value(filename, decorator).kinds():
            for framework in self.frameworks:
                made = framework.decorate(self, kind, filename, decl, cls)
                if made is not None:
                    return made
        return None

    def _may_be_framework(self, filename: str, decorator: DecoratorDecl) -> bool:
        """A cheap look at the name, so that decorators of other libraries are not lowered."""
        if not decorator.dotted:
            return True
        resolution = self.project.resolve_dotted(filename, decorator.dotted)
        if isinstance(resolution, modules.External):
            return any(f.knows(resolution.qualname) for f in self.frameworks)
        return True

    def decorator_name(self, filename: str, decorator: DecoratorDecl) -> str:
        """The full name of a decorator from outside the project; as written where it is not that."""
        if not decorator.dotted:
            return ""
        resolution = self.project.resolve_dotted(filename, decorator.dotted)
        if isinstance(resolution, modules.External):
            return resolution.qualname.removeprefix("builtins.")
        return decorator.dotted

    def decorator_value(self, filename: str, decorator: DecoratorDecl) -> Value:
        """What the expression after the @ is; the `__call__` of an object whose class the project has."""
        return calls.callable_of(self, self.expression(filename, decorator.start, decorator.end))

    def reason_of(self, filename: str, decorator: DecoratorDecl) -> str | None:
        """The string that is a decorator call's first argument."""
        unit = self.unit(filename, decorator.start, decorator.end)
        stmt = unit.body[0] if len(unit.body) == 1 else None
        if not isinstance(stmt, ir.ExprStmt) or not isinstance(stmt.value, ir.Call) or not stmt.value.args:
            return None
        only = self.value(stmt.value.args[0].value, self.flow(unit).entered[id(stmt)]).only
        return only.value if isinstance(only, Literal) and isinstance(only.value, str) else None

    def expression(self, filename: str, start: int, end: int, cls: ClassRef | None = None) -> Value:
        """The value of an expression at module (or class) level, cut by its bytes."""
        unit = self.unit(filename, start, end, cls=cls)
        if len(unit.body) != 1 or not isinstance(unit.body[0], ir.ExprStmt):
            return UNKNOWN
        flow = self.flow(unit)
        return self.value(unit.body[0].value, flow.entered[id(unit.body[0])])

    def _declare_assign(self, filename: str, decl: AssignDecl, cls: ClassRef | None) -> Value:
        if decl.value is None:
            return UNKNOWN if decl.annotation is None else self.annotated_at(filename, decl.annotation, cls).opened()
        if decl.augmented or decl.unpacked:
            return UNKNOWN
        value = self.expression(filename, *decl.value, cls=cls)
        if cls is None and len(decl.names) == 1 and (value.unknown or _is_foreign(value)):
            for framework in self.frameworks:
                guessed = framework.guess(self, filename, decl.names[0])
                if guessed is not None:
                    return guessed
        if value.unknown and decl.annotation is not None:
            return self.annotated_at(filename, decl.annotation, cls)
        return value

    def annotated_at(self, filename: str, span: tuple[int, int], cls: ClassRef | None = None) -> Value:
        """The values that an annotation promises, cut by its bytes."""
        unit = self.unit(filename, *span, cls=cls)
        if len(unit.body) != 1 or not isinstance(unit.body[0], ir.ExprStmt):
            return UNKNOWN
        flow = self.flow(unit)
        return self.annotation(unit.body[0].value, flow.entered[id(unit.body[0])])

    def top_statements(self, filename: str) -> list[tuple[Unit, ir.Stmt]]:
        """The top-level and class-level statements of a file, each lowered alone."""
        try:
            shape = self.project.shape(filename)
        except UnreadableSource:
            return []
        spans: list[tuple[int, int, ClassRef | None]] = [(s.start, s.end, None) for s in shape.statements]
        for decl in shape.classes:
            ref = self.classes.register(filename, decl)
            spans.extend((a.start, a.end, ref) for a in decl.assigns)
            spans.extend((o.start, o.end, ref) for o in decl.others)
        found: list[tuple[Unit, ir.Stmt]] = []
        for start, end, cls in spans:
            unit = self.unit(filename, start, end, cls=cls)
            found.extend((unit, stmt) for stmt in unit.body)
        return found

    def raw(self, filename: str) -> bytes | None:
        """The text of a file as UTF-8; None when it cannot be read."""
        try:
            return self.project.source(filename).data
        except UnreadableSource:
            return None

    def wire(self, name: str) -> Wire:
        """A wire in the version that the project uses; one of the project's own by the name that a framework gave it."""
        if name in self.own_wires:
            return self.own_wires[name]
        return tables.wire_of(name, self.versions)

    def forced_wire(self, framework: str) -> str | None:
        """The serializer that jobcheck's own configuration names for a framework."""
        return self.serializers.get(framework)

    # --- names -------------------------------------------------------------------------------------------------

    def module_attribute(self, filename: str, name: str) -> Value:
        """What a name means at the top level of a module."""
        key = (filename, name)
        if key not in self._module_names:
            question = ("name", key)
            if self.pursuit.meets(question):
                return NOTHING
            saved = self.pursuit.enter(question)
            try:
                value = self.resolved(self.project.resolve(filename, name), name)
            finally:
                holds = self.pursuit.leave(question, saved)
            if not holds:
                return value
            self._module_names[key] = value
        return self._module_names[key]

    def resolved(self, resolution: object, name: str) -> Value:
        """The value of what a name was resolved to; a name that is missing may be a builtin."""
        match resolution:
            case modules.Ambiguous(candidates=candidates):
                return join(self.resolved(single, name) for single in candidates)
            case modules.Declared(filename=filename, decls=decls):
                if any(isinstance(d, AssignDecl) and (d.augmented or d.unpacked) for d in decls):
                    return UNKNOWN
                return join(self.declared(filename, decl) for decl in decls)
            case modules.External(qualname=qualname):
                return self.external(qualname.removeprefix("builtins."))
            case modules.Module(filename=filename, dotted=dotted_name):
                return known(ModuleKind(filename, dotted_name))
            case modules.Missing():
                return self.builtin(name)
            case _:
                return UNKNOWN

    def member_of(self, filename: str, dotted_name: str, name: str) -> Value:
        """An attribute of a module: what it binds, or a submodule."""
        key = (filename, "." + name)
        if key not in self._module_names:
            module = modules.Module(filename, dotted_name)
            question = ("name", key)
            if self.pursuit.meets(question):
                return NOTHING
            saved = self.pursuit.enter(question)
            try:
                value = self.resolved(Query(self.project).attribute(module, name), "")
            finally:
                holds = self.pursuit.leave(question, saved)
            if not holds:
                return value
            self._module_names[key] = value
        return self._module_names[key]

    def imported(self, dotted_name: str, name: str) -> Value:
        """An attribute of a namespace package."""
        found = self.project.find_module(f"{dotted_name}.{name}")
        if isinstance(found, str):
            return known(ModuleKind(found, f"{dotted_name}.{name}"))
        return known(ModuleKind(None, f"{dotted_name}.{name}")) if found is not None else UNKNOWN

    def missing(self, filename: str, name: str) -> bool:
        """Whether a module surely has no such name (and it is no builtin)."""
        module = modules.Module(filename, self.project.module_name(filename))
        return isinstance(Query(self.project).attribute(module, name), modules.Missing)

    def external(self, qualname: str) -> Value:
        """Something from outside the project, by full name."""
        named = stdlib.ATTRIBUTES.get(qualname)
        return self.named_kind(named) if named else known(External(qualname))

    def builtin(self, name: str) -> Value:
        """A builtin by its name; unknown for others."""
        if hasattr(builtins, name):
            return known(External(name))
        return UNKNOWN

    def named_kind(self, names: str, receiver: Value = UNKNOWN) -> Value:
        """A value from the notation of `stdlib`: `str|none`, `list[str]`."""
        parts = []
        for name in names.split("|"):
            if name.endswith("]"):
                outer, inner = name[:-1].split("[")
                parts.append(known(Sequence(outer, plain(inner))))
            elif name == "dict":
                parts.append(known(Mapping("dict", (), (UNKNOWN, UNKNOWN))))
            elif name == "self":
                parts.append(receiver)
            else:
                parts.append(plain(name))
        return join(parts)

    # --- expressions -------------------------------------------------------------------------------------------

    @property
    def outermost(self) -> bool:
        """Whether the question is about the code that was asked about, and not about a function that it calls.

        Only then are parameters sought at their callers; answers of the two sorts are remembered apart.
        """
        return self._calls == 0

    def value(self, node: ir.Expr, env: Env) -> Value:
        """What an expression may be where `env` holds."""
        memo: dict[object, Value] = env.values
        key = id(node) if self._calls == 0 else -id(node)
        found = memo.get(key)
        if found is not None:
            return found
        found = memo.get((key, self._calls))
        if found is not None:
            self.pursuit.cut()
            return found
        inside = (id(node), id(env), self._calls)
        found = self.pursuit.inside(inside)
        if found is not None:
            return found
        if self._depth == 0:
            self._steps = 0
        self._steps += 1
        if self._depth > DEEPEST_QUESTION or self._steps > LONGEST_QUESTION:
            self.pursuit.give_up()
            return UNKNOWN
        self._depth += 1
        saved = self.pursuit.begin()
        try:
            result = expressions.evaluate(self, node, env)
        finally:
            self._depth -= 1
            holds = self.pursuit.end(saved)
        if result.alts:
            result = result.at(env.unit.origin(node))
        if holds:
            memo[key if holds == HOLDS else (key, self._calls)] = result
        else:
            self.pursuit.keep(inside, result, (node, env))
        return result

    def name(self, name: str, env: Env) -> Value:
        """What a name may be where `env` holds."""
        definition, local = env.lookup(name)
        if definition is not None:
            return self.definition(definition)
        if local:
            return UNKNOWN
        cls = env.unit.cls
        if cls is not None and not env.unit.qualname:
            # A statement of a class body sees the class's own names first.
            for info, decl in self.classes.lookup(cls, name):
                if info.ref == cls:
                    return self.declared(info.filename, decl, cls)
        return self.module_attribute(env.unit.filename, name)

    def attribute(self, owner: Value, name: str) -> Value:
        """`owner.name`."""
        if owner.unknown:
            return NOTHING if not owner.open else UNKNOWN
        value = join(attributes.attribute(self, alt.kind, name) for alt in owner.alts)
        return value.opened() if owner.open else value

    # --- definitions -------------------------------------------------------------------------------------------

    def definition(self, definition: Def) -> Value:
        """What a definition may give."""
        key = id(definition) if self._calls == 0 else -id(definition)
        found = self._definitions.get(key)
        if found is not None:
            return found[1]
        found = self._definitions.get((key, self._calls))
        if found is not None:
            self.pursuit.cut()
            return found[1]
        if self.pursuit.meets(key):
            return NOTHING
        inside = (key, self._calls)
        kept = self.pursuit.inside(inside)
        if kept is not None:
            return kept
        if self._depth > DEEPEST_QUESTION:
            self.pursuit.give_up()
            return UNKNOWN
        # Every circle of definitions goes through the head of a loop: from there, its answer depends on no one who asks.
        head = isinstance(definition, PhiDef) and definition.loop
        saved = self.pursuit.enter_head(key) if head else self.pursuit.enter(key, passing=True)
        self._depth += 1
        try:
            value = definitions.defined(self, definition)
        finally:
            self._depth -= 1
            holds = self.pursuit.leave(key, saved)
        if holds:
            self._definitions[key if holds == HOLDS else (key, self._calls)] = (definition, value)
        else:
            self.pursuit.keep(inside, value, definition)
        return value

    def iterated(self, value: Value) -> Value:
        """One item of what is iterated over."""
        if value.unknown:
            return value
        parts = [operators.element(self, alt.kind) for alt in value.alts]
        return join([*parts, UNKNOWN] if value.open else parts)

    # --- functions ---------------------------------------------------------------------------------------------

    def returned(self, ref: FunctionRef) -> Value:
        """What calling a function of the project gives, whatever the arguments."""
        if ref in self._returns:
            return self._returns[ref]
        found = self._returns.get((ref, self._calls))
        key = ("returns", ref)
        if found is not None or self._calls >= DEEPEST_CALL:
            self.pursuit.cut()
            return UNKNOWN if found is None else found
        if self.pursuit.meets(key):
            return UNKNOWN
        saved = self.pursuit.enter(key)
        self._calls += 1
        try:
            value = self._returned(ref)
        finally:
            self._calls -= 1
            holds = self.pursuit.leave(key, saved)
        if holds:
            self._returns[ref if holds == HOLDS else (ref, self._calls)] = value
        return value

    def returned_to(self, callee: Function, node: ir.Call, env: Env) -> Value:
        """What one call of a function of the project gives: by its arguments, where that is not known without them.

        What an inherited method gives of its own class it gives of the class that it is called on.
        """
        value = self.returned(callee.ref)
        key = ("bound", callee.ref)
        found = self.function_decl(callee.ref)
        inherited = found is not None and found[1] is not None and inherits(callee, found[1], value)
        if not (inherited or (value.vague and node.args)) or self.pursuit.meets(key):
            return value
        if self._calls >= DEEPEST_BINDING:
            self.pursuit.cut()
            return value
        if found is None or found[0].end - found[0].start > LARGEST_BINDING or not self._plainly_decorated(callee.ref, found[0]):
            return value
        saved = self.pursuit.enter(key)
        self._calls += 1
        try:
            flow = bound_flow(self, callee, node, env)
            closer = self.flow_value(flow) if flow is not None else UNKNOWN
        finally:
            self._calls -= 1
            self.pursuit.leave(key, saved)
        if closer.unknown:
            return value
        return known(Coroutine(closer)) if found[0].is_async else closer

    def yielded_to(self, callee: Function, node: ir.Call, env: Env) -> Value:
        """What a generator of the project yields for one call of it."""
        key = ("yielded", callee.ref)
        if self._calls >= DEEPEST_CALL:
            self.pursuit.cut()
            return UNKNOWN
        if self.pursuit.meets(key):
            return UNKNOWN
        saved = self.pursuit.enter(key)
        self._calls += 1
        try:
            flow = bound_flow(self, callee, node, env)
            return self.yielded(flow) if flow is not None else UNKNOWN
        finally:
            self._calls -= 1
            self.pursuit.leave(key, saved)

    def _plainly_decorated(self, ref: FunctionRef, decl: FunctionDecl) -> bool:
        names = (self.decorator_name(ref.filename, d) for d in decl.decorators)
        return all(n in TRANSPARENT and n not in CONTEXT_MANAGERS for n in names)

    def _returned(self, ref: FunctionRef) -> Value:
        found = self.function_decl(ref)
        if found is None:
            return UNKNOWN
        decl, cls = found
        names = [self.decorator_name(ref.filename, d) for d in decl.decorators]
        if any(n in CONTEXT_MANAGERS for n in names):
            return UNKNOWN
        promised = self.annotated_at(ref.filename, decl.returns, cls) if decl.returns else UNKNOWN
        if promised.alts and not promised.open and all(isinstance(k, (Plain, Literal)) for k in promised.kinds()):
            value = promised
        else:
            value = self._body_value(ref)
            if value.unknown and not promised.unknown:
                value = promised
            if isinstance(value.only, Generator) and value.only.element.unknown:
                value = known(Generator(contexts.promised_item(self, ref.filename, decl, cls)))
        if any(n not in TRANSPARENT and n not in PROPERTIES for n in names):
            value = value.opened()
        return known(Coroutine(value)) if decl.is_async else value

    def _body_value(self, ref: FunctionRef) -> Value:
        unit = self.function_unit(ref)
        if unit is None or unit.refused or unit.function is None:
            return UNKNOWN
        return self.flow_value(self.flow(unit))

    def flow_value(self, flow: Flow) -> Value:
        """What a function with this flow returns."""
        if flow.yields:
            return known(Generator(self.yielded(flow)))
        parts = [self.value(e.node, e.env) if e.node is not None else plain("none") for e in flow.returns]
        if flow.falls_through:
            parts.append(plain("none"))
        if len(parts) > 1 and all(p.only in (Plain("none"), Literal(None)) for p in parts):
            return plain("none")
        return join(parts) if parts else NOTHING

    def yielded(self, flow: Flow) -> Value:
        """What a generator with this flow yields, each time."""
        parts = []
        for found in flow.yields:
            value = self.value(found.node, found.env) if found.node is not None else plain("none")
            parts.append(self.iterated(value) if found.each else value)
        return join(parts) if parts else UNKNOWN

    def annotation(self, node: ir.Expr, env: Env) -> Value:
        """The values that an annotation promises."""
        return promises.annotated(self, node, env, DEEPEST)

    # --- classes -----------------------------------------------------------------------------------------------

    def member(self, cls: ClassRef, name: str) -> Iterable[tuple[str, object, ClassRef]]:
        """Declarations of a class attribute: file, declaration, the class that declares it."""
        for info, decl in self.classes.lookup(cls, name):
            yield info.filename, decl, info.ref


def _is_foreign(value: Value) -> bool:
    """Whether it is an object of a class outside of the project: what that is, its uses may tell."""
    only = value.only
    return isinstance(only, Instance) and only.cls.filename is None
