"""Identifier sets."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from jobcheck.project.identifiers import identifiers


def test_finds_names_everywhere() -> None:
    data = "from a.b import c_1\nx = d['e'] # f\ndef é(ñ2): return f'{g!r}'".encode()
    expected = {"from", "a", "b", "import", "c_1", "x", "d", "e", "f", "def", "é", "ñ2", "return", "g", "r"}
    assert identifiers(data) == {name.encode() for name in expected}


@given(st.text())
def test_agrees_with_a_regex(text: str) -> None:
    data = text.encode("utf-8", "replace")
    assert identifiers(data) == frozenset(re.findall(rb"[A-Za-z0-9_\x80-\xff]+", data))
