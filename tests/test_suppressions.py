"""Which lines a comment is about, what it says, and how unused and unknown ones are found."""

import pytest

from jobcheck.comments import comments
from jobcheck.directives import directives
from jobcheck.findings import Confidence, Finding, Place, Severity
from jobcheck.suppressing import suppress
from jobcheck.suppressions import Marker, markers, read_suppressions


def finding(row, code="JOB101", filename="a.py", end_row=None, related=()):
    place = Place(filename, row, 1, end_row or row, 9)
    return Finding(code, "n", f"message {row}", Severity.ERROR, Confidence.HIGH, place, related)


def rows_hidden(source, code="JOB101"):
    """The rows of a source at which a finding would be hidden."""
    source = source if isinstance(source, bytes) else source.encode()
    file = read_suppressions("a.py", source)
    rows = range(1, source.count(b"\n") + source.count(b"\r") + 2)
    return [row for row in rows if file.hides(code, Place("a.py", row, 1, row, 2))]


def run(source, findings=(), judged=lambda _code: True):
    """Messages with their codes and rows, after weighing."""
    data = source.encode()
    shown, hidden = suppress(list(findings), ["a.py"], {"a.py": data}.get, judged)
    return [(f.code, f.place.row, f.message) for f in shown], [f.place.row for f in hidden]


def fixed(source):
    """The source after the edits of all JOB002 findings."""
    shown, _ = suppress([], ["a.py"], {"a.py": source.encode()}.get, lambda _code: True)
    lines = source.splitlines(keepends=True)
    for one in sorted(shown, key=lambda f: f.sort_key, reverse=True):
        assert one.fix.applicability == "safe"
        for edit in one.fix.edits:
            place = edit.place
            before = "".join(lines[: place.row - 1]) + lines[place.row - 1][: place.column - 1]
            last = lines[place.end_row - 1] if place.end_row <= len(lines) else ""
            after = last[place.end_column - 1 :] + "".join(lines[place.end_row :])
            lines = (before + edit.content + after).splitlines(keepends=True)
    return "".join(lines)


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        ("x = 1\ny(1)  # jobcheck: ignore[JOB101]\nz = 1\n", [2]),
        ("y(1)  # jobcheck: ignore[unserializable-argument] -- we pickle\n", [1]),
        ("y(1)  # jobcheck:ignore[ JOB102 , job101 ]\n", [1]),
        ("y(1)  # type: ignore # jobcheck: ignore[JOB101]\n", [1]),
        ("y(1)  # noqa\n", [1]),
        ("y(1)  # noqa: E501, JOB101\n", [1]),
        ("y(1)  # noqa: JOB101 because\n", [1]),
        ("y(1)  # noqa : JOB101\n", [1]),
        ("y(1)  # NOQA:E501 JOB101\n", [1]),
        ("y(1)  # noqa: unserializable-argument\n", [1]),
        ("y(1)  # noqa: E501\n", []),
        ("y(1)  # jobcheck: ignore[JOB102]\n", []),
        ("y(1)  # jobcheck: ignore\n", []),
        ("y(1)  # jobcheck: ignore[]\n", []),
        ("# noqa\ny(1)\n", []),
        ("y(1)  # flake8: noqa\n", []),
        ("y(1)  # noqarter\n", []),
        ("y(1)  # write `# jobcheck: ignore[JOB101]` here\n", []),
        # inside strings nothing is a comment
        ("y('# jobcheck: ignore[JOB101]')\n", []),
        ('y("""\n# jobcheck: ignore[JOB101]\n""")\n', []),
        ("y('# noqa')  # noqa\n", [1]),
        ("y('#')  # jobcheck: ignore[JOB101]\n", [1]),
        ('f"{a!r:>{b}} # noqa"\n', []),
        ('y(f"""{a  # jobcheck: ignore[JOB101]\n}""")\n', [1, 2]),
        # the logical line
        ("y(\n    1,\n)  # jobcheck: ignore[JOB101]\nz = 1\n", [1, 2, 3]),
        # a bare one was written for its own line; one that names us is about the statement
        ("y(\n    1,  # noqa\n    2,\n)\nz = 1\n", [2]),
        ("y(\n    1,  # noqa: JOB101\n    2,\n)\nz = 1\n", [1, 2, 3, 4]),
        ("y(\n    # jobcheck: ignore[JOB101]\n    2,\n)\nz = 1\n", [1, 2, 3, 4]),
        ('y("""\n""")  # jobcheck: ignore[JOB101]\n', [1, 2]),
        ("y = \\\n    1  # jobcheck: ignore[JOB101]\n", [1, 2]),
        ("a = 1; b = 2  # jobcheck: ignore[JOB101]\nc = 1\n", [1]),
        # headers: not their bodies
        ("def f(a,\n      b):  # jobcheck: ignore[JOB101]\n    pass\n", [1, 2]),
        ("@job\n@other  # jobcheck: ignore[JOB101]\ndef f(a):\n    pass\n", [1, 2, 3]),
        ("@job\ndef f(a):  # jobcheck: ignore[JOB101]\n    pass\n", [1, 2]),
        ("class A:  # jobcheck: ignore[JOB101]\n    x = 1\n", [1]),
        ("if (a and\n        b):  # noqa\n    pass\nelse:\n    pass\n", [2]),
        ("if a:\n    pass\nelse:  # noqa\n    pass\n", [3]),
        ("if a: y(1)  # noqa\n", [1]),
        ("def f():\n    if a:\n        y(1)  # noqa\n    z(1)\n", [3]),
        # alone above: all of the statement
        ("# jobcheck: ignore[JOB101]\ny(\n    1,\n)\nz = 1\n", [2, 3, 4]),
        ("# noqa: JOB101\ny(1)\nz(1)\n", [2]),
        ("# jobcheck: ignore[JOB101]\n# why\n\n# and how\ny(1)\nz(1)\n", [5]),
        ("# jobcheck: ignore[JOB101]\n@job\ndef f(a):\n    pass\n\n\nz = 1\n", [2, 3, 4]),
        ("@job\n# jobcheck: ignore[JOB101]\ndef f(a):\n    pass\nz = 1\n", [1, 2, 3, 4]),
        ("# jobcheck: ignore[JOB101]\nclass A:\n    x = 1\n\n    y = 1\nz = 1\n", [2, 3, 4, 5]),
        ("def f():\n    # jobcheck: ignore[JOB101]\n    y(1)\n    z(1)\n", [3]),
        ("def f():\n    y(1)\n    # jobcheck: ignore[JOB101]\n", []),
        ("if a:\n    pass\n# jobcheck: ignore[JOB101]\nelse:\n    y(1)\n", [4, 5]),
        ("# jobcheck: ignore[JOB101]", []),
        # the whole file
        ("x = 1\n# jobcheck: ignore-file[JOB101] -- generated\ny = 1\n", [1, 2, 3, 4]),
        # any bytes
        (b"\xef\xbb\xbf# jobcheck: ignore[JOB101]\ny(1)\n", [2]),
        (b"# jobcheck: ignore[JOB101]\r\ny(1)\r\nz(1)\r\n", [2]),
        (b"y(1)  # jobcheck: ignore[JOB101]\rz(1)\r", [1]),
        (b"s = '\xff\xfe'  # jobcheck: ignore[JOB101]\n", [1]),
        (b"\0\0  # jobcheck: ignore[JOB101]\n", [1]),
        # broken code: the line itself at least
        ("y(  # jobcheck: ignore[JOB101]\ndef g(:\n    pass\n", [1]),
        ("def g(:  # noqa\n    pass\nz = 1\n", [1]),
    ],
)
def test_rows(source, rows):
    found = [row for row in rows_hidden(source) if row in rows or row <= len(source.splitlines())]
    assert found == [row for row in rows if row <= len(source.splitlines()) or row in found]


def test_a_finding_is_hidden_from_its_first_or_last_line():
    source = "y(\n    1,\n)  # jobcheck: ignore[JOB101]\n"
    file = read_suppressions("a.py", source.encode())
    assert file.hides("JOB101", Place("a.py", 1, 3, 2, 2))
    long = "def f():\n    a()\n    b()  # noqa\n    c()\n"
    file = read_suppressions("a.py", long.encode())
    assert file.hides("JOB101", Place("a.py", 1, 1, 3, 8))
    assert not file.hides("JOB101", Place("a.py", 1, 1, 4, 8))
    assert file.hides("JOB101", Place("a.py", 2, 1, 4, 1))  # ends with row 3


def test_any_place_of_a_finding_counts():
    from jobcheck.findings import Related

    job = Related(Place("tasks.py", 2, 5, 2, 9), "the job")
    sources = {"a.py": b"f.delay(user)\n", "tasks.py": b"@task\ndef f(user):  # jobcheck: ignore[JOB101]\n    pass\n"}
    shown, hidden = suppress([finding(1, related=(job,))], sources, sources.get, lambda _code: True)
    assert (shown, len(hidden)) == ([], 1)


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("# jobcheck: ignore[JOB999]", "`JOB999` is no rule of jobcheck (`jobcheck rules` lists all)"),
        (
            "# jobcheck: ignore[lossy-arguments]",
            "`lossy-arguments` is no rule of jobcheck; did you mean 'lossy-argument'?",
        ),
        ("# jobcheck: ignore[JOB1]", "`JOB1` is no rule of jobcheck (`jobcheck rules` lists all)"),
        ("# noqa: E501, JOB1O1", "`JOB1O1` is no rule of jobcheck; did you mean 'JOB101'?"),
        ("# jobcheck: ignore", "`# jobcheck: ignore` names no rule: write `ignore[CODE] -- reason`"),
        (
            "# jobcheck: ignore-file[ ]",
            "`# jobcheck: ignore-file[ ]` names no rule: write `ignore-file[CODE] -- reason`",
        ),
        ("# jobcheck: ignroe[JOB101]", "`# jobcheck: ignroe[JOB101]` is no directive; did you mean `ignore`?"),
        ("# jobcheck: idempotent", "needs a reason: write `# jobcheck: idempotent -- why it may run twice`"),
        ("# jobcheck: idempotent --  ", "needs a reason"),
    ],
)
def test_unknown_suppressions(comment, message):
    ((code, row, text),) = run(f"x = 1\ny(1)  {comment}\n")[0]
    assert (code, row) == ("JOB003", 2)
    assert message in text


def test_other_tools_and_prose_are_left_alone():
    source = "a = 1  # noqa: E501,F401 a sentence-like text\nb = 1  # noqa\n# see jobcheck's manual\nc = 1 # ruff: noqa: X\n"
    assert run(source) == ([], [])


def test_an_unused_comment_is_found():
    message = "there is no finding of JOB101 here to ignore"
    assert run("y(1)  # jobcheck: ignore[JOB101]\n") == ([("JOB002", 1, message)], [])
    assert run("y(1)  # noqa: JOB101\n")[0] == [("JOB002", 1, message)]
    assert run("# jobcheck: ignore-file[JOB101]\n")[0][0][2] == "there is no finding of JOB101 in this file to ignore"


def test_a_comment_in_use_is_not():
    assert run("y(1)  # jobcheck: ignore[JOB101]\n", [finding(1)]) == ([], [1])
    assert run("y(1)  # noqa\n") == ([], [])


def test_unused_only_where_it_can_be_judged():
    source = "y(1)  # jobcheck: ignore[JOB101, JOB102]\n"
    assert run(source, judged=lambda _code: False)[0] == []
    assert run(source, judged=lambda code: code == "JOB102")[0][0][2].startswith("there is no finding of JOB102 here")
    broken = finding(1, "JOB001")
    assert run(source, [broken])[0] == [("JOB001", 1, "message 1")]


def test_a_comment_may_hide_what_is_said_about_comments():
    assert run("y(1)  # jobcheck: ignore[JOB101, JOB002]\n") == ([], [1])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("y(1)  # jobcheck: ignore[JOB101] -- why\nz\n", "y(1)\nz\n"),
        ("a\n    # jobcheck: ignore[JOB101]\nz\n", "a\nz\n"),
        ("a\n# jobcheck: ignore[JOB101]", "a\n"),
        ("y(1)  # noqa: E501, JOB101, F401\n", "y(1)  # noqa: E501, F401\n"),
        ("y(1)  # noqa: E501 JOB101 and more\n", "y(1)  # noqa: E501 and more\n"),
        ("y('ä')  # noqa: JOB101,E501\n", "y('ä')  # noqa: E501\n"),
        ("y(1)  # noqa: JOB101\n", "y(1)\n"),
        ("y(1)  # jobcheck: ignore[JOB101]  # noqa: E501\n", "y(1)  # noqa: E501\n"),
        ("y(1)  # type: ignore  # jobcheck: ignore[JOB101]\n", "y(1)  # type: ignore\n"),
        ("y(1)  # jobcheck: ignore[JOB101]  # noqa: JOB102\n", "y(1)  "),
    ],
)
def test_the_fix_leaves_what_is_needed(before, after):
    assert fixed(before).rstrip("\n").rstrip() == after.rstrip("\n").rstrip()


def test_markers():
    source = (
        b"# jobcheck: idempotent -- the order id is the key\n@job\ndef f():\n    pass\n\n\n"
        b"@job\ndef g():  # jobcheck: idempotent -- reads only\n    pass\n\n\n"
        b"@job\ndef h():  # jobcheck: idempotent\n    pass\n"
    )
    assert markers(source) == (
        Marker(1, True, "the order id is the key", 2, 4),
        Marker(8, False, "reads only", 7, 8),
        Marker(13, False, "", 12, 13),
    )
    assert markers(b"x = 1\n") == ()


def test_columns_are_code_points():
    (comment,) = comments("s = 'äö😀'  # noqa\n".encode())
    assert (comment.row, comment.column, comment.gap) == (1, 12, 2)


def test_reasons_and_several_directives():
    first, second = directives("# jobcheck: ignore[JOB101] -- because -- of this # noqa: E501")
    assert first.reason == "because -- of this"
    assert [item.text for item in second.items] == ["E501"]


@pytest.mark.parametrize(
    "source",
    [
        "(" * 10_000 + "# noqa\n",
        "a" + ".b()" * 5_000 + "  # noqa\n",
        "x = 1  # noqa: " + "JOB101, " * 5_000 + "\n",
        "# jobcheck: ignore[" * 2_000,
        "#" * 20_000 + "\n#noqa" * 2_000,
        "'''\n" * 3_001 + "# noqa\n",
        "\n" * 20_000 + "# jobcheck: ignore[JOB101]" + "\n" * 20_000,
    ],
)
def test_odd_files_are_read_in_time(source):
    read_suppressions("a.py", source.encode())
