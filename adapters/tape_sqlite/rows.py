"""Reading stored records, a page at a time, as rows or as facts.

Pages keep memory flat on a tape of any length and end every read transaction quickly, so a slow
consumer never holds back the writer's log.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import chain

from engine.tape.port import Codec
from engine.tape.record import Record
from engine.tape.verify import Row

PAGE_ROWS = 512
SEQ_MIN = -(2**63)
SEQ_MAX = 2**63 - 1

_RECORDS = """
SELECT seq, ts, account, causation, payload FROM records
WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?
"""
_ROWS = """
SELECT seq, ts, account, causation, payload, hash FROM records
WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?
"""


def read_records(
    connection: sqlite3.Connection, codec: Codec, after: int = 0, until: int = SEQ_MAX
) -> Iterator[Record]:
    """Stored records with `after < seq <= until`, decoded, in order."""
    return chain.from_iterable(_pages(connection, codec, after, until))


def _pages(
    connection: sqlite3.Connection, codec: Codec, after: int, until: int
) -> Iterator[Iterator[Record]]:
    while page := connection.execute(_RECORDS, (after, until, PAGE_ROWS)).fetchall():
        # Columns, map() and chain() keep the loop over a million records out of Python byte code.
        seqs, times, accounts, causes, payloads = zip(*page, strict=True)
        yield map(Record, seqs, times, accounts, causes, map(codec.decode, payloads))
        after = page[-1][0]


def read_rows(
    connection: sqlite3.Connection, after: int = 0, until: int = SEQ_MAX
) -> Iterator[Row]:
    """Stored rows with `after < seq <= until`, as they are, in order."""
    row: Row
    start = None
    while start != after:
        start = after
        # Row by row, so that a damaged page does not take the sound ones before it along.
        for row in connection.execute(_ROWS, (after, until, PAGE_ROWS)):
            yield row
            after = row[0]


def last_seq(connection: sqlite3.Connection) -> int:
    """Sequence number of the last stored record, 0 when there is none."""
    found: int | None = connection.execute("SELECT max(seq) FROM records").fetchone()[0]
    return found or 0


def hash_at(connection: sqlite3.Connection, seq: int) -> bytes | None:
    """The stored chain hash of one record; None where there is no such record."""
    row = connection.execute("SELECT hash FROM records WHERE seq = ?", (seq,)).fetchone()
    if row is None:
        return None
    return row[0] if isinstance(row[0], bytes) else b""  # a damaged type is no hash at all
