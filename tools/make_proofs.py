"""Run both examples of every rule that has a proof (tests/proofs/), and write what came of them where `explain` finds it.

Read what is printed: it has to be what the rule's message says. Then run tools/make_rule_docs.py.

    python tools/make_proofs.py [JOB101 ...]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]

from proofs.measuring import BROKEN, DATA, Server, measured, versions, written  # noqa: E402
from proofs.registry import NOT_RUN, PROOFS  # noqa: E402


def main(*chosen: str) -> None:
    rows = written()["proofs"] if chosen and DATA.exists() else {}
    with Server() as server:
        for code in chosen or sorted(PROOFS):
            rows[code] = measured(code, server)
            assert not any(BROKEN in rows[code][side] for side in ("bad", "good")), (code, rows[code])
            print(code, *(f"  {side}: {rows[code][side]}" for side in ("bad", "good")), sep="\n")
    proofs = {code: rows[code] for code in sorted(rows) if code in PROOFS}
    data = {"versions": versions(), "proofs": proofs, "not_run": dict(sorted(NOT_RUN.items()))}
    DATA.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
