"""One mistake, spelt alike at many places, is one decision of somebody's: one finding at the first, which shows the others."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

from jobcheck.findings import FindingBuilder

# Up to so many times it is told each time: each may be a slip of its own.
MOST_ALIKE = 3


def together(found: Iterable[tuple[Hashable, FindingBuilder]]) -> Iterator[FindingBuilder]:
    """The findings, those of one key joined into the first when they are many."""
    groups: dict[Hashable, list[FindingBuilder]] = {}
    for key, builder in found:
        groups.setdefault(key, []).append(builder)
    for group in groups.values():
        if len(group) > MOST_ALIKE:
            yield _joined(group[0], group[1:])
        else:
            yield from group


def _joined(first: FindingBuilder, others: list[FindingBuilder]) -> FindingBuilder:
    first.message += f"; the same is said of {len(others)} other jobs"
    for other in others:
        first.relate(other.place, f"the same for {other.job}")
    return first
