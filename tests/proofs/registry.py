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


_CELERY = "Celery {celery} with its memory broker and a worker"
_DJANGO = "Celery {celery} with its memory broker and a worker, Django {django} on SQLite"
_REFERENCE = "jobcheck.runtime"

_prove(_CELERY, "on_celery:plain", 101, 102, 104, 105, 109, 110, 111)
_prove(_CELERY, "on_celery:plain", 201, 203, 204, 205, 206, 208, 209, 210, 211, 212, 213, 214)
_prove(_DJANGO, "on_celery:plain", 207, 501)
_prove(f"{_DJANGO}, which starts late", "on_celery:slow", 103)
_prove(_CELERY, "on_celery:weighed", 106)
_prove(f"{_CELERY} on another host", "on_celery:on_another_host", 108)
_prove(_REFERENCE, "on_reference:plain", 202, 401)

GOOD_FAILS = frozenset({"JOB110"})
"""Rules about how a failure is told, whose good example fails, too."""

NOT_RUN = {
    "JOB001": "it speaks of the file, not of a run",
    "JOB002": "it speaks of a comment, not of a run",
    "JOB003": "it speaks of a comment, not of a run",
    "JOB009": "it speaks of jobcheck itself",
}
"""Rules that a run cannot prove, and why."""

PENDING = frozenset(
    f"JOB{number:03}"
    for number in (
        *(301, 302, 303, 304, 305, 306, 307, 308),
        *(402, 403, 404, 405, 406, 407, 408, 409, 410, 411),
        *(502, 503, 504, 505, 506, 507),
        *(601, 602, 603, 604, 605, 606, 607, 608),
    )
)
"""Rules whose proof is not written yet; some are not there yet either."""


def lay_out(code: str, side: str, folder: Path) -> Path:
    """Make a project of one side of a proof: its file as `jobs.py`, what both sides share, and the shop's models."""
    proof = PROOFS[code]
    for source in (COMMON, proof.folder):
        for path in sorted(source.rglob("*.py")):
            name = path.relative_to(source).as_posix()
            if name in {f"{other}.py" for other in SIDES} and source is not COMMON:
                name = "jobs.py" if name == f"{side}.py" else ""
            if name:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(path.read_bytes())
    return folder
