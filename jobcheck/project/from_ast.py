"""The shape of a piece of code by the running Python's own `ast`: for what tree-sitter cannot parse.

Gives the same facts as `shallow`, and is what the tests compare `shallow` with.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator
from itertools import accumulate

from jobcheck.project.shallow import Scope
from jobcheck.project.shape import (
    AssignDecl,
    BaseDecl,
    ClassDecl,
    DecoratorDecl,
    FunctionDecl,
    ImportDecl,
    KeywordDecl,
    Param,
    ParamKind,
    Span,
    StatementDecl,
)

_DEF_NAME = re.compile(rb"(?:async(?:\s|\\\r?\n)+)?(?:def|class)(?:\s|\\\r?\n)+([\w\x80-\xff]+)")
_OPENED = re.compile(rb"\((?:\s|\\)*$")
_CLOSED = re.compile(rb"(?:\s|\\|#[^\n]*\n)*,?(?:\s|#[^\n]*\n)*\)")
_WIDEST_GAP = 400
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_TRIES: tuple[type[ast.stmt], ...] = tuple(getattr(ast, name) for name in ("Try", "TryStar") if hasattr(ast, name))


def parse(data: bytes) -> ast.Module:
    """The tree of UTF-8 code. Raises SyntaxError, or RecursionError or MemoryError for what is nested too deep."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(data.decode("utf-8"))
        except ValueError as error:  # a NUL byte, before Python 3.12
            raise SyntaxError(str(error)) from None


def read_ast(data: bytes, tree: ast.Module, base: int = 0) -> Scope:
    """The declarations of a parsed piece of code; `base` is added to all offsets."""
    return _AstReader(data, base).read(tree)


class _AstReader:
    def __init__(self, data: bytes, base: int) -> None:
        self.data = data
        self.base = base
        self.line_starts = list(accumulate(map(len, data.splitlines(keepends=True)), initial=0))

    def read(self, tree: ast.Module) -> Scope:
        scope = Scope()
        self._body(tree.body, scope, False)
        scope.sort()
        return scope

    def _body(self, body: Iterable[ast.stmt], scope: Scope, conditional: bool) -> None:
        for node in body:
            if isinstance(node, _FUNCTIONS):
                scope.functions.append(self._function(node, scope, conditional))
            elif isinstance(node, ast.ClassDef):
                scope.classes.append(self._class(node, scope, conditional))
            elif isinstance(node, (ast.Import, ast.ImportFrom)) and scope.qualname is None:
                self._import(node, scope, conditional)
            elif (assign := self._assign(node, conditional)) is not None:
                scope.assigns.append(assign)
                if scope.qualname is None and not conditional:
                    scope.statements.append(StatementDecl(assign.start, assign.end))
            elif not conditional:
                scope.statements.append(StatementDecl(*self._span(node)))
            self._compound(node, scope)

    def _compound(self, node: ast.stmt, scope: Scope) -> None:
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            return
        targets: list[ast.expr] = []
        if isinstance(node, (ast.For, ast.AsyncFor)):
            targets = [node.target]
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            targets = [item.optional_vars for item in node.items if item.optional_vars is not None]
        names = [name for target in targets for name in _names(target)]
        if names:
            scope.assigns.append(AssignDecl(tuple(names), *self._span(node), None, None, False, True, True))
        for body in _bodies(node, scope):
            self._body(body, scope, True)

    def _assign(self, node: ast.stmt, conditional: bool) -> AssignDecl | None:
        annotation: ast.expr | None = None
        value: ast.expr | None
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign):
            targets, value, annotation = [node.target], node.value, node.annotation
        elif isinstance(node, ast.AugAssign):
            targets, value = [node.target], node.value
        elif type(node).__name__ == "TypeAlias":
            targets, value = [node.name], node.value  # type: ignore[attr-defined]
        else:
            return None
        names = tuple(name for target in targets for name in _names(target))
        unpacked = any(isinstance(t, (ast.Tuple, ast.List)) for t in targets)
        augmented = isinstance(node, ast.AugAssign)
        start, end = self._span(node)
        spans = self._span_or_none(value), self._span_or_none(annotation)
        return AssignDecl(names, start, end, *spans, augmented, conditional, unpacked)

    def _import(self, node: ast.Import | ast.ImportFrom, scope: Scope, conditional: bool) -> None:
        for alias in node.names:
            start, end = self._span(alias)
            if isinstance(node, ast.ImportFrom):
                module, level, name, star = node.module or "", node.level, alias.name, alias.name == "*"
                bound = alias.asname or alias.name
                decl = ImportDecl(module, level, name, bound, alias.asname, star, start, end, conditional)
            else:
                bound = alias.asname or alias.name.partition(".")[0]
                decl = ImportDecl(alias.name, 0, None, bound, alias.asname, False, start, end, conditional)
            scope.imports.append(decl)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope, conditional: bool) -> FunctionDecl:
        start, name_start, name_end, end = self._definition_spans(node)
        return FunctionDecl(
            name=node.name,
            qualname=scope.qualify(node.name),
            start=start,
            end=end,
            name_start=name_start,
            name_end=name_end,
            params=list(self._params(node.args)),
            decorators=self._decorators(node.decorator_list),
            is_async=isinstance(node, ast.AsyncFunctionDef),
            returns=self._span_or_none(node.returns),
            conditional=conditional,
            class_name=scope.qualname,
        )

    def _class(self, node: ast.ClassDef, scope: Scope, conditional: bool) -> ClassDecl:
        start, name_start, name_end, end = self._definition_spans(node)
        inner = Scope(qualname=scope.qualify(node.name))
        self._body(node.body, inner, False)
        inner.sort()
        return ClassDecl(
            name=node.name,
            qualname=scope.qualify(node.name),
            start=start,
            end=end,
            name_start=name_start,
            name_end=name_end,
            bases=[BaseDecl(_base_name(base), *self._span(base)) for base in node.bases],
            keywords=[KeywordDecl(k.arg or "", *self._span(k.value)) for k in node.keywords],
            decorators=self._decorators(node.decorator_list),
            functions=inner.functions,
            classes=inner.classes,
            assigns=inner.assigns,
            others=inner.statements,
            conditional=conditional,
        )

    def _definition_spans(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> tuple[int, int, int, int]:
        """Where it starts (with decorators), where its name starts and ends, where it ends."""
        start, end = self._span(node)
        match = _DEF_NAME.match(self.data, start - self.base)
        name_start, name_end = match.span(1) if match else (start - self.base, start - self.base)
        if node.decorator_list:
            first = self._span(node.decorator_list[0])[0] - self.base
            start = max(self.data.rfind(b"@", 0, first), 0) + self.base
        return start, name_start + self.base, name_end + self.base, end

    def _decorators(self, nodes: list[ast.expr]) -> list[DecoratorDecl]:
        return [
            DecoratorDecl(
                _dotted(node.func if isinstance(node, ast.Call) else node),
                *self._with_parentheses(node),
                isinstance(node, ast.Call),
            )
            for node in nodes
        ]

    def _params(self, args: ast.arguments) -> Iterator[Param]:
        positional = [*((a, "posonly") for a in args.posonlyargs), *((a, "arg") for a in args.args)]
        without = len(positional) - len(args.defaults)
        kind: ParamKind
        for place, (arg, _) in enumerate(positional):
            kind = "posonly" if place < len(args.posonlyargs) else "arg"
            yield self._param(arg, kind, args.defaults[place - without] if place >= without else None)
        if args.vararg:
            yield self._param(args.vararg, "vararg", None)
        for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
            yield self._param(arg, "kwonly", default)
        if args.kwarg:
            yield self._param(args.kwarg, "kwarg", None)

    def _param(self, arg: ast.arg, kind: ParamKind, default: ast.expr | None) -> Param:
        annotation = self._span_or_none(arg.annotation)
        return Param(arg.arg, kind, default is not None, annotation, self._span_or_none(default))

    def _offset(self, row: int, column: int) -> int:
        return self.line_starts[row - 1] + column + self.base

    def _span(self, node: ast.stmt | ast.expr | ast.alias) -> Span:
        start = self._offset(node.lineno, node.col_offset)
        if node.end_lineno is None or node.end_col_offset is None:
            return start, start
        return start, self._offset(node.end_lineno, node.end_col_offset)

    def _span_or_none(self, node: ast.expr | None) -> Span | None:
        return None if node is None else self._with_parentheses(node)

    def _with_parentheses(self, node: ast.expr) -> Span:
        """The span of an expression that no bracket of its surroundings can touch, with parentheses of its own."""
        start, end = self._span(node)
        start, end = start - self.base, end - self.base
        while (before := _OPENED.search(self.data, max(0, start - _WIDEST_GAP), start)) and (
            after := _CLOSED.match(self.data, end)
        ):
            start, end = before.start(), after.end()
        return start + self.base, end + self.base


def _bodies(node: ast.stmt, scope: Scope) -> Iterator[list[ast.stmt]]:
    """The blocks of a compound statement; match captures are noted as loose names."""
    if isinstance(node, _TRIES):
        yield from (node.body, *(h.body for h in node.handlers), node.orelse, node.finalbody)  # type: ignore[attr-defined]
    elif isinstance(node, ast.Match):
        for case in node.cases:
            scope.loose += _captures(case.pattern)
            yield case.body
    elif isinstance(node, (ast.If, ast.For, ast.AsyncFor, ast.While)):
        yield from (node.body, node.orelse)
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        yield node.body


def _captures(pattern: ast.pattern) -> Iterator[str]:
    for node in ast.walk(pattern):
        if isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
            yield node.name
        elif isinstance(node, ast.MatchMapping) and node.rest:
            yield node.rest


def _names(target: ast.expr) -> Iterator[str]:
    """The simple names in an assignment target, in order."""
    pending = [target]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, (ast.Tuple, ast.List)):
            pending += reversed(node.elts)
        elif isinstance(node, ast.Starred):
            pending.append(node.value)


def _base_name(node: ast.expr) -> str:
    return _dotted(node.value if isinstance(node, ast.Subscript) else node)


def _dotted(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join((node.id, *reversed(parts)))
