"""From a declared function to the signature that the caller of its job sees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from jobcheck.frameworks.passing import Passing, through
from jobcheck.project.shape import DecoratorDecl, FunctionDecl
from jobcheck.registry import Parameter, Signature
from jobcheck.solve.kinds import UNKNOWN, Kind

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver


def signature_of(
    solver: Solver, filename: str, decl: FunctionDecl, skip: int, injected: frozenset[str] = frozenset()
) -> Signature:
    """The signature of a function whose first `skip` positional parameters, and those named in `injected`, are filled
    by the framework. Annotations are read only for parameters that have one."""
    parameters: list[Parameter] = []
    hidden: list[str] = []
    vararg = kwarg = None
    for param in decl.params:
        if param.kind == "vararg":
            vararg = param.name
        elif param.kind == "kwarg":
            kwarg = param.name
        elif (param.kind != "kwonly" and len(hidden) < skip and not parameters) or param.name in injected:
            hidden.append(param.name)
        else:
            annotation = solver.annotated_at(filename, param.annotation) if param.annotation else UNKNOWN
            parameters.append(Parameter(param.name, param.kind, not param.has_default, annotation))
    return Signature(tuple(parameters), vararg, kwarg, tuple(hidden))


def seen_by_caller(
    solver: Solver, filename: str, decl: FunctionDecl, skip: int, decorators: Iterable[DecoratorDecl],
    injected: frozenset[str] = frozenset(), before: Passing | None = None,
) -> Signature | None:  # fmt: skip
    """The signature of a function below some decorators, `before` what another one does; None when they hide it."""
    passing = through(solver, filename, decorators)
    if passing is None:
        return None
    passing = passing.then(before) if before is not None else passing
    found = signature_of(solver, filename, decl, skip + passing.filled, injected | passing.named)
    taken = tuple(Parameter(name, "kwonly", False) for name in sorted(passing.taken) if found.parameter(name) is None)
    return replace(found, parameters=found.parameters + taken) if taken else found


def which(solver: Solver, kind: Kind, filename: str, decl: FunctionDecl) -> DecoratorDecl | None:
    """The decorator of a function that is of this kind."""
    return next((d for d in decl.decorators if kind in solver.decorator_value(filename, d).kinds()), None)
