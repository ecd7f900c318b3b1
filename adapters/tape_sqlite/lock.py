"""One writer at a time: an exclusive lock on a small file beside the tape.

The lock is the operating system's and dies with the process that holds it, so a crash leaves
nothing to clean up. It is a file of its own because SQLite's locks must let readers in, and because
closing any descriptor of SQLite's file would drop SQLite's locks.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from engine.tape.errors import TapeLocked


class WriterLock:
    """Held from construction to `release`; raises `TapeLocked` when another writer has it."""

    def __init__(self, tape_path: Path) -> None:
        self._path = tape_path.with_name(tape_path.name + ".lock")
        self._descriptor = self._acquire(tape_path)
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let the next writer in; releasing twice is fine."""
        if self._descriptor >= 0:
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = -1

    def _acquire(self, tape_path: Path) -> int:
        try:
            return open_locked(self._path)
        except BlockingIOError:
            holder = self._path.read_text(errors="replace").strip() if self._path.exists() else ""
            raise TapeLocked(
                f"{tape_path} is being written by process {holder or 'unknown'};"
                " a tape has one writer at a time"
            ) from None


def open_locked(path: Path) -> int:
    """A descriptor of the file, made if it is absent, that nobody else holds; BlockingIOError where
    somebody does. Closing it lets go.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_current(path, descriptor):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # the holder let go and took the name away while we were opening it


def _is_current(path: Path, descriptor: int) -> bool:
    """Whether the locked file is still the one that the name stands for."""
    try:
        named = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(named, os.fstat(descriptor))
