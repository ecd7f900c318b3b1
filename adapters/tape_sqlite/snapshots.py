"""The state at some record, kept beside the tape, so that a restart folds the tail only.

A snapshot is a convenience and never a source: it names its tape, its record and the chain's hash
there, and is used only when the tape agrees. A torn, damaged or foreign one is ignored with a line
in the log, and deleting it costs nothing but the time of one full fold.
"""

from __future__ import annotations

import logging
import os
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

import msgspec

FORMAT = 1
MAGIC = b"onetape-snapshot"
_CHECK_BYTES = 16

_log = logging.getLogger("onetape.tape")


class Snapshot(msgspec.Struct, frozen=True):
    """A state's bytes, and the place in the tape at which it holds."""

    format: int
    tape_id: str
    seq: int
    hash: bytes
    state: bytes


class HashedTape(Protocol):
    """What a snapshot is held against: a durable tape or a reader of one."""

    @property
    def tape_id(self) -> str | None:
        """The name of the tape; None while it is empty."""

    def hash_at(self, seq: int) -> bytes | None:
        """The chain's hash at a record on disk; None where there is none."""


def path_of(tape_path: Path) -> Path:
    """Where the snapshot of a tape lies."""
    return tape_path.with_name(tape_path.name + ".snapshot")


def save(path: str | Path, tape: HashedTape, seq: int, state: bytes) -> None:
    """Replace the snapshot of the tape at `path` by `state`, which holds after record `seq`.

    The old one stays whole until the new one is on disk. Raises `ValueError` when record `seq` is
    not on disk, `OSError` when the file can not be written.
    """
    tape_id, there = tape.tape_id, tape.hash_at(seq)
    if tape_id is None or there is None:
        raise ValueError(f"seq is {seq}; expected a record that is already on disk")
    body = msgspec.msgpack.encode(Snapshot(FORMAT, tape_id, seq, there, state))
    final = path_of(Path(path))
    fresh = final.with_name(final.name + ".new")
    with fresh.open("wb") as file:
        file.write(MAGIC + _check(body) + body)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(final)
    folder = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def load_latest(path: str | Path, tape: HashedTape) -> tuple[int, bytes] | None:
    """The record and the state to fold on from, or None where the whole tape must be folded."""
    file = path_of(Path(path))
    try:
        snapshot = _decode(file.read_bytes())
        _agree(snapshot, tape)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        _log.warning("%s is ignored: %s", file, error)
        return None
    return snapshot.seq, snapshot.state


def _decode(raw: bytes) -> Snapshot:
    start = len(MAGIC) + _CHECK_BYTES
    body = raw[start:]
    if raw[: len(MAGIC)] != MAGIC:
        raise ValueError("it is not a snapshot")
    if raw[len(MAGIC) : start] != _check(body):
        raise ValueError("its checksum does not match")
    try:
        snapshot = msgspec.msgpack.decode(body, type=Snapshot)
    except msgspec.MsgspecError as error:
        raise ValueError(f"it can not be decoded: {error}") from error
    if snapshot.format != FORMAT:
        raise ValueError(f"it has format {snapshot.format}, this version reads {FORMAT}")
    return snapshot


def _agree(snapshot: Snapshot, tape: HashedTape) -> None:
    if snapshot.tape_id != tape.tape_id:
        raise ValueError(f"it belongs to tape {snapshot.tape_id}, this is {tape.tape_id}")
    if snapshot.hash != tape.hash_at(snapshot.seq):
        raise ValueError(f"the tape has no such record {snapshot.seq}")


def _check(body: bytes) -> bytes:
    return blake2b(body, digest_size=_CHECK_BYTES).digest()
