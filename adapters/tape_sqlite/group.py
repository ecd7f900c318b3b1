"""A group of records on its way to the disk: encoded once, chained, written in one transaction.

Rows go in many to a statement. SQLite gives up Python's interpreter lock at every step, and getting
it back from a busy event loop costs far more than the step, so a group takes one step, not one for
each record.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from engine.tape.chain import GENESIS, link
from engine.tape.port import Codec
from engine.tape.record import Record

STATEMENT_ROWS_MAX = 64
_COLUMNS = 6


def _insert(count: int) -> str:
    return "INSERT INTO records VALUES " + ", ".join(["(?, ?, ?, ?, ?, ?)"] * count)


_INSERTS = [_insert(count) for count in range(1, STATEMENT_ROWS_MAX + 1)]


class Group:
    """The encoded front of a tape's buffer. Not safe for two threads at once.

    `last_hash` is the chain's hash at the last encoded record, `stored_hash` at the last stored,
    `first_hash` that of record 1 once it has passed through here.
    """

    def __init__(self, codec: Codec, last_hash: bytes) -> None:
        self._codec = codec
        self._values: list[Any] = []
        self.last_hash = last_hash
        self.stored_hash = last_hash
        self.first_hash = GENESIS

    def encode(self, tail: Sequence[Record], count: int) -> None:
        """Encode and chain the first `count` records of `tail`, skipping those already done."""
        values, encode = self._values, self._codec.encode
        previous = self.last_hash
        for record in tail[len(values) // _COLUMNS : count]:
            seq, ts, account, cause = record.seq, record.ts, record.account, record.causation
            payload = encode(record.event)
            previous = link(previous, seq, ts, account, cause, payload)
            values += (seq, ts, account, cause, payload, previous)
            if seq == 1:
                self.first_hash = previous
        self.last_hash = previous

    def write(self, connection: sqlite3.Connection, count: int) -> None:
        """Store the first `count` encoded records and sync; forget them once that is done."""
        values = self._values
        last_hash = values[count * _COLUMNS - 1]
        if count <= STATEMENT_ROWS_MAX:
            # A statement outside a transaction is one: begin, insert and sync in a single step.
            connection.execute(_INSERTS[count - 1], values[: count * _COLUMNS])
        else:
            connection.execute("BEGIN IMMEDIATE")
            for start in range(0, count, STATEMENT_ROWS_MAX):
                end = min(start + STATEMENT_ROWS_MAX, count)
                statement = _INSERTS[end - start - 1]
                connection.execute(statement, values[start * _COLUMNS : end * _COLUMNS])
            connection.execute("COMMIT")
        self.stored_hash = last_hash
        del values[: count * _COLUMNS]
