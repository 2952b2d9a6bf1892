"""assert_idempotent: jobs that do harm the second time, and jobs that do not."""

import os
import sqlite3

import pytest

from jobcheck.runtime import Job, configure, discard_on, retry_on
from jobcheck.runtime.payload import dump
from jobcheck.runtime.settings import settings
from jobcheck.testing import assert_idempotent
from jobcheck.testing.runs import perform

HERE = __name__


class Shop:
    """The world: what was charged, mailed and noted."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.charges, self.mails, self.paid, self.stock = [], [], set(), {}

    def state(self):
        return sorted(self.charges), sorted(self.mails), sorted(self.paid), dict(self.stock)


class Gateway:
    """Stands for somebody else's service."""

    @staticmethod
    def charge(order_id, key=None):
        if key is None or key not in [k for k, _ in shop.charges]:
            shop.charges.append((key or "", order_id))

    @classmethod
    def refund(cls, order_id):
        shop.charges.append(("refund", order_id))

    def mail(self, text):
        shop.mails.append(text)


shop = Shop()
EFFECTS = [f"{HERE}.Gateway.charge", f"{HERE}.Gateway.refund", f"{HERE}.Gateway.mail"]


@pytest.fixture(autouse=True)
def world(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, HERE, sys.modules.get(HERE) or __import__("types").ModuleType(HERE))
    monkeypatch.setattr(sys.modules[HERE], "Gateway", Gateway, raising=False)
    shop.reset()
    before = settings.snapshot()
    yield configure(adapter="test")
    settings.restore(before)


class Twice(Job):
    def perform(self, order_id):
        Gateway.charge(order_id)


class ChargeThenMail(Job):
    """Guards at the start, notes at the end: the double charge."""

    def perform(self, order_id):
        if order_id in shop.paid:
            return
        Gateway.charge(order_id)
        Gateway().mail(f"charged {order_id}")
        shop.paid.add(order_id)


class Counts(Job):
    def perform(self, sku):
        shop.stock[sku] = shop.stock.get(sku, 0) + 1


class Sets(Job):
    def perform(self, sku):
        shop.stock[sku] = 7


class Chain(Job):
    def perform(self, order_id):
        Sets.perform_later(order_id)


class TestFinds:
    def test_an_effect_on_each_run(self):
        with pytest.raises(AssertionError, match=r"(?s)Twice is not idempotent: .*Gateway\.charge\(7\).*run 1.*and died.*run 2"):
            assert_idempotent(Twice, 7, effects=EFFECTS)

    def test_a_crash_between_effect_and_note(self):
        with pytest.raises(AssertionError, match="more than once"):
            assert_idempotent(ChargeThenMail, 7, effects=EFFECTS)
        shop.reset()
        with pytest.raises(AssertionError, match="more than once"):
            assert_idempotent(ChargeThenMail(7), effects=EFFECTS, fresh=shop.reset)

    def test_what_never_happens(self):
        with pytest.raises(AssertionError, match=r"never happens: .*mail\('charged 7'\)"):
            assert_idempotent(LosesMail, 7, effects=EFFECTS, fresh=shop.reset)

    def test_another_state(self):
        for fresh in (None, shop.reset):
            shop.reset()
            with pytest.raises(AssertionError, match="the state is another one"):
                assert_idempotent(Counts, "hat", state=shop.state, fresh=fresh)

    def test_an_enqueue(self):
        with pytest.raises(AssertionError, match=r"enqueue\(.*Sets \[7\]\)"):
            assert_idempotent(Chain, 7)

    def test_a_second_run_that_fails(self):
        connection = sqlite3.connect(":memory:")
        connection.execute("create table orders (id integer primary key)")

        class Inserts(Job):
            def perform(self, order_id):
                connection.execute("insert into orders values (?)", (order_id,))

        with pytest.raises(AssertionError, match=r"the last run fails with IntegrityError") as caught:
            assert_idempotent(Inserts, 7, state=lambda: connection.execute("select * from orders").fetchall())
        assert isinstance(caught.value.__cause__, sqlite3.IntegrityError)

    def test_a_class_method(self):
        class Refund(Job):
            def perform(self, order_id):
                Gateway.refund(order_id)

        with pytest.raises(AssertionError, match=r"Gateway\.refund\(7\)"):
            assert_idempotent(Refund, 7, effects=EFFECTS)

    def test_mail_of_the_standard_library(self, monkeypatch):
        import smtplib

        monkeypatch.setattr(smtplib.SMTP, "sendmail", lambda self, *args, **kwargs: {})

        class Mails(Job):
            def perform(self, address):
                smtplib.SMTP().sendmail("shop@example.com", address, "thanks")

        with pytest.raises(AssertionError, match=r"smtplib\.SMTP\.sendmail\('shop@example\.com', 'a@example\.com', 'thanks'\)"):
            assert_idempotent(Mails, "a@example.com")

    @pytest.mark.parametrize(("method", "found"), [("POST", True), ("PUT", False), ("GET", False)])
    def test_http(self, monkeypatch, method, found):
        import http.client

        monkeypatch.setattr(http.client.HTTPConnection, "request", lambda self, method, url: shop.mails.append(url))

        class Calls(Job):
            def perform(self):
                http.client.HTTPConnection("example.com").request(method, "/orders")

        if method == "GET":
            with pytest.raises(ValueError, match="nothing that can be seen"):
                assert_idempotent(Calls)
        elif found:
            with pytest.raises(AssertionError, match="POST /orders"):
                assert_idempotent(Calls)
        else:
            assert_idempotent(Calls)


class LosesMail(Job):
    """Notes before the mail."""

    def perform(self, order_id):
        if order_id in shop.paid:
            return
        shop.paid.add(order_id)
        Gateway().mail(f"first {order_id}")
        Gateway().mail(f"charged {order_id}")


class TestIsQuiet:
    def test_state_that_is_set(self):
        assert_idempotent(Sets, "hat", state=shop.state)
        assert_idempotent(Sets("hat"), state=shop.state, fresh=shop.reset)

    def test_a_key_at_the_other_end(self):
        assert_idempotent(KeyedCharge, 7, effects=EFFECTS, state=shop.state, fresh=shop.reset)
        shop.reset()
        assert_idempotent(KeyedCharge, 7, effects=EFFECTS, state=shop.state)

    def test_an_effect_that_one_run_has_twice(self):
        class Reminds(Job):
            def perform(self, order_id):
                for _ in range(2):
                    if len(shop.mails) < 2:
                        Gateway().mail("reminder")

        assert_idempotent(Reminds, 7, effects=EFFECTS, state=shop.state, fresh=shop.reset)

    def test_the_jobs_own_retry_is_no_effect(self):
        @retry_on(KeyError, attempts=5)
        class Sometimes(Job):
            def perform(self):
                shop.stock["hat"] = 7

        assert_idempotent(Sometimes, state=shop.state)

    def test_nothing_is_left_behind(self, world):
        charge = vars(Gateway)["charge"]
        with pytest.raises(AssertionError):
            assert_idempotent(Twice, 7, effects=EFFECTS)
        assert vars(Gateway)["charge"] is charge
        assert configure() is world


class KeyedCharge(Job):
    def perform(self, order_id):
        Gateway.charge(order_id, key=order_id)


class TestRefuses:
    def test_nothing_to_compare(self):
        with pytest.raises(ValueError, match="nothing that can be seen"):
            assert_idempotent(Sets, "hat")

    def test_no_such_function(self):
        for name in (f"{HERE}.Gateway.gone", "nowhere.gone"):
            with pytest.raises((ValueError, ImportError)):
                assert_idempotent(Sets, "hat", effects=[name])

    def test_a_job_that_fails_by_itself(self):
        class Fails(Job):
            def perform(self):
                raise KeyError("x")

        with pytest.raises(KeyError):
            assert_idempotent(Fails, state=shop.state)
        with pytest.raises(KeyError):
            assert_idempotent(discard_on(KeyError)(Fails), state=shop.state)

    def test_what_the_wire_refuses(self):
        with pytest.raises(TypeError):
            assert_idempotent(Sets, object(), state=shop.state)


class TestCatchesItsOwnDeath:
    """A bare `except`, a `finally`: what stands there is not done by a process that was killed."""

    def test_no_effect_gets_out_any_more(self):
        class Finally(Job):
            def perform(self, order_id):
                try:
                    Gateway.charge(order_id, key=order_id)
                finally:
                    Gateway().mail("charged")

        run = perform(dump(Finally(7)), EFFECTS, lambda effects: True, None)
        assert (run.killed, run.hidden, shop.mails) == (True, False, [])

    def test_what_it_does_then_is_held_against_it(self):
        class Bare(Job):
            def perform(self, order_id):
                if order_id in shop.paid:
                    return
                try:
                    Gateway.charge(order_id)
                except:  # noqa: E722
                    shop.stock["failed"] = 1
                Gateway().mail("charged")
                shop.paid.add(order_id)

        with pytest.raises(AssertionError, match=r"(?s)charge\(7\).*died"):
            assert_idempotent(Bare, 7, effects=EFFECTS)

    def test_what_may_be_hidden_is_not_called_harmless(self):
        class Hides(Job):
            def perform(self, order_id):
                if order_id in shop.paid:
                    return
                try:
                    Gateway.charge(order_id)
                except BaseException:
                    shop.stock["failed"] = 1
                shop.paid.add(order_id)

        with pytest.raises(ValueError, match=r"Hides catches BaseException and goes on.*fork"):
            assert_idempotent(Hides, 7, effects=EFFECTS)

    def test_no_other_error_comes_of_it(self, world):
        @retry_on(KeyError, attempts=5)
        class Turns(Job):
            def perform(self, order_id):
                try:
                    Gateway.charge(order_id, key=order_id)
                except BaseException as error:
                    raise KeyError(order_id) from error

        with pytest.raises(ValueError, match="goes on"):
            assert_idempotent(Turns, 7, effects=EFFECTS, state=shop.state)
        assert not world.enqueued_jobs


FILE = "COUNTED_FILE"


def charged():
    with open(os.environ[FILE]) as file:
        return file.read().split()


def charge_in_file(order_id):
    with open(os.environ[FILE], "a") as file:
        file.write(f"{order_id}\n")


def note_in_file(order_id):
    with open(os.environ[FILE] + ".noted", "a") as file:
        file.write(f"{order_id}\n")


IN_FILE = [f"{HERE}.charge_in_file"]


class HidesInFile(Job):
    def perform(self, order_id):
        if os.path.exists(os.environ[FILE] + ".noted"):
            return
        try:
            charge_in_file(order_id)
        finally:
            note_in_file(order_id)


class OnceInFile(Job):
    def perform(self, order_id):
        if str(order_id) not in charged():
            charge_in_file(order_id)
        note_in_file(order_id)
        HidesInFile.perform_later(order_id)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
class TestProcesses:
    """processes="fork": each run has a process of its own, and a crash kills it."""

    @pytest.fixture(autouse=True)
    def file(self, tmp_path, monkeypatch):
        monkeypatch.setenv(FILE, str(tmp_path / "charges"))
        self.fresh()

    def fresh(self):
        open(os.environ[FILE], "w").close()
        if os.path.exists(os.environ[FILE] + ".noted"):
            os.remove(os.environ[FILE] + ".noted")

    def test_no_finally_runs(self):
        assert_idempotent(HidesInFile, 7, effects=IN_FILE, state=charged, fresh=self.fresh)
        with pytest.raises(AssertionError, match=r"(?s)the state is another one.*\['7', '7'\].*and died"):
            assert_idempotent(HidesInFile, 7, effects=IN_FILE, state=charged, fresh=self.fresh, processes="fork")

    def test_memory_is_not_shared(self):
        with pytest.raises(AssertionError, match="more than once"):
            assert_idempotent(ChargeThenMail, 7, effects=EFFECTS, processes="fork")
        assert not shop.charges

    def test_quiet(self):
        assert_idempotent(OnceInFile, 7, effects=IN_FILE, state=charged, fresh=self.fresh, processes="fork")
        with pytest.raises(AssertionError, match=r"enqueue\(.*HidesInFile \[7\]\)"):
            assert_idempotent(OnceInFile, 7, effects=IN_FILE, processes="fork")

    def test_a_job_that_fails_by_itself(self):
        class Fails(Job):
            def perform(self):
                raise KeyError("x")

        for job in (Fails, discard_on(KeyError)(Fails)):
            with pytest.raises(RuntimeError, match="KeyError"):
                assert_idempotent(job, state=shop.state, processes="fork")


def test_death_asks_nobody():
    """No handler, no after_discard, and no except Exception sees it."""
    asked = []

    @discard_on(BaseException, callback=lambda job, error: asked.append(error))
    class Careful(Job):
        def perform(self, order_id):
            try:
                Gateway.charge(order_id, key=order_id)
            except Exception as error:
                asked.append(error)

    assert_idempotent(Careful, 7, effects=EFFECTS, state=shop.state)
    assert not asked


def test_no_commit_of_sqlalchemy_behind_a_death(tmp_path):
    sqlalchemy = pytest.importorskip("sqlalchemy")
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/shop.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("create table paid (id)")

    class Swallows(Job):
        def perform(self, order_id):
            with engine.begin() as connection:
                if connection.exec_driver_sql("select id from paid").all():
                    return
                connection.exec_driver_sql("insert into paid values (7)")
                try:
                    Gateway.charge(order_id)
                except BaseException:
                    shop.stock["failed"] = 1

    with pytest.raises(AssertionError, match="more than once"):
        assert_idempotent(Swallows, 7, effects=EFFECTS)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select count(*) from paid").scalar() == 1
    engine.dispose()
