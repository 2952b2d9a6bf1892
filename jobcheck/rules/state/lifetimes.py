"""How long a file lives that an argument names: its `with`, its object, and who removes it further down."""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.registry import Enqueue, Job
from jobcheck.rules.arguments.whereabouts import Local
from jobcheck.rules.base import Confidence, Context
from jobcheck.solve.calls import argument
from jobcheck.solve.defs import Env, dotted
from jobcheck.solve.kinds import External
from jobcheck.solve.order import chain, may_precede
from jobcheck.solve.sites import Around, Flow, Site
from jobcheck.solve.sources import Source
from jobcheck.values import dataclass

_REMOVES = frozenset({"os.remove", "os.unlink", "shutil.rmtree", "os.removedirs", "os.rmdir"})
_OPENS = frozenset({"open", "io.open", "builtins.open", "codecs.open", "gzip.open"})

_WRITERS = frozenset({"dump", "copyfileobj", "writer", "DictWriter"})

_BUFFERED = "is still open for writing: what is in the buffer is not in the file"


@dataclass(frozen=True, slots=True)
class End:
    """What ends a thing's life: `text` completes "its file ...", `node` is where that is; not `gone`: not written yet."""

    text: str
    node: ir.Node
    level: Confidence
    gone: bool = True


def of_temporary(local: Local, enqueue: Enqueue) -> End | None:
    """The end of a temporary file that closing deletes: its `with`, or the function that holds its object."""
    if not local.closes or local.env.unit is not enqueue.unit:
        return None
    for around in chain(enqueue.site.around):
        if around.role == "with" and isinstance(around.part, ir.WithItem) and around.part.context is local.node:
            return End("is deleted when the `with` ends", around.part, Confidence.HIGH)
    function = enqueue.unit.function
    if function is None:
        return None
    for node in walk(function.body):
        if isinstance(node, ir.WithItem) and node.context is local.node:
            return End("was deleted when the `with` ended", node, Confidence.HIGH)
    name = _bound_to(function, local.node)
    if name is not None and not _leaves(function, name):
        return End(f"is deleted when `{name}` is collected, at the function's end", local.node, Confidence.MEDIUM)
    return None


def _bound_to(function: ir.FunctionDef, node: ir.Expr) -> str | None:
    """The one local name that an object is given when it is made."""
    for stmt in walk(function.body):
        if isinstance(stmt, ir.Assign) and stmt.value is node and len(stmt.targets) == 1:
            return stmt.targets[0].id if isinstance(stmt.targets[0], ir.Name) else None
    return None


def _leaves(function: ir.FunctionDef, name: str) -> bool:
    """Whether an object may outlive the function: returned, yielded, kept in another object."""
    kept: list[ir.Node] = []
    for node in walk(function.body):
        match node:
            case ir.Return(value=value) | ir.Yield(value=value) if value is not None:
                kept.append(value)
            case ir.Assign(targets=targets, value=value) if not all(isinstance(t, ir.Name) for t in targets):
                kept.append(value)
            case ir.Call(func=ir.Attribute(attr="append" | "enter_context" | "add" | "push"), args=args):
                kept.extend(arg.value for arg in args)
            case _:
                pass
    return any(isinstance(n, ir.Name) and n.id == name for n in kept)


# --- removed by hand -----------------------------------------------------------------------------------------------


def of_removal(node: ir.Expr, env: Env, local: Local | None, enqueue: Enqueue, context: Context) -> End | None:
    """A call after the enqueue that removes the file which the argument names, or the folder that it is in."""
    flow = context.solver.flow(enqueue.unit)
    path = context.solver.sources.of(node, env)
    for site in flow.sites:
        if site.call.start < enqueue.site.call.end or not follows(enqueue.site, site):
            continue
        removed = _removed(site, context)
        if removed is None:
            continue
        source = context.solver.sources.of(removed, site.env)
        if _same(path, source, context) or (local is not None and source.node is local.node):
            return End("is removed right after", site.call, Confidence.HIGH)
    return None


def _same(path: Source, other: Source, context: Context) -> bool:
    return not isinstance(path.node, ir.Constant) and context.solver.sources.same(path, other)


def _removed(site: Site, context: Context) -> ir.Expr | None:
    """The path that a call removes."""
    only = context.solver.value(site.call.func, site.env).only
    if isinstance(only, External) and only.qualname in _REMOVES:
        return argument(site.call, 0, "path")
    func = site.call.func
    if isinstance(func, ir.Attribute) and func.attr == "unlink" and not isinstance(only, External):
        return func.value
    return None


def follows(enqueue: Site, later: Site) -> bool:
    """Whether a call comes after the enqueue in one and the same run."""
    if later.deferred or enqueue.deferred or not may_precede(enqueue.call, enqueue.around, later.call, later.around):
        return False
    return not _only_on_failure(enqueue.around, later.around) and not _left_before(enqueue, later)


def _only_on_failure(enqueued: Around | None, later: Around | None) -> bool:
    """`except: os.remove(path)` tidies up when the enqueue itself fails."""
    tries = {id(around.node) for around in chain(enqueued)}
    return any(around.role == "handler" and id(around.node) in tries for around in chain(later))


def _left_before(enqueue: Site, later: Site) -> bool:
    """Whether the run has returned before it comes to the later call, which no `finally` holds."""
    if any(around.role == "final" for around in chain(later.around)):
        return False
    shared = {(id(a.node), a.role, a.truth) for a in chain(later.around)}
    blocks: list[list[ir.Stmt]] = [[enqueue.stmt]]
    for around in chain(enqueue.around):
        if (id(around.node), around.role, around.truth) in shared:
            break
        match around.node:
            case ir.If(body=body, orelse=orelse) if around.role == "branch":
                blocks.append(body if around.truth else orelse)
            case ir.With(body=body) | ir.Try(body=body) if around.role in ("with", "try"):
                blocks.append(body)
            case _:
                pass
    return any(isinstance(stmt, (ir.Return, ir.Raise)) for block in blocks for stmt in block if stmt.end >= enqueue.stmt.end)


# --- not written yet -----------------------------------------------------------------------------------------------


def of_writing(node: ir.Expr, env: Env, enqueue: Enqueue, context: Context) -> End | None:
    """The `with open(path, "w")` around the enqueue: what was written is in a buffer until the end of it."""
    path = context.solver.sources.of(node, env)
    for around in chain(enqueue.site.around):
        if around.role != "with" or not isinstance(around.part, ir.WithItem) or not isinstance(around.part.context, ir.Call):
            continue
        opened = _opened_for_writing(around.part.context, around.env, context)
        kept = opened is None and _kept_and_written(around, enqueue, context)
        if (opened is None and not kept) or _flushed(around, enqueue, context.solver.flow(enqueue.unit)):
            continue
        name = dotted(around.part.target) if around.part.target is not None else ""
        own = isinstance(path.node, ir.Attribute) and path.node.attr == "name" and dotted(path.node.value) == name
        if own or (opened is not None and _same(path, context.solver.sources.of(opened, around.env), context)):
            return End(_BUFFERED, around.part, Confidence.HIGH, gone=False)
    return None


def _kept_and_written(around: Around, enqueue: Enqueue, context: Context) -> bool:
    """Whether the `with` is of a `NamedTemporaryFile(delete=False)` that something is written to before the enqueue."""
    assert isinstance(around.part, ir.WithItem)
    call, target = around.part.context, around.part.target
    if not isinstance(call, ir.Call):
        return False
    only = context.solver.value(call.func, around.env).only
    if only != External("tempfile.NamedTemporaryFile") or not isinstance(target, ir.Name):
        return False
    kept, buffering = argument(call, 99, "delete"), argument(call, 1, "buffering")
    if not isinstance(kept, ir.Constant) or kept.value is not False or buffering is not None:
        return False
    before = (s for s in context.solver.flow(enqueue.unit).sites if around.node.start <= s.call.start < enqueue.site.call.start)
    return any(_writes_to(site.call, target.id) for site in before)


def _writes_to(call: ir.Call, name: str) -> bool:
    """`f.write(x)`, `json.dump(x, f)`, `csv.writer(f)`."""
    called = dotted(call.func)
    if called in (f"{name}.write", f"{name}.writelines"):
        return True
    handed = any(isinstance(arg.value, ir.Name) and arg.value.id == name and not arg.keyword for arg in call.args)
    return handed and called.rpartition(".")[2] in _WRITERS


def writes(job: Job, parameter: str, context: Context) -> bool:
    """Whether a job opens the path that it is given to write there: it does not mind what was there before."""
    unit = context.solver.function_unit(job.function) if job.function is not None else None
    if unit is None or unit.refused:
        return False
    opened = (_opened_for_writing(site.call, site.env, context) for site in context.solver.flow(unit).sites)
    return any(isinstance(path, ir.Name) and path.id == parameter for path in opened)


def _opened_for_writing(call: ir.Call, env: Env, context: Context) -> ir.Expr | None:
    """The path that a call opens for writing."""
    only = context.solver.value(call.func, env).only
    is_open = isinstance(only, External) and only.qualname in _OPENS
    method = isinstance(call.func, ir.Attribute) and call.func.attr == "open" and not is_open
    mode = argument(call, 0 if method else 1, "mode")
    if not (is_open or method) or not isinstance(mode, ir.Constant) or not isinstance(mode.value, str):
        return None
    if not set(mode.value) & set("wax"):
        return None
    return call.func.value if method and isinstance(call.func, ir.Attribute) else argument(call, 0, "file")


def _flushed(around: Around, enqueue: Enqueue, flow: Flow) -> bool:
    """Whether the handle is flushed or closed before the enqueue."""
    assert isinstance(around.part, ir.WithItem)
    name = dotted(around.part.target) if around.part.target is not None else ""
    ends = (
        site for site in flow.sites
        if isinstance(site.call.func, ir.Attribute) and site.call.func.attr in ("flush", "close", "fsync", "seek")
    )  # fmt: skip
    return any(
        around.node.start <= site.call.start < enqueue.site.call.start
        and (dotted(site.call.func) in (f"{name}.flush", f"{name}.close", f"{name}.seek") or dotted(site.call.func) == "os.fsync")
        for site in ends
    )


def waited_for(enqueue: Enqueue, end: ir.Node, context: Context) -> Iterator[bool]:
    """True for each wait for a result between the enqueue and the end, and for a handle of it that is used again."""
    unit = enqueue.unit
    last = max(end.end, max((a.node.end for a in chain(enqueue.site.around) if a.part is end), default=0))
    for wait in context.registry.waits:
        if wait.site.unit is unit and enqueue.site.call.start <= wait.site.call.end <= max(last, end.start):
            yield True
    stmt = enqueue.site.stmt
    if enqueue.site.usage == "assigned" and isinstance(stmt, ir.Assign) and isinstance(stmt.targets[0], ir.Name):
        name = stmt.targets[0].id
        body = unit.function.body if unit.function is not None else unit.body
        for node in walk(body):
            if isinstance(node, ir.Name) and node.id == name and stmt.end <= node.start <= last:
                yield True
