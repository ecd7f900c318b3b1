"""A group of records on its way to the disk: encoded once, chained, stored in one transaction.

What is committed together lies together: a group is one row, so it takes one step into SQLite. Each
step gives up Python's interpreter lock, and getting it back from a busy event loop costs far more
than the step. Only a group too long for one row takes several.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from adapters.tape_sqlite.packing import pack_link
from engine.tape.chain import HASH_BYTES, link
from engine.tape.record import Record, body_of

ROW_BYTES = 64 * 1024
"""How long a row's bodies may be together; a single record that is longer has a row to itself."""

_INSERT = "INSERT INTO groups VALUES (?, ?, ?)"

_Row: TypeAlias = tuple[int, bytes, bytes]


class Group:
    """The encoded front of a tape's buffer. Not safe for two threads at once.

    `last_hash` is the chain's hash at the last encoded record; `stored_seq` and `stored_hash` are
    the last stored one's.
    """

    def __init__(self, stored_seq: int, last_hash: bytes) -> None:
        self._bodies: list[bytes] = []
        self._links: list[bytes] = []
        self.stored_seq = stored_seq
        self.last_hash = last_hash
        self.stored_hash = last_hash

    @property
    def first_hash(self) -> bytes:
        """The chain's hash at the first record that is encoded and not stored."""
        return self._links[0][:HASH_BYTES]

    def encode(self, tail: Sequence[Record], count: int) -> None:
        """Encode and chain the first `count` records of `tail`, skipping those already done.

        Where one can not be encoded, none of them is.
        """
        bodies = [body_of(record) for record in tail[len(self._bodies) : count]]
        last = self.last_hash
        self._links += [pack_link(last := link(last, body), len(body)) for body in bodies]
        self._bodies += bodies
        self.last_hash = last

    def write(self, connection: sqlite3.Connection, count: int) -> None:
        """Store the first `count` encoded records and sync; forget them once that is done."""
        last_hash = self._links[count - 1][:HASH_BYTES]  # so many are encoded, or nothing is stored
        if sum(map(len, self._bodies[:count])) <= ROW_BYTES:
            # A statement outside a transaction is one: begin, insert and sync in a single step.
            connection.execute(_INSERT, self._row(0, count))
        else:
            connection.execute("BEGIN IMMEDIATE")
            for row in self._rows(count):
                connection.execute(_INSERT, row)
            connection.execute("COMMIT")
        self.stored_seq += count
        self.stored_hash = last_hash
        del self._bodies[:count], self._links[:count]

    def _rows(self, count: int) -> Iterator[_Row]:
        """The first `count` encoded records, cut into rows."""
        start = size = 0
        for end, body in enumerate(self._bodies[:count]):
            size += len(body)
            if size > ROW_BYTES and end > start:
                yield self._row(start, end)
                start, size = end, len(body)
        yield self._row(start, count)

    def _row(self, start: int, end: int) -> _Row:
        """Some of the encoded records as a row."""
        last = self.stored_seq + end
        return last, b"".join(self._links[start:end]), b"".join(self._bodies[start:end])
