"""The SQLite file of a tape: its table, its mark, and how it is opened for writing and reading.

A tape is recognised by its application id and its format by the user version, both in the file's
header, so a file of another program or of a later format is refused before anything is read from
it. The writer runs in WAL mode and syncs every commit; readers in any process never block it.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from pathlib import Path

from adapters.tape_sqlite import log
from engine.tape.errors import NotATape, TapeDamaged, TapeError, TapeTooNew, TapeTooOld

APPLICATION_ID = 0x4F544150  # "OTAP"
FORMAT = 3
FORMAT_MIN = 3
BUSY_TIMEOUT_S = 5.0
Unreadable = (sqlite3.Error, ValueError)
"""What reading a damaged file raises: SQLite's words about it may quote text that is text no more,
and what it gives may be no records.
"""

_log = logging.getLogger("onetape.tape")

_TABLE = """
CREATE TABLE groups (
    last INTEGER PRIMARY KEY,
    links BLOB NOT NULL,
    bodies BLOB NOT NULL
)
"""


def open_writer(path: Path) -> sqlite3.Connection:
    """The connection that appends, creating the tape where there is no file yet.

    Raises `NotATape` for a file of another kind, `TapeTooNew` or `TapeTooOld` for a format that
    this version does not read and `TapeDamaged` for a file too broken to be opened.
    """
    if not path.parent.is_dir():
        raise NotATape(f"{path}: the folder {path.parent} does not exist")
    try:
        connection = sqlite3.connect(
            path,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
        )
    except sqlite3.Error as error:
        raise NotATape(f"{path} can not be opened: {error}") from error
    try:
        if _is_blank(connection):
            _create(connection)
            _sync_folder(path.parent)
        check_mark(connection, path)
        _set_up(connection)
        log.lengthen(path)
    except Unreadable as error:
        connection.close()
        raise _diagnosed(error, path) from error
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that can only read; raises like `open_writer`, and `NotATape` for no file."""
    if not path.is_file():
        raise NotATape(f"{path}: there is no such file")
    # Where nothing can be written no writer can be running, and SQLite needs to be told so.
    still = "" if os.access(path.parent, os.W_OK) else "&immutable=1"
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro{still}",
            uri=True,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
        )
    except sqlite3.Error as error:
        raise NotATape(f"{path} can not be opened: {error}") from error
    try:
        check_mark(connection, path)
    except Unreadable as error:
        connection.close()
        raise _diagnosed(error, path) from error
    except BaseException:
        connection.close()
        raise
    return connection


def close_reader(connection: sqlite3.Connection, path: Path) -> None:
    """Close what `open_reader` gave, and leave no empty log beside a tape that nobody has open.

    A reader that finds no log makes one, and may not take it away. A connection that can write does
    so when it is the last one to close: SQLite's locks say whether it is, so that a writer or a
    reader that comes meanwhile keeps what it uses. A log that holds anything, as one has that was
    in use when its writer closed or crashed, is left to the next writer.
    """
    connection.close()
    if not log.is_empty(path):
        return
    try:
        uri = f"{path.absolute().as_uri()}?mode=rw"
        last = sqlite3.connect(uri, uri=True, timeout=0, isolation_level=None)
        try:
            _number(last, "user_version")
        finally:
            last.close()
    except Unreadable as error:
        _log.info("%s: an empty log is left beside it: %s", path, error)


def check_mark(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse what is not a tape and what only a later or an earlier version can read."""
    mark = _number(connection, "application_id")
    if mark != APPLICATION_ID:
        raise NotATape(f"{path} is a SQLite file but not a tape (application id {mark:#x})")
    version = _number(connection, "user_version")
    if version > FORMAT:
        raise TapeTooNew(f"{path} has tape format {version}; this version reads up to {FORMAT}")
    if version < FORMAT_MIN:
        raise TapeTooOld(f"{path} has tape format {version}; this version reads from {FORMAT_MIN}")


def is_damage(error: Exception) -> bool:
    """Whether something could not be read because of what is in the file."""
    if not isinstance(error, sqlite3.Error):
        return isinstance(error, ValueError | TypeError)
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)  # absent: not SQLite's own
    return code & 0xFF == sqlite3.SQLITE_CORRUPT  # the rest says in what


def _diagnosed(error: sqlite3.Error | ValueError, path: Path) -> TapeError:
    """A tape that was hurt, told apart from a file that never was one."""
    if is_damage(error):
        return TapeDamaged(f"{path} is damaged before its first record: {error}", 1)
    return NotATape(f"{path} is not a tape: {error}")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    value: int = connection.execute(f"PRAGMA {pragma}").fetchone()[0]
    return value


def _is_blank(connection: sqlite3.Connection) -> bool:
    """Whether nothing was ever written: a new file, or a creation that was cut short."""
    tables: int = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return tables == 0 and _number(connection, "application_id") == 0


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(_TABLE)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")
    connection.execute("COMMIT")


def _set_up(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")  # macOS: a plain fsync there stops at the drive
    connection.execute("PRAGMA checkpoint_fullfsync = ON")
    connection.execute(f"PRAGMA wal_autocheckpoint = {log.CHECKPOINT_PAGES}")


def _sync_folder(folder: Path) -> None:
    """Make a new file's name as durable as its content."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
