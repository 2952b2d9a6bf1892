"""Sessions of SQLAlchemy as transactions that an enqueue can wait for: `watch_session(Session)`."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any
from weakref import WeakKeyDictionary, WeakSet, ref

from jobcheck.runtime.commits import register_commit_hook


class _Transaction:
    """What is known of a session's outermost transaction."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], Any]] = []
        self.wrote = self.committed = self.rolled_back = False


# Not `event.contains`: SQLAlchemy keeps a listener's target by its id() and for ever, so that a sessionmaker that is made
# in the place of one that is gone would be taken for it, and nobody would listen.
_watched: WeakSet[Any] = WeakSet()
_about_to_write: WeakSet[Any] = WeakSet()  # sessions that execute their first statement, before there is a transaction
_transactions: WeakKeyDictionary[Any, _Transaction] = WeakKeyDictionary()
# By context and not by thread: tasks of one event loop have transactions of their own.
_open: ContextVar[tuple[ref[Any], ...]] = ContextVar("jobcheck_open_sessions", default=())


def watch_session(target: Any) -> None:
    """Let jobs with `enqueue_after_commit` wait for sessions: of a sessionmaker, a scoped_session or a Session class.

    A session in which nothing was written has nothing to wait for: its jobs are enqueued when it ends, unless rolled back.
    """
    from sqlalchemy import event

    listeners: dict[str, Callable[..., Any]] = {
        "after_transaction_create": _created,
        "after_flush": _wrote,
        "do_orm_execute": _executed,
        "after_commit": _committed,
        "after_rollback": _rolled_back,
        "after_transaction_end": _ended,
    }
    if target not in _watched:
        _watched.add(target)
        for name, listener in listeners.items():
            event.listen(target, name, listener)
    register_commit_hook(_defer)


def _defer(callback: Callable[[], Any]) -> bool:
    for held in _open.get():
        transaction = _transactions.get(held())
        if transaction is not None:
            transaction.waiting.append(callback)
            return True
    return False


def _created(session: Any, transaction: Any) -> None:
    if transaction.parent is None:
        _transactions[session] = made = _Transaction()
        made.wrote = session in _about_to_write
        _about_to_write.discard(session)
        _open.set((*_open.get(), ref(session)))


def _wrote(session: Any, flush_context: Any) -> None:
    if session in _transactions:
        _transactions[session].wrote = True


def _executed(state: Any) -> None:
    if not state.is_select:
        if state.session in _transactions:
            _transactions[state.session].wrote = True
        else:
            _about_to_write.add(state.session)


def _committed(session: Any) -> None:
    # A savepoint that is released is reported too.
    if session in _transactions and session.get_nested_transaction() is None:
        _transactions[session].committed = True


def _rolled_back(session: Any) -> None:
    if session in _transactions and session.get_nested_transaction() is None:
        _transactions[session].rolled_back = True


def _ended(session: Any, transaction: Any) -> None:
    if transaction.parent is not None:
        return
    ended = _transactions.pop(session, None)
    _open.set(tuple(held for held in _open.get() if held() not in (None, session)))
    if ended is not None and (ended.committed or not (ended.wrote or ended.rolled_back)):
        for callback in ended.waiting:
            callback()
