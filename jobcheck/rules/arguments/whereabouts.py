"""Where a path was made that an argument holds: temporary files and folders, uploads on this host's disk."""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.registry import Argument, Enqueue
from jobcheck.rules.arguments.trails import callee, trail
from jobcheck.rules.base import Context
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import EnterDef, Env, ExprDef, UnpackDef
from jobcheck.solve.kinds import Literal
from jobcheck.solve.sources import Source
from jobcheck.values import dataclass

LONGEST_PATH = 12
DEEPEST_ITEM = 3
_FILES = frozenset({"tempfile.NamedTemporaryFile"})
_FOLDERS = frozenset({"tempfile.TemporaryDirectory"})
_MADE = {
    "tempfile.mkdtemp": "a temporary folder", "tempfile.mktemp": "a temporary file",
    "tempfile.gettempdir": "the temporary folder",
}  # fmt: skip
# Calls whose first argument is where the result lies too, and methods of paths whose owner is.
_THROUGH = frozenset({
    "os.path.join", "os.path.abspath", "os.path.realpath", "os.path.normpath", "os.path.expanduser", "os.fspath", "str",
    "pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath",
})  # fmt: skip
_METHODS = frozenset(
    "resolve absolute as_posix joinpath with_suffix with_name with_stem __str__ rename replace format strip".split()
)
_ROOTS = ("/tmp/", "/var/tmp/")


@dataclass(frozen=True, slots=True)
class Local:
    """A path of this host.

    what    how a message calls it
    node    the call (or text) that makes it, `env` where
    closes  it is deleted when its object is closed or collected (`NamedTemporaryFile()`), or its `with` ends
    placed  somebody says in which folder it is to lie: that may be one that all hosts share
    """

    what: str
    node: ir.Expr
    env: Env
    closes: bool = False
    placed: bool = False


def items(given: Argument, enqueue: Enqueue, context: Context) -> Iterator[tuple[ir.Expr, Env]]:
    """The expressions that an argument puts into the message: itself, and the items of a display that it is."""
    site, unit = enqueue.site, enqueue.unit
    if given.node is None or given.origin != unit.origin(given.node):
        return
    if site.call.start <= given.node.start and given.node.end <= site.call.end:
        yield from _items(given.node, site.env, context, 0)


def _items(node: ir.Expr, env: Env, context: Context, depth: int) -> Iterator[tuple[ir.Expr, Env]]:
    source = context.solver.sources.of(node, env)
    inner: list[ir.Expr] = []
    match source.node:
        case ir.ListExpr(elements=elements) | ir.TupleExpr(elements=elements):
            inner = elements
        case ir.DictExpr(items=pairs):
            inner = [pair.value for pair in pairs]
        case _:
            yield node, env
    for part in inner if depth < DEEPEST_ITEM else ():
        yield from _items(part, source.env, context, depth + 1)


def of(node: ir.Expr, env: Env, context: Context) -> Local | None:
    """The local path that an expression is, or lies below; None when that is not known."""
    made = (_made_here(source, context) for source in trail(node, env, context, _before, LONGEST_PATH))
    return next((found for found in made if found is not None), None)


def _before(source: Source, context: Context) -> ir.Expr | None:
    """The expression that says where a path lies which is made from it."""
    node = source.node
    match node:
        case ir.BinOp(op="/" | "+", left=left):
            return left
        case ir.Attribute(attr="parent", value=value):
            return value
        case ir.Call(func=ir.Attribute(attr=attr, value=value)) if attr in _METHODS:
            return value
        case ir.Call():
            return argument(node, 0) if callee(node, source.env, context) in _THROUGH else None
        case ir.FString(values=values) if values and values[0].start - node.start <= len('f"{'):
            return values[0]
        case _:
            return None


def _made_here(source: Source, context: Context) -> Local | None:
    node, env, definition = source.node, source.env, source.definition
    match definition:
        case EnterDef(node=opened, env=where) if callee(opened, where, context) in _FOLDERS:
            return _opened(opened, where, context, "a temporary folder")
        case UnpackDef(source=ExprDef(node=made, env=where), index=1) if callee(made, where, context) == "tempfile.mkstemp":
            return Local("a temporary file", made, where, placed=_given(made, "dir", 2))
        case _:
            pass
    match node:
        case ir.Attribute(attr="name", value=value):
            return _of_handle(value, env, context)
        case ir.Subscript(value=value, index=ir.Constant(value=1)) if callee(value, env, context) == "tempfile.mkstemp":
            return Local("a temporary file", value, env, placed=_given(value, "dir", 2))
        case ir.Call(func=ir.Attribute(attr="temporary_file_path")):
            return Local("an upload on its disk", node, env)
        case ir.Call():
            what = _MADE.get(callee(node, env, context))
            return Local(what, node, env, placed=_given(node, "dir", 2)) if what else None
        case ir.Constant(kind="str", value=str() as text) if text.startswith(_ROOTS):
            return Local("a temporary file", node, env)
        case ir.BinOp(op="%", left=ir.Constant(kind="str", value=str() as text)) if text.startswith(_ROOTS):
            return Local("a temporary file", node, env)
        case ir.FString() if context.text(env.unit.origin(node)).lstrip("rRfF'\"").startswith(_ROOTS):
            return Local("a temporary file", node, env)
        case _:
            return None


def _of_handle(value: ir.Expr, env: Env, context: Context) -> Local | None:
    """`handle.name` of a temporary file, or of a folder's object."""
    source = context.solver.sources.of(value, env)
    node, where = source.node, source.env
    if isinstance(source.definition, EnterDef):
        node, where = source.definition.node, source.definition.env
        held = context.solver.sources.of(node, where)  # with f: of an object that was made before
        node, where = held.node, held.env
    name = callee(node, where, context)
    if name in _FILES:
        return _opened(node, where, context, "a temporary file")
    return _opened(node, where, context, "a temporary folder") if name in _FOLDERS else None


def _opened(node: ir.Expr, env: Env, context: Context, what: str) -> Local:
    """What NamedTemporaryFile or TemporaryDirectory makes; kept when `delete` is not surely true."""
    assert isinstance(node, ir.Call)
    delete = argument(node, 99, "delete")
    closes = delete is None or context.solver.value(delete, env).only == Literal(True)
    placed = _given(node, "dir", 2 if what == "a temporary folder" else 6)
    return Local(what, node, env, closes, placed or any(arg.star for arg in node.args))


def _given(node: ir.Expr, name: str, index: int) -> bool:
    return isinstance(node, ir.Call) and argument(node, index, name) is not None
