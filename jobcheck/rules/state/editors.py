"""What lets users edit the rows of a class by declaration: forms, serializers and views.

An admin page says little: most of them are there to look at. Nor does a serializer that no view updates with: rows are made
with it, and shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jobcheck.project.shape import ClassDecl
from jobcheck.project.source import UnreadableSource
from jobcheck.solve.kinds import ClassRef, Origin
from jobcheck.solve.solver import Solver

# Classes whose subclasses save what a user has entered, by the ends of their names.
_EDITORS = ("ModelForm", "ModelSerializer", "UpdateView", "ModelViewSet")
_EDITED = frozenset({"model", "queryset"})
# REST framework's classes of views that update, and the modules whose classes are known to do nothing of the sort.
_UPDATING = frozenset({
    "UpdateModelMixin", "ModelViewSet", "UpdateAPIView", "RetrieveUpdateAPIView", "RetrieveUpdateDestroyAPIView",
})  # fmt: skip
_REST = "rest_framework."
# The names in `["name", "price"]`, and what else may stand there. Two steps: one pattern of it all would take time without end.
_NAME = re.compile(rb"[\"'](\w+)[\"']")
_LISTED = re.compile(rb"[\"']\w+[\"']|#[^\n]*")
_LIST = re.compile(rb"[\[\](),\s]*")


class Editors:
    """Answers about the classes of a project."""

    def __init__(self, solver: Solver) -> None:
        self.solver = solver

    def of(self, model: ClassRef, files: list[str], fields: frozenset[str] = frozenset()) -> Origin | None:
        """`model = Order` in a form or a serializer, `queryset = Order.objects` in a view, among files that mention the rows;
        of those that list what they edit, only with one of `fields`, where these are named."""
        for filename in files:
            offsets = self.solver.callers.mentions.offsets(filename, model.name)
            for decl in self._classes(filename) if offsets else ():
                found = self._edits(filename, decl, decl, offsets)
                if found is not None and not (fields and self._leaves(filename, decl, fields)):
                    return found
        return None

    def _leaves(self, filename: str, editor: ClassDecl, fields: frozenset[str]) -> bool:
        """Whether an editor lists the fields that it is about, and none of some is among them."""
        data = self.solver.raw(filename) or b""
        lists = [a for c in (editor, *editor.classes) for a in c.assigns if "fields" in a.names and a.value is not None]
        texts = [data[slice(*a.value)] for a in lists if a.value is not None]
        return bool(texts) and all(
            _LIST.fullmatch(_LISTED.sub(b"", text)) is not None and not fields & {name.decode() for name in _NAME.findall(text)}
            for text in texts
        )

    def _classes(self, filename: str) -> list[ClassDecl]:
        try:
            return self.solver.project.shape(filename).classes
        except UnreadableSource:
            return []

    def _edits(self, filename: str, decl: ClassDecl, editor: ClassDecl, offsets: list[int]) -> Origin | None:
        """A class-level statement of an editor that mentions the rows."""
        edited = [a for a in decl.assigns if _EDITED.intersection(a.names)]
        found = next(((a.start, a.end) for a in edited if any(a.start <= at < a.end for at in offsets)), None)
        if found is not None and self._is_editor(filename, editor):
            return Origin(filename, *found)
        metas = [c for c in decl.classes if c.name == "Meta"]
        return next((o for c in metas for o in [self._edits(filename, c, decl, offsets)] if o is not None), None)

    def _is_editor(self, filename: str, decl: ClassDecl) -> bool:
        info = self.solver.classes.info(self.solver.classes.register(filename, decl))
        names = [a.name for a in info.ancestors] if info is not None else []
        if not any(n.endswith(_EDITORS) for n in names) or any("ReadOnly" in n for n in names):
            return False
        return not any(n.endswith("ModelSerializer") for n in names) or not self._only_makes(decl.name)

    # --- serializers -------------------------------------------------------------------------------------------

    def _only_makes(self, serializer: str) -> bool:
        """Whether all views that are seen to use a serializer are known, and none of them updates."""
        views = list(self._views(serializer))
        return bool(views) and not any(self._may_update(view) for view in views) and not self._is_given_rows(serializer)

    def _views(self, serializer: str) -> Iterator[ClassRef]:
        """The classes with `serializer_class = OrderSerializer`."""
        mentions = self.solver.callers.mentions
        for filename in mentions.files(serializer):
            offsets = mentions.offsets(filename, serializer)
            for decl in self._classes(filename):
                if any("serializer_class" in a.names and any(a.start <= at < a.end for at in offsets) for a in decl.assigns):
                    yield self.solver.classes.register(filename, decl)

    def _may_update(self, view: ClassRef) -> bool:
        """Whether a view is one of REST framework's that update, or of classes that are not known."""
        info = self.solver.classes.info(view)
        if info is None:
            return True
        methods = {f.name for a in info.ancestors if (above := self.solver.classes.info(a)) for f in above.decl.functions}
        outside = [a for a in info.ancestors if a.filename is None and a.qualname not in ("object", "builtins.object")]
        unknown = any(not a.qualname.startswith(_REST) for a in outside)
        return unknown or bool(methods & {"put", "patch", "update"}) or any(a.name in _UPDATING for a in outside)

    def _is_given_rows(self, serializer: str) -> bool:
        """`OrderSerializer(order, data=...)`: what it then saves was there before."""
        call = re.compile(rb"\b" + serializer.encode() + rb"\(\s*(?:instance\s*=\s*)?[\w.]+\s*,[^)]*\bdata\s*=")
        return any(call.search(self.solver.raw(name) or b"") for name in self.solver.callers.mentions.files(serializer))
