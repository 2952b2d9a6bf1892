"""What Odoo's queue_job does at run time with the defects in tests/fixtures/odoo-queue-job, run by its own files.

Odoo cannot be installed from PyPI, so that what queue_job asks of it stands in (standins/odoo_stand_in.py, which says what
is real). What rests on Odoo alone is said in docs/frameworks.md, and not shown here: what its fields take, and that a
cursor's rollback takes rows back.
"""

from __future__ import annotations

import datetime
import gc
import importlib.util
import inspect
import logging
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

if importlib.util.find_spec("odoo") is None:
    pytest.skip("queue_job is not installed", allow_module_level=True)
psycopg2 = pytest.importorskip("psycopg2")
pytest.importorskip("werkzeug")
sys.path.insert(0, str(Path(__file__).parent / "standins"))
sys.path.insert(0, str(Path(__file__).parents[1] / "conformance"))
from odoo_stand_in import QUEUE_JOB, Environment, Model, environment  # noqa: E402
from stores import postgres_program, postgres_server  # noqa: E402

RetryableJobError = QUEUE_JOB.exception.RetryableJobError
chain, group = QUEUE_JOB.delay.chain, QUEUE_JOB.delay.group
DID: list[Any] = []


class Concurrency(psycopg2.OperationalError):  # type: ignore[name-defined,misc]
    pgcode, pgerror = "40001", "could not serialize access"


class Order(Model):
    _name = "sale.order"

    def export(self, names: Any = None, *, force: bool = False) -> str:
        DID.append((self.ids, names, force))
        return "exported"

    def close(self, reason: Any, **options: Any) -> None:
        DID.append((reason, options))

    async def fetch(self) -> None:
        DID.append("fetched")

    def pages(self) -> Any:
        DID.append("paged")
        yield

    @staticmethod
    def ping() -> None:
        DID.append("pinged")

    def fail(self, error: str) -> None:
        DID.append(error)
        if error == "later":
            raise RetryableJobError("later", seconds=60)
        if error == "uncounted":
            raise RetryableJobError("later", ignore_retry=True)
        if error == "span":
            raise RetryableJobError("later", seconds=datetime.timedelta(minutes=1))
        if error == "concurrency":
            raise Concurrency
        raise ValueError(error)

    def swallow(self) -> None:
        try:
            self.fail("later")
        except Exception:
            DID.append("swallowed")

    def save(self) -> None:
        self.env.cr.commit()

    def asked(self) -> None:
        DID.append({key: value for key, value in self.env.context.items() if key != "job_uuid"})

    def send(self) -> None:
        if not self.env.context.get("is_job"):
            self.with_context(is_job=True).with_delay().send()
            return
        DID.append("sent")


@pytest.fixture
def env() -> Environment:
    DID.clear()
    return environment(Order)


@pytest.fixture
def orders(env: Environment) -> Any:
    return env["sale.order"].browse([1, 2])


def rows(env: Environment) -> list[dict[str, Any]]:
    return list(env.registry.jobs.values())


def perform(env: Environment) -> dict[str, Any]:
    """The only job, performed as the controller performs it, and its row afterwards."""
    [row] = rows(env)
    env.registry.asked.clear()
    job = QUEUE_JOB.job.Job.load(env, row["uuid"])
    job.set_started()
    try:
        QUEUE_JOB.controller.RunJobController._runjob(env, job)
    except Exception as error:
        row["raised"] = error
    return row


Sends = Callable[[Any], Any]

# --- arguments that do not fit ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "send",
    [
        lambda orders: orders.with_delay().export(["a"], True),
        lambda orders: orders.with_delay().export(forced=True),
        lambda orders: orders.with_delay().close(),
        lambda orders: orders.with_delay().export(priority=5),
        lambda orders: orders.delayable().export(eta=60).delay(),
    ],
    ids=["too many", "unknown", "missing", "an option", "an option of a delayable"],
)
def test_arguments_that_do_not_fit_fail_in_the_worker(env: Environment, orders: Any, send: Sends) -> None:
    send(orders)
    row = perform(env)
    assert row["state"] == "failed"
    assert "TypeError" in row["exc_info"]
    assert DID == []


def test_what_fits_arrives(env: Environment, orders: Any) -> None:
    orders.with_delay(5, 60, 3, "Export", "root.shop", "key").export(["name"], force=True)
    row = perform(env)
    assert (row["state"], row["priority"], row["max_retries"], row["channel"]) == ("done", 5, 3, "root.shop")
    assert DID == [([1, 2], ["name"], True)]


# --- options ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["with_delay", "delayable"])
@pytest.mark.parametrize("option", ["delay", "countdown", "queue", "identity", "retries"])
def test_an_unknown_option_is_refused_at_the_call(orders: Any, form: str, option: str) -> None:
    with pytest.raises(TypeError, match=option):
        getattr(orders, form)(**{option: 60})


def test_set_refuses_an_unknown_option(orders: Any) -> None:
    with pytest.raises(ValueError, match="No property delay"):
        orders.delayable().set(delay=60)


def test_an_identity_key_is_text_or_called(env: Environment, orders: Any) -> None:
    with pytest.raises(TypeError, match="not callable"):
        orders.with_delay(identity_key=7).export()
    orders.with_delay(identity_key=QUEUE_JOB.job.identity_exact).export()
    orders.with_delay(identity_key=QUEUE_JOB.job.identity_exact).export()
    assert len(rows(env)) == 1  # as long as the first one waits


@pytest.mark.parametrize("eta", [60, datetime.timedelta(minutes=1), datetime.datetime(2030, 1, 1)], ids=["int", "span", "moment"])
def test_eta_is_seconds_a_span_or_a_moment(env: Environment, orders: Any, eta: Any) -> None:
    orders.with_delay(eta=eta).export()
    found = rows(env)[0]["eta"]
    assert isinstance(found, datetime.datetime)
    assert found.tzinfo is None


@pytest.mark.parametrize("eta", [1.5, "60", datetime.datetime.now(datetime.timezone.utc)], ids=["float", "text", "aware"])
def test_any_other_eta_is_left_to_the_field(env: Environment, orders: Any, eta: Any) -> None:
    orders.with_delay(eta=eta).export()
    assert rows(env)[0]["eta"] == eta


# --- what is never sent ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "build",
    [
        lambda orders: orders.delayable().export(),
        lambda orders: orders.with_delay(priority=3),
        lambda orders: orders.with_delay().export,
        lambda orders: chain(orders.delayable().export(), orders.delayable().close("x")),
        lambda orders: group(orders.delayable().export()),
        lambda orders: orders.delayable().export().on_done(orders.delayable().close("x")),
        lambda orders: orders.delayable().export().split(1),
    ],
    ids=["delayable", "with_delay", "uncalled", "chain", "group", "on_done", "split"],
)
def test_what_is_built_and_dropped_stores_nothing(env: Environment, orders: Any, build: Sends) -> None:
    build(orders)
    assert rows(env) == []


def test_a_dropped_delayable_leaves_a_line_in_the_log(orders: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        orders.delayable().export()
        gc.collect()
    assert "was prepared but never delayed" in caplog.text


def test_what_is_delayed_is_stored(env: Environment, orders: Any) -> None:
    chain(orders.delayable().export(), orders.delayable().set(priority=1).close("x")).delay()
    orders.delayable().export().split(1).delay()
    assert sorted(row["state"] for row in rows(env)) == ["pending", "pending", "pending", "wait_dependencies"]


# --- what may be a job -----------------------------------------------------------------------------------------------


def test_a_field_is_no_job(orders: Any) -> None:
    with pytest.raises(AttributeError, match="only methods can be delayed"):
        orders.with_delay().name()


def test_a_static_method_is_no_job(orders: Any) -> None:
    with pytest.raises(TypeError, match="only methods of Models"):
        orders.with_delay().ping()


@pytest.mark.filterwarnings("ignore:coroutine")
@pytest.mark.parametrize("method", ["fetch", "pages"])
def test_async_methods_and_generators_are_done_without_having_run(env: Environment, orders: Any, method: str) -> None:
    getattr(orders.with_delay(), method)()
    assert perform(env)["state"] == "done"
    assert DID == []


def test_with_delay_gives_a_job_and_not_what_the_method_returns(orders: Any) -> None:
    assert isinstance(orders.with_delay().export(), QUEUE_JOB.job.Job)


# --- what travels ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [{1}, b"x", Decimal("1"), datetime.time(8), datetime.timedelta(1), Path("x"), lambda: 1],
    ids=lambda v: type(v).__name__,
)
def test_what_the_encoder_does_not_know_is_refused_at_the_call(env: Environment, orders: Any, value: Any) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        orders.with_delay().close(value)
    assert rows(env) == []


def test_records_and_dates_arrive_keys_become_text_and_tuples_lists(env: Environment, orders: Any) -> None:
    today = datetime.date(2026, 1, 1)
    orders.with_delay().close(orders, at=today, marks={1: "a"}, pair=(1, 2))
    perform(env)
    assert [(orders, {"at": today, "marks": {"1": "a"}, "pair": [1, 2]})] == DID


def test_five_keys_of_the_context_are_kept(env: Environment, orders: Any) -> None:
    kept = {"tz": "UTC", "lang": "de_DE", "allowed_company_ids": [1], "force_company": 1, "active_test": False}
    orders.with_context(no_export=True, **kept).with_delay().asked()
    perform(env)
    assert [kept] == DID


def test_a_job_that_knows_itself_by_the_context_enqueues_itself_for_ever(env: Environment, orders: Any) -> None:
    orders.with_context(is_job=True).with_delay().send()
    for _ in range(3):
        perform(env)
        done = next(iter(env.registry.jobs))
        assert len(rows(env)) == 2
        del env.registry.jobs[done]
    assert DID == []


# --- what runs again -------------------------------------------------------------------------------------------------


def test_an_error_ends_a_job(env: Environment, orders: Any) -> None:
    orders.with_delay().fail("broken")
    assert perform(env)["state"] == "failed"


def test_a_retryable_error_rolls_back_and_runs_the_job_again_from_its_first_line(env: Environment, orders: Any) -> None:
    orders.with_delay().fail("later")
    row = perform(env)
    assert (row["state"], row["retry"], env.registry.asked) == ("pending", 1, ["rollback"])
    assert [perform(env)["state"] for _ in range(4)] == ["pending", "pending", "pending", "failed"]
    assert DID == ["later"] * 5  # as many as `max_retries` says, which counts the first
    assert "Max. retries (5) reached" in row["exc_info"]


@pytest.mark.parametrize(("options", "error"), [({"max_retries": 0}, "later"), ({}, "uncounted"), ({}, "concurrency")])
def test_without_end(env: Environment, orders: Any, options: dict[str, int], error: str) -> None:
    orders.with_delay(**options).fail(error)
    assert {perform(env)["state"] for _ in range(20)} == {"pending"}


def test_a_retryable_error_that_is_caught_retries_nothing(env: Environment, orders: Any) -> None:
    orders.with_delay().swallow()
    assert perform(env)["state"] == "done"
    assert DID == ["later", "swallowed"]


def test_seconds_are_a_number(env: Environment, orders: Any) -> None:
    """Otherwise the row of the job is not written, neither as failed nor as to be run again."""
    orders.with_delay().fail("span")
    assert isinstance(perform(env)["raised"], TypeError)
    assert rows(env)[0]["state"] == "pending"  # as it was before; with the real one, started


def test_a_commit_in_a_job_fails_it(env: Environment, orders: Any) -> None:
    orders.with_delay().save()
    assert "Commit is forbidden in queue jobs" in perform(env)["exc_info"]


def test_an_enqueue_is_a_row_of_the_callers_own_connection(env: Environment, orders: Any) -> None:
    source = inspect.getsource(QUEUE_JOB.job.Job.store)
    assert 'self.env["queue.job"]' in source
    orders.with_delay().export()
    assert env.registry.asked == []  # no commit of its own


# --- a lost worker, on a real PostgreSQL: the runner's own statement ---------------------------------------------------

_TABLES = """
CREATE TABLE queue_job (id int PRIMARY KEY, uuid text, state text, retry int, max_retries int, exc_name text, exc_info text,
                        date_enqueued timestamp DEFAULT (now() AT TIME ZONE 'utc' - interval '1 minute'));
CREATE TABLE queue_job_lock (id int PRIMARY KEY, queue_job_id int);
INSERT INTO queue_job VALUES (1, 'lost', 'started', 0, 5), (2, 'held', 'started', 0, 5), (3, 'spent', 'started', 6, 5),
                             (4, 'endless', 'started', 6, 0), (5, 'done', 'done', 1, 5);
INSERT INTO queue_job_lock SELECT id, id FROM queue_job;
"""


@pytest.mark.skipif(postgres_program() is None, reason="there is no PostgreSQL here")
def test_a_job_whose_worker_is_lost_runs_again() -> None:
    with postgres_server() as port:
        where = f"host=127.0.0.1 port={port} user=postgres dbname=postgres"
        runner = object.__new__(QUEUE_JOB.runner.Database)
        runner.conn, worker = psycopg2.connect(where), psycopg2.connect(where)
        with runner.conn.cursor() as cursor:
            cursor.execute(_TABLES)
        runner.conn.commit()
        worker.cursor().execute("SELECT * FROM queue_job_lock WHERE id = 2 FOR NO KEY UPDATE")  # as Job.lock, while it runs
        runner.requeue_dead_jobs()
        with runner.conn.cursor() as cursor:
            cursor.execute("SELECT uuid, state, retry FROM queue_job ORDER BY id")
            found = cursor.fetchall()
        worker.close()
        runner.conn.close()
    assert found == [
        ("lost", "pending", 1),
        ("held", "started", 0),
        ("spent", "failed", 7),
        ("endless", "pending", 7),
        ("done", "done", 1),
    ]
