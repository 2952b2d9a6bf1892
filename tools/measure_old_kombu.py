# ruff: noqa: ANN001, ANN201, UP032 (old interpreters run this)
"""Measure what one installed kombu does to each row; run by hand under old interpreters.

    /venv-with-old-kombu/bin/python tools/measure_old_kombu.py tests/wire/measured.json

adds or replaces the entry of that kombu in the file: the rows that differ from the newest. With --extra it becomes the
newest, and every codec that is installed is measured: the rows that the large measurement lacks come from there.
`tools/make_wire_tables.py` reads the file.
"""

import json
import os
import re
import sys
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "wire"))
warnings.simplefilter("ignore")

import measure  # type: ignore[import-not-found]  # noqa: E402


def short(outcome):  # type: ignore[no-untyped-def]
    """Only what the tables need, as a list: outcome, then (type, value, why) or the error."""
    kind = outcome["outcome"]
    if kind == "same":
        return [kind]
    if kind == "changed":
        return [kind, outcome["got_type"], outcome["got"], outcome["why"]]
    # Error texts show where files lie on this machine; only their names are anybody's business.
    return [kind, re.sub(r"'/[^']*/([^/']+)'", r"'\1'", outcome["exc"][0])]


def differing(results, newest):  # type: ignore[no-untyped-def]
    """Only the rows that the newest measured kombu treats otherwise (texts of errors aside)."""
    found = {}
    for wire, rows in sorted(results.items()):
        for key, outcome in rows.items():
            new = newest[wire].get(key)
            if new and outcome[: -1 if "error" in outcome[0] else 3] != new[: -1 if "error" in new[0] else 3]:
                found.setdefault(wire, {})[key] = outcome
    return found


def lines(value, depth):  # type: ignore[no-untyped-def]
    """JSON with one line per row."""
    if not isinstance(value, dict) or not any(isinstance(v, (dict, list)) for v in value.values()):
        return json.dumps(value, sort_keys=True)
    inner = [" " * depth + " {}: {}".format(json.dumps(k), lines(v, depth + 1)) for k, v in sorted(value.items())]
    return "{\n" + ",\n".join(inner) + "\n" + " " * depth + "}"


def main(path, extra):  # type: ignore[no-untyped-def]
    import kombu

    results = {wire: {k: short(v) for k, v in rows.items()} for wire, rows in measure.measure().items()}
    kept = {"kombu": {}}
    if os.path.exists(path):
        with open(path) as file:
            kept = json.load(file)
    python = sys.version.split()[0]
    if extra:
        kept["newest"] = {"python": python, "kombu": kombu.__version__, "results": results}
    else:
        results = {wire: rows for wire, rows in results.items() if wire.startswith("celery-")}
        counted = {wire: len(rows) for wire, rows in results.items()}
        differs = differing(results, kept["newest"]["results"])
        kept["kombu"][kombu.__version__] = {"python": python, "rows": counted, "differs": differs}
    with open(path, "w") as file:
        file.write(lines(kept, 0) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], "--extra" in sys.argv)
