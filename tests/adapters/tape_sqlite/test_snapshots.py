"""A snapshot is used only where the tape agrees with it; otherwise it is as if there were none."""

import os
import resource
from pathlib import Path

import pytest

from adapters.tape_sqlite import snapshots
from adapters.tape_sqlite.lock import open_locked
from adapters.tape_sqlite.reader import SqliteTapeReader
from adapters.tape_sqlite.tape import SqliteTape
from tests.adapters.tape_sqlite.damage import edit, edit_record, flip, small_tape
from tests.contract.tape_contract import append


def load(path: Path) -> tuple[int, bytes] | None:
    """The snapshot of a closed tape."""
    with SqliteTapeReader.open(path) as reader:
        return snapshots.load_latest(path, reader)


def small_snapshot(path: Path, seq: int = 10, state: bytes = b"state") -> Path:
    """A tape of twenty with a snapshot; where the snapshot lies."""
    small_tape(path)
    with SqliteTapeReader.open(path) as reader:
        snapshots.save(path, reader, seq, state)
    return snapshots.path_of(path)


def test_no_snapshot_is_none(path: Path) -> None:
    small_tape(path)
    assert load(path) is None


def test_a_state_comes_back_with_its_record(path: Path) -> None:
    small_snapshot(path)
    assert load(path) == (10, b"state")


def test_a_writer_saves_and_loads_while_it_runs(path: Path) -> None:
    tape = SqliteTape.open(path)
    append(tape, 5)
    tape.commit()
    append(tape, 5)
    snapshots.save(path, tape, 5, b"five")
    assert snapshots.load_latest(path, tape) == (5, b"five")
    with pytest.raises(ValueError, match="seq is 7; expected a record that is already on disk"):
        snapshots.save(path, tape, 7, b"seven")
    tape.close()


def test_a_newer_snapshot_replaces_the_older_and_leaves_nothing_beside(path: Path) -> None:
    small_snapshot(path)
    with SqliteTapeReader.open(path) as reader:
        snapshots.save(path, reader, 20, b"later")
    assert load(path) == (20, b"later")
    assert not path.with_name("run.tape.snapshot.new").exists()


def test_while_another_writes_one_the_snapshot_stays_as_it_is(path: Path) -> None:
    """A process that makes snapshots may outlive the server that asked for it."""
    kept = small_snapshot(path)
    other = open_locked(kept.with_name(kept.name + ".new"))
    os.write(other, b"half of one")
    with SqliteTapeReader.open(path) as reader, pytest.raises(BlockingIOError):
        snapshots.save(path, reader, 20, b"later")
    assert load(path) == (10, b"state")
    os.close(other)  # its process ended, and left the half
    with SqliteTapeReader.open(path) as reader:
        snapshots.save(path, reader, 20, b"later")
    assert load(path) == (20, b"later")


def test_every_flipped_byte_makes_it_ignored_with_a_reason(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = small_snapshot(path)
    for offset in range(file.stat().st_size):
        caplog.clear()
        flip(file, offset)
        assert load(path) is None
        assert "is ignored" in caplog.text
        flip(file, offset)
    assert load(path) == (10, b"state")


def test_every_cut_makes_it_ignored(path: Path) -> None:
    file = small_snapshot(path)
    content = file.read_bytes()
    for length in range(len(content)):
        file.write_bytes(content[:length])
        assert load(path) is None


def test_a_snapshot_of_another_tape_is_ignored(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = small_snapshot(path)
    other = path.with_name("other.tape")
    tape = SqliteTape.open(other)
    tape.append(1, "other", 0, next(SqliteTapeReader.open(path).records()).event)
    tape.close()
    file.rename(snapshots.path_of(other))
    assert load(other) is None
    assert "belongs to tape" in caplog.text


def test_a_snapshot_beyond_the_tape_or_off_its_chain_is_ignored(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    small_snapshot(path, seq=20)
    edit_record(path, 20, hash=bytes(16))
    assert load(path) is None
    edit(path, "DELETE FROM groups WHERE last = 20")
    assert load(path) is None
    assert caplog.text.count("no such record 20") == 2


def test_a_state_that_this_version_can_not_read_is_as_if_there_were_none(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    small_snapshot(path, state=b"of another version")
    with SqliteTapeReader.open(path) as reader:
        assert snapshots.restore(path, reader) is None
    assert "run.tape.snapshot is ignored" in caplog.text


def test_one_that_is_cut_short_while_it_is_written_leaves_the_older_and_nothing_beside(
    path: Path,
) -> None:
    small_snapshot(path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, hard))
    try:
        with SqliteTapeReader.open(path) as reader, pytest.raises(OSError, match="too large"):
            snapshots.save(path, reader, 20, bytes(1024 * 1024))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert load(path) == (10, b"state")
    assert not path.with_name("run.tape.snapshot.new").exists()
