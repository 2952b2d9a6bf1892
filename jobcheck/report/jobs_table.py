"""What `jobcheck jobs` says: every job, who enqueues it, its queue, retries and idempotency."""

from __future__ import annotations

from collections.abc import Iterable

from jobcheck.engine_types import JobRow
from jobcheck.findings import Place
from jobcheck.report.as_json import dumped, json_place
from jobcheck.report.names import Names

_HEADINGS = ("job", "framework", "queue", "retries", "idempotent", "enqueued", "declared at")


def jobs_table(rows: Iterable[JobRow], names: Names) -> str:
    """A line per job in columns; "-" where nothing is said."""
    cells = [_HEADINGS, *(_cells(row, names) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEADINGS))]
    return "".join("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() + "\n" for line in cells)


def jobs_json(rows: Iterable[JobRow], names: Names) -> str:
    return dumped(
        [
            {
                "name": row.name,
                "framework": row.framework,
                "signature": row.signature,
                **json_place(row.place, names),
                "queue": row.queue,
                "retries": row.retries,
                "idempotency": row.idempotency,
                "enqueued_by": [json_place(place, names) for place in row.enqueued_by],
            }
            for row in rows
        ]
    )


def _cells(row: JobRow, names: Names) -> tuple[str, ...]:
    calls = len(row.enqueued_by)
    first = f" (at {_spot(row.enqueued_by[0], names)}{', ...' if calls > 1 else ''})" if calls else ""
    texts = (f"{row.name}{row.signature}", row.framework, row.queue, row.retries, row.idempotency)
    return (*(text or "-" for text in texts), f"{calls}x{first}" if calls else "never", _spot(row.place, names))


def _spot(place: Place, names: Names) -> str:
    return f"{names(place.filename)}:{place.row}"
