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
from proofs.registry import NOT_RUN, PROOFS, SIDES  # noqa: E402
from proofs.stages.telling import NOT_AT_HAND  # noqa: E402


def main(*chosen: str) -> None:
    old = written()
    rows = old["proofs"]
    with Server() as server:
        for code in chosen or sorted(PROOFS):
            row = measured(code, server)
            print(code, *(f"  {side}: {row[side]}" for side in SIDES), sep="\n")
            if row["bad"].startswith(NOT_AT_HAND):
                continue  # the row stays as it is
            assert not any(BROKEN in row[side] for side in SIDES), "nothing is written"
            rows[code] = row
    known = {name: number for name, number in versions().items() if number}
    proofs = {code: rows[code] for code in sorted(rows) if code in PROOFS}
    data = {"versions": {**old["versions"], **known}, "proofs": proofs, "not_run": dict(sorted(NOT_RUN.items()))}
    DATA.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
