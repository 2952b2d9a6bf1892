"""Suppression comments and markers: which findings a file's comments hide, and which comments are at fault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from jobcheck.comments import Comment, comments
from jobcheck.directives import BROKEN, IDEMPOTENT, IGNORE_FILE, NOQA, Directive, Item, directives
from jobcheck.findings import Place
from jobcheck.rules.catalogue import find
from jobcheck.values import dataclass

SELF = frozenset({"JOB002", "JOB003"})
"""The rules about suppressions themselves: naming them is never judged as unused."""


@dataclass(frozen=True, slots=True)
class Marker:
    """`# jobcheck: idempotent -- reason`. `reason` is empty when it is missing: JOB003 then says so, and the job does
    not count as marked.

    `first_row` to `last_row` are the lines it is about: see `Comment`.
    """

    row: int
    own_line: bool
    reason: str
    first_row: int
    last_row: int


def markers(data: bytes) -> tuple[Marker, ...]:
    """The idempotency markers in UTF-8 source, which may be broken."""
    return tuple(
        Marker(comment.row, comment.own_line, directive.reason, comment.first_row, comment.last_row)
        for comment in comments(data)
        for directive in directives(comment.text)
        if directive.kind == IDEMPOTENT
    )


@dataclass(slots=True)
class Suppression:
    """One directive of a comment that hides findings. `codes` are the rules it names, by item; empty hides all."""

    filename: str
    comment: Comment
    directive: Directive
    codes: dict[Item, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def hides(self, code: str, place: Place) -> bool:
        """Whether it hides findings of a rule at a place, and remembers that it did."""
        if (self.codes and code not in self.codes.values()) or not self._reaches(place):
            return False
        self.used.add(code)
        return True

    def _reaches(self, place: Place) -> bool:
        if self.directive.kind == IGNORE_FILE:
            return True
        last = place.end_row - (place.end_column == 1 and place.end_row > place.row)
        if self.directive.kind == NOQA and not self.directive.items:
            # It was written for this line, and most often for another tool: one in the middle of a settings dict
            # must not hide what stands in its other entries.
            return self.comment.row in (place.row, last)
        return self.comment.covers(place.row) or self.comment.covers(last)


@dataclass(slots=True)
class FileSuppressions:
    """All that the comments of one file say about findings. `faults` are broken directives and unknown rules."""

    filename: str
    suppressions: list[Suppression] = field(default_factory=list)
    faults: list[tuple[Comment, Directive, Item | None]] = field(default_factory=list)

    def hides(self, code: str, place: Place) -> bool:
        """Whether any comment hides the rule's findings at the place. All that do so count as used."""
        hiding = [suppression for suppression in self.suppressions if suppression.hides(code, place)]
        return bool(hiding)


def read_suppressions(filename: str, data: bytes) -> FileSuppressions:
    """What the comments of a file say, from its UTF-8 bytes."""
    result = FileSuppressions(filename)
    for comment in comments(data):
        for directive in directives(comment.text):
            _add(result, comment, directive)
    return result


def _add(result: FileSuppressions, comment: Comment, directive: Directive) -> None:
    if directive.kind == BROKEN or (directive.kind == IDEMPOTENT and directive.problem):
        result.faults.append((comment, directive, None))
    if directive.kind in (BROKEN, IDEMPOTENT):
        return
    codes = {item: rule.code for item in directive.items if (rule := find(item.text))}
    result.faults += [(comment, directive, item) for item in _unknown(directive, codes)]
    blanket = directive.kind == NOQA and not directive.items and not comment.own_line
    if codes or blanket:
        result.suppressions.append(Suppression(result.filename, comment, directive, codes))


def _unknown(directive: Directive, codes: dict[Item, str]) -> Iterator[Item]:
    """The names that are no rule of ours; in a noqa, other tools' codes are none of our business."""
    for item in directive.items:
        ours = directive.kind != NOQA or item.text.upper().startswith("JOB")
        if ours and item not in codes:
            yield item
