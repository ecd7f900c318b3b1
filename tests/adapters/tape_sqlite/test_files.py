"""Every format that was ever released can still be read, on a medium that can not be written too.

The golden files were written by the version that introduced their format and never change.
"""

import shutil
import sqlite3
from pathlib import Path

import pytest

from adapters.tape_sqlite.files import APPLICATION_ID, FORMAT, FORMAT_MIN, open_writer
from adapters.tape_sqlite.reader import SqliteTapeReader
from adapters.tape_sqlite.tape import SqliteTape
from adapters.tape_sqlite.verify import verify
from engine.tape import MemoryTape
from tests.contract.tape_contract import append

GOLDEN = Path(__file__).parent / "golden"
GOLDEN_RECORDS = 20


@pytest.mark.parametrize("version", range(FORMAT_MIN, FORMAT + 1))
def test_a_tape_of_every_format_is_read_verified_and_continued(path: Path, version: int) -> None:
    shutil.copyfile(GOLDEN / f"format-{version}.sqlite", path)
    expected = MemoryTape()
    made = append(expected, GOLDEN_RECORDS)
    report = verify(path)
    assert report.ok
    assert report.last_hash == expected.digest()
    tape = SqliteTape.open(path)
    assert list(tape.records()) == made
    append(tape, 5)
    tape.close()
    assert verify(path).records == GOLDEN_RECORDS + 5


def test_the_header_says_that_it_is_a_tape_and_of_which_format(path: Path) -> None:
    SqliteTape.open(path).close()
    connection = sqlite3.connect(path)
    marks = [
        connection.execute(f"PRAGMA {pragma}").fetchone()[0]
        for pragma in ("application_id", "user_version")
    ]
    connection.close()
    assert marks == [APPLICATION_ID, FORMAT]
    assert APPLICATION_ID.to_bytes(4, "big") == b"OTAP"


def test_the_writer_syncs_every_commit(path: Path) -> None:
    connection = open_writer(path)
    modes = [
        connection.execute(f"PRAGMA {pragma}").fetchone()[0]
        for pragma in ("journal_mode", "synchronous", "fullfsync", "checkpoint_fullfsync")
    ]
    connection.close()
    assert modes == ["wal", 2, 1, 1]


def test_a_tape_in_a_folder_that_can_not_be_written_is_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer of the system is set here: the superuser may write anywhere."""
    tape = SqliteTape.open(path)
    made = append(tape, 5)
    tape.close()
    monkeypatch.setattr("os.access", lambda *_: False)
    with SqliteTapeReader.open(path) as reader:
        assert list(reader.records()) == made
    assert sorted(each.name for each in path.parent.iterdir()) == ["run.tape", "run.tape.head"]
