"""Django's apps: which class a name such as "shop.Order" means, and which one is the user. Read, never imported."""

from __future__ import annotations

import re
from functools import cached_property
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from jobcheck.project import modules
from jobcheck.project.shape import ClassDecl
from jobcheck.project.source import UnreadableSource
from jobcheck.solve.kinds import ClassRef

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

_LABEL = re.compile(rb"""^\s+label\s*=\s*["'](\w+)["']""", re.MULTILINE)
_USER = re.compile(rb"""^\s*AUTH_USER_MODEL\s*(?::\s*\w+\s*)?=\s*["'](\w+)\.(\w+)["']""", re.MULTILINE)
_ZONES = re.compile(rb"^\s*USE_TZ\s*(?::\s*bool\s*)?=\s*(True|False)", re.MULTILINE)
_OUTSIDE = {
    ("auth", "user"): "django.contrib.auth.models.User",
    ("auth", "group"): "django.contrib.auth.models.Group",
    ("auth", "permission"): "django.contrib.auth.models.Permission",
    ("contenttypes", "contenttype"): "django.contrib.contenttypes.models.ContentType",
    ("sites", "site"): "django.contrib.sites.models.Site",
    ("sessions", "session"): "django.contrib.sessions.models.Session",
}


class Apps:
    """Answers are remembered; one for each run."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        self._models: dict[tuple[str, str], ClassRef | None] = {}
        self._classes: dict[str, re.Pattern[bytes]] = {}

    # --- models by name ----------------------------------------------------------------------------------------

    def named(self, text: str, filename: str, cls: ClassRef | None = None) -> ClassRef | None:
        """The model that a string means in a file: "shop.Order", "Order" of the same app, "self"."""
        if text == "self":
            return cls
        label, _, name = text.rpartition(".")
        if label:
            return self.model(label, name)
        return self._declared(filename, name) or self._in_folder(_app_folder(filename), name)

    def model(self, label: str, name: str) -> ClassRef | None:
        """The model of an app, by the app's label (or its dotted module) and the model's name in any case."""
        key = (label.rpartition(".")[2], name.lower())
        if key not in self._models:
            self._models[key] = self._find(key[0], name)
        return self._models[key]

    def _find(self, label: str, name: str) -> ClassRef | None:
        for folder in self._folders.get(label, ()):
            found = self._in_folder(folder, name)
            if found is not None:
                return found
        outside = _OUTSIDE.get((label, name.lower()))
        return ClassRef(outside) if outside else None

    def _in_folder(self, folder: str, name: str) -> ClassRef | None:
        """A class of that name below an app's folder, first of all in its models."""
        inside, holding = f"{folder}/" if folder else "", self._solver.callers.mentions.in_any_case(name)
        below = [f for f in holding if f.startswith(inside)]
        for filename in sorted(below, key=lambda f: ("models" not in f.removeprefix(folder), f.count("/"), f)):
            if "/migrations/" not in filename:
                found = self._declared(filename, name, exact=False)
                if found is not None:
                    return found
        return None

    def _declared(self, filename: str, name: str, exact: bool = True) -> ClassRef | None:
        """The class that a name means in a file; when not `exact`, one that the file declares, in any case."""
        if exact:
            match self._solver.project.resolve(filename, name):
                case modules.Declared(filename=where, decls=(ClassDecl() as decl, *_)):
                    return self._solver.classes.register(where, decl)
                case modules.External(qualname=qualname):
                    return ClassRef(qualname)
            return None
        data = self._solver.raw(filename) or b""
        if not any(m.start() == 0 or data[m.start() - 1] in b"\r\n" for m in self._heads(name).finditer(data)):
            return None
        decls = (d for d in self._solver.project.shape(filename).classes if d.name.lower() == name.lower())
        return next((self._solver.classes.register(filename, d) for d in decls), None)

    def _heads(self, name: str) -> re.Pattern[bytes]:
        """`class Name`, however the name is written: a pattern that begins with a word is searched for ten times as fast."""
        if name not in self._classes:
            spelled = b"|".join(map(re.escape, self._solver.callers.mentions.spelled(name)))
            self._classes[name] = re.compile(rb"class[ \t]+(?:" + spelled + rb")\b")
        return self._classes[name]

    @cached_property
    def _folders(self) -> dict[str, list[str]]:
        """The folders of apps by label: the folder's own name, and the label that its configuration gives."""
        found: dict[str, list[str]] = {}
        for filename in self._solver.project.filenames:
            name = basename(filename)
            if name in ("models.py", "apps.py") or filename.endswith("models/__init__.py"):
                folder = _app_folder(filename)
                labels = {basename(folder)} | (self._labels(filename) if name == "apps.py" else set())
                for label in sorted(labels):
                    if folder not in found.setdefault(label, []):
                        found[label].append(folder)
        return found

    def _labels(self, filename: str) -> set[str]:
        return {m.decode() for m in _LABEL.findall(self._solver.raw(filename) or b"")}

    # --- the settings ------------------------------------------------------------------------------------------

    @cached_property
    def present(self) -> bool:
        """Whether the project uses Django at all."""
        return any(self._imports_django(filename) for filename in self._solver.project.filenames)

    def _imports_django(self, filename: str) -> bool:
        data = self._data(filename)
        return b"from django" in data or b"import django" in data

    @cached_property
    def moments(self) -> str:
        """What a DateTimeField gives: aware or naive as USE_TZ says, either where nothing does."""
        said = {m for filename in self._solver.project.filenames for m in self._zones(filename)}
        if len(said) != 1:
            return "datetime"
        return "datetime_aware" if said == {b"True"} else "datetime_naive"

    def _zones(self, filename: str) -> list[bytes]:
        data = self._data(filename)
        return _ZONES.findall(data) if b"USE_TZ" in data and not self._solver.is_test(filename) else []

    def _data(self, filename: str) -> bytes:
        try:
            return self._solver.project.source(filename).data
        except UnreadableSource:
            return b""

    # --- the user ----------------------------------------------------------------------------------------------

    @cached_property
    def user(self) -> ClassRef:
        """The class of users: the one that the settings name, else Django's own."""
        said = {pair for filename in self._solver.project.filenames for pair in self._users(filename)}
        found = {self.model(label, name) for label, name in sorted(said)} - {None}
        only = found.pop() if len(found) == 1 else None
        if only is not None:
            return only
        return ClassRef("django.contrib.auth.models.AbstractUser" if said else "django.contrib.auth.models.User")

    def _users(self, filename: str) -> set[tuple[str, str]]:
        data = self._data(filename)
        if b"AUTH_USER_MODEL" not in data or self._solver.is_test(filename):
            return set()
        return {(label.decode(), name.decode()) for label, name in _USER.findall(data)}


def _app_folder(filename: str) -> str:
    """The folder of the app that a file with models belongs to."""
    folder = dirname(filename)
    parts = folder.split("/")
    return "/".join(parts[: parts.index("models")]) if "models" in parts else folder
