"""Which rule is proven where, and which cannot be and why: each implemented rule is in exactly one of the two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).parent
CASES = HERE / "cases"
COMMON = HERE / "common"
SIDES = ("bad", "good")

Stage = Callable[[ModuleType], str]
"""Runs a module's `run()` as its place would and says in a line what came of it."""


@dataclass(frozen=True)
class Proof:
    """A rule's two examples, `cases/<code>/bad.py` and `good.py`, and the stage they are run on (module:function).

    `on` says to a reader where that is; `{celery}` and its like stand for the version at hand.
    """

    code: str
    on: str
    stage: str

    @property
    def folder(self) -> Path:
        return CASES / self.code.lower()


PROOFS: dict[str, Proof] = {}


def _prove(on: str, stage: str, *numbers: int) -> None:
    for number in numbers:
        code = f"JOB{number:03}"
        assert code not in PROOFS, f"{code} is proven twice"
        PROOFS[code] = Proof(code, on, stage)


_CELERY = "Celery {celery} with Redis and a worker"
_DJANGO = "Celery {celery} with Redis and a worker, Django {django} on SQLite"
_REFERENCE = "jobcheck.runtime"

_prove(_CELERY, "on_celery:plain", 101, 102, 104, 105, 109, 110, 111)
_prove(_CELERY, "on_celery:plain", 201, 203, 204, 205, 206, 208, 209, 210, 211, 212, 213, 214)
_prove(_DJANGO, "on_celery:plain", 207, 501)
_prove(f"{_DJANGO}, which starts late", "on_celery:slow", 103)
_prove(f"{_CELERY}, with 5,000 rows", "on_celery:weighed", 106)
_prove(f"{_CELERY} on another host", "on_celery:on_another_host", 108)
_prove(_REFERENCE, "on_reference:plain", 202, 304, 410)
_prove(f"{_REFERENCE}, with a provider whose first answer is lost", "on_reference:charged", 401)
_prove(_DJANGO, "on_celery:plain", 305, 402, 502, 503, 507)
_prove(_CELERY, "on_celery:plain", 303, 404, 405)
_prove(_CELERY, "on_celery:as_in_production", 407)
_prove("Celery {celery} with Redis and a worker, on a clock 43,200 times as fast", "celery_redis:in_seconds", 406)
_prove(f"{_DJANGO}, which starts late", "on_celery:slow", 301, 306, 308, 403)
_prove(f"{_CELERY}; the module is imported and no more", "on_celery:slow", 505)
_prove(f"{_CELERY} in a process of its own", "celery_apart:another_process", 302)
_prove("Celery {celery} with files for a broker, and the worker that the Procfile names", "celery_apart:as_deployed", 602, 603)
_prove(f"{_DJANGO}; two workers that look at the same time", "celery_apart:side_by_side", 409)
_prove(f"{_DJANGO}, which comes to it on the next day", "celery_moments:over_midnight", 307)
_prove(f"{_CELERY}", "celery_moments:sleeping", 408)
_prove(f"{_CELERY}, on a host four hours behind UTC", "celery_moments:four_hours_west", 504)
_prove(f"{_CELERY}, with 500 rows", "on_celery:weighed", 506)
_prove(f"{_CELERY}, sent by its beat", "celery_moments:beaten", 601, 607)
_prove("Celery {celery}", "on_celery:known", 605)
_prove("RQ {rq} with Redis and its SimpleWorker", "on_rq:plain", 604)
_prove("Celery {celery}'s own crontab", "celery_moments:a_day", 606)

GOOD_FAILS = frozenset({"JOB110"})
"""Rules about how a failure is told, whose good example fails, too."""

NOT_RUN = {
    "JOB001": "it speaks of the file, not of a run",
    "JOB002": "it speaks of a comment, not of a run",
    "JOB003": "it speaks of a comment, not of a run",
    "JOB009": "it speaks of jobcheck itself",
    "JOB411": "it asks for a word of the author; what a second run does is measured for JOB401",
}
"""Rules that a run cannot prove, and why."""

PENDING = frozenset(f"JOB{number:03}" for number in (*(608,),))
"""Rules whose proof is not written yet; some are not there yet either."""


def lay_out(code: str, side: str, folder: Path) -> Path:
    """Make a project of one side of a proof: its file as `jobs.py`, its folder, what both sides share, the shop's models."""
    proof = PROOFS[code]
    for source in (COMMON, proof.folder):
        for path in sorted(path for path in source.rglob("*") if path.suffix in {".py", ".toml"} or path.name == "Procfile"):
            name = path.relative_to(source).as_posix()
            if name in {f"{other}.py" for other in SIDES} and source is not COMMON:
                name = "jobs.py" if name == f"{side}.py" else ""
            first, _, rest = name.partition("/")
            if first in SIDES and rest:
                name = rest if first == side else ""
            if name:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(path.read_bytes())
    return folder
