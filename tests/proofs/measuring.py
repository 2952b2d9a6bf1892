"""Measure: lay a proof's two projects out, ask jobcheck about them, run them in the server's children."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Any

from jobcheck.config import Layer, settings_from
from jobcheck.config_files import read_config
from jobcheck.engine import check
from jobcheck.engine_types import RunOptions
from jobcheck.filters import shown
from proofs.registry import COMMON, HERE, PROOFS, SIDES, lay_out

REPOSITORY = HERE.parents[1]
DATA = REPOSITORY / "jobcheck" / "rules" / "measured.json"
BROKEN = "the proof is broken"
LIBRARIES = ("celery", "django", "rq")


class Server:
    """The process that runs the examples; a context manager."""

    def __enter__(self) -> Server:
        path = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH"), str(HERE.parent)]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "proofs.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.communicate()

    def outcome(self, code: str, folder: Path) -> str:
        """What comes of the project in a folder."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"stage": PROOFS[code].stage, "folder": str(folder)}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, str] = json.loads(self._process.stdout.readline())
        return answer["outcome"]


def findings(folder: Path) -> dict[str, int]:
    """The codes that jobcheck reports by default in a project, and the row of the first finding of each."""
    own = folder / "jobcheck.toml"
    settings = settings_from([Layer(str(own), folder, read_config(own))] if own.exists() else [])
    report = check(RunOptions(root=folder, settings=settings))
    return {finding.code: finding.place.row for finding in reversed(shown(report, settings).findings)}


def measured(code: str, server: Server) -> dict[str, str]:
    """A proof's row: where it ran, and what came of either side."""
    row = {"on": PROOFS[code].on}
    for side in SIDES:
        with tempfile.TemporaryDirectory() as folder:
            row[side] = server.outcome(code, lay_out(code, side, Path(folder)))
    return row


def versions() -> dict[str, str]:
    """Major and minor of Python and the libraries at hand; "" is not at hand."""
    python = ".".join(map(str, sys.version_info[:2]))
    return {"python": python, **{name: _version(name) for name in LIBRARIES}}


def _version(name: str) -> str:
    try:
        return ".".join(version(name).split(".")[:2])
    except PackageNotFoundError:
        return ""


def written() -> dict[str, Any]:
    """What was measured when the data were made."""
    data: dict[str, Any] = json.loads(DATA.read_text("utf-8"))
    return data


__all__ = ["BROKEN", "COMMON", "DATA", "Server", "findings", "measured", "versions", "written"]
