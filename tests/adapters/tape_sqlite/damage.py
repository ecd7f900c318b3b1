"""Small tapes, and ways to harm their files behind their back."""

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import msgspec

from adapters.tape_sqlite import log, packing, watermark
from adapters.tape_sqlite.tape import SqliteTape
from engine.tape import Record
from tests.contract.tape_contract import append

PAGE_BYTES = 4096
LOG_HEADER_BYTES = 32
FRAME_BYTES = PAGE_BYTES + 24


def small_tape(path: Path, count: int = 20, group: int = 5) -> list[Record]:
    """Write a tape, so many records a commit, and close it in good order."""
    tape = SqliteTape.open(path)
    made = []
    while tape.head < count:
        made += append(tape, min(group, count - tape.head))
        tape.commit()
    tape.close()
    return made


def edit(path: Path, statement: str, *values: object) -> None:
    """Change a closed tape with plain SQL."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement, values)
    connection.close()


def edit_record(path: Path, seq: int, /, **changes: Any) -> None:
    """Change one stored record of a closed tape: its seq, ts, account, cause, payload or hash."""
    connection = sqlite3.connect(path)
    last, links, bodies = connection.execute(
        "SELECT * FROM groups WHERE last >= ? ORDER BY last", (seq,)
    ).fetchone()
    held = list(packing.unpack_rows(last, links, bodies, 0))
    _, body, stored_hash = held[seq - last - 1]
    held[seq - last - 1] = (seq, _changed(body, changes), changes.get("hash", stored_hash))
    links = b"".join(packing.pack_link(each, len(body)) for _, body, each in held)
    bodies = b"".join(body for _, body, _ in held)
    with connection:
        connection.execute(
            "UPDATE groups SET links = ?, bodies = ? WHERE last = ?", (links, bodies, last)
        )
    connection.close()


def _changed(body: bytes, changes: dict[str, Any]) -> bytes:
    """A record's body with some of its values others; a payload of bytes is put in as it is."""
    names = ("seq", "ts", "account", "cause", "payload")
    parts = msgspec.msgpack.decode(body, type=list[msgspec.Raw])
    values = [changes.get(name, part) for name, part in zip(names, parts, strict=True)]
    if isinstance(values[-1], bytes):
        values[-1] = msgspec.Raw(values[-1])
    return msgspec.msgpack.encode(values)


def flip(path: Path, offset: int, mask: int = 0xFF) -> None:
    """Flip bits of one byte of a file."""
    with path.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ mask]))


def holed_tape(path: Path) -> None:
    """A tape of many pages, of which one in the middle was overwritten."""
    small_tape(path, 600, 5)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // (2 * PAGE_BYTES) * PAGE_BYTES)
        file.write(b"\xff" * PAGE_BYTES)


def log_bytes(path: Path) -> int:
    """How far an open tape's log is written; zeros follow."""
    written = len(log.path_of(path).read_bytes().rstrip(b"\0")) - LOG_HEADER_BYTES
    return LOG_HEADER_BYTES + -(-written // FRAME_BYTES) * FRAME_BYTES


def copy(path: Path, folder: Path) -> Path:
    """A copy of a tape that may be open: the file, its log and its note."""
    folder.mkdir(exist_ok=True)
    for source in (path, log.path_of(path), watermark.path_of(path)):
        target = folder / source.name
        target.unlink(missing_ok=True)
        if source.exists():
            shutil.copyfile(source, target)
    return folder / path.name
