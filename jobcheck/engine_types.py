"""What the command line asks of the engine (`RunOptions`) and what it gets back (`Report`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path

from jobcheck.config import Settings
from jobcheck.findings import Finding, Place
from jobcheck.values import dataclass

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is (0 when that is not known)."""

WHOLE_PROJECT = ("",)


@dataclass(frozen=True, slots=True)
class RunOptions:
    """One run. The whole of `root` is always known; `named` says which findings are asked for.

    `named` holds root-relative files and directories with forward slashes; "" is the root itself. `overlay` replaces
    the content of files by root-relative name (an editor's unsaved text); its bytes are as they would be on disk.
    `jobs` is the number of processes, 0 for as many as there are cores.
    """

    root: Path
    settings: Settings
    named: tuple[str, ...] = WHOLE_PROJECT
    overlay: Mapping[str, bytes] = field(default_factory=dict)
    jobs: int = 0
    progress: Progress | None = None

    @property
    def whole(self) -> bool:
        """Whether the whole project was asked for."""
        return "" in self.named


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job as the `jobs` command shows it. None is "not said" or "not known"."""

    name: str
    framework: str
    place: Place
    queue: str | None = None
    retries: str | None = None
    idempotency: str | None = None
    enqueued_by: tuple[Place, ...] = ()
    signature: str = ""


def _no_source(_filename: str) -> bytes | None:
    return None


@dataclass(slots=True)
class Report:
    """Everything a run found, before anything is hidden.

    `findings` holds all of them, of every rule, place, severity and confidence. `files`, `jobs` and `enqueues` count
    what was seen; `frameworks` are display names ("Celery"). `filenames` lists the project's Python files:
    there unused suppressions are looked for. `sources` gives the UTF-8 bytes of a file (the rows and columns of places
    count in these), or None when it cannot be read.
    `whole_project` is False when rules were asked about a part only, so that "hides nothing" cannot be judged.
    """

    findings: list[Finding] = field(default_factory=list)
    files: int = 0
    jobs: int = 0
    enqueues: int = 0
    frameworks: tuple[str, ...] = ()
    filenames: tuple[str, ...] = ()
    sources: Callable[[str], bytes | None] = _no_source
    whole_project: bool = True
    registry: list[JobRow] = field(default_factory=list)
