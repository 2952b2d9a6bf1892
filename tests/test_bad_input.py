"""Whatever a project holds, a run ends with findings, nothing, or JOB001: never a traceback, never a lost file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from jobcheck.config import settings_from
from jobcheck.engine import check
from jobcheck.engine_types import Report, RunOptions

JOB = b"from celery import shared_task\n\n@shared_task\ndef add(a):\n    return a\n\ndef call():\n    add.delay({1})\n"

Write = Callable[[str, bytes], None]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(name: str, data: bytes) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    return write_file


def run(root: Path, *named: str) -> Report:
    return check(RunOptions(root=root, settings=settings_from([]), named=named or ("",)))


def codes(report: Report) -> list[tuple[str, str, int]]:
    return sorted((f.code, f.place.filename, f.place.row) for f in report.findings)


FOUND = ("JOB101", "jobs.py", 8)


@pytest.mark.parametrize(
    ("data", "row"),
    [
        (JOB.replace(b"\n", b"\r\n"), 8),
        (b"\xef\xbb\xbf" + JOB, 8),
        (b"# -*- coding: latin-1 -*-\n# \xe9\n" + JOB, 10),
        (b"\x0c\n" + JOB, 9),
        (JOB + b"\nx = (" * 1, 8),
        (JOB + b"\ndef broken(:\n    pass\n\ndef fine():\n    pass\n", 8),
    ],
    ids=["crlf", "bom", "latin-1", "form feed", "unclosed", "broken function"],
)
def test_the_rest_is_still_checked(tmp_path: Path, write: Write, data: bytes, row: int) -> None:
    write("jobs.py", data)
    assert ("JOB101", "jobs.py", row) in codes(run(tmp_path))


@pytest.mark.parametrize(
    "data",
    [
        JOB + b"\x00",
        b"\x7fELF\x02\x01\x01" + bytes(range(256)),
        b"# -*- coding: no-such-codec -*-\n" + JOB,
        JOB + b"# \xff\xfe\n",
    ],
    ids=["NUL", "binary", "unknown codec", "not UTF-8"],
)
def test_a_file_that_cannot_be_decoded_is_a_finding(tmp_path: Path, write: Write, data: bytes) -> None:
    write("broken.py", data)
    write("jobs.py", JOB)
    found = codes(run(tmp_path))
    assert [c for c in found if c[1] == "broken.py"] == [("JOB001", "broken.py", found[0][2])]
    assert FOUND in found


DEEP = {
    "brackets": b"x = " + b"(" * 10_000 + b"1" + b")" * 10_000 + b"\n",
    "lists": b"x = " + b"[" * 10_000 + b"]" * 10_000 + b"\n",
    "chained calls": b"x = a" + b".delay()" * 5_000 + b"\n",
    "operators": b"x = " + b" + ".join([b"a"] * 5_000) + b"\n",
    "elif": b"if a:\n    pass\n" + b"elif a.delay():\n    pass\n" * 3_000,
    "lambdas": b"x = " + b"lambda: " * 5_000 + b"0\n",
    "strings": b"x = (" + b"'a' " * 5_000 + b")\n",
    "dict": b"x = " + b"{1: " * 3_000 + b"1" + b"}" * 3_000 + b"\n",
    "nested def": b"".join(b" " * n + b"def f():\n" for n in range(150)) + b" " * 150 + b"pass\n",
}


@pytest.mark.parametrize("name", DEEP)
def test_depth(tmp_path: Path, write: Write, name: str) -> None:
    body = DEEP[name]
    inside = b"def deep(a):\n    a.delay()\n" + b"".join(b"    " + line + b"\n" for line in body.splitlines())
    write("jobs.py", JOB + b"\n" + body)
    write("inside.py", b"import celery\n\n" + inside)
    found = codes(run(tmp_path))
    assert FOUND in found
    assert not [c for c in found if c[0] == "JOB009"]


def test_symlink_loop(tmp_path: Path, write: Write) -> None:
    write("pkg/jobs.py", JOB)
    (tmp_path / "pkg" / "again").symlink_to(tmp_path / "pkg", target_is_directory=True)
    (tmp_path / "loop.py").symlink_to(tmp_path / "loop.py")
    found = codes(run(tmp_path))
    assert [c for c in found if c[0] == "JOB101"] == [("JOB101", "pkg/jobs.py", 8)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable_file(tmp_path: Path, write: Write) -> None:
    write("secret.py", JOB)
    (tmp_path / "secret.py").chmod(0)
    write("jobs.py", JOB)
    found = codes(run(tmp_path))
    assert ("JOB001", "secret.py", 1) in found
    assert FOUND in found


def test_a_file_that_vanishes_during_the_run(tmp_path: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("gone.py", JOB)
    write("jobs.py", JOB)
    read = Path.read_bytes

    def vanishing(self: Path) -> bytes:
        if self.name == "gone.py":
            raise FileNotFoundError(2, "No such file or directory", str(self))
        return read(self)

    monkeypatch.setattr(Path, "read_bytes", vanishing)
    found = codes(run(tmp_path))
    assert ("JOB001", "gone.py", 1) in found
    assert FOUND in found


def test_an_empty_project(tmp_path: Path) -> None:
    report = run(tmp_path)
    assert (report.files, report.jobs, report.findings) == (0, 0, [])


def test_a_project_that_imports_itself_in_circles(tmp_path: Path, write: Write) -> None:
    write("a.py", b"from b import *\nfrom b import x as y\n" + JOB)
    write("b.py", b"from a import *\nfrom a import y as x\nx.delay(1)\n")
    assert ("JOB101", "a.py", 10) in codes(run(tmp_path))


def test_a_syntax_error_in_a_named_file_without_jobs(tmp_path: Path, write: Write) -> None:
    write("plain.py", b"print 'x'\n")
    assert codes(run(tmp_path, "plain.py")) == [("JOB001", "plain.py", 1)]
    assert codes(run(tmp_path)) == []
