"""The settings of a run: defaults, then the configuration file, then the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jobcheck.findings import Confidence, Severity

DEFAULT_EXCLUDE = (
    ".*/",
    "__pycache__/",
    "__pypackages__/",
    "_build/",
    "buck-out/",
    "build/",
    "dist/",
    "node_modules/",
    "site-packages/",
    "venv/",
)
"""Folders no one means when they say "the project" (`.*/` covers .git, .venv, .tox and their like)."""

DEFAULT_TESTS = ("tests/", "test/", "test_*.py", "*_test.py", "conftest.py")
"""Files that are no production call sites."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What one run is asked to do. Patterns are written as in .gitignore and relative to the project root.

    `rules` are the codes that are on. `exclude` is complete: the defaults or what replaces them, then the additions.
    An empty `frameworks` means all. `serializers` maps a framework to the serializer its jobs use, `versions` a
    package to its version, both as written by the user. `forwarders` is handed on as read.
    """

    rules: frozenset[str] = frozenset()
    per_file_ignores: tuple[tuple[str, frozenset[str]], ...] = ()
    exclude: tuple[str, ...] = DEFAULT_EXCLUDE
    min_severity: Severity = Severity.INFO
    min_confidence: Confidence = Confidence.MEDIUM
    baseline: Path | None = None
    tests: tuple[str, ...] = DEFAULT_TESTS
    frameworks: tuple[str, ...] = ()
    serializers: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    idempotency_decorators: tuple[str, ...] = ()
    forwarders: Mapping[str, object] = field(default_factory=dict)
    use_suppressions: bool = True
    root: Path | None = None
    config_file: Path | None = None
