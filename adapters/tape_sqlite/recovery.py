"""Opening a tape after whatever happened to it: one error for each thing that can be wrong.

SQLite rolls a torn write back to the last whole transaction by itself. What is left to check is
that the end of the tape is a chain, that it reaches as far as it is known to have been, and that
nobody else is writing. Only the end is checked, to keep a restart short; `verify` checks it all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from adapters.tape_sqlite import rows, watermark
from adapters.tape_sqlite.files import Unreadable, open_reader
from adapters.tape_sqlite.lock import WriterLock
from adapters.tape_sqlite.verify import verify_after
from engine.tape.chain import GENESIS
from engine.tape.errors import ChainBroken, NotATape, TapeError, TapeGap, TapeTruncated

TAIL_ROWS = 1000


@dataclass(frozen=True, slots=True)
class End:
    """Where a tape ends: its last record, the chain's hash there, and the tape's name."""

    seq: int
    last_hash: bytes
    tape_id: str | None


def lock(path: Path) -> WriterLock:
    """Become the tape's writer; raises `NotATape` where no file could be, `TapeLocked` if taken."""
    if not path.parent.is_dir():
        raise NotATape(f"{path}: the folder {path.parent} does not exist")
    if path.is_dir():
        raise NotATape(f"{path} is a folder; expected a file or a free name")
    try:
        return WriterLock(path)
    except OSError as error:
        raise TapeError(f"{path} can not be locked for writing: {error}") from error


def open_checked(
    path: Path, connect: Callable[[Path], sqlite3.Connection]
) -> tuple[sqlite3.Connection, sqlite3.Connection, End]:
    """A writing and a reading connection on a tape whose end is sound, and where it ends."""
    if not path.exists():
        watermark.forget(path)
    writer = connect(path)
    try:
        reader = open_reader(path)
        try:
            return writer, reader, check_end(reader, path)
        except BaseException:
            reader.close()
            raise
    except BaseException:
        writer.close()
        raise


def check_end(connection: sqlite3.Connection, path: Path) -> End:
    """Verify the last records and the length; raises for what is broken, missing or cut off."""
    head = 0
    try:
        head = rows.last_seq(connection)
        end = _verified_end(connection, path, head)
        mark = watermark.read(path)
        there = rows.hash_at(connection, mark.seq) if mark else None
    except Unreadable as error:
        raise ChainBroken(f"{path} is damaged: {error}", head) from error
    lack = watermark.shortfall(mark, head, there, end.tape_id)
    if lack:
        raise TapeTruncated(
            f"{path} is not the tape it was: {lack}. If it was put there on purpose,"
            f" remove {watermark.path_of(path)}",
            head + 1,
        )
    return end


def _verified_end(connection: sqlite3.Connection, path: Path, head: int) -> End:
    if head == 0:
        return End(0, GENESIS, None)
    first = rows.hash_at(connection, 1)
    if first is None:
        raise TapeGap(f"{path}: record 1 is missing", 1)
    after = max(head - TAIL_ROWS, 0)
    previous = GENESIS if after == 0 else rows.hash_at(connection, after)
    if previous is None:
        raise TapeGap(f"{path}: record {after} is missing", after)
    report = verify_after(connection, after, previous)
    if report.fault is not None:
        raise type(report.fault)(f"{path}: {report.fault}", report.fault.seq)
    return End(report.head, report.last_hash, first.hex())
