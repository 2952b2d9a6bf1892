"""Real Python files, their islands, and the comparison of what `lower` makes of them with CPython's ast.

`python tests/code/corpus.py [FOLDER ...]` goes over whole folders (default: the standard library and site-packages) and
prints what was lowered, refused and slow.
"""

from __future__ import annotations

import ast
import hashlib
import itertools
import sys
import sysconfig
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ast_oracle import spans_of_ast, spans_of_ir

from jobcheck.code import ir
from jobcheck.code.islands import Island, cut
from jobcheck.code.lower import lower


def parse(data: bytes) -> ast.Module | None:
    """CPython's tree of a UTF-8 file, or None when it has none or it is not UTF-8."""
    try:
        text = data.decode()
        if "coding" in "".join(text.splitlines()[:2]) and "utf" not in "".join(text.splitlines()[:2]).lower():
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def islands_of(data: bytes, tree: ast.Module) -> Iterator[tuple[Island, ast.stmt]]:
    """Top-level statements; of a class its statements, which are indented."""
    lines = [0, *itertools.accumulate(len(line) for line in data.splitlines(keepends=True))]
    for statement in tree.body:
        inner = statement.body if isinstance(statement, ast.ClassDef) else [statement]
        for node in inner:
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
            start = lines[first - 1] + (node.col_offset if first == node.lineno else 0)
            while first != node.lineno and data[start : start + 1] != b"@":
                start += 1
            yield cut(data, start, lines[node.end_lineno - 1] + node.end_col_offset), node


def differences(data: bytes, island: Island, node: ast.stmt, lowered: ir.Lowered) -> list[str]:
    """Where the IR of an island does not say what ast says."""
    if lowered.refused:
        return []
    theirs, ours = spans_of_ast(data, node), spans_of_ir(lowered.body, island.offset)
    return [
        f"{side} {name} {data[start:end]!r}"
        for side, some in (("only ast", theirs - ours), ("only IR", ours - theirs))
        for name, start, end in some
    ]


def standard_library(sample: int, seed: str = "1") -> list[Path]:
    """Modules of the standard library, chosen by the hash of their names."""
    root = Path(sysconfig.get_paths()["stdlib"])
    paths = [path for path in root.rglob("*.py") if "site-packages" not in path.parts and path.stat().st_size < 30_000]
    return sorted(paths, key=lambda path: hashlib.md5((seed + path.name).encode()).digest())[:sample]


def _belongs(file: Path, root: Path) -> bool:
    return "site-packages" not in file.relative_to(root).parts


def main(folders: list[str]) -> None:
    """Go over everything, and say how it went."""
    paths = sysconfig.get_paths()
    counts: Counter[str] = Counter()
    slowest: list[tuple[float, str]] = []
    roots = [Path(folder) for folder in folders or [paths["stdlib"], paths["purelib"]]]
    for path in sorted({file for root in roots for file in root.rglob("*.py") if _belongs(file, root)}):
        data = path.read_bytes()
        tree = parse(data)
        counts["files" if tree else "files that ast does not parse"] += 1
        for island, node in islands_of(data, tree) if tree else ():
            started = time.perf_counter()
            lowered = lower(island.data, island.indent)
            slowest = sorted([*slowest, (time.perf_counter() - started, f"{path}:{node.lineno}")])[-5:]
            counts["statements"] += 1
            counts["lines"] += island.data.count(b"\n") + 1
            if lowered.refused:
                counts[f"refused: {lowered.refused}"] += 1
                print(f"{path}:{node.lineno}: {lowered.refused}: {island.data[:100]!r}")
            for difference in differences(data, island, node, lowered)[:3]:
                counts["differences"] += 1
                print(f"{path}:{node.lineno}: {difference[:200]}")
    print(*sorted(counts.items()), *slowest, sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
