"""What frappe/utils/background_jobs.py asks of the rest of Frappe, in memory, so that the file runs as it is in a checkout.

Real: the file itself, RQ and its pickle. Not real, and no evidence: the database (it notes commits and rollbacks), sites, users,
logs, and Redis (fakeredis).
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Settings(dict):  # type: ignore[type-arg]
    __getattr__ = dict.get


class Callbacks(list):  # type: ignore[type-arg]
    add = list.append

    def run(self) -> None:
        while self:
            self.pop(0)()


class Database:
    class InternalError(Exception):
        """An error of the database's library."""

    def __init__(self) -> None:
        self.asked, self.after_commit = list[str](), Callbacks()

    def commit(self) -> None:
        self.asked.append("commit")
        self.after_commit.run()

    def rollback(self) -> None:
        self.asked.append("rollback")

    def is_deadlocked(self, error: Exception) -> bool:
        return "deadlock" in str(error)

    def is_timedout(self, error: Exception) -> bool:
        return False


class ValidationError(Exception):
    """What frappe.throw raises."""


class RetryBackgroundJobError(Exception):
    """As frappe/exceptions.py has it."""


def throw(message: str) -> None:
    raise ValidationError(message)


def nothing(*args: Any, **options: Any) -> None: ...


def get_attr(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(sys.modules[module], name)


def call(function: Any, *args: Any, **given: Any) -> Any:
    function = get_attr(function) if isinstance(function, str) else function
    names = inspect.signature(function).parameters
    return function(*args, **{name: value for name, value in given.items() if name in names})


def stand_in(name: str, **attributes: Any) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__dict__.update(attributes)
    sys.modules[name] = module
    return module


def load(checkout: Path, connection: Any) -> tuple[types.ModuleType, types.ModuleType]:
    """The stand-in for `frappe`, and background_jobs.py of a checkout of it."""
    site = types.SimpleNamespace(site="site", conf=Settings(), flags=Settings())
    frappe = stand_in(
        "frappe", __path__=[], _=lambda text: text, _dict=Settings, throw=throw, get_attr=get_attr, call=call, init=nothing,
        RetryBackgroundJobError=RetryBackgroundJobError, flags=Settings(), conf=Settings(), get_conf=Settings, local=site,
        session=Settings(user="me"), db=Database(), connect=nothing, destroy=nothing, set_user=nothing, log_error=nothing,
        get_hooks=lambda name: [], get_traceback=str, _tune_gc=False,
        logger=lambda: types.SimpleNamespace(error=nothing, debug=nothing),
    )  # fmt: skip
    frappe.__dict__["monitor"] = stand_in("frappe.monitor", add_data_to_monitor=nothing)
    stand_in("frappe.utils", CallbackManager=Callbacks, cint=int, get_bench_id=lambda: "bench", __path__=[])
    stand_in("frappe.utils.commands", log=nothing)
    stand_in("frappe.utils.redis_queue", RedisQueue=None)
    for module in ("frappe.utils.deprecations", "frappe.deprecation_dumpster"):
        stand_in(module, deprecation_warning=nothing)
    stand_in("setproctitle", setproctitle=nothing)
    path = checkout / "frappe" / "utils" / "background_jobs.py"
    spec = importlib.util.spec_from_file_location("frappe.utils.background_jobs", path)
    assert spec is not None
    assert spec.loader is not None
    jobs = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = jobs
    spec.loader.exec_module(jobs)
    given: Callable[..., Any] = lambda *args, **options: connection  # noqa: E731
    jobs.__dict__["get_redis_conn"] = given
    jobs.__dict__["time"] = types.SimpleNamespace(sleep=nothing, time=lambda: 0)
    return frappe, jobs
