"""The settings of a run: defaults, then the configuration file, then the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from jobcheck.config_forwarders import Forwarder
from jobcheck.config_keys import ConfigError, read_value
from jobcheck.findings import Confidence, Severity
from jobcheck.patterns import is_pattern
from jobcheck.rules.catalogue import UnknownRuleError, breadth, catalogue, codes_for
from jobcheck.values import dataclass

__all__ = ["DEFAULT_EXCLUDE", "DEFAULT_TESTS", "ConfigError", "Layer", "Settings", "settings_from"]

DEFAULT_EXCLUDE = (".*/", "__pypackages__/", "/build/", "/dist/")
"""Folders no one means by "the project", beside the environments and caches that `files` always leaves out."""

DEFAULT_TESTS = ("tests/", "test/", "test_*.py", "*_test.py", "tests.py", "conftest.py")
"""Files that are no production call sites."""

ALWAYS = frozenset({"JOB001", "JOB009"})
"""Rules that only `ignore` turns off: a run that could not look must not seem clean."""


def _defaults() -> frozenset[str]:
    return frozenset(code for code, rule in catalogue().items() if rule.default)


@dataclass(frozen=True, slots=True)
class Settings:
    """What one run is asked to do. Patterns are written as in .gitignore and relative to the project root.

    `rules` are the codes that are on. `exclude` is complete: the defaults or what replaces them, then the additions.
    An empty `frameworks` means all. `serializers` maps a framework to the serializer its jobs use, `versions` a
    package to its version, both as written by the user. `forwarders` are functions that enqueue what they are handed.
    """

    rules: frozenset[str] = field(default_factory=_defaults)
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
    idempotency_options: tuple[str, ...] = ()
    forwarders: tuple[Forwarder, ...] = ()
    use_suppressions: bool = True
    root: Path | None = None
    config_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """Settings from one source, over those before it. `base` is the folder its file names are relative to.

    `source` opens every error message: the path of the file, or "" for the command line, where keys are options.
    """

    source: str
    base: Path
    values: Mapping[str, object]

    def read(self) -> dict[str, Any]:
        """The values in their types, file names made absolute. Raises ConfigError."""
        values = {name: read_value(self.source or "command line", name, value) for name, value in self.values.items()}
        for name in ("baseline", "root"):
            if name in values:
                values[name] = self.base / str(values[name])
        return values

    def codes(self, key: str, selectors: Iterable[str]) -> frozenset[str]:
        """The codes that the selectors under `key` mean. Raises ConfigError for an unknown one."""
        try:
            return frozenset().union(*(codes_for(selector) for selector in selectors))
        except UnknownRuleError as error:
            raise ConfigError(f"{self.where(key)}: {error}") from None

    def where(self, key: str) -> str:
        """How messages name a key of this source."""
        return f"{self.source}: {key!r}" if self.source else f"--{key}"


def settings_from(layers: Iterable[Layer], *, use_suppressions: bool = True, config_file: Path | None = None) -> Settings:
    """The settings that the layers give together, the last one winning. Raises ConfigError."""
    rules = _defaults()
    exclude, extra_exclude = DEFAULT_EXCLUDE, ()
    ignores: tuple[tuple[str, frozenset[str]], ...] = ()
    plain: dict[str, Any] = {}
    for layer in layers:
        values = layer.read()
        _refuse_bad_patterns(layer, values)
        rules = _selected(rules, layer, values)
        for pattern, selectors in values.pop("per-file-ignores", {}).items():
            ignores += ((pattern, layer.codes("per-file-ignores", selectors)),)
        exclude = values.pop("exclude", exclude)
        extra_exclude += values.pop("extend-exclude", ())
        plain.update({name.replace("-", "_"): value for name, value in values.items()})
    return Settings(
        rules=rules,
        per_file_ignores=ignores,
        exclude=exclude + extra_exclude,
        use_suppressions=use_suppressions,
        config_file=config_file,
        **plain,
    )


def _refuse_bad_patterns(layer: Layer, values: Mapping[str, Any]) -> None:
    for key in ("exclude", "extend-exclude", "tests", "per-file-ignores"):
        for pattern in values.get(key, ()):
            if not is_pattern(pattern):
                raise ConfigError(f"{layer.where(key)}: {pattern!r} is not a pattern as in .gitignore")


def _selected(rules: frozenset[str], layer: Layer, values: dict[str, Any]) -> frozenset[str]:
    """The rules that are on after this layer: as in Ruff, the more exact selector wins, and `ignore` over `select`.

    A `select` starts afresh, whatever the layers before it selected or ignored; that a file could not be read stays.
    """
    select = values.pop("select", None)
    extend = values.pop("extend-select", ())
    ignore = values.pop("ignore", ())
    for key, selectors in (("select", select or ()), ("extend-select", extend), ("ignore", ignore)):
        layer.codes(key, selectors)
    result = set(rules if select is None else ALWAYS)
    chosen = [*(select or ()), *extend]
    for width in sorted({breadth(selector) for selector in [*chosen, *ignore]}):
        result |= layer.codes("select", (s for s in chosen if breadth(s) == width))
        result -= layer.codes("ignore", (s for s in ignore if breadth(s) == width))
    return frozenset(result)
