"""Small tapes, and ways to harm their files behind their back."""

import shutil
import sqlite3
from pathlib import Path

from adapters.tape_sqlite import watermark
from adapters.tape_sqlite.tape import SqliteTape
from engine.tape import Record
from tests.contract.tape_contract import append


def small_tape(path: Path, count: int = 20) -> list[Record]:
    """Write a tape and close it in good order."""
    tape = SqliteTape.open(path)
    made = append(tape, count)
    tape.close()
    return made


def edit(path: Path, statement: str, *values: object) -> None:
    """Change a closed tape with plain SQL."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement, values)
    connection.close()


def flip(path: Path, offset: int, mask: int = 0xFF) -> None:
    """Flip bits of one byte of a file."""
    with path.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ mask]))


def copy(path: Path, folder: Path) -> Path:
    """A copy of a tape that may be open: the file, its log and its note."""
    folder.mkdir(exist_ok=True)
    for source in (path, path.with_name(path.name + "-wal"), watermark.path_of(path)):
        target = folder / source.name
        target.unlink(missing_ok=True)
        if source.exists():
            shutil.copyfile(source, target)
    return folder / path.name
