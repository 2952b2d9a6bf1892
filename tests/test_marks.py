"""Where job code shows: found by words, and no different from what the patterns themselves find."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobcheck.frameworks import all_frameworks
from jobcheck.marks import Marks, alternatives
from jobcheck.project.shape import Shape

EMPTY = Shape([], [], [], [], [], [])
ALL = [mark for framework in all_frameworks() for mark in framework.marks]
PARTS = [
    b"delay",
    b"apply_async",
    b"chain",
    b"group",
    b".s",
    b".",
    b"(",
    b" ",
    b"x",
    b"_",
    b"\n",
    b"enqueue",
    b"Job",
    b"CronJob",
    b"send",
    b"celery",
    b"arq",
    b"cron",
    b"on_commit",
    b"\xc3\xa9",
    b"Schedule",
    b".objects",
    b".create",
]


def by_patterns(data: bytes) -> set[int]:
    """Each alternative of each mark, by itself."""
    return {m.start() for mark in ALL for part in alternatives(mark) for m in re.finditer(part, data)}


@given(st.lists(st.sampled_from(PARTS), max_size=30).map(b"".join))
def test_any_text(data: bytes) -> None:
    assert set(Marks(ALL, frozenset()).offsets(data, EMPTY)) <= by_patterns(data)
    missed = by_patterns(data) - set(Marks(ALL, frozenset()).offsets(data, EMPTY))
    # what begins within another mark is in the island of that one
    assert all(any(m.start() < at < m.end() for mark in ALL for m in re.finditer(mark, data)) for at in missed)


@pytest.mark.parametrize("framework", [f for f in all_frameworks() if f.marks], ids=lambda f: f.name)
def test_real_code(framework) -> None:
    pattern = re.compile(b"|".join(framework.marks))
    for path in (Path(__file__).parent / "fixtures").rglob("*.py"):
        data = path.read_bytes()
        assert {m.start() for m in pattern.finditer(data)} <= set(Marks(framework.marks, frozenset()).offsets(data, EMPTY))


def test_alternatives() -> None:
    assert alternatives(rb"\b(?:a|b)\|c|[|(]d|\(e") == [rb"\b(?:a|b)\|c", b"[|(]d", rb"\(e"]
    assert alternatives(b"") == [b""]
