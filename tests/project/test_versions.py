"""Versions out of lock files and requirements."""

from __future__ import annotations

import pytest

from jobcheck.project.versions import versions

WANTED = frozenset({"celery", "kombu"})

POETRY = '[[package]]\nname = "celery"\nversion = "5.2.7"\n\n[[package]]\nname = "kombu"\nversion = "5.2.4"\n'
PIPFILE = '{"default": {"celery": {"version": "==4.4.7"}}}'


def found(files: dict[str, str]) -> dict[str, str]:
    return versions(files, lambda name: files[name].encode(), WANTED)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"requirements.txt": "Celery[redis]==5.2.7  # queue\nredis==4.1\n"}, {"celery": "5.2.7"}),
        ({"requirements/base.txt": "celery==5.3.1 ; python_version > '3'\n"}, {"celery": "5.3.1"}),
        ({"requirements.txt": "celery>=5.2\n"}, {}),
        ({"requirements.txt": "django-celery-beat==2.5\n"}, {}),
        ({"requirements.txt": "# celery==3.1\n"}, {}),
        ({"poetry.lock": POETRY}, {"celery": "5.2.7", "kombu": "5.2.4"}),
        ({"uv.lock": POETRY, "requirements.txt": "celery==1.0\n"}, {"celery": "5.2.7", "kombu": "5.2.4"}),
        ({"Pipfile.lock": PIPFILE}, {"celery": "4.4.7"}),
        ({"pyproject.toml": 'dependencies = ["celery==5.4.0", "kombu>=5"]'}, {"celery": "5.4.0"}),
        ({"pyproject.toml": '[tool.poetry.dependencies]\ncelery = "^5.1"\n'}, {"celery": "5.1..5.9999"}),
        ({"setup.py": "install_requires=['celery~=4.4']"}, {"celery": "4.4..4.9999"}),
        ({"requirements.txt": "celery~=5.2.1\nkombu==5.2.*\n"}, {"celery": "5.2.1..5.2.9999", "kombu": "5.2..5.2.9999"}),
        ({"pyproject.toml": '[tool.poetry.dependencies]\ncelery = "~5.2"\n'}, {"celery": "5.2..5.2.9999"}),
        ({"pyproject.toml": '[tool.poetry.dependencies]\ncelery = "~5.2.3"\n'}, {"celery": "5.2.3..5.2.9999"}),
        ({"pyproject.toml": '[tool.poetry.dependencies]\ncelery = "^0.5.1"\n'}, {"celery": "0.5.1..0.5.9999"}),
        ({"pyproject.toml": '[tool.poetry.dependencies]\ncelery = "^0.0.3"\n'}, {"celery": "0.0.3"}),
        ({"pyproject.toml": 'celery = { version = "^5.1", extras = ["redis"] }\n'}, {"celery": "5.1..5.9999"}),
        ({"pyproject.toml": 'celery = "==5.2.7"\n'}, {"celery": "5.2.7"}),
        ({"requirements.txt": "celery<5.3\nkombu>=5,<6.0  # queue\n"}, {"celery": "5.2.9999", "kombu": "5.9999"}),
        ({"requirements.txt": "celery[redis]>=5.0,<=5.2.7; python_version > '3'\n"}, {"celery": "5.2.7"}),
        ({"requirements.txt": "celery<5.3\n", "deploy/requirements.txt": "celery==5.1.2\n"}, {"celery": "5.1.2"}),
        ({"requirements.txt": "celery!=5.0,>5\n"}, {}),
        ({"pyproject.toml": 'dependencies = ["celery >=5, <5.3", "kombu>=5"]'}, {"celery": "5.2.9999"}),
        ({"pyproject.toml": '[tool.poetry.dependencies]\ncelery = ">=4.4,<5"\n'}, {"celery": "4.9999"}),
        ({"setup.py": "install_requires=['celery<4', 'kombu<4.0.0']"}, {"celery": "3.9999", "kombu": "3.9999"}),
        ({"poetry.lock": "[[package"}, {}),
        ({"Pipfile.lock": "[1"}, {}),
        ({"notes.txt": "celery==3.1"}, {}),
        ({"a/requirements.txt": "celery==3.1.0", "requirements.txt": "celery==5.0.0"}, {"celery": "5.0.0"}),
    ],
)
def test_versions(files: dict[str, str], expected: dict[str, str]) -> None:
    assert found(files) == expected


def test_a_file_that_cannot_be_read_says_nothing() -> None:
    def read(name: str) -> bytes:
        raise PermissionError(name)

    assert versions(["requirements.txt"], read, WANTED) == {}
