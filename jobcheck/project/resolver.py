"""Following a name to what it means: imports, aliases, re-exports, star imports, submodules."""

from __future__ import annotations

import builtins
import re
from posixpath import basename, dirname, join
from typing import TYPE_CHECKING

from jobcheck.project.exports import STAR_NAMES
from jobcheck.project.layout import Package
from jobcheck.project.resolution import (
    Ambiguous,
    Declared,
    External,
    Missing,
    Module,
    Resolution,
    Single,
    Unknown,
    candidates,
    merged,
)
from jobcheck.project.shape import AssignDecl, Binding, ClassDecl, ImportDecl, Shape
from jobcheck.project.source import UnreadableSource

if TYPE_CHECKING:
    from jobcheck.project.modules import Project

_BUILTINS = frozenset(n for n in dir(builtins) if not n.startswith("__")) | {
    "__import__",
    "ExceptionGroup",
    "BaseExceptionGroup",
    "PythonFinalizationError",
}
# What every module has without saying so.
_IMPLICIT = frozenset(f"__{name}__" for name in ("name", "file", "doc", "package", "spec", "loader", "path", "dict"))
_IMPLICIT |= {"__annotations__", "__cached__", "__builtins__"}
_DOTTED_TEXT = re.compile(rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*(?:\.[A-Za-z_\x80-\xff][\w\x80-\xff]*)*")
_CONSTANTS = frozenset({"None", "True", "False", "Ellipsis", "NotImplemented"})
_DEEPEST = 30
_MOST_STEPS = 3000
_LONGEST_ALIAS = 200


class Query:
    """One question. Keeps what is being followed, so that cycles end, and counts steps, so that fans do."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.active: set[tuple[str, str]] = set()
        self.starred: set[tuple[str, str]] = set()
        self.steps = 0

    # --- names -----------------------------------------------------------------------------------------------

    def name(self, filename: str, name: str) -> Resolution:
        """What a name means at the top level of a file."""
        found = self._global(filename, name)
        if isinstance(found, (Missing, Unknown)) and name in _BUILTINS and not self._binds(filename, name):
            return External(f"builtins.{name}")
        return found

    def dotted(self, filename: str, dotted: str) -> Resolution:
        """What a dotted name means at the top level of a file."""
        first, *attributes = dotted.split(".")
        found = self.name(filename, first)
        for attribute in attributes:
            found = self.attribute(found, attribute)
        return found

    def prefix(self, filename: str, dotted: str) -> tuple[Resolution, tuple[str, ...]]:
        """The longest part of a dotted name that has a meaning, and the attributes left."""
        first, *attributes = dotted.split(".")
        found = self.name(filename, first)
        for place, attribute in enumerate(attributes):
            further = self.attribute(found, attribute)
            if isinstance(further, Unknown):
                return found, tuple(attributes[place:])
            found = further
        return found, ()

    def attribute(self, owner: Resolution, name: str) -> Resolution:
        """What an attribute of something resolved means."""
        return merged([self._attribute_of(single, name) for single in candidates(owner)])

    def _attribute_of(self, owner: Single, name: str) -> Resolution:
        if isinstance(owner, External):
            return External(f"{owner.qualname}.{name}")
        if isinstance(owner, Module):
            return self.member(owner, name)
        if isinstance(owner, Declared):
            decls = [d for c in owner.decls if isinstance(c, ClassDecl) for d in reversed(c.members(name))]
            return Declared(owner.filename, tuple(decls)) if decls else Unknown("attribute of a value")
        return Unknown("attribute of what is not known")

    def member(self, module: Module, name: str) -> Resolution:
        """What `from module import name` gives."""
        if module.filename is None:
            return self._portion_member(module, name)
        found = self._global(module.filename, name)
        if isinstance(found, (Missing, Unknown)):
            submodule = self._submodule(module.filename, name, module.dotted)
            if submodule is not None:
                return submodule
        return found

    def _portion_member(self, module: Module, name: str) -> Resolution:
        dotted = f"{module.dotted}.{name}"
        for folder in module.directories:
            found = self.project.layout.at(join(folder, name))
            if found is not None:
                return _as_module(found, dotted)
        if any(self.project.may_exist(folder, name) for folder in module.directories):
            return Unknown("not among the files")
        return External(dotted)  # another portion of the namespace, or a distribution of the same name

    def _submodule(self, filename: str, name: str, dotted: str) -> Module | None:
        if basename(filename) != "__init__.py":
            return None
        found = self.project.layout.at(join(dirname(filename), name))
        return None if found is None else _as_module(found, f"{dotted}.{name}")

    def _binds(self, filename: str, name: str) -> bool:
        try:
            shape = self.project.shape(filename)
        except UnreadableSource:
            return False
        return bool(shape.bindings(name)) or name in shape.loose_names

    # --- bindings --------------------------------------------------------------------------------------------

    def _global(self, filename: str, name: str) -> Resolution:
        key = (filename, name)
        self.steps += 1
        if key in self.active or len(self.active) > _DEEPEST or self.steps > _MOST_STEPS:
            return Unknown("cycle")
        try:
            shape = self.project.shape(filename)
        except UnreadableSource:
            return Unknown("unreadable")
        self.active.add(key)
        try:
            return self._bound(filename, shape, name) or self._unbound(filename, shape, name)
        finally:
            self.active.discard(key)

    def _bound(self, filename: str, shape: Shape, name: str) -> Resolution | None:
        """What the bindings of a name give: from the last one back to the first that surely takes place."""
        found: list[Resolution] = []
        for decl in reversed(shape.bindings(name)):
            if isinstance(decl, AssignDecl) and decl.value is None and decl.annotation is not None:
                continue  # `x: int` binds nothing
            found.append(self._binding(filename, decl, name))
            if not decl.conditional and not (isinstance(decl, AssignDecl) and decl.augmented):
                break
        return merged(found) if found else None

    def _binding(self, filename: str, decl: Binding, name: str) -> Resolution:
        if isinstance(decl, ImportDecl):
            return self._imported(filename, decl)
        if isinstance(decl, AssignDecl):
            aliased = self._aliased(filename, decl)
            if aliased is not None:
                return aliased
        return Declared(filename, (decl,))

    def _aliased(self, filename: str, decl: AssignDecl) -> Resolution | None:
        """What `x = a.b` means by its right-hand side, if that can be said."""
        if decl.value is None or decl.unpacked or decl.augmented or decl.value[1] - decl.value[0] > _LONGEST_ALIAS:
            return None
        text = self.project.source(filename).data[slice(*decl.value)]
        if not _DOTTED_TEXT.fullmatch(text):
            return None
        dotted = text.decode("utf-8", "replace")
        if dotted in _CONSTANTS:
            return None
        found = self.dotted(filename, dotted)
        unsaid = any(isinstance(single, (Missing, Unknown)) for single in candidates(found))
        return None if unsaid else found

    def _imported(self, filename: str, decl: ImportDecl) -> Resolution:
        if decl.name is None:
            if decl.asname or decl.module == decl.bound:
                return self._module(filename, decl.module)
            top = self.project.layout.find_top(decl.module, filename)
            return External(decl.bound) if top is None else _as_module(top, decl.bound)
        owner = self._relative(filename, decl) if decl.level else self._module(filename, decl.module)
        if not isinstance(owner, Module):
            return self._attribute_of(owner, decl.name) if isinstance(owner, External) else owner
        found = self.member(owner, decl.name)
        if isinstance(found, Missing) and decl.level == 0 and not self._is_certain(owner):
            return Unknown("perhaps another module of that name is meant")
        return found

    def _module(self, filename: str, dotted: str) -> Single:
        """The module that an absolute name means to a file."""
        found = self.project.find_module(dotted, filename)
        if found is not None:
            return _as_module(found, dotted)
        owner = dotted
        while owner := owner.rpartition(".")[0]:
            if isinstance(self.project.find_module(owner, filename), str):
                return Unknown("a module that is not among the files")
        return External(dotted)

    def _is_certain(self, module: Module) -> bool:
        """Whether an absolute import surely means this file, and no distribution of the same name."""
        layout = self.project.layout
        return module.filename is not None and layout.is_proven(layout.import_root(module.filename))

    def _relative(self, filename: str, decl: ImportDecl) -> Single:
        found = self.project.resolve_import(filename, decl.module, decl.level)
        if found is None:
            return Unknown("a module that is not among the files")
        if isinstance(found, str):
            return Module(found, self.project.module_name(found))
        return Module(None, found.dotted, found.directories)

    # --- names that nothing binds openly ---------------------------------------------------------------------

    def _unbound(self, filename: str, shape: Shape, name: str) -> Resolution:
        unsure = shape.broken or shape.has_getattr or shape.dynamic or name in _IMPLICIT or name in shape.loose_names
        for star in reversed(shape.star_imports):
            found = self._from_star(filename, star, name)
            if isinstance(found, (Declared, Module, External, Ambiguous)):
                return found
            unsure = unsure or isinstance(found, Unknown)
        if unsure:
            return Unknown("the module may have it")
        return self._missing(filename, name)

    def _from_star(self, filename: str, star: ImportDecl, name: str) -> Resolution:
        owner = self._relative(filename, star) if star.level else self._module(filename, star.module)
        if not isinstance(owner, Module):
            known = isinstance(owner, External) and name in STAR_NAMES.get(star.module, ())
            return External(f"{star.module}.{name}") if known else Unknown("star import from outside")
        key = (owner.filename or "", name)
        if owner.filename is None or key in self.active or key in self.starred:
            return Missing(star.module, name)  # what was asked already has nothing to add
        self.starred.add(key)
        try:
            shape = self.project.shape(owner.filename)
        except UnreadableSource:
            return Unknown("unreadable")
        if shape.all_names is not None:
            return self.member(owner, name) if name in shape.all_names else Missing(owner.filename, name)
        if name.startswith("_") and not shape.bindings("__all__"):
            return Missing(owner.filename, name)
        return self._global(owner.filename, name)

    def _missing(self, filename: str, name: str) -> Resolution:
        if basename(filename) == "__init__.py":
            submodule = self._submodule(filename, name, self.project.module_name(filename))
            if submodule is not None:
                return submodule
            if self.project.may_exist(dirname(filename), name):
                return Unknown("not among the files")
        return Missing(filename, name)


def _as_module(found: str | Package, dotted: str) -> Module:
    if isinstance(found, str):
        return Module(found, dotted)
    return Module(None, dotted, found.directories)
