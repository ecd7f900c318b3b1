"""A disk that fails on purpose, between the tape and a real SQLite file.

One write is made to fail, counted over the statements that change the file. It fails *before*, so
that nothing of it reaches the file, or *after*, so that the file has it and the tape is not told:
the two ends of what a failed sync can mean.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from adapters.tape_sqlite.files import open_writer

WRITES = ("INSERT", "BEGIN", "COMMIT")


class FailingConnection:
    """Passes everything on, except the write that fails."""

    def __init__(self, connection: sqlite3.Connection, on_write: int, *, after: bool) -> None:
        self._connection = connection
        self._left = on_write
        self._after = after

    def execute(self, statement: str, values: Any = ()) -> sqlite3.Cursor:
        """Execute, or fail if this is the write."""
        self._left -= statement.startswith(WRITES)
        fails = self._left == 0 and statement.startswith(WRITES)
        if fails and not self._after:
            raise sqlite3.OperationalError("disk I/O error")
        cursor = self._connection.execute(statement, values)
        if fails:
            raise sqlite3.OperationalError("disk I/O error")
        return cursor

    def close(self) -> None:
        """Close the real one."""
        self._connection.close()


def failing_writer(on_write: int, *, after: bool = False) -> Callable[[Path], sqlite3.Connection]:
    """What `SqliteTape.open` takes as `connect`, failing at write number `on_write`, from 1."""

    def connect(path: Path) -> Any:
        return FailingConnection(open_writer(path), on_write, after=after)

    return connect
