"""The runtime beside the real SQLAlchemy: after commit, and records."""

import asyncio

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, scoped_session, sessionmaker

from jobcheck.runtime import (
    DeserializationError,
    Job,
    RecordNotFound,
    SerializationError,
    commits,
    execute,
    register_session,
    watch_session,
)
from jobcheck.runtime.payload import dump


class Base(DeclarativeBase): ...


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")


class Late(Job):
    enqueue_after_commit = True

    def perform(self, number): ...


class Show(Job):
    wire = "activejob"

    def perform(self, order):
        return order.name


@pytest.fixture
def engine(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/orders.db")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def maker(engine, monkeypatch):
    monkeypatch.setattr(commits, "_hooks", list(commits._hooks))
    maker = sessionmaker(engine)
    watch_session(maker)
    watch_session(maker)
    return maker


def waiting(adapter):
    return len(adapter.enqueued_jobs)


class TestAfterCommit:
    def test_no_session(self, maker, adapter):
        Late.perform_later(1)
        assert waiting(adapter) == 1

    @pytest.mark.parametrize("flush", [True, False])
    def test_commit(self, maker, adapter, flush):
        with maker() as session:
            session.add(Order())
            if flush:
                session.flush()
            job = Late.perform_later(1)
            assert (job.successfully_enqueued, waiting(adapter)) == (True, 0)
            session.commit()
            assert waiting(adapter) == 1

    def test_it_is_there_when_the_job_is(self, maker, adapter, engine):
        seen = []

        class Looks:
            def enqueue(self, data):
                with engine.connect() as connection:
                    seen.append(connection.execute(text("select count(*) from orders")).scalar())

            enqueue_at = enqueue

        from jobcheck.runtime import configure

        configure(adapter=Looks())
        with maker.begin() as session:
            session.add(Order())
            Late.perform_later(1)
        assert seen == [1]

    def test_a_savepoint_is_no_commit(self, maker, adapter):
        with maker() as session:
            session.add(Order())
            with session.begin_nested():
                Late.perform_later(1)
            assert waiting(adapter) == 0
            session.rollback()
        assert waiting(adapter) == 0

    def test_rollback(self, maker, adapter):
        with maker() as session:
            session.add(Order())
            Late.perform_later(1)
            session.rollback()
        assert waiting(adapter) == 0
        Late.perform_later(2)
        assert waiting(adapter) == 1

    def test_closed_without_commit(self, maker, adapter):
        with maker() as session:
            session.add(Order())
            session.flush()
            Late.perform_later(1)
        assert waiting(adapter) == 0

    def test_text_that_writes_and_is_not_committed(self, maker, adapter):
        with maker() as session:
            session.execute(text("insert into orders (id, name) values (1, '')"))
            Late.perform_later(1)
        assert waiting(adapter) == 0

    def test_a_session_that_only_read(self, maker, adapter):
        with maker() as session:
            session.get(Order, 1)
            Late.perform_later(1)
            assert waiting(adapter) == 0
        assert waiting(adapter) == 1

    def test_two_sessions(self, maker, adapter):
        with maker() as first, maker() as second:
            first.get(Order, 1)
            second.get(Order, 1)
            Late.perform_later(1)
            first.commit()
            assert waiting(adapter) == 0
            second.commit()
            assert waiting(adapter) == 1

    def test_scoped_session(self, engine, adapter, maker):
        scoped = scoped_session(sessionmaker(engine))
        watch_session(scoped)
        scoped().add(Order())
        Late.perform_later(1)
        assert waiting(adapter) == 0
        scoped.commit()
        assert waiting(adapter) == 1
        scoped.remove()

    def test_every_new_sessionmaker_is_watched(self, engine, adapter, maker):
        for _ in range(20):  # each in the place of the one before, in CPython
            made = sessionmaker(engine)
            watch_session(made)
            with made() as session:
                session.get(Order, 1)
                Late.perform_later(1)
                assert waiting(adapter) == 0
                session.rollback()
            del made, session

    def test_a_session_that_nobody_watches(self, engine, adapter, maker):
        with Session(engine) as session:
            session.get(Order, 1)
            Late.perform_later(1)
            assert waiting(adapter) == 1

    def test_tasks_of_one_loop_do_not_wait_for_one_another(self, maker, adapter):
        async def holds(entered, leave):
            with maker() as session:
                session.get(Order, 1)
                entered.set()
                await leave.wait()
                session.commit()

        async def enqueues():
            entered, leave = asyncio.Event(), asyncio.Event()
            task = asyncio.create_task(holds(entered, leave))
            await entered.wait()
            Late.perform_later(1)
            assert waiting(adapter) == 1
            leave.set()
            await task

        asyncio.run(enqueues())

    def test_async_sessions(self, tmp_path, adapter, maker):
        pytest.importorskip("aiosqlite")
        from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

        class OwnSession(Session):
            """So that the listeners are no other test's."""

        watch_session(OwnSession)

        async def story():
            engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/async.db")
            async with engine.begin() as connection:
                await connection.run_sync(Base.metadata.create_all)
            sessions = async_sessionmaker(engine, sync_session_class=OwnSession)
            async with sessions() as session:
                session.add(Order())
                await session.flush()
                Late.perform_later(1)
                assert waiting(adapter) == 0
                await session.commit()
                assert waiting(adapter) == 1
                session.add(Order())
                Late.perform_later(2)
                await session.rollback()
            assert waiting(adapter) == 1
            await engine.dispose()

        asyncio.run(story())


class TestRecords:
    def test_found_anew(self, maker):
        register_session(maker)
        with maker() as session:
            order = Order(name="old")
            session.add(order)
            session.commit()
            data = dump(Show(order))
            order.name = "new"
            session.commit()
        assert data["arguments"] == [{"_aj_globalid": f"gid://sqlalchemy/{__name__}.Order/1"}]
        assert execute(data) == "new"

    def test_not_saved(self):
        with pytest.raises(SerializationError, match="was it saved"):
            dump(Show(Order()))

    def test_gone_is_not_down(self, maker, engine):
        register_session(maker)
        with maker() as session:
            order = Order()
            session.add(order)
            session.commit()
            data = dump(Show(order))
            session.delete(order)
            session.commit()
        with pytest.raises(RecordNotFound):
            execute(data)
        Base.metadata.drop_all(engine)
        with pytest.raises(DeserializationError) as caught:
            execute(data)
        assert not isinstance(caught.value, RecordNotFound)
        assert isinstance(caught.value.__cause__, OperationalError)
