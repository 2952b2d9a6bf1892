"""What the documents say: generated pages are up to date, links lead somewhere, commands are the ones that are run."""

import importlib.util
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from jobcheck.cli import cli
from jobcheck.rules import all_rules
from jobcheck.rules.catalogue import catalogue
from jobcheck.rules.own_pages import PAGES

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)")
DOCUMENTS = sorted(
    path
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md"), *ROOT.glob("examples/**/*.md"))
)


@pytest.fixture(scope="module")
def rule_docs():
    spec = importlib.util.spec_from_file_location("make_rule_docs", ROOT / "tools" / "make_rule_docs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_rule_pages_are_up_to_date(rule_docs):
    made = rule_docs.pages()
    old = {name for name, text in made.items() if not (ROOT / name).exists() or (ROOT / name).read_text("utf-8") != text}
    assert not old | rule_docs.stale(made), "run: python tools/make_rule_docs.py"


def test_what_the_catalogue_calls_implemented_has_a_page():
    pages = {rule.code for rule in all_rules()} | set(PAGES)
    assert {info.code for info in catalogue().values() if info.implemented} == pages


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(document):
    broken = [link for link in LINK.findall(document.read_text("utf-8")) if not (document.parent / link).exists()]
    assert not broken


def test_ci_runs_the_readme():
    commands = re.findall(r"^python3 -m venv .*$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert len(commands) == 2
    assert [command for command in commands if command not in script] == []


class TestTour:
    """The README's five minutes, done as it says."""

    @pytest.fixture
    def told(self):
        return re.findall(r"```(\w+)\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)

    @pytest.fixture
    def project(self, told, tmp_path, monkeypatch):
        (tmp_path / ".git").mkdir()
        for language, text in told:
            if language == "python" and text.startswith("# shop/"):
                path = tmp_path / text.splitlines()[0].removeprefix("# ")
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
        monkeypatch.chdir(tmp_path)
        return tmp_path

    def test_its_reports_are_what_is_said(self, told, project):
        said = [text for language, text in told if language == "text"]
        assert len(said) == 2
        assert said == [CliRunner().invoke(cli, [command]).stdout for command in ("check", "jobs")]

    def test_its_comment_suppresses(self, told, project):
        (comment,) = (text for language, text in told if language == "python" and "jobcheck: ignore" in text)
        views = project / "shop" / "views.py"
        views.write_text(views.read_text().replace("send_receipt.delay(order.pk, skus)\n", comment))
        ran = CliRunner().invoke(cli, ["check"])
        assert (ran.exit_code, "1 suppressed" in ran.stdout) == (0, True)

    def test_its_configuration_is_valid(self, told, project):
        (text,) = (text for language, text in told if "[tool.jobcheck]" in text)
        (project / "pyproject.toml").write_text(text)
        assert CliRunner().invoke(cli, ["check", "--write-baseline", "jobcheck-baseline.json"]).exit_code == 0
        assert CliRunner().invoke(cli, ["check"]).exit_code == 0
