"""Calls of libraries: what they do outside of the process, and which of them may fail because another machine does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobcheck.code import ir
from jobcheck.solve import effect_keys, effect_urls
from jobcheck.solve import effect_tables as tables
from jobcheck.solve.calls import argument
from jobcheck.solve.effect_names import full_names
from jobcheck.solve.kinds import External, Literal
from jobcheck.solve.sites import Site

if TYPE_CHECKING:
    from jobcheck.solve.effects import Effect
    from jobcheck.solve.solver import Solver

_BY_METHOD: dict[str, tuple[tables.Row, ...]] = {}
for _each in tables.ROWS:
    for _method in _each.methods:
        _BY_METHOD[_method] = (*_BY_METHOD.get(_method, ()), _each)
_FIRST_WORD = {row.package.partition(".")[0] for row in tables.ROWS} | {n.partition(".")[0] for n in tables.NETWORK}
_ASIDE = frozenset({
    "get_connection", "list_headers", "get_adapter", "get_channel_layer", "add_header", "open_connection",
    "generate_presigned_url", "generate_presigned_post",
})  # fmt: skip
# What a session or an answer holds: `session.headers.get("Dst")` asks nobody.
_HELD = frozenset({"params", "headers", "cookies", "proxies", "adapters", "meta", "hooks", "environ"})
_SQL = ("insert into", "insert  into")
_UPSERTS = ("on conflict", "on duplicate key", "insert ignore", "where not exists", "or ignore", "or replace")


def effect(solver: Solver, site: Site) -> Effect | None:
    """What a call of a library does; None when it is none that is known."""
    from jobcheck.solve.effects import Effect

    last = _last(site.call.func)
    if last in ("execute", "executemany"):
        return _statement(solver, site)
    if last == "open" and (found := _appending(solver, site)) is not None:
        return found
    known = last in _BY_METHOD or last in tables.REQUESTING or last == "open"
    if not known and not isinstance(site.call.func, (ir.Call, ir.Name)):
        return None
    for name in full_names(solver, site.call, site.env):
        row = _row(solver, name, site)
        if row is not None:
            kind, doubles = row
            guard = _key(solver, name, site) if doubles else ""
            keyed = effect_keys.parameter(site) if guard else None
            spelled = _spelling(site.call.func, name)
            return Effect(kind, doubles and not guard, site, site.unit.origin(site.call), spelled, guard=guard, keyed=keyed)
    return None


def network(solver: Solver, site: Site) -> frozenset[str]:
    """The package whose errors a call may raise because another machine does not answer; empty for other calls."""
    for name in full_names(solver, site.call, site.env):
        if name.partition(".")[0].partition("(")[0] not in _FIRST_WORD or not any(_within(name, p) for p in tables.NETWORK):
            continue
        last = name.rpartition(".")[2]
        if last.partition("_")[0] not in tables.SPEAKING or "exceptions" in name or last in _ASIDE:
            continue
        if name.rpartition(".")[0].rpartition(".")[2] in _HELD:
            continue
        return frozenset({name.partition(".")[0]})
    return frozenset()


def _key(solver: Solver, name: str, site: Site) -> str:
    """The idempotency key that a call carries, in words."""
    built = effect_urls.key(solver, site) if name in effect_urls.OPENING else ""
    return built or effect_keys.of_call(solver, site.call, site.env)


def _row(solver: Solver, name: str, site: Site) -> tuple[str, bool] | None:
    """Kind, and whether it doubles, of a call of something with that full name."""
    if name in effect_urls.OPENING:
        return effect_urls.row(solver, site)
    last = name.rpartition(".")[2]
    if last in tables.REQUESTING and any(_within(name, row.package) for row in _BY_METHOD["post"]):
        return _request(solver, site, last)
    row = next((r for r in _BY_METHOD.get(last, ()) if _within(name, r.package)), None)
    return (row.kind, row.doubles) if row is not None else None


def _request(solver: Solver, site: Site, last: str) -> tuple[str, bool]:
    """`request(method, url)`: by the method, when it is known."""
    given = argument(site.call, 0 if last != "urlopen" else 1, "method")
    only = solver.value(given, site.env).only if given is not None else None
    word = only.value.upper() if isinstance(only, Literal) and isinstance(only.value, str) else ""
    return tables.WRITES.get(word, ("read", False))


def _within(name: str, package: str) -> bool:
    return name.startswith(package) and name[len(package) : len(package) + 1] in ("", ".", "(")


def _last(func: ir.Expr) -> str:
    return func.attr if isinstance(func, ir.Attribute) else func.id if isinstance(func, ir.Name) else ""


def _spelling(func: ir.Expr, name: str) -> str:
    """The last two words of a name, a class or client before its method."""
    words = [w.partition("(")[0] for w in name.split(".")]
    if isinstance(func, ir.Name) or len(words) < 2:
        return words[-1]
    return ".".join(words[-2:])


def _appending(solver: Solver, site: Site) -> Effect | None:
    """`open(path, "a")`."""
    from jobcheck.solve.effects import Effect

    func = site.call.func
    plain = isinstance(func, ir.Name) and solver.value(func, site.env).only in (External("open"), External("io.open"))
    given = argument(site.call, 1, "mode")
    only = solver.value(given, site.env).only if given is not None and plain else None
    if not isinstance(only, Literal) or not isinstance(only.value, str) or "a" not in only.value:
        return None
    return Effect("file", True, site, site.unit.origin(site.call), f'open(..., "{only.value}")')


def _statement(solver: Solver, site: Site) -> Effect | None:
    """`cursor.execute("INSERT INTO ...")`."""
    from jobcheck.solve.effects import Effect

    given = argument(site.call, 0)
    if isinstance(given, ir.Call) and _last(given.func) == "text":
        given = argument(given, 0)
    only = solver.value(given, site.env).only if given is not None else None
    words = " ".join(only.value.lower().split()) if isinstance(only, Literal) and isinstance(only.value, str) else ""
    if not words.startswith(_SQL) or any(u in words for u in _UPSERTS):
        return None
    return Effect("insert", True, site, site.unit.origin(site.call), " ".join(words.split()[:3]).upper())
