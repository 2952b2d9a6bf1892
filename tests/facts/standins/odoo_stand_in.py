"""What queue_job asks of Odoo, in memory, so that its own files run as they are: job.py, delay.py, fields.py,
models/base.py, controllers/main.py, jobrunner/runner.py.

Real: how a delayable becomes a job, what is written and read back (its encoder and decoder), how a job is performed, put
off, given up. Not real, and no evidence: the ORM, its fields' own checks, cursors (they only note what is asked of them),
the table of jobs (a dict), what `queue.job.function` says of a job (each default).
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import sys
import types
from pathlib import Path
from typing import Any

# As odoo/service/model.py has them: read, not run.
CONCURRENCY_ERRORS = ("55P03", "40001", "40P01")


def stand_in(name: str, **attributes: Any) -> types.ModuleType:
    module = types.ModuleType(name)
    module.__dict__.update(attributes)
    sys.modules[name] = module
    parent, _, last = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], last, module)
    return module


class MetaModel(type):
    """Odoo's class of classes of models."""


class Cursor:
    """Notes what is asked; a job is always there to be locked."""

    def __init__(self, asked: list[str]) -> None:
        self.asked = asked

    def execute(self, *query: Any) -> None:
        pass

    def fetchall(self) -> list[tuple[int]]:
        return [(1,)]

    def commit(self) -> None:
        self.asked.append("commit")

    def rollback(self) -> None:
        self.asked.append("rollback")


class Registry:
    def __init__(self) -> None:
        self.models: dict[str, type] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []

    @contextlib.contextmanager
    def cursor(self) -> Any:
        yield Cursor(self.asked)


class Environment:
    uid, su, company = 2, False, types.SimpleNamespace(id=1)

    def __init__(self, registry: Registry, cr: Cursor | None = None, context: dict[str, Any] | None = None) -> None:
        self.registry, self.cr, self.context = registry, cr or Cursor(registry.asked), context or {}

    def __call__(self, cr: Any = None, user: Any = None, su: Any = None, context: Any = None) -> Environment:
        return Environment(self.registry, cr or self.cr, self.context if context is None else context)

    def __getitem__(self, model: str) -> Any:
        return self.registry.models[model](self)

    def clear(self) -> None:
        pass

    flush_all = clear


class BaseModel(metaclass=MetaModel):
    """A recordset: ids of a model in an environment."""

    _name, _fields = "base", frozenset({"name"})

    def __init__(self, env: Environment, ids: tuple[int, ...] = ()) -> None:
        self.env, self._ids = env, ids

    def browse(self, ids: Any) -> Any:
        return type(self)(self.env, tuple(ids) if isinstance(ids, (list, tuple)) else (ids,))

    def with_env(self, env: Environment) -> Any:
        return type(self)(env, self._ids)

    def with_context(self, **context: Any) -> Any:
        return self.with_env(self.env(context={**self.env.context, **context}))

    def sudo(self) -> Any:
        return self

    @property
    def ids(self) -> list[int]:
        return list(self._ids)

    def __contains__(self, name: object) -> bool:
        return name in self._fields

    def __len__(self) -> int:
        return len(self._ids)

    def __getitem__(self, at: Any) -> Any:
        return self.browse(self._ids[at])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BaseModel) and (self._name, self._ids) == (other._name, other._ids)

    def __hash__(self) -> int:
        return hash((self._name, self._ids))

    def __repr__(self) -> str:
        return f"{self._name}{self._ids}"


class JobFunctions(BaseModel):
    _name = "queue.job.function"

    def job_function_name(self, model: str, method: str) -> str:
        return f"<{model}>.{method}"

    def job_config(self, name: str) -> Any:
        return types.SimpleNamespace(
            channel="root", retry_pattern={}, on_fail_method_name=None, allow_commit=False, job_function_id=1
        )  # fmt: skip


class StoredJob:
    """A row of `queue.job`, read as its fields read it."""

    def __init__(self, env: Environment, row: dict[str, Any]) -> None:
        self.env, self.row = env, row

    def __getattr__(self, name: str) -> Any:
        if name in ("args", "kwargs", "records"):
            found = json.loads(self.row[name], cls=QUEUE_JOB.fields.JobDecoder, env=self.env)
            return tuple(found) if name == "args" else found
        return self.row.get(name)

    @property
    def company_id(self) -> Any:
        return types.SimpleNamespace(id=self.row["company_id"])


class Jobs(BaseModel):
    """The table of jobs; arguments go through queue_job's own encoder."""

    _name, EDIT_SENTINEL = "queue.job", object()

    def create(self, values: dict[str, Any]) -> None:
        coded = {n: json.dumps(values[n], cls=QUEUE_JOB.fields.JobEncoder) for n in ("args", "kwargs", "records")}
        self.env.registry.jobs[values["uuid"]] = {**values, **coded}

    def write(self, values: dict[str, Any]) -> None:
        for row in self._rows:
            row.update(values)

    def search(self, domain: list[tuple[str, str, Any]], limit: Any = None) -> Any:
        rows = self.env.registry.jobs.values()
        meets = {"=": lambda value, wanted: value == wanted, "in": lambda value, wanted: value in wanted}
        self._rows = [row for row in rows if all(meets[how](row.get(name), wanted) for name, how, wanted in domain)]
        return self

    def with_env(self, env: Environment) -> Any:
        made = Jobs(env)
        made._rows = getattr(self, "_rows", [])
        return made

    def __len__(self) -> int:
        return len(self._rows)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(StoredJob(self.env, self._rows[0]), name)


def _load() -> types.SimpleNamespace:
    """The files of the installed addon, as a package whose `__init__` (it loads all of Odoo) is left out."""
    found = importlib.util.find_spec("odoo.addons.queue_job")
    assert found is not None
    here = Path(next(iter(found.submodule_search_locations or ())))
    for name in ("lxml.etree", "dateutil.parser"):  # as Odoo does; fields.py imports `lxml` and `dateutil` alone
        importlib.import_module(name)
    plain = {"route": lambda *args, **options: lambda function: function}
    config = {"test_enable": False}
    stand_in("odoo.models", MetaModel=MetaModel, BaseModel=BaseModel, AbstractModel=BaseModel)
    stand_in("odoo.api", model=lambda function: function, Environment=Environment)
    stand_in("odoo.http", Controller=object, request=None, **plain)
    stand_in("odoo.fields", Json=object, SENTINEL=object())
    stand_in("odoo.tools", config=config, __path__=[])
    stand_in("odoo.tools.func", lazy=type("lazy", (), {}))
    stand_in("odoo.service", __path__=[])
    stand_in("odoo.service.model", PG_CONCURRENCY_ERRORS_TO_RETRY=CONCURRENCY_ERRORS)
    sys.modules["odoo"].__dict__.update(SUPERUSER_ID=1, _=lambda text: text)
    stand_in("queue_job_real", __path__=[str(here)])
    for folder in ("models", "controllers", "jobrunner"):
        stand_in(f"queue_job_real.{folder}", __path__=[str(here / folder)], queue_job_config={})
    parts = {"delay": "delay", "job": "job", "exception": "exception", "fields": "fields", "base": "models.base",
             "controller": "controllers.main", "runner": "jobrunner.runner"}  # fmt: skip
    return types.SimpleNamespace(**{n: importlib.import_module(f"queue_job_real.{path}") for n, path in parts.items()})


QUEUE_JOB = _load()


class Model(QUEUE_JOB.base.Base):  # type: ignore[name-defined,misc]
    """A model of an addon: queue_job puts `with_delay` and `delayable` on each."""


def environment(*models: type) -> Environment:
    """An environment that knows models, and the two that queue_job asks."""
    registry = Registry()
    registry.models = {model._name: model for model in (JobFunctions, Jobs, *models)}  # type: ignore[attr-defined]
    return Environment(registry)
