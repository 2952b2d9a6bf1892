"""The arrows of docs/architecture.md: which room may import which."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "jobcheck"
MAY_USE = {
    "values": set(),
    "code": set(),
    "project": {"files", "findings"},
    "wire": {"solve"},
    "solve": {"code", "project", "wire", "frameworks"},
    "registry": {"code", "project", "solve", "findings"},
    "frameworks": {"code", "project", "solve", "registry", "findings", "wire"},
    "forwarders": {"code", "project", "solve", "registry", "frameworks", "config_forwarders"},
    "workers": {"project", "solve"},
    "rules": {"code", "project", "solve", "registry", "findings", "wire", "frameworks", "workers"},
    "report": {"findings", "filters", "engine_types", "rules", "wire"},
    "runtime": set(),
    "testing": {"runtime"},
    "findings": set(),
    "files": set(),
}
FOR_ALL = {"values"}


def imports(room):
    """(file, imported module) for every import below a room, wherever in the file it stands."""
    paths = (PACKAGE / room).rglob("*.py") if (PACKAGE / room).is_dir() else [PACKAGE / f"{room}.py"]
    for path in paths:
        for node in ast.walk(ast.parse(path.read_bytes())):
            names = [alias.name for alias in node.names] if isinstance(node, (ast.Import, ast.ImportFrom)) else []
            if isinstance(node, ast.ImportFrom):
                names = [f"jobcheck.{name}" for name in names] if node.module == "jobcheck" else [node.module or ""]
            yield from ((path.relative_to(PACKAGE).as_posix(), name) for name in names)


@pytest.mark.parametrize("room", MAY_USE)
def test_a_room_uses_only_what_comes_before_it(room):
    wrong = {
        (file, name)
        for file, name in imports(room)
        if name.startswith("jobcheck.") and name.split(".")[1] not in MAY_USE[room] | {room, *FOR_ALL}
    }
    assert not wrong


def test_solve_knows_frameworks_by_their_protocol_only():
    assert {name for _, name in imports("solve") if name.startswith("jobcheck.frameworks")} <= {"jobcheck.frameworks.base"}


def test_the_parsers_stay_in_their_rooms():
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir()} - {"__pycache__"}
    rooms |= {path.stem for path in PACKAGE.glob("*.py")}
    users = {(name.partition(".")[0], room) for room in rooms for _, name in imports(room)}
    # project/ asks libcst whether what tree-sitter finds fault with is an error
    assert {room for name, room in users if name == "libcst"} == {"code", "project"}
    assert {room for name, room in users if name.startswith("tree_sitter")} <= {"project", "code", "comments"}


def test_only_the_helpers_for_tests_know_the_runtime():
    others = {path.name for path in PACKAGE.iterdir() if path.is_dir()} - {"runtime", "testing"}
    users = {file for room in others for file, name in imports(room) if name.startswith("jobcheck.runtime")}
    assert not users
