"""Enqueue verbs on things that are known not to be jobs: asked by each framework when a callee is none of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.code.walk import walk
from jobcheck.registry import MissingJob
from jobcheck.solve.flow import Site
from jobcheck.solve.kinds import ClassObject, ClassRef, Function, FunctionRef, Instance, ModuleKind, Origin, Value

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver


def find(solver: Solver, site: Site, framework: str, verbs: frozenset[str]) -> MissingJob | None:
    """The record for `owner.verb(...)` where owner surely has no such verb; None for everything else."""
    func = site.call.func
    if not isinstance(func, ir.Attribute) or func.attr not in verbs or is_asked(site):
        return None
    found = _plain(solver, site, framework, func) or _absent(solver, site, framework, func)
    if found is not None:
        found.in_test = solver.is_test(site.unit.filename)
    return found


def is_asked(site: Site) -> bool:
    """Whether code around the call asks for the attribute first, or is ready to do without."""
    around = site.around
    while around is not None:
        node = around.node
        if isinstance(node, ir.If) and _mentions(node.test, ("hasattr", "getattr", "callable", "isinstance")):
            return True
        if isinstance(node, ir.Try) and around.role == "try":
            types = [h.type for h in node.handlers if h.type is not None]
            if any(_mentions(t, ("AttributeError",)) for t in types):
                return True
        around = around.outer
    return False


def _mentions(node: ir.Expr, names: tuple[str, ...]) -> bool:
    return any(isinstance(part, ir.Name) and part.id in names for part in walk(node))


def _plain(solver: Solver, site: Site, framework: str, func: ir.Attribute) -> MissingJob | None:
    """The verb on a plain function or class."""
    owner = solver.value(func.value, site.env)
    why = declared = None
    name = ""
    match owner.only:
        case Function(ref=ref, bound=None):
            found = solver.function_decl(ref)
            if found is not None and found[1] is None and not _set_up_later(solver, ref.filename, ref.name):
                decl, why, name = found[0], "plain-function", ref.name
                declared = Origin(ref.filename, decl.name_start, decl.name_end)
        case Function(ref=ref, bound=Value(only=Instance())):
            found = solver.function_decl(ref)
            if found is not None and found[1] is not None and not found[0].decorators and not _is_stored(solver, ref):
                decl, why, name = found[0], "plain-method", ref.name
                declared = Origin(ref.filename, decl.name_start, decl.name_end)
        case ClassObject(cls=cls) if _is_plain_class(solver, cls, func.attr):
            why, name, declared = "plain-class", cls.name, owner.alts[0].origin
        case _:
            pass
    if why is None:
        return None
    return MissingJob(framework, site, site.unit.origin(site.call), name, why, declared)


def _absent(solver: Solver, site: Site, framework: str, func: ir.Attribute) -> MissingJob | None:
    """The verb on a name that a module of the project does not have."""
    owner = func.value
    if not isinstance(owner, ir.Attribute):
        return None
    module = solver.value(owner.value, site.env).only
    if not isinstance(module, ModuleKind) or module.filename is None or not solver.missing(module.filename, owner.attr):
        return None
    if _set_up_later(solver, site.unit.filename, owner.attr):
        return None
    return MissingJob(framework, site, site.unit.origin(owner), owner.attr, "no-such-name")


def _is_plain_class(solver: Solver, cls: ClassRef, verb: str) -> bool:
    """Whether a class of the project has nothing but what the project says, and no such verb."""
    info = solver.classes.info(cls)
    if info is None or not info.complete or info.externals - {"object"} or info.decl.keywords:
        return False
    if any(True for _ in solver.member(cls, verb)) or _set_up_later(solver, info.filename, cls.name):
        return False
    above = [solver.classes.info(a) for a in info.ancestors]
    return not any(a and (a.decl.decorators or a.decl.keywords or a.decl.conditional) for a in above)


def _is_stored(solver: Solver, ref: FunctionRef) -> bool:
    """Whether a method's file also puts something else under its name: `self.resize = resize_job`, `move = task(move)`."""
    data = solver.raw(ref.filename) or b""
    return re.search(rb"\b" + re.escape(ref.name.encode()) + rb"(?:\.\w+)?\s*=[^=]", data) is not None


def _set_up_later(solver: Solver, filename: str, name: str) -> bool:
    """Whether something is written to `name` or its attributes in a file: `f.delay = ...`, `setattr(f, ...)`."""
    data = solver.raw(filename) or b""
    word = re.escape(name.encode())
    return re.search(rb"\b" + word + rb"(?:\.\w+)?\s*=[^=]|setattr\(\s*(?:\w+\.)*" + word + rb"\b", data) is not None
