"""Results: what the methods of a result, a row and a page give. Source: SQLAlchemy 2.0's Result reference."""

from __future__ import annotations

from jobcheck.solve.kinds import UNKNOWN, Kind, Literal, Mapping, Value, known, plain
from jobcheck.solve.orm.sqlalchemy_kinds import Page, Row, Rows, made, maybe

_SAME = frozenset({"unique", "yield_per", "freeze", "tuples", "columns", "execution_options"})


def of_rows(rows: Rows, name: str, index: Kind | None = None) -> Value:
    """What a method of a result gives."""
    if name in ("all", "fetchall", "fetchmany"):
        return rows.listed
    if name in ("first", "one_or_none", "fetchone"):
        return maybe(rows.element)
    if name == "one":
        return rows.element
    if name in ("scalar", "scalar_one_or_none"):
        return maybe(rows.first)
    if name == "scalar_one":
        return rows.first
    if name == "scalars":
        return made("rows", _scalars(rows, index))
    if name in _SAME:
        return made("rows", rows)
    if name == "mappings":
        return made("rows", Rows((UNKNOWN,), (), True))  # a RowMapping is no dict
    return UNKNOWN


def _scalars(rows: Rows, index: Kind | None) -> Rows:
    place = index.value if isinstance(index, Literal) and isinstance(index.value, int) else 0
    return Rows(rows.entities[place : place + 1], rows.names[place : place + 1], True)


def of_row(row: Row, name: str) -> Value:
    """What a method of a row gives."""
    if name not in ("_asdict", "asdict"):
        return UNKNOWN
    pairs = tuple((known(Literal(n)), v) for n, v in zip(row.names, row.entities, strict=False) if n)
    whole = bool(pairs) and len(pairs) == len(row.entities)
    return known(Mapping("dict", pairs, None if whole else (plain("str"), UNKNOWN)))


def of_page(page: Page, name: str) -> Value:
    """An attribute of a Pagination."""
    if name == "items":
        return page.rows.listed
    if name in ("total", "page", "pages", "per_page"):
        return plain("int")
    if name in ("next_num", "prev_num"):
        return maybe(plain("int"))
    return plain("bool") if name in ("has_next", "has_prev") else UNKNOWN
