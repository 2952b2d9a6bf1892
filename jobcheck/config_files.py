"""Finding and reading the configuration file: jobcheck.toml, or pyproject.toml with a [tool.jobcheck] table."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from jobcheck.config_keys import ConfigError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

OWN_FILE = "jobcheck.toml"
SHARED_FILE = "pyproject.toml"


def find_config(start: Path) -> Path | None:
    """The nearest configuration file at `start` (a file or folder) or above it.

    In one folder jobcheck.toml wins. A pyproject.toml without a [tool.jobcheck] table is passed by.
    """
    for folder in (start, *start.parents):
        own, shared = folder / OWN_FILE, folder / SHARED_FILE
        if own.is_file():
            return own
        if shared.is_file() and _mentions_us(shared) and _own_table(shared, read_toml(shared)) is not None:
            return shared
    return None


def read_config(path: Path) -> Mapping[str, object]:
    """The keys and values of a configuration file. Raises ConfigError when it cannot be read."""
    content = read_toml(path)
    if path.name != SHARED_FILE:
        return content
    return _own_table(path, content) or {}


def read_toml(path: Path) -> dict[str, object]:
    """A TOML file. Raises ConfigError with the file and, for broken syntax, the row and column."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8, as TOML has to be (byte {error.start})") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None
    try:
        content: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_broken(path, text, str(error))) from None
    except RecursionError:
        raise ConfigError(f"{path}: nested too deeply to be read") from None
    return content


def _mentions_us(path: Path) -> bool:
    """Whether it is worth parsing: someone else's broken file is not for us to complain about."""
    try:
        return b"jobcheck" in path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None


def _own_table(path: Path, content: Mapping[str, object]) -> Mapping[str, object] | None:
    tool = content.get("tool")
    table = tool.get("jobcheck") if isinstance(tool, Mapping) else None
    if table is not None and not isinstance(table, Mapping):
        raise ConfigError(f"{path}: tool.jobcheck must be a table")
    return table


def _broken(path: Path, text: str, error: str) -> str:
    match = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", error, re.DOTALL)
    if match:
        message, row, column = match.groups()
        return f"{path}:{row}:{column}: not valid TOML: {message}"
    return f"{path}:{max(len(text.splitlines()), 1)}:1: not valid TOML: {error}"
