"""Jobs that do no more with a path than to remove what is there, and that take it when nothing is."""

from __future__ import annotations

from collections.abc import Iterator

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.registry import Job
from jobcheck.rules.base import Context
from jobcheck.solve.defs import dotted, target_names
from jobcheck.solve.order import chain
from jobcheck.solve.sites import Around

# What a job that tidies up asks of a path.
_TIDIES = frozenset({"os.remove", "os.unlink", "shutil.rmtree", "os.rmdir", "os.path.exists", "os.path.isfile"})
_FORGIVEN = frozenset({"Exception", "BaseException", "OSError", "IOError", "FileNotFoundError", "EnvironmentError"})


def only_removes(job: Job, parameter: str, context: Context) -> bool:
    """Whether a job only removes the path that it is given, or each of those, in a `try` that forgives a missing file."""
    unit = context.solver.function_unit(job.function) if job.function is not None else None
    if unit is None or unit.refused or unit.function is None:
        return False
    body = unit.function.body
    names = {parameter, *(name for loop in _loops(body, parameter) for name in target_names(loop.target))}
    sites = [site for site in context.solver.flow(unit).sites if _forgives(site.call, site.around)]
    tidied = {id(arg.value) for site in sites for arg in site.call.args}
    looped = {id(loop.iter) for loop in _loops(body, parameter)}
    targets = {id(loop.target) for loop in _loops(body, parameter)}
    mentions = [node for node in walk(body) if isinstance(node, ir.Name) and node.id in names and id(node) not in targets]
    return any(id(node) in tidied for node in mentions) and all(id(node) in tidied | looped for node in mentions)


def _loops(body: list[ir.Stmt], parameter: str) -> Iterator[ir.For]:
    for node in walk(body):
        if isinstance(node, ir.For) and isinstance(node.iter, ir.Name) and node.iter.id == parameter:
            yield node


def _forgives(call: ir.Call, around: Around | None) -> bool:
    """Whether a call tidies up, and a handler around it takes a missing file."""
    if dotted(call.func) not in _TIDIES:
        return False
    tries = [a.node for a in chain(around) if a.role == "try" and isinstance(a.node, ir.Try)]
    types = [handler.type for node in tries for handler in node.handlers]
    return any(t is None or any(isinstance(n, ir.Name) and n.id in _FORGIVEN for n in walk(t)) for t in types)
