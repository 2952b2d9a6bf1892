"""JOB002 for comments that hide nothing, with the edit that removes them, and JOB003 for those that name no rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from jobcheck.comments import Comment
from jobcheck.directives import IDEMPOTENT, Directive, Item
from jobcheck.findings import Confidence, Edit, Finding, FindingBuilder, Fix, Place, Severity
from jobcheck.rules.catalogue import catalogue, hint
from jobcheck.suppressions import SELF, FileSuppressions, Suppression


def unknown(file: FileSuppressions) -> Iterator[Finding]:
    """JOB003: broken directives, unknown rules, and markers that lack their reason."""
    for comment, directive, item in file.faults:
        start, end = (item.start, item.end) if item else (directive.start, _text_end(comment, directive))
        text = comment.text[start:end]
        problem = directive.problem if item is None else f"is no rule of jobcheck{hint(item.text)}"
        builder = _builder("JOB003", f"`{text}` {problem}", _place(file.filename, comment, start, end))
        builder.what_happens = "the job does not count as marked" if directive.kind == IDEMPOTENT else "it hides nothing"
        builder.how_to_fix = "give the reason" if directive.kind == IDEMPOTENT else "write the code or name of a rule"
        yield builder.build()


def unused(file: FileSuppressions, judged: Callable[[str], bool]) -> Iterator[Finding]:
    """JOB002: comments that name rules (of those that can be `judged`) and hide nothing of them."""
    for suppression in file.suppressions:
        idle = [
            item for item, code in suppression.codes.items() if code not in suppression.used and code not in SELF and judged(code)
        ]
        if idle:
            yield _unused(suppression, idle)


def _unused(suppression: Suppression, idle: list[Item]) -> Finding:
    comment, directive = suppression.comment, suppression.directive
    names = ", ".join(item.text for item in idle)
    where = "in this file" if directive.kind == "ignore-file" else "here"
    place = _place(suppression.filename, comment, directive.start, _text_end(comment, directive))
    builder = _builder("JOB002", f"there is no finding of {names} {where} to ignore", place)
    builder.what_happens = "the comment would hide the next defect of this kind without anyone having looked at it"
    kept = [item for item in directive.items if item not in idle]
    builder.how_to_fix = f"remove {names} from the comment" if kept else "remove the comment"
    builder.fix = Fix(builder.how_to_fix.capitalize(), "safe", (_removal(suppression, kept),))
    return builder.build()


def _removal(suppression: Suppression, kept: list[Item]) -> Edit:
    """The edit that leaves only the kept names, or takes the directive and, if it was all, its comment away."""
    comment, directive, filename = suppression.comment, suppression.directive, suppression.filename
    if kept:
        first, last = directive.items[0].start, directive.items[-1].end
        return Edit(_place(filename, comment, first, last), ", ".join(item.text for item in kept))
    if directive.start > 0 or directive.end < len(comment.text):
        rest_follows = directive.end < len(comment.text)
        start = directive.start if rest_follows else len(comment.text[: directive.start].rstrip())
        return Edit(_place(filename, comment, start, directive.end), "")
    if comment.own_line and not comment.last_line:
        return Edit(Place(filename, comment.row, 1, comment.row + 1, 1), "")
    end = comment.column + len(comment.text)
    return Edit(Place(filename, comment.row, comment.column - comment.gap, comment.row, end), "")


def _text_end(comment: Comment, directive: Directive) -> int:
    return len(comment.text[: directive.end].rstrip())


def _place(filename: str, comment: Comment, start: int, end: int) -> Place:
    return Place(filename, comment.row, comment.column + start, comment.row, comment.column + end)


def _builder(code: str, message: str, place: Place) -> FindingBuilder:
    return FindingBuilder(
        code=code,
        name=catalogue()[code].name,
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        message=message,
        place=place,
    )
