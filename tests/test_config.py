"""Settings: where they are found, which source wins, what selectors mean."""

from pathlib import Path

import pytest

from jobcheck.config import DEFAULT_EXCLUDE, DEFAULT_TESTS, ConfigError, Layer, Settings, settings_from
from jobcheck.config_files import find_config, read_config
from jobcheck.config_forwarders import Forwarder
from jobcheck.config_keys import KEYS
from jobcheck.findings import Confidence, Severity
from jobcheck.patterns import Patterns, matches
from jobcheck.rules.catalogue import UnknownRuleError, catalogue, codes_for, find, nearest
from jobcheck.targets import Asked, PathError, stdin_target, target


def settings(file=None, **options):
    """The settings of a configuration file and of command line options."""
    line = {name.replace("_", "-"): value for name, value in options.items()}
    return settings_from([Layer("jobcheck.toml", Path("/p"), file or {}), Layer("", Path("/cwd"), line)])


def test_defaults():
    found = settings()
    assert found == Settings()
    assert "JOB101" in found.rules
    assert "JOB411" not in found.rules
    assert (found.min_severity, found.min_confidence) == (Severity.INFO, Confidence.MEDIUM)
    assert (found.exclude, found.tests) == (DEFAULT_EXCLUDE, DEFAULT_TESTS)


def test_every_key_is_read():
    found = settings(
        {
            "select": ["JOB1"],
            "extend-select": ["JOB201"],
            "ignore": ["JOB102"],
            "per-file-ignores": {"legacy/": ["JOB2", "late-binding"]},
            "exclude": ["a"],
            "extend-exclude": ["b"],
            "min-severity": "error",
            "min-confidence": "low",
            "baseline": "known.json",
            "tests": ["spec/"],
            "frameworks": ["celery"],
            "serializers": {"celery": "pickle"},
            "versions": {"celery": "5.3"},
            "idempotency-decorators": ["shop.once"],
            "idempotency-options": ["repeatable"],
            "forwarders": [{"function": "shop.enqueue", "job": 0, "options": ["queue"]}],
            "root": "src",
        }
    )
    assert {"JOB101", "JOB201"} <= found.rules
    assert "JOB102" not in found.rules
    ((pattern, codes),) = found.per_file_ignores
    assert pattern == "legacy/"
    assert {"JOB201", "JOB503"} <= codes
    assert found.exclude == ("a", "b")
    assert (found.min_severity, found.min_confidence) == (Severity.ERROR, Confidence.LOW)
    assert (found.baseline, found.root) == (Path("/p/known.json"), Path("/p/src"))
    assert (found.tests, found.frameworks) == (("spec/",), ("celery",))
    assert (found.serializers, found.versions) == ({"celery": "pickle"}, {"celery": "5.3"})
    assert (found.idempotency_decorators, found.idempotency_options) == (("shop.once",), ("repeatable",))
    assert found.forwarders == (Forwarder("shop.enqueue", 0, "rest", "rest", ("queue",)),)


def test_forwarders():
    (found,) = settings(
        {
            "forwarders": [
                {"function": "shop.queue.Queue.put", "job": "task", "args": 1, "kwargs": "data", "options": ["queue"],
                 "framework": "rq", "deferred": True},
            ]
        }
    ).forwarders  # fmt: skip
    assert found == Forwarder("shop.queue.Queue.put", "task", 1, "data", ("queue",), "rq", True)
    (found,) = settings({"forwarders": [{"function": "put", "job": 1, "args": 2}]}).forwarders
    assert (found.args, found.kwargs) == (2, None)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"put": {"job": 0}}, "'forwarders' must be a list of tables, [[tool.jobcheck.forwarders]], not a table"),
        (["put"], "forwarders[1]: must be a table with at least 'function' and 'job'"),
        ([{"function": "put"}], "forwarders[1]: 'job' is missing; an entry needs 'function' and 'job'"),
        ([{"function": "put", "job": 0}, {"job": 0}], "forwarders[2]: 'function' is missing"),
        ([{"function": "put", "job": 0, "option": []}], "forwarders[1]: unknown key 'option'; did you mean 'options'?"),
        ([{"function": "put", "job": 0, "x": 1}], "forwarders[1]: unknown key 'x'; the keys are function, job, args"),
        ([{"function": "a b", "job": 0}], "forwarders[1]: 'function' must be a dotted name such as"),
        ([{"function": "put", "job": -1}], "forwarders[1]: 'job' must be the position or the name of a parameter, not -1"),
        ([{"function": "put", "job": True}], "forwarders[1]: 'job' must be the position or the name of a parameter, not True"),
        ([{"function": "put", "job": 0, "args": []}], "forwarders[1]: 'args' must be \"rest\", or the position"),
        ([{"function": "put", "job": 0, "options": "queue"}], "forwarders[1]: 'options' must be a list of names, not 'queue'"),
        ([{"function": "put", "job": 0, "framework": ""}], "forwarders[1]: 'framework' must be the name of a framework"),
        ([{"function": "put", "job": 0, "deferred": 1}], "forwarders[1]: 'deferred' must be true or false, not 1"),
    ],
)
def test_bad_forwarders_are_told_by_file_and_key(value, message):
    with pytest.raises(ConfigError) as error:
        settings({"forwarders": value})
    assert str(error.value).startswith("jobcheck.toml: ")
    assert message in str(error.value)


def test_every_key_is_documented():
    page = Path(__file__).parents[1].joinpath("docs", "configuration.md").read_text()
    assert [name for name in KEYS if f"`{name}`" not in page] == []


def test_the_command_line_wins():
    found = settings({"min-confidence": "low", "baseline": "a.json"}, min_confidence="high", baseline="b.json")
    assert found.min_confidence is Confidence.HIGH
    assert found.baseline == Path("/cwd/b.json")


def test_patterns_add_up():
    found = settings({"extend-exclude": ["a"], "per-file-ignores": {"x": ["JOB101"]}}, extend_exclude=["b"])
    assert found.exclude == (*DEFAULT_EXCLUDE, "a", "b")
    assert settings({"exclude": ["a"]}, exclude=["b"]).exclude == ("b",)
    both = settings({"per-file-ignores": {"x": ["JOB101"]}}, per_file_ignores={"y": ["JOB102"]})
    assert [pattern for pattern, _ in both.per_file_ignores] == ["x", "y"]


@pytest.mark.parametrize(
    ("file", "options", "on", "off"),
    [
        ({}, {"select": ["JOB101"]}, ["JOB101", "JOB001", "JOB009"], ["JOB102", "JOB002"]),
        ({}, {"ignore": ["JOB001"]}, ["JOB101"], ["JOB001"]),
        ({}, {"extend_select": ["JOB411"]}, ["JOB411", "JOB101"], []),
        ({}, {"select": ["ALL"], "ignore": ["JOB1"]}, ["JOB411", "JOB201"], ["JOB101"]),
        ({}, {"select": ["JOB101"], "ignore": ["JOB1"]}, ["JOB101"], ["JOB102"]),
        ({}, {"select": ["JOB1"], "ignore": ["JOB101"]}, ["JOB102"], ["JOB101"]),
        ({}, {"select": ["JOB10"], "ignore": ["JOB1"]}, ["JOB101"], ["JOB110"]),
        ({}, {"select": ["JOB101"], "ignore": ["JOB101"]}, [], ["JOB101"]),
        ({}, {"select": ["late-binding"], "ignore": ["ALL"]}, ["JOB503"], ["JOB101", "JOB001"]),
        ({"ignore": ["JOB101"]}, {}, ["JOB102"], ["JOB101"]),
        ({"ignore": ["JOB101"]}, {"select": ["JOB101"]}, ["JOB101"], ["JOB102"]),
        ({"select": ["JOB101"]}, {"ignore": ["JOB1"]}, [], ["JOB101"]),
        ({"select": ["JOB101"]}, {"extend_select": ["JOB2"]}, ["JOB101", "JOB201"], ["JOB102"]),
    ],
)
def test_selection(file, options, on, off):
    rules = settings(file, **options).rules
    assert set(on) <= rules
    assert not set(off) & rules


def test_no_selector_is_too_broad_or_narrow():
    assert codes_for("ALL") == set(catalogue())
    assert codes_for("JOB") == set(catalogue())
    assert codes_for("JOB80") == {"JOB801", "JOB802", "JOB803"}
    assert codes_for(" job101 ") == codes_for("Unserializable-Argument") == {"JOB101"}
    for word in ("", "J", "JOB5000", "JOB7x", "JOB9999", "E501"):
        with pytest.raises(UnknownRuleError):
            codes_for(word)


def test_nearest():
    assert nearest("JOB1O1") == "JOB101"
    assert nearest("JOB999") is None
    assert nearest("signature-missmatch") == "signature-mismatch"
    assert nearest("zzz") is None
    assert find("JOB101") is find("unserializable-argument")


def test_codes_and_names_are_those_of_the_catalogue():
    codes = [*catalogue()]
    assert codes == sorted(codes)
    assert len(codes) == 68
    assert len({rule.name for rule in catalogue().values()}) == 68
    assert all(rule.summary and not rule.summary.endswith(".") for rule in catalogue().values())


def test_jobcheck_toml_wins_in_one_folder(tmp_path):
    (tmp_path / "jobcheck.toml").write_text("select = ['JOB101']")
    (tmp_path / "pyproject.toml").write_text("[tool.jobcheck]\nselect = ['JOB102']")
    assert find_config(tmp_path) == tmp_path / "jobcheck.toml"


def test_the_nearest_file_wins_and_a_pyproject_without_us_is_passed_by(tmp_path):
    inner = tmp_path / "services" / "api"
    inner.mkdir(parents=True)
    (tmp_path / "jobcheck.toml").touch()
    (inner / "pyproject.toml").write_text("[tool.ruff]\n# jobcheck: not yet\n")
    assert find_config(inner / "views.py") == tmp_path / "jobcheck.toml"
    (inner / "pyproject.toml").write_text("[tool.jobcheck]\n")
    assert find_config(inner / "views.py") == inner / "pyproject.toml"


def test_a_broken_pyproject_of_others_is_not_our_business(tmp_path):
    (tmp_path / "jobcheck.toml").touch()
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "pyproject.toml").write_text("[tool.ruff\n")
    assert find_config(inner) == tmp_path / "jobcheck.toml"
    (inner / "pyproject.toml").write_text("[tool.jobcheck\n")
    with pytest.raises(ConfigError, match=r"pyproject\.toml:1:15: not valid TOML"):
        find_config(inner)


@pytest.mark.parametrize("content", ["tool = 'jobcheck'", "[tool]\njobcheck = 3"])
def test_odd_tables(tmp_path, content):
    file = tmp_path / "pyproject.toml"
    file.write_text(content)
    if "= 3" in content:
        with pytest.raises(ConfigError, match=r"tool\.jobcheck must be a table"):
            read_config(file)
    else:
        assert read_config(file) == {}


def test_a_file_with_a_byte_order_mark(tmp_path):
    file = tmp_path / "jobcheck.toml"
    file.write_bytes(b"\xef\xbb\xbfselect = ['JOB101']")
    assert read_config(file) == {"select": ["JOB101"]}


@pytest.fixture
def project(tmp_path, monkeypatch):
    root = tmp_path / "p"
    (root / "a" / "b").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / "a" / "x.py").touch()
    (root / "a" / "b" / "y.py").touch()
    monkeypatch.chdir(root)
    return root


@pytest.mark.parametrize(
    ("paths", "named"),
    [
        ([], ("",)),
        (["."], ("",)),
        (["a"], ("a",)),
        (["a/", "./a", "a/x.py"], ("a", "a/x.py")),
        (["a/b/../x.py"], ("a/x.py",)),
    ],
)
def test_named_files_are_relative_to_the_root(project, paths, named):
    found = target(paths, Asked())
    assert (found.root, found.named) == (project, named)


def test_the_root_is_found_from_anywhere(project, monkeypatch):
    monkeypatch.chdir(project.parent)
    assert target(["p/a/b"], Asked()).root == project
    assert target(["p/a/b/y.py", "p/a/x.py"], Asked()).named == ("a/b/y.py", "a/x.py")
    monkeypatch.chdir(project / "a" / "b")
    assert target([], Asked()).named == ("",)


def test_a_link_is_named_by_what_it_leads_to(project):
    (project / "link").symlink_to("a")
    (project / "link.py").symlink_to("a/x.py")
    assert target(["link", "link.py"], Asked()).named == ("a", "a/x.py")


def test_the_configured_root(project):
    (project / "jobcheck.toml").write_text("root = 'a'")
    assert target(["a/x.py"], Asked()) == target(["a/x.py"], Asked())
    assert target(["a/x.py"], Asked()).named == ("x.py",)
    (project / "other.py").touch()
    with pytest.raises(PathError, match="outside of the project"):
        target(["other.py"], Asked())


def test_isolated_reads_nothing(project):
    (project / "jobcheck.toml").write_text("broken")
    assert target([], Asked(isolated=True)).settings == Settings()


def test_stdin_belongs_to_the_project_of_its_name(project, monkeypatch):
    monkeypatch.chdir(project.parent)
    found = stdin_target("p/a/new/z.py", Asked())
    assert (found.root, found.named) == (project, ("a/new/z.py",))


def test_patterns_are_those_of_gitignore():
    tests = Patterns(DEFAULT_TESTS)
    assert all(
        tests.matches(name) for name in ("tests/a.py", "x/test/b/c.py", "x/test_a.py", "a_test.py", "x/tests.py", "conftest.py")
    )
    assert not any(tests.matches(name) for name in ("latest/a.py", "testing.py", "contest.py"))
    assert not Patterns(()).matches("a.py")
    assert matches("!src/", "lib/a.py")
    assert not matches("!src/", "src/a.py")
