"""Checking a tape from its first record to its last, or from any record on.

Every record's number, content and hash are compared, and the end with what is known to have been on
disk. Damage to the file itself is reported as a fault of the record it hides, not as an exception.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from adapters.tape_sqlite import rows, watermark
from adapters.tape_sqlite.files import Unreadable, close_reader, open_reader
from engine.tape.chain import GENESIS
from engine.tape.errors import ChainBroken, TapeDamaged, TapeTruncated
from engine.tape.verify import Report, Row, verify_rows


def verify(path: str | Path) -> Report:
    """Check the whole tape; raises `NotATape`, `TapeTooNew` or `TapeTooOld` where none can be."""
    path = Path(path)
    try:
        connection = open_reader(path)
    except TapeDamaged as fault:
        return Report(0, 0, None, GENESIS, fault)
    try:
        # From the very bottom: a group whose number was changed may lie below 1.
        report = _checked(connection, rows.SEQ_MIN, 0, GENESIS)
        return _with_length(report, path, connection)
    finally:
        close_reader(connection, path)


def verify_after(connection: sqlite3.Connection, after: int, previous: bytes) -> Report:
    """Check the records that follow record `after`, whose hash is `previous`."""
    return _checked(connection, after, after, previous)


def _checked(connection: sqlite3.Connection, start: int, after: int, previous: bytes) -> Report:
    """A check of the rows beyond `start`, which must follow record `after`."""
    source = _Source(connection, start)
    report = verify_rows(source, after, previous)
    if not report.ok or not source.damage:
        return report
    seq = report.head + 1
    message = f"the file is damaged where record {seq} should be: {source.damage}"
    return replace(report, fault=ChainBroken(message, seq))


def _with_length(report: Report, path: Path, connection: sqlite3.Connection) -> Report:
    """The report, held against the length that the tape is known to have had."""
    mark = watermark.read(path)
    if not report.ok or mark is None:
        return report
    there = rows.hash_at(connection, mark.seq)
    lack = watermark.shortfall(mark, report.head, there, report.tape_id)
    if not lack:
        return report
    return replace(report, fault=TapeTruncated(f"not the tape it was: {lack}", report.head + 1))


class _Source:
    """Stored rows in order, ending early where the file can not be read; `damage` says why."""

    def __init__(self, connection: sqlite3.Connection, after: int) -> None:
        self._connection = connection
        self._after = after
        self.damage = ""

    def __iter__(self) -> Iterator[Row]:
        try:
            yield from rows.read_rows(self._connection, self._after)
        except Unreadable as error:
            self.damage = str(error)
