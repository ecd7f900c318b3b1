"""SQLite's write-ahead log, given its whole length before it is needed.

A commit that makes the log longer syncs the file system's own books too, which doubles what a sync
costs; one that writes over bytes already there does not. SQLite writes its log from the start again
once its pages are in the main file and never shortens it, so a log that is made long once, with
zeros that SQLite takes for the end, is long enough for the life of its writer.
"""

from __future__ import annotations

import errno
import logging
import os
from pathlib import Path

from adapters.tape_sqlite.room import Room

LOG_BYTES = 4 * 1024 * 1024
CHECKPOINT_PAGES = 900
"""After how many of them the log's pages move into the main file: 3.5 MiB, and a commit more."""

_log = logging.getLogger("onetape.tape")


def path_of(tape_path: Path) -> Path:
    """Where the log of a tape lies."""
    return tape_path.with_name(tape_path.name + "-wal")


def is_empty(tape_path: Path) -> bool:
    """Whether there is a log with nothing in it: one that a reader made, and no writer."""
    try:
        return path_of(tape_path).stat().st_size == 0
    except FileNotFoundError:
        return False


def lengthen(tape_path: Path) -> None:
    """Give an open tape's log its length; called by its writer, before it writes.

    Where room is short, or the disk does not take it, the log grows by itself as it always can.
    """
    if not Room(tape_path.parent).is_enough():
        return
    try:
        # SQLite holds its locks on other files, so closing this one here takes none of them away.
        descriptor = os.open(path_of(tape_path), os.O_WRONLY | os.O_CLOEXEC)
        try:
            length = os.fstat(descriptor).st_size
            if length < LOG_BYTES:
                _fill(descriptor, length)
        finally:
            os.close(descriptor)
    except OSError as error:
        _log.warning("%s was not made longer: %s", path_of(tape_path), error)


def _fill(descriptor: int, length: int) -> None:
    zeros = bytes(LOG_BYTES - length)
    try:
        if os.pwrite(descriptor, zeros, length) < len(zeros):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, length)
        raise
