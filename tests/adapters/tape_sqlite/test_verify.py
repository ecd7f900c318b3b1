"""The whole tape is checked, and the first record that is wrong is called by its number."""

import random
from pathlib import Path

import pytest

from adapters.tape_sqlite.reader import SqliteTapeReader
from adapters.tape_sqlite.tape import SqliteTape
from adapters.tape_sqlite.verify import verify
from engine.tape import body_of
from engine.tape.errors import NotATape
from tests.adapters.tape_sqlite.damage import copy, edit, edit_record, flip, small_tape
from tests.contract.tape_contract import append


def test_a_sound_tape_is_reported_whole(path: Path) -> None:
    small_tape(path, 5000)
    report = verify(path)
    assert report.ok
    assert (report.records, report.head) == (5000, 5000)


def test_a_tape_can_be_checked_while_it_is_written(path: Path) -> None:
    tape = SqliteTape.open(path)
    append(tape, 5)
    tape.commit()
    append(tape, 5)
    assert verify(path).records == 5
    tape.close()


def test_a_missing_file_is_not_a_tape(path: Path) -> None:
    with pytest.raises(NotATape, match="no such file"):
        verify(path)


def test_every_flipped_byte_of_every_body_is_found_at_its_record(path: Path) -> None:
    """Flipped in the file itself, where bit rot happens."""
    made = small_tape(path)
    content = path.read_bytes()
    flips = 0
    for record in made:
        body = body_of(record)
        start = content.index(body)
        for offset in range(start, start + len(body)):
            flip(path, offset)
            report = verify(path)
            assert report.first_bad_seq == record.seq
            flip(path, offset)
            flips += 1
    assert flips > 1000
    assert verify(path).ok


@pytest.mark.parametrize(
    "change",
    [
        {"ts": 1},
        {"ts": "soon"},
        {"account": "x"},
        {"account": b"\xff"},
        {"cause": 99},
        {"payload": b"\xa4lost"},
        {"payload": "lost"},
        {"payload": b""},
        {"hash": bytes(16)},
        {"seq": 1020},
        {"seq": -1},
        {"seq": 2**63},
    ],
)
@pytest.mark.parametrize("seq", [1, 7, 20])
@pytest.mark.parametrize("group", [1, 20])
def test_every_changed_field_is_found_at_its_record(
    path: Path, change: dict[str, object], seq: int, group: int
) -> None:
    small_tape(path, group=group)
    edit_record(path, seq, **change)
    report = verify(path)
    assert not report.ok
    assert report.first_bad_seq == seq


@pytest.mark.parametrize(
    ("change", "first_bad_seq"),
    [
        ("last = last + 1000", 6),
        ("last = last + 1", 6),
        ("last = last - 1", 6),
        ("last = -last", 1),
        ("links = CAST(links || x'00' AS BLOB)", 6),
        ("links = CAST(links || zeroblob(20) AS BLOB)", 6),
        ("links = substr(links, 21)", 6),
        ("links = x''", 6),
        ("links = CAST(links AS TEXT)", 6),
        ("bodies = CAST(bodies || x'00' AS BLOB)", 10),
        ("bodies = substr(bodies, 1, length(bodies) - 1)", 10),
        ("bodies = substr(bodies, 2)", 6),
        ("bodies = CAST(bodies AS TEXT)", 6),
        ("bodies = 12", 6),
    ],
)
def test_every_changed_column_is_found_at_its_first_record_that_suffers(
    path: Path, change: str, first_bad_seq: int
) -> None:
    small_tape(path)
    edit(path, f"UPDATE groups SET {change} WHERE last = 10")
    report = verify(path)
    assert not report.ok
    assert report.first_bad_seq == first_bad_seq


def test_a_flip_anywhere_in_the_file_is_found_or_changes_no_record(
    path: Path, tmp_path: Path
) -> None:
    made = small_tape(path)
    size = path.stat().st_size
    for offset in random.Random(11).sample(range(size), 400):
        harmed = copy(path, tmp_path / "harmed")
        flip(harmed, offset, 1 << (offset % 8))
        if harms(harmed):
            continue
        with SqliteTapeReader.open(harmed) as reader:
            assert list(reader.records()) == made


def harms(path: Path) -> bool:
    """Whether a check says that something is wrong."""
    try:
        return not verify(path).ok
    except NotATape:
        return True


def test_a_tape_cut_at_its_end_is_reported(path: Path) -> None:
    small_tape(path)
    edit(path, "DELETE FROM groups WHERE last > 15")
    report = verify(path)
    assert report.first_bad_seq == 16
    assert "record 20 was on disk" in report.reason


def test_pages_cut_off_the_file_are_reported(path: Path) -> None:
    small_tape(path, 500)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 4096 * 3)
    report = verify(path)
    assert (report.ok, report.first_bad_seq) == (False, 1)
    assert "damaged before its first record" in report.reason


def test_a_page_that_was_zeroed_is_reported_at_the_first_record_it_hides(path: Path) -> None:
    small_tape(path, 500)
    with path.open("r+b") as file:
        file.seek(4096 * 5)
        file.write(bytes(4096))
    report = verify(path)
    assert not report.ok
    assert report.first_bad_seq == report.head + 1 > 1
    assert "damaged" in report.reason
