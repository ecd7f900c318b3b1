"""The log has its whole length before it is needed, and the tape needs none of it."""

import os
import resource
from pathlib import Path

import pytest

from adapters.tape_sqlite import log
from adapters.tape_sqlite.reader import SqliteTapeReader
from adapters.tape_sqlite.room import Room
from adapters.tape_sqlite.tape import SqliteTape
from adapters.tape_sqlite.verify import verify
from tests.adapters.tape_sqlite.damage import copy, log_bytes
from tests.contract.tape_contract import append


def test_a_writers_log_is_long_from_the_start_and_grows_no_more(path: Path) -> None:
    tape = SqliteTape.open(path)
    turns, written = 0, 0
    while turns < 2:
        append(tape, 500)
        tape.commit()
        assert log.path_of(path).stat().st_size == log.LOG_BYTES
        turns += tape.head % 50_000 == 0
        written += 1
    tape.close()
    assert path.stat().st_size > 2 * log.LOG_BYTES
    assert not log.path_of(path).exists()
    assert verify(path).records == tape.head


def test_what_a_killed_writer_leaves_in_a_long_log_is_read_and_continued(
    path: Path, tmp_path: Path
) -> None:
    tape = SqliteTape.open(path)
    made = append(tape, 5)
    tape.commit()
    left = copy(path, tmp_path / "left")
    tape.close()
    with SqliteTapeReader.open(left) as reader:
        assert list(reader.records()) == made
    tape = SqliteTape.open(left)
    assert log_bytes(left) < log.path_of(left).stat().st_size == log.LOG_BYTES
    append(tape, 5)
    tape.close()
    assert verify(left).records == 10


def test_where_room_is_short_the_log_grows_by_itself(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer of the file system is set here: a test can not fill it."""
    monkeypatch.setattr(Room, "is_enough", lambda _: False)
    tape = SqliteTape.open(path)
    append(tape, 5)
    tape.commit()
    assert log.path_of(path).stat().st_size < 100_000
    tape.close()
    assert verify(path).records == 5


def test_a_disk_that_does_not_take_the_length_is_no_fault(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024 * 1024, hard))
    try:
        tape = SqliteTape.open(path)
        append(tape, 5)
        tape.commit()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert log.path_of(path).stat().st_size < 100_000
    assert "was not made longer" in caplog.text
    tape.close()
    assert verify(path).records == 5


def test_a_log_that_is_long_already_is_left_as_it_is(path: Path) -> None:
    tape = SqliteTape.open(path)
    append(tape, 5)
    tape.commit()
    before = log.path_of(path).read_bytes()
    log.lengthen(path)
    assert log.path_of(path).read_bytes() == before
    os.truncate(log.path_of(path), len(before) - 1000)
    log.lengthen(path)
    assert log.path_of(path).read_bytes() == before
    tape.close()
