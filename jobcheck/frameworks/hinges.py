"""On which expressions of a call it hangs what is enqueued: they decide whether a function is a forwarder."""

from __future__ import annotations

from dataclasses import field

from jobcheck.code import ir
from jobcheck.values import dataclass

_NAMES = frozenset({"name", "task", "varies", "func", "f", "function", "job"})
_LISTS = frozenset({"args", "kwargs"})


@dataclass(slots=True)
class Hinges:
    """`jobs`: expressions that may be the job, its name, or a callable; `lists`: those that are lists of its arguments."""

    jobs: list[ir.Expr] = field(default_factory=list)
    lists: list[ir.Expr] = field(default_factory=list)


def of_call(call: ir.Call, *, owner: bool = True, named: bool = False, lists: bool = False) -> Hinges:
    """What the verb stands on, and the `*args` and `**kwargs` that are passed.

    `owner`: the verb may stand on the job; `named`: the job, or its name, is the first argument; `lists`: arguments are
    given as a list and a dict.
    """
    func = call.func
    if _overrides(func):
        return Hinges()
    plain = [a.value for a in call.args if a.keyword is None and not a.star]
    found = Hinges([func.value if isinstance(func, ir.Attribute) else func] if owner else [])
    found.lists += [a.value for a in call.args if a.star]
    if named:
        found.jobs += plain[:1] + [a.value for a in call.args if a.keyword in _NAMES]
    if lists:
        found.lists += [a.value for a in call.args if a.keyword in _LISTS] + plain[1 if named else 0 :][:2]
    return found


def _overrides(func: ir.Expr) -> bool:
    """`super().apply_async(...)`: a method that its framework calls."""
    value = func.value if isinstance(func, ir.Attribute) else None
    return isinstance(value, ir.Call) and isinstance(value.func, ir.Name) and value.func.id == "super"
