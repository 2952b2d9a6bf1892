"""Make docs/rules.md, docs/rules/ and the table in README.md from what the rules say of themselves.

`jobcheck explain` prints the same pages.

    python tools/make_rule_docs.py
"""

from __future__ import annotations

import re
from pathlib import Path

from jobcheck.report.rule_pages import rule_page
from jobcheck.rules.catalogue import RuleInfo, catalogue

ROOT = Path(__file__).resolve().parent.parent
TABLE = re.compile(r"(<!-- rules: .*? -->\n)(.*?)(<!-- end of rules -->)", re.DOTALL)
GROUPS = {
    "JOB0": "The run itself",
    "JOB1": "Arguments: what crosses the queue",
    "JOB2": "Calls: options, signatures, keywords",
    "JOB3": "State: what is not the same when the job runs",
    "JOB4": "Delivery: retries and idempotency",
    "JOB5": "Timing: when it is enqueued",
    "JOB6": "Wiring: do the parts meet",
    "JOB7": "Placement",
    "JOB8": "Deploys",
}
OPENING = """\
# Rules

Made by tools/make_rule_docs.py. A rule with a link is checked today, by default unless it says "off"; one without is
planned: it can be named in the configuration, and finds nothing yet. `jobcheck explain CODE` prints the same pages.
"""


def pages() -> dict[str, str]:
    """The text of every page, by its name in the repository."""
    made = {"README.md": readme(), "docs/rules.md": index()}
    made.update((f"docs/rules/{info.name}.md", rule_page(info)) for info in catalogue().values() if info.implemented)
    return made


def readme() -> str:
    """The README with its table of what is checked today."""
    rows = [f"| {i.code} | {i.name} | {i.summary} |" for i in catalogue().values() if i.implemented and i.default]
    table = "\n".join(["| code | name | finds |", "|---|---|---|", *rows])
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return TABLE.sub(lambda found: f"{found[1]}{table}\n{found[3]}", text)


def index() -> str:
    parts = [OPENING]
    for prefix, title in GROUPS.items():
        rows = "\n".join(row(info) for code, info in catalogue().items() if code.startswith(prefix))
        parts.append(f"## {title}\n\n| code | name | finds |\n|---|---|---|\n{rows}\n")
    return "\n".join(parts)


def row(info: RuleInfo) -> str:
    name = f"[{info.name}](rules/{info.name}.md)" if info.implemented else info.name
    state = "" if info.implemented else " (planned)" if info.default else " (planned, off)"
    if info.implemented and not info.default:
        state = " (off)"
    return f"| {info.code} | {name} | {info.summary}{state} |"


def stale(made: dict[str, str]) -> set[str]:
    """The pages of rules that are no more."""
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs" / "rules").glob("*.md")}
    return there - set(made)


def main() -> None:
    made = pages()
    (ROOT / "docs" / "rules").mkdir(exist_ok=True)
    for name in stale(made):
        (ROOT / name).unlink()
    for name, text in made.items():
        (ROOT / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
