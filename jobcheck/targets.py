"""From the paths on the command line to the project root, the files that are named in it, and the settings."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path, PurePath

from jobcheck.config import ConfigError, Layer, Settings, settings_from
from jobcheck.config_files import find_config, read_config
from jobcheck.engine_types import WHOLE_PROJECT
from jobcheck.values import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """What a run is about. `named` are root-relative, with forward slashes; "" is everything."""

    root: Path
    named: tuple[str, ...]
    settings: Settings


@dataclass(frozen=True, slots=True)
class Asked:
    """Where settings come from: `options` are keys as in the configuration file, with values from the command line."""

    options: Mapping[str, object] = field(default_factory=dict)
    config: str | None = None
    isolated: bool = False
    use_suppressions: bool = True


class PathError(Exception):
    """A path on the command line cannot be used; the message says which and why."""


def target(paths: Sequence[str], asked: Asked) -> Target:
    """What the paths (none: the whole project around the working directory) and settings mean.

    Raises PathError and ConfigError.
    """
    absolute = [_existing(path) for path in paths]
    root, settings = _project(Path(os.path.commonpath(absolute)) if absolute else Path.cwd(), asked)
    named = tuple(dict.fromkeys(root_relative(root, path) for path in absolute)) if absolute else WHOLE_PROJECT
    return Target(root, named, settings)


def stdin_target(filename: str, asked: Asked) -> Target:
    """The same for text from standard input that is to be taken for the content of a file, which need not exist."""
    absolute = os.path.abspath(filename)
    if os.path.isdir(absolute):
        raise PathError(f"--stdin-filename: {filename} is a folder; give the name of a file")
    folder = next(parent for parent in Path(absolute).parents if parent.is_dir())
    root, settings = _project(folder, asked)
    return Target(root, (root_relative(root, absolute),), settings)


def _project(start: Path, asked: Asked) -> tuple[Path, Settings]:
    file = _config_file(start, asked)
    layers = [Layer("", Path.cwd(), asked.options)]
    if file is not None:
        layers.insert(0, Layer(str(file), file.absolute().parent, read_config(file)))
    settings = settings_from(layers, use_suppressions=asked.use_suppressions, config_file=file)
    return _root(start, settings), settings


def root_relative(root: Path, path: str) -> str:
    """The name of a path in the project; "" for the root. A link is named by what it leads to, as the walk does it.

    Raises PathError for a path outside of the root.
    """
    for real_path, real_root in ((os.path.realpath(path), os.path.realpath(root)), (path, str(root))):
        if PurePath(real_path).is_relative_to(real_root):
            name = PurePath(real_path).relative_to(real_root).as_posix()
            return "" if name == "." else name
    raise PathError(f"{path}: outside of the project, whose root is {root} (see `root` in the configuration)")


def _existing(path: str) -> str:
    try:
        os.stat(path)
    except FileNotFoundError:
        hint = " (it is a link that leads nowhere)" if os.path.islink(path) else ""
        raise PathError(f"{path}: no such file or folder{hint}") from None
    except (OSError, ValueError) as error:
        raise PathError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    return os.path.abspath(path)


def _config_file(start: Path, asked: Asked) -> Path | None:
    if asked.isolated and asked.config:
        raise ConfigError("--config and --isolated exclude each other: give one of them")
    if asked.isolated:
        return None
    if asked.config is None:
        return find_config(start)
    if not Path(asked.config).is_file():
        raise ConfigError(f"--config: {asked.config}: no such file")
    return Path(asked.config)


def _root(start: Path, settings: Settings) -> Path:
    from jobcheck.files import find_root

    if settings.root is None:
        return find_root(start)
    if not settings.root.is_dir():
        raise ConfigError(f"{settings.config_file}: 'root': {settings.root} is no folder")
    return Path(os.path.abspath(settings.root))
