"""The state at some record, kept beside the tape, so that a restart folds the tail only.

A snapshot is a convenience and never a source: it names its tape, its record and the chain's hash
there, and is used only when the tape agrees. A torn, damaged or foreign one is ignored with a line
in the log, and deleting it costs nothing but the time of one full fold.
"""

from __future__ import annotations

import logging
import os
from errno import ENOSPC
from pathlib import Path
from struct import Struct, error
from typing import Protocol
from zlib import crc32

import msgspec

from adapters.tape_sqlite.lock import open_locked
from adapters.tape_sqlite.room import RESERVE_BYTES, Room
from engine.state import State

FORMAT = 2
"""Of the file and of the state in it: another fold makes another state, and raises it."""

MAGIC = b"onetape-snapshot"

# After the magic: checksum of the label and the state, length of the label, length of the state. A
# CRC is enough here: it guards against accidents, and the tape's own hash says whose state it is.
_SIZES = Struct("<IIQ")

_log = logging.getLogger("onetape.tape")


class Label(msgspec.Struct, frozen=True):
    """The place in the tape at which a state holds."""

    format: int
    tape_id: str
    seq: int
    hash: bytes


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


def save(
    path: str | Path,
    tape: HashedTape,
    seq: int,
    state: bytes,
    reserve_bytes: int = RESERVE_BYTES,
) -> None:
    """Replace the snapshot of the tape at `path` by `state`, which holds after record `seq`.

    The old one stays whole until the new one is on disk. Raises `ValueError` when record `seq` is
    not on disk, `OSError` when the file can not be written, when another process is at it, or when
    less than `reserve_bytes` would stay free: those are for the facts of cancels and fills.
    """
    tape_id, there = tape.tape_id, tape.hash_at(seq)
    if tape_id is None or there is None:
        raise ValueError(f"seq is {seq}; expected a record that is already on disk")
    label = msgspec.msgpack.encode(Label(FORMAT, tape_id, seq, there))
    check = crc32(state, crc32(label))
    final = path_of(Path(path))
    fresh = final.with_name(final.name + ".new")
    _check_room(final.parent, len(state), reserve_bytes)
    # Locked until it has its name: a process that outlived its server may be writing one, too.
    with os.fdopen(open_locked(fresh), "wb") as file:
        try:
            file.truncate(0)
            file.write(MAGIC + _SIZES.pack(check, len(label), len(state)) + label)
            file.write(state)
            file.flush()
            os.fsync(file.fileno())
            fresh.replace(final)
        except OSError:
            fresh.unlink(missing_ok=True)  # what is half written only takes the room of facts
            raise
    folder = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _check_room(folder: Path, needed_bytes: int, reserve_bytes: int) -> None:
    free_bytes = Room(folder).free_bytes()
    if free_bytes - needed_bytes < reserve_bytes:
        raise OSError(
            ENOSPC,
            f"{free_bytes} bytes are free; expected {needed_bytes} for the snapshot beside the "
            f"{reserve_bytes} that are kept for the facts of cancels and fills",
        )


def load_latest(
    path: str | Path, tape: HashedTape, until: int | None = None
) -> tuple[int, bytes] | None:
    """The record and the state to fold on from, or None where the whole tape must be folded: also
    where the state is one after record `until`, if that is given.
    """
    path = path_of(Path(path))
    try:
        label, state = _read(path)
        if until is not None and label.seq > until:
            return None
        _agree(label, tape)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as fault:
        _log.warning("%s is ignored: %s", path, fault)
        return None
    return label.seq, state


def restore(path: str | Path, tape: HashedTape, until: int | None = None) -> State | None:
    """The state to fold on from; None as for `load_latest`, and where this version can not read the
    state that another one kept.
    """
    found = load_latest(path, tape, until)
    try:
        return None if found is None else State.from_bytes(found[1])
    except msgspec.MsgspecError as fault:
        _log.warning("%s is ignored: %s", path_of(Path(path)), fault)
        return None


def _read(path: Path) -> tuple[Label, bytes]:
    with path.open("rb", buffering=0) as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise ValueError("it is not a snapshot")
        try:
            check, label_bytes, state_bytes = _SIZES.unpack(file.read(_SIZES.size))
        except error as fault:
            raise ValueError("it is cut short") from fault
        if os.fstat(file.fileno()).st_size != len(MAGIC) + _SIZES.size + label_bytes + state_bytes:
            raise ValueError("its length is not the one it states")
        head, state = file.read(label_bytes), file.readall()
    if crc32(state, crc32(head)) != check:
        raise ValueError("its checksum does not match")
    try:
        label = msgspec.msgpack.decode(head, type=Label)
    except msgspec.MsgspecError as fault:
        raise ValueError(f"its label can not be decoded: {fault}") from fault
    if label.format != FORMAT:
        raise ValueError(f"it has format {label.format}, this version reads {FORMAT}")
    return label, state


def _agree(label: Label, tape: HashedTape) -> None:
    if label.tape_id != tape.tape_id:
        raise ValueError(f"it belongs to tape {label.tape_id}, this is {tape.tape_id}")
    if label.hash != tape.hash_at(label.seq):
        raise ValueError(f"the tape has no such record {label.seq}")
