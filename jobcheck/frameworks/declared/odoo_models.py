"""Odoo's models as jobs need them: which one an expression is a recordset of, and who declares a method of it.

A model is spread over classes by name: `_name` declares one, `_inherit` extends one or mixes others in. Only what the
project holds is seen; addons from elsewhere may declare and override more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.project.shape import ClassDecl
from jobcheck.solve.defs import Env, ExprDef, IterDef, NarrowDef, ParamDef
from jobcheck.solve.kinds import ClassRef, FunctionRef
from jobcheck.values import dataclass

if TYPE_CHECKING:
    from jobcheck.solve.solver import Solver

# Methods of a recordset that give records of the same model.
_SAME = frozenset(
    "browse search create sudo with_context with_user with_company with_env with_prefetch filtered filtered_domain sorted "
    "exists new copy search_fetch".split()
)
_TEXT = re.compile(rb"""["']([\w.]+)["']""")
_MANIFESTS = ("__manifest__.py", "__openerp__.py")
_VERSION = re.compile(rb"""["']version["']\s*:\s*["'](\d+)\.0\.\d""")
# How far an expression is followed to its model, and how many mixins lie above a model.
_LONGEST_TRAIL = 12
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Declared:
    """What one class says of models: the one that it declares or extends, and those that it takes in."""

    ref: ClassRef
    decl: ClassDecl
    name: str
    above: tuple[str, ...]


class OdooModels:
    """Answers about models; what a file declares and who is above a model is found once."""

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        self._files: dict[str, list[Declared]] = {}
        self._above: dict[str, frozenset[str]] = {}
        self._releases: dict[str, int | None] = {}

    # --- expressions -------------------------------------------------------------------------------------------

    def model_of(self, node: ir.Expr, env: Env) -> str | None:
        """The name of the model that an expression holds records of; None when that cannot be seen."""
        for _ in range(_LONGEST_TRAIL):
            match node:
                case ir.Subscript(value=owner, index=ir.Constant(value=str() as name)) if _is_env(owner):
                    return name
                case ir.Subscript(value=owner) if not _is_env(owner):
                    node = owner
                case ir.Call(func=ir.Attribute(value=owner, attr=attr)) if attr in _SAME:
                    node = owner
                case ir.Name(id=name):
                    definition = env.lookup(name)[0]
                    if isinstance(definition, NarrowDef):
                        definition = definition.before
                    if isinstance(definition, ParamDef):
                        return self._own(definition, env)
                    if not isinstance(definition, (ExprDef, IterDef)):
                        return None
                    node, env = definition.node, definition.env
                case _:
                    return None
        return None

    def _own(self, definition: ParamDef, env: Env) -> str | None:
        """The model of `self` in a method of a model's class."""
        unit = env.unit
        if definition.index != 0 or definition.function is not unit.function or unit.cls is None:
            return None
        return next((d.name for d in self.of_file(unit.filename) if d.ref == unit.cls), None)

    # --- declarations ------------------------------------------------------------------------------------------

    def methods(self, name: str) -> Iterator[tuple[FunctionRef, Declared]]:
        """Every method of that name that a class of a model declares, in the project's order."""
        pattern = re.compile(rb"\bdef\s+" + re.escape(name.encode()) + rb"\s*\(")
        for filename in self._solver.callers.mentions.files(name):
            data = self._solver.raw(filename)
            if data is None or pattern.search(data) is None:
                continue
            for declared in self.of_file(filename):
                method = declared.decl.function(name)
                if method is not None:
                    yield FunctionRef(filename, method.qualname, method.start), declared

    def methods_of(self, model: str, name: str) -> list[FunctionRef]:
        """The methods of that name that records of a model may have."""
        above = self._ancestors(model)
        return [ref for ref, declared in self.methods(name) if declared.name in above]

    def of_file(self, filename: str) -> list[Declared]:
        """The classes of models that a file declares."""
        if filename not in self._files:
            data = self._solver.raw(filename) or b""
            speaks = b"_inherit" in data or b"_name" in data
            self._files[filename] = list(self._read(filename, data)) if speaks else []
        return self._files[filename]

    def release(self, filename: str) -> int | None:
        """The release of Odoo that the addon of a file is for, as its manifest says."""
        folder = filename.rpartition("/")[0]
        if folder not in self._releases:
            manifests = (self._solver.raw(f"{folder}/{name}".lstrip("/")) for name in _MANIFESTS)
            data = next((found for found in manifests if found is not None), None)
            match = _VERSION.search(data) if data is not None else None
            above = self.release(folder) if data is None and folder else None
            self._releases[folder] = int(match[1]) if match is not None else above
        return self._releases[folder]

    def _read(self, filename: str, data: bytes) -> Iterator[Declared]:
        for decl in self._solver.project.shape(filename).classes:
            said = {
                name: _TEXT.findall(data[assign.value[0] : assign.value[1]])
                for assign in decl.assigns
                for name in assign.names
                if name in ("_name", "_inherit") and assign.value is not None
            }
            names = [n.decode() for n in said.get("_name", [])]
            above = [n.decode() for n in said.get("_inherit", [])]
            if not names and not above:
                continue
            name = names[0] if names else above[0] if len(above) == 1 else decl.name
            yield Declared(self._solver.classes.register(filename, decl), decl, name, tuple(above))

    def _ancestors(self, model: str) -> frozenset[str]:
        """A model and all that it takes in, as far as the project says."""
        if model not in self._above:
            found, pending = {model}, [model]
            for _ in range(_DEEPEST):
                pending = [above for name in pending for above in self._takes_in(name) if above not in found]
                found.update(pending)
            self._above[model] = frozenset(found)
        return self._above[model]

    def _takes_in(self, model: str) -> Iterator[str]:
        quoted = [f"{quote}{model}{quote}".encode() for quote in "\"'"]
        for filename in self._solver.callers.mentions.any_of(("_inherit",)):
            data = self._solver.raw(filename) or b""
            if any(text in data for text in quoted):
                for declared in self.of_file(filename):
                    if declared.name == model:
                        yield from declared.above


def _is_env(node: ir.Expr) -> bool:
    """`self.env`, `env`, `self.with_context(x).env`."""
    return (isinstance(node, ir.Attribute) and node.attr == "env") or (isinstance(node, ir.Name) and node.id == "env")
