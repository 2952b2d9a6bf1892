"""On which expressions of a call it hangs what is enqueued: they decide whether a function is a forwarder."""

from __future__ import annotations

from jobcheck.code import ir

_NAMES = frozenset({"name", "task", "varies", "func", "f", "function", "job"})
_LISTS = frozenset({"args", "kwargs"})


def of_call(call: ir.Call, *, named: bool = False, lists: bool = False) -> list[ir.Expr]:
    """What the verb stands on, and the `*args` and `**kwargs` that are passed.

    `named`: the job, or its name, is the first argument; `lists`: arguments are given as a list and a dict.
    """
    func = call.func
    found = [func.value if isinstance(func, ir.Attribute) else func]
    plain = [a.value for a in call.args if a.keyword is None and not a.star]
    found += [a.value for a in call.args if a.star]
    found += plain[:1] if named else []
    found += [a.value for a in call.args if a.keyword in _NAMES] if named else []
    if lists:
        found += [a.value for a in call.args if a.keyword in _LISTS and isinstance(a.value, ir.Name)]
        found += [value for value in plain[1 if named else 0 :][:2] if isinstance(value, ir.Name)]
    return found
