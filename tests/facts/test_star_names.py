"""The names that `from library import *` brings are those of the real libraries."""

from __future__ import annotations

import importlib

import pytest

from jobcheck.project.exports import STAR_NAMES


@pytest.mark.parametrize("library", sorted(STAR_NAMES))
def test_the_library_exports_them(library: str) -> None:
    module = pytest.importorskip(library)
    public = getattr(module, "__all__", None) or [name for name in dir(module) if not name.startswith("_")]
    assert STAR_NAMES[library] <= set(public)


def test_they_hide_no_builtin() -> None:
    builtins = set(dir(importlib.import_module("builtins")))
    assert not any(names & builtins for names in STAR_NAMES.values())
