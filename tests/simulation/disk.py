"""A disk that tears and refuses, and the tape that a process keeps on it.

Survivable by promise: what was synced is there for ever, in order and unchanged. Everything else is
the disk's to choose. Of what was appended and not synced a crash keeps any prefix, mostly one that
ends where a command ended, sometimes not; a sync that fails may have stored its records or none of
them, and the tape is dead from then on. A disk may also be full: it stores, but asks for no more.
Bytes that rot are not here: a single copy can only detect them, and the tape's own tests do.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import msgspec

from engine.events import Event
from engine.tape import GENESIS, Record, TapeFailed, body_of, link, verify_rows
from engine.tape.errors import TapeClosed
from engine.tape.verify import Row

CUT_INSIDE_A_COMMAND = 0.25

_reread = msgspec.msgpack.Decoder(Record).decode


class Disk:
    """What survives the process: stored rows, and the last snapshot."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.rows: list[Row] = []
        self.records: list[Record] = []
        self.snapshot: bytes | None = None
        self.is_full = False
        self.fails_next_sync = False

    @property
    def last_hash(self) -> bytes:
        """The chain's hash over all that is stored."""
        return self.rows[-1][2] if self.rows else GENESIS

    def store(self, records: list[Record]) -> None:
        """Write records down, chained, and read every one back from its bytes."""
        for one in records:
            body = body_of(one)
            self.rows.append((one.seq, body, link(self.last_hash, body)))
            self.records.append(_reread(body))

    def verify(self) -> str:
        """Why what is stored is not a tape; empty if it is one."""
        return verify_rows(self.rows).reason


class SimulatedTape:
    """A `Tape` on a `Disk`. `mark` says where a command ended; `sync` stores up to there."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.failed = False
        self._closed = False
        self._tail: list[Record] = []
        self._marks: list[int] = []

    @property
    def head(self) -> int:
        """Sequence number of the last appended record."""
        return len(self.disk.records) + len(self._tail)

    @property
    def durable(self) -> int:
        """Sequence number of the last stored record."""
        return len(self.disk.records)

    @property
    def tape_id(self) -> str | None:
        """The first record's hash; None while the tape is empty."""
        if self.disk.rows:
            return self.disk.rows[0][2].hex()
        return link(GENESIS, body_of(self._tail[0])).hex() if self._tail else None

    def append(self, ts: int, account: str, causation: int, event: Event) -> Record:
        """Number a fact and keep it in memory; TapeFailed once a sync has failed."""
        if self.failed:
            raise TapeFailed("the simulated disk refused a sync")
        if self._closed:
            raise TapeClosed("the simulated tape is closed")
        record = Record(self.head + 1, ts, account, causation, event)
        self._tail.append(record)
        return record

    def records(self, after: int = 0) -> Iterator[Record]:
        """Every record appended so far with `seq > after`."""
        return iter([*self.disk.records, *self._tail][max(after, 0) :])

    def digest(self) -> bytes:
        """The chain's hash at the head."""
        previous = self.disk.last_hash
        for one in self._tail:
            previous = link(previous, body_of(one))
        return previous

    def has_room(self) -> bool:
        """Whether new risk may be taken."""
        return not self.failed and not self.disk.is_full

    def close(self) -> None:
        """Store what is left."""
        if not self.failed:
            self.sync(self.head)
        self._closed = True

    def mark(self) -> None:
        """A command or report ended here."""
        self._marks.append(self.head)

    def sync(self, upto: int) -> None:
        """Make records up to `upto` durable; TapeFailed if the disk refuses, stored or not."""
        if self.failed:
            raise TapeFailed("the simulated disk refused a sync before")
        count = max(upto - self.durable, 0)
        if self.disk.fails_next_sync:
            self.disk.fails_next_sync = False
            self.failed = True
            if self.disk.dice.random() < 0.5:
                self._store(count)
            raise TapeFailed("the simulated disk refused a sync")
        self._store(count)

    def crash(self) -> None:
        """The process is gone: some prefix of what was not synced may have reached the disk."""
        dice = self.disk.dice
        if self.failed or not self._tail:
            return
        if dice.random() < CUT_INSIDE_A_COMMAND:
            cut = dice.randint(self.durable, self.head)
        else:
            cut = dice.choice([self.durable, *(one for one in self._marks if one > self.durable)])
        self._store(cut - self.durable)
        self.failed = True

    def _store(self, count: int) -> None:
        self.disk.store(self._tail[:count])
        del self._tail[:count]
        self._marks = [one for one in self._marks if one > self.durable]
