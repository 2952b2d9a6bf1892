"""What one comment says to jobcheck: `ignore[...]`, `ignore-file[...]`, `noqa`, `idempotent`, or something broken."""

from __future__ import annotations

import difflib
import re

from jobcheck.rules.catalogue import find
from jobcheck.values import dataclass

IGNORE, IGNORE_FILE, IDEMPOTENT, NOQA, BROKEN = "ignore", "ignore-file", "idempotent", "noqa", "broken"

# A directive opens the comment or follows a "#" of its own: what is quoted in the middle of a sentence is none.
_START = re.compile(r"(?:^|(?<=\s))#+\s*(?:(?P<own>jobcheck\s*:)|(?P<noqa>(?:noqa|NOQA)(?![\w-])))")
_OWN = re.compile(r"\s*(?P<verb>[\w-]*)\s*(?P<list>\[(?P<items>[^\]]*)\])?(?P<rest>.*)", re.DOTALL)
_NOQA_LIST = re.compile(r"\s*:\s*")
_NOQA_WORD = re.compile(r"[\s,]*([A-Za-z]+\d\w*|[A-Za-z]+(?:-[A-Za-z]+)+)(?![\w-])")
_VERBS = (IGNORE, IGNORE_FILE, IDEMPOTENT)


@dataclass(frozen=True, slots=True)
class Item:
    """One name in a directive's list, with its offsets in the comment."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive, with its offsets in the comment. `problem` says what is wrong with a broken one.

    `items` holds the codes and names of an ignore; a noqa without any is a blanket one. `reason` is what follows "--".
    """

    kind: str
    start: int
    end: int
    items: tuple[Item, ...] = ()
    reason: str = ""
    problem: str = ""


def directives(comment: str) -> list[Directive]:
    """The directives in the text of a comment, in order."""
    starts = list(_START.finditer(comment))
    ends = [*(match.start() for match in starts[1:]), len(comment)]
    found = []
    for match, end in zip(starts, ends, strict=False):
        read = _own if match["own"] else _noqa
        found.append(read(comment, match.start(), match.end(), end))
    return found


def _own(comment: str, start: int, after: int, end: int) -> Directive:
    match = _OWN.match(comment, after, end)
    verb = match["verb"] if match else ""
    if not match or verb not in _VERBS:
        return Directive(BROKEN, start, end, problem=_unknown_verb(verb))
    reason = match["rest"].strip().removeprefix("--").strip() if "--" in match["rest"] else ""
    if verb == IDEMPOTENT:
        problem = "" if reason else "needs a reason: write `# jobcheck: idempotent -- why it may run twice`"
        return Directive(IDEMPOTENT, start, end, reason=reason, problem=problem)
    items = _items(comment, match.start("items"), match.end("items")) if match["list"] else ()
    if not items:
        return Directive(BROKEN, start, end, problem=f"names no rule: write `{verb}[CODE] -- reason`")
    return Directive(verb, start, end, items, reason)


def _items(comment: str, start: int, end: int) -> tuple[Item, ...]:
    return tuple(Item(m.group(), m.start(), m.end()) for m in re.compile(r"[^\s,]+").finditer(comment, start, end))


def _unknown_verb(verb: str) -> str:
    close = difflib.get_close_matches(verb.lower(), _VERBS, n=1)
    known = ", ".join(f"`{known}`" for known in _VERBS)
    return f"is no directive; did you mean `{close[0]}`?" if close else f"is no directive (there are {known})"


def _noqa(comment: str, start: int, after: int, end: int) -> Directive:
    """`# noqa` hides everything on the line; after a colon come codes, of which only ours are for us."""
    colon = _NOQA_LIST.match(comment, after, end)
    if not colon:
        return Directive(NOQA, start, end)
    items, position = [], colon.end()
    while match := _NOQA_WORD.match(comment, position, end):
        word = match[1]
        if "-" in word and not find(word):
            break  # the codes are over and a sentence has begun
        items.append(Item(word, match.start(1), match.end(1)))
        position = match.end()
    return Directive(NOQA, start, end, tuple(items))
