"""What `jobcheck rules` and `jobcheck explain` say: the catalogue, and one rule's page."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobcheck.report.as_json import Json, dumped
from jobcheck.rules.catalogue import RuleInfo, catalogue
from jobcheck.rules.own_pages import PAGES

if TYPE_CHECKING:
    from jobcheck.rules.base import Rule

MEASURED = Path(__file__).parents[1] / "rules" / "measured.json"
"""What came of the examples when they were run: made by tools/make_proofs.py, held by tests/proofs."""


def _rules() -> dict[str, Rule]:
    from jobcheck.rules import all_rules

    return {rule.code: rule for rule in all_rules()}


def rules_table() -> str:
    """All rules in columns: code, name, whether it is on, its fix, what it finds."""
    infos = catalogue().values()
    width = max(len(info.name) for info in infos)
    lines = [f"{'code':6}  {'name'.ljust(width)}  {'default':7}  {'fix':6}  finds"]
    lines += [f"{i.code:6}  {i.name.ljust(width)}  {_state(i):7}  {_fix(i):6}  {i.summary}" for i in infos]
    return "\n".join(lines) + "\n"


def rules_json() -> str:
    return dumped([_facts(info) for info in catalogue().values()])


def rule_page(info: RuleInfo) -> str:
    """A rule's documentation: heading, facts, and the page that its own module holds."""
    rule = _rules().get(info.code)
    facts = [{"on": "on by default", "off": "off by default", "planned": "planned: not checked yet"}[_state(info)]]
    if rule is not None:
        facts.append(f"severity {rule.severity.label}")
    if info.fixable != "no":
        facts.append(f"{info.fixable} fix")
    body = _doc(info.code, rule) or f"## What it finds\n{info.summary[0].upper()}{info.summary[1:]}.\n"
    return f"# {info.code} {info.name}\n\n({', '.join(facts)})\n\n{body}{_measured(info.code)}"


def rule_json(info: RuleInfo) -> str:
    rule = _rules().get(info.code)
    severity = rule.severity.label if rule else None
    doc = _doc(info.code, rule) + _measured(info.code)
    return dumped({**_facts(info), "severity": severity, "doc": doc or None})


def _doc(code: str, rule: Rule | None) -> str:
    text = rule.doc if rule else PAGES.get(code, "")
    return text.strip() + "\n" if text.strip() else ""


@cache
def _measurements() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8"))
    return data


def _measured(code: str) -> str:
    """The section about the proof of a rule: what its examples did when they were run, or why none are."""
    data = _measurements()
    row, reason = data["proofs"].get(code), data["not_run"].get(code)
    if row is not None:
        on = row["on"].format_map(data["versions"])
        body = f"Run on {on} (tests/proofs/cases/{code.lower()}):\n"
        return f"\n## Measured\n{body}- the example: {row['bad']}\n- instead: {row['good']}\n"
    return f"\n## Measured\nNot by a run: {reason}.\n" if reason else ""


def _facts(info: RuleInfo) -> Json:
    return {
        "code": info.code,
        "name": info.name,
        "summary": info.summary,
        "default": info.default,
        "fixable": info.fixable,
        "implemented": info.implemented,
        "url": info.url,
    }


def _state(info: RuleInfo) -> str:
    if not info.implemented:
        return "planned"
    return "on" if info.default else "off"


def _fix(info: RuleInfo) -> str:
    return "" if info.fixable == "no" else info.fixable
