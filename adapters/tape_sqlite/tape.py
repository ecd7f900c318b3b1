"""The durable tape: appends in memory, commits in groups, never claims more than the disk holds.

`append` only buffers. `commit` takes everything buffered, encodes and chains it and writes it in
one transaction, so many appends share one sync; it may run in the appending thread or in another
(`Committer`). The first write or sync that fails is the last: nothing after it is ever reported
durable, nothing is retried in this process, and what reached the disk is found out by the next one.

With `durability="none"` the same tape lives in memory and reaches the disk in one go at `close`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from threading import Condition, Lock
from typing import TYPE_CHECKING, Literal, NoReturn

from adapters.tape_sqlite import recovery, rows
from adapters.tape_sqlite.files import open_writer
from adapters.tape_sqlite.group import Group
from adapters.tape_sqlite.lock import WriterLock
from adapters.tape_sqlite.room import RESERVE_BYTES, Room
from adapters.tape_sqlite.watermark import Mark, Watermark
from engine.tape.errors import TapeClosed, TapeError, TapeFailed
from engine.tape.record import Record

if TYPE_CHECKING:
    from engine.events import Event

Durability = Literal["fsync", "none"]


class SqliteTape:
    """A `Tape` in one SQLite file. Made by `open`; one thread appends, any thread reads."""

    def __init__(
        self,
        path: Path,
        lock: WriterLock,
        writer: sqlite3.Connection,
        reader: sqlite3.Connection,
        end: recovery.End,
        *,
        durability: Durability,
        room: Room,
    ) -> None:
        self.path = path
        self.room = room
        self.failed: BaseException | None = None
        self._lock = lock
        self._writer = writer
        self._reader = reader
        self._waits_for_disk = durability == "fsync"
        self._tape_id = end.tape_id
        self._head = end.seq
        # Appended and not yet stored. Only whole-list operations touch it, each atomic under the
        # interpreter's lock, so that append needs no lock of its own.
        self._tail: list[Record] = []
        self._group = Group(end.seq, end.last_hash)
        self._watermark = Watermark(path)
        self._refusal: TapeError | None = None
        self._closed = False
        self._committing = Lock()
        self._progress = Condition()
        self._durable_callbacks: list[Callable[[int], object]] = []
        self._failure_callbacks: list[Callable[[BaseException], object]] = []

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        durability: Durability = "fsync",
        reserve_bytes: int = RESERVE_BYTES,
        connect: Callable[[Path], sqlite3.Connection] = open_writer,
    ) -> SqliteTape:
        """Open a tape for writing, creating it where there is no file, and check its end.

        Raises `TapeLocked`, `NotATape`, `TapeTooNew`, `TapeTooOld`, `ChainBroken`, `TapeGap` or
        `TapeTruncated`.
        `connect` makes the writing connection; tests pass one that fails on purpose.
        """
        path = Path(path)
        lock = recovery.lock(path)
        try:
            writer, reader, end = recovery.open_checked(path, connect)
        except BaseException:
            lock.release()
            raise
        room = Room(path.parent, reserve_bytes)
        return cls(path, lock, writer, reader, end, durability=durability, room=room)

    @property
    def head(self) -> int:
        """Sequence number of the last appended record, 0 when the tape is empty."""
        return self._head

    @property
    def durable(self) -> int:
        """Highest sequence number known to be on disk; the head with `durability="none"`."""
        return self._group.stored_seq if self._waits_for_disk else self._head

    @property
    def tape_id(self) -> str | None:
        """The first record's hash in hexadecimal; None while the tape is empty."""
        if self._tape_id is None and self._head:
            self.digest()
        return self._tape_id

    def append(self, ts: int, account: str, causation: int, event: Event) -> Record:
        """Number a fact and buffer it; raises `TapeFailed` or `TapeClosed` on a dead tape."""
        if self._refusal is not None:
            self._refuse()
        record = Record(self._head + 1, ts, account, causation, event)
        self._tail.append(record)
        self._head = record.seq  # last: another thread takes what the head counts from the tail
        return record

    def records(self, after: int = 0) -> Iterator[Record]:
        """Every record appended so far with `seq > after`, from the disk and then from memory."""
        head = self._head
        tail = self._tail[:]
        stored_until = tail[0].seq - 1 if tail else head
        unstored = tail[max(after - stored_until, 0) :]
        if after >= stored_until:
            return iter(unstored)
        return chain(rows.read_records(self._reader, after, stored_until), unstored)

    def digest(self) -> bytes:
        """The chain's hash at the head, encoding what is buffered."""
        with self._committing:
            self._encode(len(self._tail))
            return self._group.last_hash

    def hash_at(self, seq: int) -> bytes | None:
        """The chain's hash at a record on disk; None where there is none."""
        return rows.hash_at(self._reader, seq)

    def has_room(self) -> bool:
        """Whether new risk may be taken: the tape is alive and the disk's reserve is untouched."""
        return self._refusal is None and self.room.is_enough()

    def free_bytes(self) -> int:
        """Bytes left on the tape's file system, at most half a second old."""
        return self.room.free_bytes()

    def commit(self, upto: int | None = None) -> int:
        """Store the buffered records, or those with `seq <= upto`, and return `durable`.

        One transaction and one sync however many they are. A failure of any kind kills the tape and
        raises `TapeFailed`. With `durability="none"` it does nothing.
        """
        if not self._waits_for_disk:
            return self._head
        return self._store(upto)

    def on_durable(self, callback: Callable[[int], object]) -> None:
        """Call `callback(seq)` after every commit, in the committing thread."""
        self._durable_callbacks.append(callback)

    def on_failure(self, callback: Callable[[BaseException], object]) -> None:
        """Call `callback(error)` once if the tape dies, in the thread in which it did."""
        self._failure_callbacks.append(callback)

    def wait_durable(self, seq: int, timeout_s: float) -> bool:
        """Wait for another thread to make `seq` durable; False when the time runs out first.

        Raises `TapeFailed` when the tape died before that.
        """
        with self._progress:
            self._progress.wait_for(
                lambda: self.durable >= seq or self.failed is not None, timeout_s
            )
        if self.durable < seq and self.failed is not None:
            self._refuse()
        return self.durable >= seq

    def close(self) -> None:
        """Store what is buffered and let go of the file; closing twice is fine.

        Raises `TapeFailed` when that last store fails. A tape that had failed before is let go of
        as it is: its log stays beside it for the process that recovers it.
        """
        if self._closed:
            return
        self._closed = True
        try:
            if self.failed is None:
                self._store(None)
        finally:
            if self._refusal is None:
                self._refusal = TapeClosed(f"{self.path} is closed")
            self._release()

    def _release(self) -> None:
        if self.failed is None:
            self._note()
            self._reader.close()  # first, so that the writer is the last one out and tidies up
            self._writer.close()
        else:
            # The other way about: with a reader still there SQLite leaves the log untouched, which
            # after a failed sync is all that can be trusted to be no worse than it was.
            self._writer.close()
            self._reader.close()
        self._lock.release()

    def _store(self, upto: int | None) -> int:
        with self._committing:
            if self.failed is not None:
                self._refuse()
            stored = self._group.stored_seq
            count = (self._head if upto is None else min(upto, self._head)) - stored
            if count <= 0:
                return stored
            try:
                self._encode(count)
                self._group.write(self._writer, count)
            except Exception as error:
                raise self._fail(error) from error
            stored += count
            del self._tail[:count]
            if self._watermark.is_due():
                self._note()
        with self._progress:
            self._progress.notify_all()
        for callback in self._durable_callbacks:
            callback(stored)
        return stored

    def _encode(self, count: int) -> None:
        self._group.encode(self._tail, count)
        if self._tape_id is None and self._head:
            self._tape_id = self._group.first_hash.hex()

    def _fail(self, error: Exception) -> TapeFailed:
        self._refusal = refusal = TapeFailed(
            f"{self.path} failed after record {self._group.stored_seq}:"
            f" {type(error).__name__}: {error}."
            " Nothing after it is on disk for certain; restart to recover"
        )
        self.failed = error
        with self._progress:
            self._progress.notify_all()
        for callback in self._failure_callbacks:
            callback(error)
        return refusal

    def _refuse(self) -> NoReturn:
        refusal = self._refusal
        if isinstance(refusal, TapeFailed):
            raise TapeFailed(str(refusal)) from self.failed
        raise TapeClosed(str(refusal))

    def _note(self) -> None:
        """Write down what is known to be on disk."""
        group = self._group
        if self._tape_id is not None and group.stored_seq:
            mark = Mark(self._tape_id, group.stored_seq, group.stored_hash.hex())
            self._watermark.write(mark)
