"""How pickle rebuilds an exception: `cls(*args)`, where `args` are what reached the builtin class's `__init__`.

`BaseException.__new__` puts the positional arguments of the call into `args`, and `BaseException.__init__` replaces them:
a class that never calls `super().__init__` keeps the first ones. pickle asks exceptions for no `__getnewargs__`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.project.shape import FunctionDecl
from jobcheck.solve.classes import ClassInfo
from jobcheck.solve.defs import dotted
from jobcheck.solve.kinds import ClassObject, ClassRef, External, FunctionRef, Origin
from jobcheck.solve.sites import Flow, Site
from jobcheck.solve.stdlib import BUILTIN_EXCEPTIONS
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# Builtin exceptions that are rebuilt in a way of their own (OSError and its kin sort their arguments).
_OWN_WAY = frozenset(
    "OSError IOError EnvironmentError BlockingIOError BrokenPipeError ChildProcessError ConnectionAbortedError ConnectionError "
    "ConnectionRefusedError ConnectionResetError FileExistsError FileNotFoundError InterruptedError IsADirectoryError "
    "NotADirectoryError PermissionError ProcessLookupError TimeoutError UnicodeDecodeError UnicodeEncodeError UnicodeError "
    "ImportError ModuleNotFoundError SyntaxError StopIteration SystemExit ExceptionGroup BaseExceptionGroup".split()
)
_PLAIN = (BUILTIN_EXCEPTIONS - _OWN_WAY) | {"object", "abc.ABC", "typing.Generic", "typing.Protocol"}
_HOOKS = ("__reduce__", "__reduce_ex__", "__new__")
DEEPEST_BASE = 8


@dataclass(frozen=True, slots=True)
class Refusal:
    """An exception class that does not take its own `args`.

    `counts` are the numbers of arguments that pickle may call it with (empty: any), `needs` the parameters that have
    no default, `keywords` those of them that only a keyword reaches. `at` is the name of the class that declares the
    `__init__` in question, `init` that of the method.
    """

    cls: ClassRef
    at: Origin
    init: Origin
    counts: tuple[int, ...]
    needs: tuple[str, ...]
    keywords: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Init:
    """The `__init__` that one class of the line declares."""

    index: int
    info: ClassInfo
    decl: FunctionDecl
    function: ir.FunctionDef
    flow: Flow


def refusal(solver: Solver, cls: ClassRef, made: ir.Call | None) -> Refusal | None:
    """Why instances of a class cannot be rebuilt; None when they can, or when that is not sure.

    `made` is the call that makes the instance, where it is seen.
    """
    line = _line(solver, cls)
    init = _init_from(solver, line, 0) if line else None
    if init is None:
        return None
    params = init.function.params
    keywords = tuple(p.name for p in params.kwonly if p.default is None)
    counts = () if keywords else _counts(solver, line, init, _given(made), 0)
    if counts is None or any(_fits(params, count) for count in counts):
        return None
    positional = [*params.posonly, *params.args][1:]
    needs = tuple(p.name for p in positional if p.default is None)
    declaring = Origin(init.info.filename, init.info.decl.name_start, init.info.decl.name_end)
    at = Origin(init.info.filename, init.decl.name_start, init.decl.name_end)
    return Refusal(cls, declaring, at, tuple(dict.fromkeys(counts)), needs, keywords) if counts or keywords else None


def _given(made: ir.Call | None) -> int | None:
    """How many positional arguments a call has."""
    if made is None or any(arg.star == "*" for arg in made.args):
        return None
    return sum(arg.keyword is None and not arg.star for arg in made.args)


def _fits(params: ir.Parameters, count: int) -> bool:
    positional = [*params.posonly, *params.args][1:]
    required = sum(p.default is None for p in positional)
    return required <= count and (params.vararg is not None or count <= len(positional))


# --- the classes that have a say -----------------------------------------------------------------------------------


def _line(solver: Solver, cls: ClassRef) -> list[ClassRef]:
    """The class and those above it in the order in which Python asks them; empty when something is out of sight."""
    line = _linear(solver, cls, 0)
    for ref in line:
        info = solver.classes.info(ref)
        if info is None and ref.qualname not in _PLAIN:
            return []
        if info is not None and (info.decorators or _has_way_of_its_own(solver, info)):
            return []
    return line


def _has_way_of_its_own(solver: Solver, info: ClassInfo) -> bool:
    names = {f.name for f in info.decl.functions} | {n for a in info.decl.assigns for n in a.names}
    return bool(names & set(_HOOKS)) or b"copyreg" in (solver.raw(info.filename) or b"")


def _linear(solver: Solver, cls: ClassRef, depth: int) -> list[ClassRef]:
    """Python's order of a class and its bases (C3); empty when it has none or a base is not known."""
    info = solver.classes.info(cls)
    if info is None:
        return [cls] if cls.filename is None else []
    if depth > DEEPEST_BASE or not info.complete or info.decl.keywords:
        return []
    bases = [base for base in info.bases if base is not None]
    rows = [_linear(solver, base, depth + 1) for base in bases]
    if not all(rows):
        return []
    return _merged([cls], [*rows, bases])


def _merged(line: list[ClassRef], rows: list[list[ClassRef]]) -> list[ClassRef]:
    while any(rows):
        rows = [row for row in rows if row]
        heads = [row[0] for row in rows if all(row[0] not in other[1:] for other in rows)]
        if not heads:
            return []
        line = [*line, heads[0]]
        rows = [[ref for ref in row if ref != heads[0]] for row in rows]
    return line


def _init_from(solver: Solver, line: list[ClassRef], start: int) -> _Init | None:
    """The first `__init__` of the project from a place of the line on."""
    for index in range(start, len(line)):
        info = solver.classes.info(line[index])
        decl = info.decl.function("__init__") if info is not None else None
        if info is None or decl is None:
            continue
        unit = solver.function_unit(FunctionRef(info.filename, decl.qualname, decl.start))
        if unit is None or unit.refused or unit.function is None or decl.decorators:
            return None
        return _Init(index, info, decl, unit.function, solver.flow(unit))
    return None


# --- what reaches the builtin --------------------------------------------------------------------------------------


def _counts(solver: Solver, line: list[ClassRef], init: _Init, given: int | None, depth: int) -> tuple[int, ...] | None:
    """How many arguments `args` may hold after this `__init__` was called with `given`; None when nobody knows."""
    if depth > DEEPEST_BASE or any(dotted(w.target) == "self.args" for w in init.flow.writes):
        return None
    calls = list(_calls_above(solver, line, init))
    found: list[int | None] = []
    for site, start, inner in calls:
        above = _init_from(solver, line, start)
        passed = _passed(site, init, given, inner)
        if above is None:
            found.append(passed if not any(arg.keyword or arg.star == "**" for arg in site.call.args) else None)
        else:
            more = _counts(solver, line, above, passed, depth + 1)
            found.extend(more if more is not None else (None,))
    if not calls or all(site.enclosing("branch", "try", "handler", "loop", "def", "lambda") for site, _, _ in calls):
        found.append(given if depth == 0 else None)
    return None if any(count is None for count in found) else tuple(c for c in found if c is not None)


def _calls_above(solver: Solver, line: list[ClassRef], init: _Init) -> Iterator[tuple[Site, int, int]]:
    """The calls of the next `__init__`: the call, where in the line it starts to look, how many arguments are `self`."""
    for site in init.flow.sites:
        func = site.call.func
        if not isinstance(func, ir.Attribute) or func.attr != "__init__":
            continue
        owner = func.value
        if isinstance(owner, ir.Call) and dotted(owner.func) == "super":
            yield site, init.index + 1, 0
            continue
        ref = _class_of(solver, site, owner)
        if ref in line:
            yield site, line.index(ref), 1


def _class_of(solver: Solver, site: Site, owner: ir.Expr) -> ClassRef | None:
    match solver.value(owner, site.env).only:
        case ClassObject(cls=cls):
            return cls
        case External(qualname=qualname):
            return ClassRef(qualname)
        case _:
            return None


def _passed(site: Site, init: _Init, given: int | None, inner: int) -> int | None:
    """How many positional arguments a call hands on; its own `*args` are those that are left over."""
    count = 0
    for arg in site.call.args:
        if arg.star == "*":
            vararg = init.function.params.vararg
            if vararg is None or dotted(arg.value) != vararg.name or given is None:
                return None
            count += max(0, given - len([*init.function.params.posonly, *init.function.params.args][1:]))
        elif arg.keyword is None and not arg.star:
            count += 1
    return count - inner
