"""The applications that jobcheck is measured on: published wheels, pinned, fetched and unpacked, never installed."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

APPLICATIONS = {"pretix": "2026.8.0", "apache-superset": "6.1.0", "mayan-edms": "4.12.2"}
WANTED = (".py", ".toml", ".cfg", ".ini", ".yml", ".yaml", "Procfile", ".service")


def fetch(name: str, folder: Path) -> Path:
    """The folder with the sources of one application, fetched on first use."""
    target = folder / name
    if target.exists():
        return target
    with tempfile.TemporaryDirectory() as box:
        pin = f"{name}=={APPLICATIONS[name]}"
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", box, pin]
        subprocess.run(pip, check=True)
        with zipfile.ZipFile(next(Path(box).glob("*.whl"))) as wheel:
            for member in wheel.namelist():
                if member.endswith(WANTED) and ".dist-info/" not in member:
                    wheel.extract(member, Path(box) / "sources")
        # A project of its own: no tool looks further up for ignore files or settings.
        subprocess.run(["git", "init", "--quiet", str(Path(box) / "sources")], check=True)
        folder.mkdir(parents=True, exist_ok=True)
        (Path(box) / "sources").rename(target)
    return target
