"""Stock, in a SQLite database."""

import enum
import sqlite3

_SCHEMA = "create table if not exists stock (sku text, size int, amount int, primary key (sku, size))"


class Size(enum.IntEnum):
    SMALL = 1
    MEDIUM = 2
    LARGE = 3


class Stock:
    """The table of what is there."""

    def __init__(self, path=":memory:"):
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.execute(_SCHEMA)

    def put(self, sku, size, amount):
        """Say how many there are."""
        self.connection.execute("insert or replace into stock values (?, ?, ?)", (sku, int(size), amount))

    def amount(self, sku, size):
        """How many there are."""
        row = self.connection.execute("select amount from stock where sku = ? and size = ?", (sku, int(size)))
        return (row.fetchone() or (0,))[0]

    def missing(self, below):
        """The articles of which there are less."""
        rows = self.connection.execute("select distinct sku from stock where amount < ? order by sku", (below,))
        return [sku for (sku,) in rows]


stock = Stock()
