"""Which workers a project has, over all of its files."""

from pathlib import Path

import pytest

from jobcheck.files import find_files
from jobcheck.project.modules import Project
from jobcheck.workers.search import workers


def found(tmp_path: Path, **files: str | bytes) -> list[tuple[str, tuple[str, ...] | None]]:
    for name, text in files.items():
        path = tmp_path / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    made = workers(Project(tmp_path, find_files(tmp_path)), lambda name: name.startswith("tests/"))
    return [(whose, tuple(q for c in group for q in c.queues or ())) for whose, group in made.groups("celery")]


def test_all_of_the_project_and_those_of_a_procfile(tmp_path):
    assert found(tmp_path, Procfile="w: celery worker -Q a\n", run_dot_sh="celery worker -Q b\n") == [
        ("the project", ("a", "b")),
        ("`Procfile`", ("a",)),
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"run_dot_sh": "celery worker -Q $QUEUES\n"},
        {"chart__worker_dot_yaml": 'command: ["celery", "worker", "-Q", "{{ .Values.queues }}"]\n'},
        {"run_dot_sh": b"# d\xe9marre\ncelery worker -Q a\n"},
        {"start": "celery worker $@\n"},
    ],
)
def test_one_that_cannot_be_told_makes_all_unknown(tmp_path, other):
    assert found(tmp_path, Procfile="w: celery worker -Q a\n", **other) == []


@pytest.mark.parametrize(
    "other", [".github__workflows__ci_dot_yml", "tests__run_dot_sh", "docs__setup_dot_conf", "vendor__x__start_dot_sh"]
)
def test_what_is_no_deployment_does_not_count(tmp_path, other):
    assert found(tmp_path, **{other: "run: celery worker -Q a\n"}) == []


def test_a_mark_at_the_beginning_does_not_move_places(tmp_path):
    assert found(tmp_path, Procfile="\ufeffw: celery worker -Q a\n") == [("the project", ("a",)), ("`Procfile`", ("a",))]
