"""Orders, sales, and what was sent out, in a SQLite file. Each call has its own connection and is its own transaction."""

import os
import sqlite3
from contextlib import closing

_TABLES = """
create table orders (id integer primary key, customer text, cents int, status text default 'new', paid int default 0);
create table sales (order_id integer primary key, sku text, pieces int);
create table charges (id integer primary key, order_id int, cents int, key text unique);
create table mails (id integer primary key, address text, text text);
"""


class OrderGone(LookupError):
    """The customer has withdrawn it."""


def path():
    """Where it is."""
    return os.environ.get("COUNTER_DB", "counter.sqlite3")


def execute(statement, *values):
    """Run one statement; its rows as dicts."""
    with closing(sqlite3.connect(path(), isolation_level=None)) as connection:
        connection.execute("pragma synchronous = off")
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(statement, values)]


def create():
    """A new file with empty tables."""
    if os.path.exists(path()):
        os.remove(path())
    with closing(sqlite3.connect(path())) as connection:
        connection.executescript("pragma synchronous = off;" + _TABLES)


def place(order_id, customer, cents):
    """A new order."""
    execute("insert into orders (id, customer, cents) values (?, ?, ?)", order_id, customer, cents)


def find(order_id):
    """The order as it is now. Raises OrderGone."""
    rows = execute("select * from orders where id = ?", order_id)
    if not rows:
        raise OrderGone(order_id)
    return rows[0]


def set_status(order_id, status):
    """How far it is."""
    execute("update orders set status = ? where id = ?", status, order_id)


def set_paid(order_id):
    """The money is there."""
    execute("update orders set paid = 1 where id = ?", order_id)


def withdraw(order_id):
    """The customer does not want it any more."""
    execute("delete from orders where id = ?", order_id)


def note_sale(order_id, sku, pieces):
    """Note what was sold; noting it again changes nothing."""
    execute("insert or ignore into sales values (?, ?, ?)", order_id, sku, pieces)


def sold(sku):
    """How many were sold."""
    return execute("select coalesce(sum(pieces), 0) as pieces from sales where sku = ?", sku)[0]["pieces"]
