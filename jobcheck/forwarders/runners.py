"""Calls that have a function called by something else, in a thread or later, with the arguments that follow it."""

from __future__ import annotations

from typing import Literal

from jobcheck.code import ir

# The name of what runs it, and where the function stands among the positional arguments.
_RUNNERS = {
    "submit": 0, "to_thread": 0, "run_in_threadpool": 0, "run_sync": 0, "start_new_thread": 0, "add_task": 0,
    "call_soon": 0, "call_soon_threadsafe": 0, "run_in_executor": 1, "call_later": 1,
}  # fmt: skip
_THREADS = {"Thread": "target", "Timer": "function", "Process": "target"}


def called_by(call: ir.Call) -> ir.Call | None:
    """The call that will be made; None when the call is not to one that runs functions."""
    func = call.func
    name = func.attr if isinstance(func, ir.Attribute) else func.id if isinstance(func, ir.Name) else ""
    if name in _THREADS:
        return _in_thread(call, _THREADS[name])
    index = _RUNNERS.get(name)
    positional = [a for a in call.args if a.keyword is None]
    if index is None or len(positional) <= index or any(a.star for a in positional[: index + 1]):
        return None
    rest = [*positional[index + 1 :], *(a for a in call.args if a.keyword is not None)]
    return ir.Call(call.start, call.end, positional[index].value, rest)


def _in_thread(call: ir.Call, target: str) -> ir.Call | None:
    """`Thread(target=function, args=(...), kwargs={...})`."""
    given = {a.keyword: a for a in call.args if a.keyword is not None}
    if target not in given:
        return None
    rest: list[ir.Arg] = []
    if "args" in given:
        rest.append(_spread(given["args"], "*"))
    if "kwargs" in given:
        rest.append(_spread(given["kwargs"], "**"))
    return ir.Call(call.start, call.end, given[target].value, rest)


def _spread(arg: ir.Arg, star: Literal["*", "**"]) -> ir.Arg:
    return ir.Arg(arg.start, arg.end, arg.value, None, star)
