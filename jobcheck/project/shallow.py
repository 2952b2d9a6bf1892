"""The shape of a module by tree-sitter: reads declarations level by level and never looks into a function.

Independent of the Python that runs jobcheck. What tree-sitter cannot parse goes to `recover`.
"""

from __future__ import annotations

import re
from ast import literal_eval
from dataclasses import field
from unicodedata import normalize

import tree_sitter_python
from tree_sitter import Language, Node, Parser

from jobcheck.project.shape import (
    AssignDecl,
    BaseDecl,
    Binding,
    ClassDecl,
    DecoratorDecl,
    FunctionDecl,
    Hole,
    ImportDecl,
    KeywordDecl,
    Param,
    ParamKind,
    Shape,
    Span,
    StatementDecl,
)
from jobcheck.values import dataclass

_LANGUAGE = Language(tree_sitter_python.language())

_LONE_CR = re.compile(rb"\r(?!\n)")
_NAME = re.compile(rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*")
_DOTTED = re.compile(_NAME.pattern + rb"(?:\s*\.\s*" + _NAME.pattern + rb")*")
_GAPS = re.compile(r"[\s\\]+")
_GLOBAL = re.compile(rb"^[ \t\f]*global[ \t]+([^\r\n#;]+)", re.MULTILINE)
_WALRUS = re.compile(rb":=")
_NAME_BEFORE = re.compile(rb"([A-Za-z_\x80-\xff][\w\x80-\xff]*)\s*$")
_LONGEST_NAME = 200
_DYNAMIC = (b"globals", b"exec", b"locals()", b"vars()", b"sys.modules")
_LONGEST_ALL = 200_000
_LONG = 200_000
_LONG_RUN = b"n" * 50_000
_NUMBER_MARKS = bytes(ord("n") if c in b"0123456789 \t\r\n,.+-" else ord("x") for c in range(256))
_BLANKS = bytes(ord(" ") if c in b"0123456789,.+-" else c for c in range(256))

_COMPOUND = frozenset({"if_statement", "for_statement", "while_statement", "try_statement", "with_statement", "match_statement"})
# Parts of a compound statement that hold statements.
_BODIES = frozenset(
    {
        "block",
        "elif_clause",
        "else_clause",
        "except_clause",
        "except_group_clause",
        "finally_clause",
        "case_clause",
    }
)
_IMPORTS = frozenset({"import_statement", "import_from_statement", "future_import_statement"})
_ASSIGNMENTS = frozenset({"assignment", "augmented_assignment"})
_PATTERNS = frozenset(
    {
        "as_pattern_target",
        "list",
        "list_pattern",
        "list_splat",
        "list_splat_pattern",
        "parenthesized_expression",
        "pattern_list",
        "tuple",
        "tuple_pattern",
    }
)
_WITH_PARTS = frozenset({"with_clause", "with_item", "tuple", "parenthesized_expression", "as_pattern"})
_PARAM_SHAPES = frozenset(
    {
        "default_parameter",
        "typed_parameter",
        "typed_default_parameter",
        "list_splat_pattern",
        "dictionary_splat_pattern",
        "tuple_pattern",
    }
)
_SPLATS: dict[str, ParamKind] = {"list_splat_pattern": "vararg", "dictionary_splat_pattern": "kwarg"}
_NOT_STATEMENTS = frozenset({"comment", ";", ":", "line_continuation"})


def index(data: bytes) -> Shape:
    """The shape of a module from its UTF-8 bytes. Never raises; what cannot be read is in `holes`."""
    if b"\r" in data:
        data = _LONE_CR.sub(b"\n", data)
    if len(data) > _LONG:
        data = _without_number_runs(data)
    root = parse(data)
    if root.has_error:
        from jobcheck.project import recover  # only for the rare file

        scope, holes = recover.read_broken(data)
    else:
        scope, holes = read_tree(data, root), []
    return _finish(data, scope, holes)


def parse(data: bytes) -> Node:
    """The root node of a fresh parse."""
    return Parser(_LANGUAGE).parse(data).root_node


def _without_number_runs(data: bytes) -> bytes:
    """The same code with endless rows of numbers blanked out: a tree of a million of them takes seconds."""
    marks = data.translate(_NUMBER_MARKS)
    parts: list[bytes] = []
    done = 0
    while (start := marks.find(_LONG_RUN, done)) >= 0:
        end = marks.find(b"x", start)
        end = len(data) if end < 0 else end
        first, last = data.find(b",", start, end), data.rfind(b",", start, end)
        if first < last:
            parts += (data[done : first + 1], data[first + 1 : last + 1].translate(_BLANKS))
            done = last + 1
        parts.append(data[done:end])
        done = end
    return b"".join((*parts, data[done:]))


def depth_of(root: Node, limit: int) -> int:
    """How deep a tree is, or `limit` when it is at least so deep. Visits every node: for islands, not for files."""
    cursor = root.walk()
    depth = deepest = 1
    while depth < limit:
        if cursor.goto_first_child():
            depth += 1
            deepest = max(deepest, depth)
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return deepest
            depth -= 1
    return limit


@dataclass(slots=True)
class Scope:
    """Declarations being collected for a module or a class body."""

    functions: list[FunctionDecl] = field(default_factory=list)
    classes: list[ClassDecl] = field(default_factory=list)
    assigns: list[AssignDecl] = field(default_factory=list)
    imports: list[ImportDecl] = field(default_factory=list)
    statements: list[StatementDecl] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)
    qualname: str | None = None
    """That of the class; None for a module."""

    def qualify(self, name: str) -> str:
        return name if self.qualname is None else f"{self.qualname}.{name}"

    def sort(self) -> None:
        """Bring the declarations into source order: nested blocks were read after their surroundings."""
        for found in (self.functions, self.classes, self.assigns, self.imports, self.statements):
            found.sort(key=_start)

    def extend(self, other: Scope) -> None:
        """Take over the declarations of another piece of the same scope."""
        self.functions += other.functions
        self.classes += other.classes
        self.assigns += other.assigns
        self.imports += other.imports
        self.statements += other.statements
        self.loose += other.loose


def read_tree(data: bytes, root: Node, base: int = 0) -> Scope:
    """The declarations of a faultless tree; `base` is added to all offsets (the tree is of a chunk of a file)."""
    return _Reader(data, base).read(root)


def _finish(data: bytes, scope: Scope, holes: list[Hole]) -> Shape:
    loose = list(scope.loose)
    if b"global" in data:
        for match in _GLOBAL.finditer(data):
            loose += [_decode(name) for name in _NAME.findall(match.group(1))]
    if b":=" in data:
        loose += _walrus_names(data)
    return Shape(
        functions=scope.functions,
        classes=scope.classes,
        assigns=scope.assigns,
        imports=scope.imports,
        statements=scope.statements,
        star_imports=[i for i in scope.imports if i.star],
        all_names=_all_names(data, scope),
        has_getattr=any(f.name == "__getattr__" for f in scope.functions),
        broken=bool(holes),
        holes=holes,
        loose_names=sorted(set(loose)),
        dynamic=any(word in data for word in _DYNAMIC),
    )


def _walrus_names(data: bytes) -> list[str]:
    befores = (data[max(0, m.start() - _LONGEST_NAME) : m.start()] for m in _WALRUS.finditer(data))
    return [_decode(match.group(1)) for before in befores if (match := _NAME_BEFORE.search(before))]


def _all_names(data: bytes, scope: Scope) -> list[str] | None:
    """The names in `__all__`, when it is put together of literals only."""
    if b"__all__" not in data:
        return None
    names: list[str] = []
    assigns = [a for a in scope.assigns if "__all__" in a.names]
    if not assigns or any(data.startswith(b"__all__", s.start) for s in scope.statements if not _is_any(s, assigns)):
        return None
    for assign in assigns:
        if assign.value is None or assign.unpacked or assign.value[1] - assign.value[0] > _LONGEST_ALL:
            return None
        try:
            value = literal_eval(data[slice(*assign.value)].decode("utf-8").strip())
        except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
            return None
        if not isinstance(value, (list, tuple)) or not all(isinstance(name, str) for name in value):
            return None
        names += value
    return list(dict.fromkeys(names))


def _is_any(statement: StatementDecl, assigns: list[AssignDecl]) -> bool:
    return any(a.start == statement.start for a in assigns)


def _start(decl: Binding | StatementDecl) -> int:
    return decl.start


def _decode(name: bytes) -> str:
    """An identifier or a dotted name, normalised as Python does."""
    text = name.decode("utf-8", "replace")
    return text if text.isascii() else normalize("NFKC", text)


Work = list[tuple[Node, Scope, bool]]


@dataclass(slots=True)
class _Reader:
    """Walks the statements of one tree with an explicit stack of blocks.

    `conditional` says that a block stands in a compound statement of its scope: what it declares may not be there.
    Everything found in a compound statement that is no declaration, its header included, is passed over.
    """

    data: bytes
    base: int

    def read(self, root: Node) -> Scope:
        module = Scope()
        scopes = [module]
        pending: Work = [(root, module, False)]
        while pending:
            block, scope, conditional = pending.pop()
            if scope is not scopes[-1] and scope.qualname is not None:
                scopes.append(scope)
            for node in block.children:
                self._statement(node, scope, conditional, pending)
        for scope in scopes:
            scope.sort()
        return module

    def _statement(self, node: Node, scope: Scope, conditional: bool, pending: Work) -> None:
        kind = node.type
        if kind == "expression_statement":
            self._expression(node, scope, conditional)
        elif kind == "function_definition":
            scope.functions.append(self._function(node, node.start_byte, [], scope, conditional))
        elif kind == "class_definition":
            pending += self._class(node, node.start_byte, [], scope, conditional)
        elif kind == "decorated_definition":
            self._decorated(node, scope, conditional, pending)
        elif kind in _IMPORTS and scope.qualname is None:
            self._import(node, kind, scope, conditional)
        elif kind in _BODIES:
            pending.append((node, scope, True))
        elif kind == "type_alias_statement":
            self._type_alias(node, scope, conditional)
        elif kind == "case_pattern":
            scope.loose += [_decode(name) for name in _NAME.findall(self._bytes(node))]
        elif kind not in _NOT_STATEMENTS and not conditional:
            self._other(node, scope)
        if kind in _COMPOUND:
            self._targets_of(node, kind, scope)
            pending.append((node, scope, True))

    # --- statements ------------------------------------------------------------------------------------------

    def _other(self, node: Node, scope: Scope) -> None:
        scope.statements.append(StatementDecl(*self._span(node)))

    def _expression(self, node: Node, scope: Scope, conditional: bool) -> None:
        inner = node.children[0]
        if inner.type in _ASSIGNMENTS:
            self._assign(node, inner, scope, conditional)
        elif not conditional:
            self._other(node, scope)

    def _assign(self, statement: Node, inner: Node, scope: Scope, conditional: bool) -> None:
        names: list[str] = []
        unpacked = False
        annotation = value = None
        augmented = inner.type == "augmented_assignment"
        while True:
            left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
            if left is not None:
                names += self._target_names(left)
                unpacked = unpacked or self._is_unpacking(left)
            annotation = annotation or self._span_or_none(inner.child_by_field_name("type"))
            if right is None:
                break
            if right.type != "assignment":
                value = self._span(right)
                break
            inner = right
        start, end = self._span(statement)
        scope.assigns.append(AssignDecl(tuple(names), start, end, value, annotation, augmented, conditional, unpacked))
        if scope.qualname is None and not conditional:
            scope.statements.append(StatementDecl(start, end))

    def _type_alias(self, node: Node, scope: Scope, conditional: bool) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        name = _NAME.match(self._bytes(left)) if left is not None else None
        if name is None:
            return
        start, end = self._span(node)
        value = self._span_or_none(right)
        scope.assigns.append(AssignDecl((_decode(name.group()),), start, end, value, None, False, conditional, False))
        if scope.qualname is None and not conditional:
            scope.statements.append(StatementDecl(start, end))

    def _targets_of(self, node: Node, kind: str, scope: Scope) -> None:
        """What the header of a `for` or `with` binds."""
        if kind == "for_statement":
            left = node.child_by_field_name("left")
            names = self._target_names(left) if left is not None else []
        elif kind == "with_statement":
            names = self._with_names(node)
        else:
            return
        if names:
            start, end = self._span(node)
            scope.assigns.append(AssignDecl(tuple(names), start, end, None, None, False, True, True))

    def _with_names(self, node: Node) -> list[str]:
        names: list[str] = []
        pending = [c for c in node.children if c.type == "with_clause"]
        while pending:
            inner = pending.pop()
            if inner.type == "as_pattern_target":
                names += self._target_names(inner)
            elif inner.type in _WITH_PARTS:
                pending += reversed(inner.children)
        return names

    def _target_names(self, target: Node) -> list[str]:
        """The simple names in an assignment target."""
        if target.type == "identifier":
            return [self._text(target)]
        names: list[str] = []
        pending = [target]
        while pending:
            node = pending.pop()
            kind = node.type
            if kind == "identifier":
                names.append(self._text(node))
            elif kind in _PATTERNS:
                pending += reversed(node.children)
        return names

    def _is_unpacking(self, target: Node) -> bool:
        if target.type == "tuple_pattern":  # also `(x)`
            return target.named_child_count != 1 or b"," in self._bytes(target)
        return target.type in ("pattern_list", "list_pattern")

    def _import(self, node: Node, kind: str, scope: Scope, conditional: bool) -> None:
        module, level = ("__future__", 0) if kind == "future_import_statement" else ("", 0)
        is_from = kind != "import_statement"
        seen_import = not is_from
        for child in node.children:
            part = child.type
            if not seen_import:
                if part == "import":
                    seen_import = True
                elif part in ("dotted_name", "relative_import"):
                    text = self._dotted_text(child)
                    module = text.lstrip(".")
                    level = len(text) - len(module)
            elif part in ("dotted_name", "aliased_import", "wildcard_import"):
                scope.imports.append(self._imported(child, part, (module, level) if is_from else None, conditional))

    def _imported(self, node: Node, part: str, source: tuple[str, int] | None, conditional: bool) -> ImportDecl:
        """One imported name; `source` is module and level of a `from`."""
        module, level = source or ("", 0)
        start, end = self._span(node)
        if part == "wildcard_import":
            return ImportDecl(module, level, "*", "*", None, True, start, end, conditional)
        asname = None
        named: Node | None = node
        if part == "aliased_import":
            named, alias = node.child_by_field_name("name"), node.child_by_field_name("alias")
            asname = self._text(alias) if alias is not None else None
        name = self._dotted_text(named) if named is not None else ""
        if source is not None:
            return ImportDecl(module, level, name, asname or name, asname, False, start, end, conditional)
        return ImportDecl(name, 0, None, asname or name.partition(".")[0], asname, False, start, end, conditional)

    # --- definitions -----------------------------------------------------------------------------------------

    def _decorated(self, node: Node, scope: Scope, conditional: bool, pending: Work) -> None:
        decorators: list[DecoratorDecl] = []
        for child in node.children:
            kind = child.type
            if kind == "decorator":
                decorators.append(self._decorator(child))
            elif kind == "function_definition":
                scope.functions.append(self._function(child, node.start_byte, decorators, scope, conditional))
            elif kind == "class_definition":
                pending += self._class(child, node.start_byte, decorators, scope, conditional)

    def _decorator(self, node: Node) -> DecoratorDecl:
        expression = node.children[1]
        is_call = expression.type == "call"
        plain = expression.child_by_field_name("function") if is_call else expression
        start, end = self._span(expression)
        return DecoratorDecl(self._dotted_or_empty(plain), start, end, is_call)

    def _function(self, node: Node, start: int, decorators: list[DecoratorDecl], scope: Scope, conditional: bool) -> FunctionDecl:
        name_node = parameters = returns = None
        is_async = False
        for child in node.children:
            kind = child.type
            if kind == "identifier":
                name_node = child
            elif kind == "parameters":
                parameters = child
            elif kind == "type":
                returns = self._span(child)
            elif kind == "async":
                is_async = True
        name_start, name_end = self._span(name_node if name_node is not None else node)
        name = self._text(name_node) if name_node is not None else ""
        return FunctionDecl(
            name=name,
            qualname=scope.qualify(name),
            start=start + self.base,
            end=node.end_byte + self.base,
            name_start=name_start,
            name_end=name_end,
            params=self._params(parameters) if parameters is not None else [],
            decorators=decorators,
            is_async=is_async,
            returns=returns,
            conditional=conditional,
            class_name=scope.qualname,
        )

    def _params(self, parameters: Node) -> list[Param]:
        params: list[Param] = []
        kind: ParamKind = "arg"
        for node in parameters.children:
            shape = node.type
            if shape == "identifier":
                params.append(Param(self._text(node), kind, False))
            elif shape in _PARAM_SHAPES:
                param = self._param(node, shape, kind)
                params.append(param)
                if param.kind == "vararg":
                    kind = "kwonly"
            elif shape == "keyword_separator":
                kind = "kwonly"
            elif shape == "positional_separator":
                for param in params:
                    param.kind = "posonly"
        return params

    def _param(self, node: Node, shape: str, kind: ParamKind) -> Param:
        annotation = default = None
        named: Node | None = node
        if shape in ("default_parameter", "typed_default_parameter"):
            named = node.child_by_field_name("name")
            default = self._span_or_none(node.child_by_field_name("value"))
        if shape in ("typed_parameter", "typed_default_parameter"):
            annotation = self._span_or_none(node.child_by_field_name("type"))
        if shape == "typed_parameter":
            named = node.children[0]
        if named is not None and named.type in _SPLATS:
            kind = _SPLATS[named.type]
            named = named.children[-1]
        name = self._text(named) if named is not None and named.type == "identifier" else ""
        return Param(name, kind, default is not None, annotation, default)

    def _class(self, node: Node, start: int, decorators: list[DecoratorDecl], scope: Scope, conditional: bool) -> Work:
        """Collects a class; gives its body, to be read later."""
        name_node, arguments = node.child_by_field_name("name"), node.child_by_field_name("superclasses")
        body = node.child_by_field_name("body")
        name = self._text(name_node) if name_node is not None else ""
        name_start, name_end = self._span(name_node if name_node is not None else node)
        inner = Scope(qualname=scope.qualify(name))
        bases, keywords = self._bases(arguments) if arguments is not None else ([], [])
        scope.classes.append(
            ClassDecl(
                name=name,
                qualname=scope.qualify(name),
                start=start + self.base,
                end=node.end_byte + self.base,
                name_start=name_start,
                name_end=name_end,
                bases=bases,
                keywords=keywords,
                decorators=decorators,
                functions=inner.functions,
                classes=inner.classes,
                assigns=inner.assigns,
                others=inner.statements,
                conditional=conditional,
            )
        )
        return [] if body is None else [(body, inner, False)]

    def _bases(self, arguments: Node) -> tuple[list[BaseDecl], list[KeywordDecl]]:
        bases: list[BaseDecl] = []
        keywords: list[KeywordDecl] = []
        for node in arguments.named_children:
            kind = node.type
            if kind == "keyword_argument":
                name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
                if name is not None and value is not None:
                    keywords.append(KeywordDecl(self._text(name), *self._span(value)))
            elif kind == "dictionary_splat":
                keywords.append(KeywordDecl("", *self._span(node.children[-1])))
            elif kind not in _NOT_STATEMENTS:
                plain = node.child_by_field_name("value") if kind == "subscript" else node
                bases.append(BaseDecl(self._dotted_or_empty(plain), *self._span(node)))
        return bases, keywords

    # --- text ------------------------------------------------------------------------------------------------

    def _span(self, node: Node) -> Span:
        return node.start_byte + self.base, node.end_byte + self.base

    def _span_or_none(self, node: Node | None) -> Span | None:
        return None if node is None else self._span(node)

    def _bytes(self, node: Node) -> bytes:
        return self.data[node.start_byte : node.end_byte]

    def _text(self, node: Node) -> str:
        return _decode(self._bytes(node))

    def _dotted_text(self, node: Node) -> str:
        text = self._text(node)
        return text if text.isidentifier() else _GAPS.sub("", text)

    def _dotted_or_empty(self, node: Node | None) -> str:
        """The dotted name that an expression is, or "" for any other expression."""
        if node is None or node.type not in ("identifier", "attribute"):
            return ""
        data = self._bytes(node)
        return _GAPS.sub("", _decode(data)) if _DOTTED.fullmatch(data) else ""
