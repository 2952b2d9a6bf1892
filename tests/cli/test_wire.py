"""`jobcheck wire`: what survives the queue."""

import json

import pytest

from jobcheck.wire.tables import row_names, wire, wire_names


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    """Not in a project that says which versions it uses."""
    monkeypatch.chdir(tmp_path)


def told(jobcheck, *args):
    ran = jobcheck("wire", *args)
    assert ran.exit_code == 0, ran.output
    return ran.stdout


def as_json(jobcheck, *args):
    return json.loads(told(jobcheck, "--format", "json", *args))


def refused(jobcheck, *args):
    ran = jobcheck("wire", *args)
    assert (ran.exit_code, ran.stdout) == (2, "")
    return ran.stderr.strip().splitlines()[-1]


def test_all_of_it_as_json(jobcheck):
    data = as_json(jobcheck)
    assert list(data) == list(wire_names())
    for name, kinds in data.items():
        assert list(kinds) == [row for row in row_names() if row in wire(name).cells]
    assert data["celery-json"]["uuid"] == {"outcome": "same", "becomes": None, "error": None}
    assert data["celery-json"]["tuple"] == {"outcome": "changed", "becomes": "a list", "error": None}
    assert data["django-q2-schedule"]["uuid"]["outcome"] == "error-in-worker"
    assert data["rq-json"]["set"] == {
        "outcome": "error-at-enqueue", "becomes": None, "error": "TypeError: Object of type set is not JSON serializable",
    }  # fmt: skip


def test_every_cell_says_what_its_outcome_needs(jobcheck):
    for kinds in as_json(jobcheck).values():
        for cell in kinds.values():
            assert (cell["outcome"] == "changed") == (cell["becomes"] is not None)
            assert cell["outcome"].startswith("error-") == (cell["error"] is not None)
            assert cell["outcome"] in ("same", "changed", "error-at-enqueue", "error-in-worker")
            assert "{type}" not in (cell["error"] or "")


def test_the_whole_as_signs(jobcheck):
    lines = told(jobcheck).splitlines()
    assert lines[0].startswith("= arrives as it was")
    assert " 1  celery-json" in lines
    assert next(line for line in lines if line.startswith("uuid ")).split()[:5] == ["uuid", "=", "=", "E", "E"]
    assert max(map(len, lines)) <= 120
    # every wire is in one column, and every kind has a line
    assert {name for line in lines[2:21] for name in line[4:].split(", ")} >= set(wire_names())
    assert {line.split()[0] for line in lines if line} >= set(row_names())


@pytest.mark.parametrize("name", ["celery-json", "Celery-JSON", "celery_json"])
def test_one_configuration(jobcheck, name):
    lines = told(jobcheck, name).splitlines()
    assert lines[0] == "celery-json (measured with kombu 5.7.0)"
    assert len(lines) == 1 + len(row_names())
    assert next(line for line in lines if " tuple " in line).split()[:4] == ["tuple", "changed", "a", "list"]


@pytest.mark.parametrize("kind", ["UUID", "uuid", "Uuid"])
def test_one_kind(jobcheck, kind):
    lines = told(jobcheck, "--kind", kind).splitlines()
    assert lines[0] == "uuid: UUID"
    assert len(lines) == 1 + len(wire_names())
    assert lines[1].split() == ["celery-json", "same"]


def test_one_cell(jobcheck):
    assert as_json(jobcheck, "rq-pickle", "--kind", "dj_model") == {
        "rq-pickle": {"dj_model": {"outcome": "same", "becomes": None, "error": None}}
    }


def test_a_kind_may_be_words_of_several(jobcheck):
    (kinds,) = as_json(jobcheck, "celery-json", "--kind", "datetime").values()
    assert {"dt_naive", "dt_utc", "dt_zoneinfo"} <= set(kinds)
    (kinds,) = as_json(jobcheck, "celery-json", "--kind", "django model").values()
    assert {"dj_model"} <= set(kinds) < set(row_names())


def test_an_older_release(jobcheck):
    (new,) = as_json(jobcheck, "celery-json", "--kind", "uuid").values()
    (old,) = as_json(jobcheck, "celery-json", "--kind", "uuid", "--release", "5.2").values()
    assert (new["uuid"]["outcome"], old["uuid"]["becomes"]) == ("same", "a str")
    assert "as kombu 5.2 has it" in told(jobcheck, "celery-json", "--release", "5.2")


def test_the_release_that_the_project_uses(jobcheck, shop):
    (shop / "requirements.txt").write_text("celery>=5.0,<5.3\n")
    (kinds,) = as_json(jobcheck, "celery-json", "--kind", "uuid").values()
    assert kinds["uuid"]["becomes"] == "a str"
    assert "as kombu 5.2.9999 has it" in told(jobcheck, "celery-json")
    (kinds,) = as_json(jobcheck, "celery-json", "--kind", "uuid", "--release", "5.4").values()
    assert kinds["uuid"]["outcome"] == "same"
    (shop / "pyproject.toml").write_text('[tool.jobcheck.versions]\ncelery = "5.4"\n')
    assert as_json(jobcheck, "celery-json", "--kind", "uuid")["celery-json"]["uuid"]["outcome"] == "same"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["celery"], "there is no configuration 'celery'; did you mean celery-json, celery-pickle, celery-yaml, celery-msgpack?"),
        (["rq-jsn"], "there is no configuration 'rq-jsn'; did you mean rq-json"),
        (["qqqqq"], "there is no configuration 'qqqqq' (`jobcheck wire` lists all)"),
        (["--kind", "uid"], "there is no kind 'uid'; did you mean uuid"),
        (["--kind", "dj_modle"], "did you mean dj_model"),
        (["--kind", ""], "there is no kind ''"),
        (["--release", "5.2"], "name the configuration whose version it is"),
        (["celery-json", "--release", "new"], "a version is numbers"),
        (["--format", "yaml"], "'yaml' is not one of"),
    ],
)
def test_what_is_unknown_is_refused(jobcheck, args, said):
    assert said in refused(jobcheck, *args)


def test_nothing_is_half_written(jobcheck):
    assert "qqqqq" in refused(jobcheck, "celery-json", "qqqqq", "--format", "json")


def test_it_is_the_same_in_a_process(process, tmp_path):
    ran = process("wire", "saq-json", "--kind", "set", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert "error-at-enqueue" in ran.out
