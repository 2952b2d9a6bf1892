"""Jobs that do no more with a path than to remove what is there, and that take it when nothing is."""

from __future__ import annotations

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
    loops = [node for node in unit.nodes if type(node) is ir.For and _over(node, parameter)]
    names = {parameter, *(name for loop in loops for name in target_names(loop.target))}
    sites = [site for site in context.solver.flow(unit).sites if _forgives(site.call, site.around)]
    tidied = {id(arg.value) for site in sites for arg in site.call.args}
    looped = {id(loop.iter) for loop in loops}
    targets = {id(loop.target) for loop in loops}
    mentions = [node for node in unit.nodes if type(node) is ir.Name and node.id in names and id(node) not in targets]
    return any(id(node) in tidied for node in mentions) and all(id(node) in tidied | looped for node in mentions)


def _over(loop: ir.For, parameter: str) -> bool:
    return isinstance(loop.iter, ir.Name) and loop.iter.id == parameter


def _forgives(call: ir.Call, around: Around | None) -> bool:
    """Whether a call tidies up, and a handler around it takes a missing file."""
    if dotted(call.func) not in _TIDIES:
        return False
    tries = [a.node for a in chain(around) if a.role == "try" and isinstance(a.node, ir.Try)]
    types = [handler.type for node in tries for handler in node.handlers]
    return any(t is None or any(isinstance(n, ir.Name) and n.id in _FORGIVEN for n in walk(t)) for t in types)
