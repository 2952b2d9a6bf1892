"""The manifest for pre-commit."""

from pathlib import Path

import pytest

MANIFEST = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"


def test_the_whole_project_in_one_process():
    yaml = pytest.importorskip("yaml")
    (hook,) = yaml.safe_load(MANIFEST.read_text("utf-8"))
    assert (hook["id"], hook["entry"], hook["language"]) == ("jobcheck", "jobcheck", "python")
    assert (hook["pass_filenames"], hook["require_serial"]) == (False, True)
    assert hook["types_or"] == ["python", "pyi", "toml"]


def test_pre_commit_takes_it():
    clientlib = pytest.importorskip("pre_commit.clientlib")
    assert [hook["id"] for hook in clientlib.load_manifest(str(MANIFEST))] == ["jobcheck"]
