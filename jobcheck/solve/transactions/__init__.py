"""Transactions: where one may be open, and what is written in it before something is enqueued.

`paths.py` follows calls up to what opens a transaction: `blocks.py` knows what the code itself opens, `entries.py` what
frameworks do, with `settings.py` and `saves.py` for what the project says elsewhere. `writes.py` finds the rows that are
written on a path, and whether an argument is the key of one.
"""

from jobcheck.solve.transactions.openings import CERTAIN, LIKELY, POSSIBLE, Opening
from jobcheck.solve.transactions.paths import Frame, Path, State, Transactions

__all__ = ["CERTAIN", "LIKELY", "POSSIBLE", "Frame", "Opening", "Path", "State", "Transactions"]
