"""A tape without a disk, for backtests and tests.

It keeps every record for its whole life. Appending neither encodes nor hashes: both wait until
someone asks for the digest or the name of the tape, so the hot loop pays for a list append.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.tape.chain import GENESIS, link
from engine.tape.errors import TapeClosed
from engine.tape.record import Record, body_of

if TYPE_CHECKING:
    from engine.events import Event


class MemoryTape:
    """A `Tape` that lives and dies with the process; what is appended counts as durable."""

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._hashed = 0
        self._hash = GENESIS
        self._tape_id: str | None = None
        self._closed = False

    @property
    def head(self) -> int:
        """Sequence number of the last appended record, 0 when the tape is empty."""
        return len(self._records)

    @property
    def durable(self) -> int:
        """The head: memory is all that this tape promises."""
        return len(self._records)

    @property
    def tape_id(self) -> str | None:
        """The first record's hash in hexadecimal; None while the tape is empty."""
        if self._tape_id is None and self._records:
            self._tape_id = link(GENESIS, body_of(self._records[0])).hex()
        return self._tape_id

    def append(self, ts: int, account: str, causation: int, event: Event) -> Record:
        """Number a fact and put it at the end; raises `TapeClosed` after `close`."""
        if self._closed:
            raise TapeClosed("the tape in memory is closed, so nothing can be appended to it")
        records = self._records
        record = Record(len(records) + 1, ts, account, causation, event)
        records.append(record)
        return record

    def records(self, after: int = 0) -> Iterator[Record]:
        """Every record appended so far with `seq > after`."""
        return iter(self._records[max(after, 0) :])

    def digest(self) -> bytes:
        """The chain's hash at the head, encoding what was appended since the last call."""
        for record in self._records[self._hashed :]:
            self._hash = link(self._hash, body_of(record))
            self._hashed = record.seq
        return self._hash

    def has_room(self) -> bool:
        """Always: the limit is the machine's memory, not a disk."""
        return True

    def close(self) -> None:
        """Take no more records; those already here can still be read."""
        self._closed = True
