"""The counter's jobs in rehearsal: `python -m counter.rehearsal --seeds 1000` in examples/shop."""

import argparse
import os
import tempfile

from jobcheck.testing import RehearsalFailed, rehearse

from counter import careful, jobs, outside, store


def bank(order_id, cents, key=None):
    """Stands for the bank: charges once for a key."""
    store.execute("insert or ignore into charges (order_id, cents, key) values (?, ?, ?)", order_id, cents, key)


def post(address, text):
    """Stands for the mail."""
    store.execute("insert into mails (address, text) values (?, ?)", address, text)


def charges():
    """What the bank has taken."""
    return store.execute("select order_id, cents from charges order by id")


def mails():
    """What customers were told. A mail that comes twice is borne with; one that is wrong or missing is not."""
    return {(row["address"], row["text"]) for row in store.execute("select * from mails")}


def double_charge():
    """An order is paid."""
    store.place(7, "ann@example.com", 1200)
    jobs.Charge.perform_later(7, 1200)


def stale_mail():
    """An order is packed, and sent."""
    store.place(7, "ann@example.com", 1200)
    for status in ("packed", "on its way"):
        store.set_status(7, status)
        jobs.TellStatus.perform_later(7)
        yield


def lost_state():
    """Two hats are sold."""
    jobs.CountSale.perform_later(7, "hat", 2)


def vanished_record():
    """An order is placed, and withdrawn."""
    store.place(7, "ann@example.com", 1200)
    jobs.SendInvoice.perform_later(7)
    yield
    store.withdraw(7)


def careful_day():
    """All of that, with the jobs of careful.py."""
    store.place(7, "ann@example.com", 1200)
    store.place(8, "bob@example.com", 300)
    careful.Charge.perform_later(7, 1200)
    careful.CountSale.perform_later(7, "hat", 2)
    careful.SendInvoice.perform_later(8)
    yield
    for status in ("packed", "on its way"):
        store.set_status(7, status)
        careful.TellStatus.perform_later("ann@example.com", status)
        yield
    store.withdraw(8)


def outcome():
    """How the careful day has to end. Whether an invoice was sent for the order that was withdrawn is all the same."""
    told = {mail for mail in mails() if mail[0] != "bob@example.com"}
    return charges(), told, careful.sales_page(None, "hat"), store.find(7)


def no_wrong_invoice():
    """If there is one, it is this."""
    assert {mail for mail in mails() if mail[0] == "bob@example.com"} <= {("bob@example.com", "Please pay 300 cents.")}


PLAYS = {
    "double charge": (double_charge, {"state": charges}),
    "stale mail": (stale_mail, {"state": mails}),
    "lost module state": (lost_state, {"state": lambda: jobs.sales_page(None, "hat")}),
    "vanished record": (vanished_record, {"check": mails}),
    "careful day": (careful_day, {"state": outcome, "check": no_wrong_invoice}),
}


def perform(name, **options):
    """Rehearse a play of that name, in a shop whose bank and mail are made of cardboard."""
    play, held = PLAYS[name]
    real = outside.charge, outside.charge_once, outside.mail
    outside.charge, outside.charge_once, outside.mail = bank, bank, post
    try:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["COUNTER_DB"] = os.path.join(folder, "counter.sqlite3")
            effects = ["counter.outside.charge", "counter.outside.charge_once", "counter.outside.mail"]
            return rehearse(play, fresh=store.create, effects=effects, **held, **options)
    finally:
        outside.charge, outside.charge_once, outside.mail = real
        del os.environ["COUNTER_DB"]


def main():
    """Say of each play how it ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    seeds = parser.parse_args().seeds
    for name in PLAYS:
        try:
            tried = perform(name, seeds=seeds)
        except RehearsalFailed as failed:
            print(f"{name}: seed {failed.seed}\n{failed}\n")
        else:
            print(f"{name}: nothing, in {tried} different schedules")


if __name__ == "__main__":
    main()
