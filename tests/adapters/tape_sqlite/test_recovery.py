"""Whatever happened to a tape, opening it goes on exactly where it ended or says what is wrong."""

import os
import random
import sqlite3
from pathlib import Path

import pytest

from adapters.tape_sqlite import log, recovery, watermark
from adapters.tape_sqlite.tape import SqliteTape
from engine.tape.errors import (
    ChainBroken,
    NotATape,
    TapeDamaged,
    TapeGap,
    TapeTooNew,
    TapeTooOld,
    TapeTruncated,
)
from tests.adapters.tape_sqlite.damage import copy, edit, edit_record, log_bytes, small_tape
from tests.contract.tape_contract import append, fact


def test_a_file_of_another_kind_is_refused_and_left_alone(path: Path) -> None:
    path.write_text("Dear diary, " * 1000)
    with pytest.raises(NotATape, match=r"run\.tape is not a tape: file is not a database"):
        SqliteTape.open(path)
    assert path.read_text().startswith("Dear diary")


def test_another_programs_database_is_refused_and_left_alone(path: Path) -> None:
    edit(path, "CREATE TABLE diary (line TEXT)")
    before = path.read_bytes()
    with pytest.raises(NotATape, match="a SQLite file but not a tape"):
        SqliteTape.open(path)
    assert path.read_bytes() == before


def test_a_folder_or_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotATape, match="is a folder"):
        SqliteTape.open(tmp_path)
    with pytest.raises(NotATape, match="does not exist"):
        SqliteTape.open(tmp_path / "absent" / "run.tape")


def test_a_format_from_the_future_is_refused(path: Path) -> None:
    small_tape(path)
    edit(path, "PRAGMA user_version = 4")
    with pytest.raises(TapeTooNew, match="format 4; this version reads up to 3"):
        SqliteTape.open(path)


def test_a_format_that_is_no_longer_read_is_refused(path: Path) -> None:
    small_tape(path)
    edit(path, "PRAGMA user_version = 2")
    with pytest.raises(TapeTooOld, match="format 2; this version reads from 3"):
        SqliteTape.open(path)


def test_a_refused_tape_is_not_left_locked(path: Path) -> None:
    small_tape(path)
    edit(path, "PRAGMA user_version = 4")
    with pytest.raises(TapeTooNew):
        SqliteTape.open(path)
    edit(path, "PRAGMA user_version = 3")
    SqliteTape.open(path).close()


@pytest.mark.parametrize("seq", [1, 2, 10, 20])
def test_a_changed_record_near_the_end_is_refused_by_number(path: Path, seq: int) -> None:
    small_tape(path)
    edit_record(path, seq, ts=1)
    with pytest.raises(ChainBroken, match=f"record {seq} does not match") as caught:
        SqliteTape.open(path)
    assert caught.value.seq == seq


@pytest.mark.parametrize("seq", [1, 2, 10, 19])
@pytest.mark.parametrize("group", [1, 3, 20])
def test_a_record_that_is_no_record_is_refused_by_number(path: Path, seq: int, group: int) -> None:
    small_tape(path, group=group)
    edit_record(path, seq, seq="soon")
    with pytest.raises(ChainBroken, match=f"damaged where record {seq} should be") as caught:
        SqliteTape.open(path)
    assert caught.value.seq == seq


@pytest.mark.parametrize("last", [1, 2, 10, 19])
@pytest.mark.parametrize("size", [1, 5])
def test_a_missing_group_near_the_end_is_refused_by_number(
    path: Path, last: int, size: int
) -> None:
    small_tape(path, 20 * size, size)
    edit(path, "DELETE FROM groups WHERE last = ?", last * size)
    seq = (last - 1) * size + 1
    with pytest.raises(TapeGap, match=f"record {seq} is missing") as caught:
        SqliteTape.open(path)
    assert caught.value.seq == seq


def test_opening_checks_only_the_end_of_a_long_tape(path: Path) -> None:
    count = recovery.TAIL_ROWS + 50
    small_tape(path, count, group=70)
    edit_record(path, 10, ts=1)
    SqliteTape.open(path).close()
    edit_record(path, 60, ts=1)
    with pytest.raises(ChainBroken, match="record 60 "):
        SqliteTape.open(path)


def test_a_tape_cut_at_its_end_is_refused(path: Path) -> None:
    small_tape(path)
    edit(path, "DELETE FROM groups WHERE last > 15")
    with pytest.raises(TapeTruncated, match="ends at record 15, but record 20 was on disk"):
        SqliteTape.open(path)


def test_a_tape_emptied_by_truncating_its_file_is_refused(path: Path) -> None:
    small_tape(path)
    path.write_bytes(b"")
    with pytest.raises(TapeTruncated, match="ends at record 0, but record 20 was on disk"):
        SqliteTape.open(path)


def test_another_tape_in_its_place_is_refused_until_the_note_is_removed(path: Path) -> None:
    small_tape(path)
    other = path.with_name("other.tape")
    tape = SqliteTape.open(other)
    tape.append(1, "other", 0, fact(1))
    append(tape, 30)
    tape.close()
    other.rename(path)
    with pytest.raises(TapeTruncated, match="was here before"):
        SqliteTape.open(path)
    watermark.path_of(path).unlink()
    SqliteTape.open(path).close()


def test_a_file_cut_short_is_damaged_and_not_mistaken_for_another_kind(path: Path) -> None:
    small_tape(path, 500)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 4096 * 3)
    with pytest.raises(TapeDamaged, match="damaged before its first record"):
        SqliteTape.open(path)


def test_a_deleted_tape_may_be_begun_anew(path: Path) -> None:
    small_tape(path)
    path.unlink()
    tape = SqliteTape.open(path)
    assert tape.head == 0
    tape.close()


def test_a_creation_that_was_cut_short_is_done_again(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    tape = SqliteTape.open(path)
    append(tape, 2)
    tape.close()


def test_a_log_cut_anywhere_gives_a_whole_prefix_that_can_be_continued(
    path: Path, tmp_path: Path
) -> None:
    """A torn write: the process, or the machine, died inside it."""
    tape = SqliteTape.open(path)
    lengths: list[tuple[int, int]] = []
    for size in (1, 4, 2, 9, 1, 1, 30, 3):
        append(tape, size)
        tape.commit()
        lengths.append((log_bytes(path), tape.head))
    made = list(tape.records())
    whole = lengths[-1][0]
    random_cuts = random.Random(7).choices(range(lengths[0][0], whole), k=60)
    for length in sorted({*random_cuts, *(end for end, _ in lengths), whole - 1}):
        torn = copy(path, tmp_path / "torn")
        watermark.forget(torn)
        os.truncate(log.path_of(torn), length)
        survivors = max(head for end, head in lengths if end <= length)
        reopened = SqliteTape.open(torn)
        assert list(reopened.records()) == made[:survivors]
        append(reopened, 2)
        reopened.close()
    tape.close()


def test_a_log_cut_below_what_was_on_disk_is_refused_and_never_silently_shorter(
    path: Path, tmp_path: Path
) -> None:
    tape = SqliteTape.open(path)
    append(tape, 5)
    tape.commit()
    torn = copy(path, tmp_path / "torn")
    os.truncate(log.path_of(torn), log_bytes(path) - 10)
    with pytest.raises(TapeTruncated):
        SqliteTape.open(torn)
    tape.close()
