"""Reading a tape from any process, also while another one writes it.

Opening checks only that the file is a tape; `verify` checks the rest. Whatever is read is durable:
the writer's records appear here after their sync and not before.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from time import sleep

from adapters.tape_sqlite import rows
from adapters.tape_sqlite.files import close_reader, open_reader
from engine.tape.record import Record

POLL_S = 0.05


class SqliteTapeReader:
    """A read-only view of a tape; also a context manager. Made by `open`."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @classmethod
    def open(cls, path: str | Path) -> SqliteTapeReader:
        """Open a tape for reading; raises `NotATape`, `TapeTooNew` or `TapeTooOld`."""
        path = Path(path)
        return cls(path, open_reader(path))

    @property
    def head(self) -> int:
        """Sequence number of the last durable record, 0 when the tape is empty."""
        return rows.last_seq(self._connection)

    @property
    def tape_id(self) -> str | None:
        """The first record's hash in hexadecimal; None while the tape is empty."""
        first = rows.hash_at(self._connection, 1)
        return None if first is None else first.hex()

    def hash_at(self, seq: int) -> bytes | None:
        """The stored chain hash of one record; None where there is no such record."""
        return rows.hash_at(self._connection, seq)

    def records(self, after: int = 0, until: int = rows.SEQ_MAX) -> Iterator[Record]:
        """Durable records with `after < seq <= until`, in order."""
        return rows.read_records(self._connection, after, until)

    def follow(self, after: int = 0, poll_s: float = POLL_S) -> Iterator[Record]:
        """Durable records with `seq > after`, then each new one as it comes; never ends."""
        while True:
            for record in self.records(after):
                yield record
                after = record.seq
            sleep(poll_s)

    def close(self) -> None:
        """Let go of the file; closing twice is fine."""
        close_reader(self._connection, self.path)

    def __enter__(self) -> SqliteTapeReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
