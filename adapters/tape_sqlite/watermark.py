"""What is known to have been on disk: a lower bound of the tape's length, kept beside it.

A chain can not see a cut at its own end: a shorter tape is a valid tape. So after a commit, at most
once a second, the sequence number and hash that are now durable are noted in `PATH.head`. The note
lags and is not synced, so it never claims more than the disk holds; a tape that ends before it, or
disagrees with it, has lost records. A cut inside the last second of writing stays invisible.
"""

from __future__ import annotations

import logging
import os
from hashlib import blake2b
from pathlib import Path
from time import monotonic

import msgspec

WRITE_EVERY_S = 1.0
WIDTH = 191

_log = logging.getLogger("onetape.tape")


class Mark(msgspec.Struct, frozen=True):
    """A record known to be durable, and the tape it belongs to; hashes in hexadecimal."""

    tape_id: str
    seq: int
    hash: str


class Watermark:
    """Keeps the mark beside one tape; writes of it that fail are logged, never fatal."""

    def __init__(self, tape_path: Path, write_every_s: float = WRITE_EVERY_S) -> None:
        self._path = path_of(tape_path)
        self._write_every_s = write_every_s
        self._written_at = float("-inf")

    def is_due(self) -> bool:
        """Whether the last note is old enough to write another."""
        return monotonic() - self._written_at >= self._write_every_s

    def write(self, mark: Mark) -> None:
        """Replace the note."""
        body = msgspec.json.encode(mark)
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                # One write of one width in place: a process killed here leaves the old note whole.
                os.pwrite(descriptor, (body + b" " + _check(body)).ljust(WIDTH) + b"\n", 0)
            finally:
                os.close(descriptor)
        except OSError as error:
            _log.warning("%s can not be written: %s", self._path, error)
        self._written_at = monotonic()


def path_of(tape_path: Path) -> Path:
    """Where the note of a tape lies."""
    return tape_path.with_name(tape_path.name + ".head")


def forget(tape_path: Path) -> None:
    """Remove the note; a tape that is new has no past."""
    path_of(tape_path).unlink(missing_ok=True)


def read(tape_path: Path) -> Mark | None:
    """The last note, or None where there is none that can be trusted."""
    path = path_of(tape_path)
    try:
        body, check = path.read_bytes().rsplit(maxsplit=1)
        if check != _check(body):
            raise ValueError("its checksum does not match")
        return msgspec.json.decode(body, type=Mark)
    except FileNotFoundError:
        return None
    except (ValueError, OSError) as error:
        _log.warning("%s is ignored: %s", path, error)
        return None


def shortfall(mark: Mark | None, head: int, hash_there: bytes | None, tape_id: str | None) -> str:
    """What a tape lacks of its mark, in words; empty when it lacks nothing.

    `hash_there` is the tape's hash at the mark's `seq`, None where it has no such record.
    """
    if mark is None:
        return ""
    if tape_id is not None and tape_id != mark.tape_id:
        return f"it is tape {tape_id}, but tape {mark.tape_id} was here before"
    if mark.seq > head:
        return f"it ends at record {head}, but record {mark.seq} was on disk"
    if hash_there is None or hash_there.hex() != mark.hash:
        return f"record {mark.seq} is not the one that was on disk"
    return ""


def _check(body: bytes) -> bytes:
    return blake2b(body, digest_size=16).hexdigest().encode()
