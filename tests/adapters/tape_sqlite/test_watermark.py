"""The note beside a tape is a lower bound: it lags, it never claims more than the disk holds."""

from pathlib import Path

import pytest

from adapters.tape_sqlite import watermark
from adapters.tape_sqlite.watermark import Mark, Watermark
from tests.adapters.tape_sqlite.damage import flip

MARK = Mark("aa" * 16, 12, "bb" * 16)


def test_a_note_is_read_as_it_was_written(path: Path) -> None:
    note = Watermark(path)
    note.write(MARK)
    longer = Mark(MARK.tape_id, 10**15, MARK.hash)
    note.write(longer)
    assert watermark.read(path) == longer
    note.write(MARK)
    assert watermark.read(path) == MARK


def test_notes_keep_their_distance(path: Path) -> None:
    note = Watermark(path, write_every_s=60)
    assert note.is_due()
    note.write(MARK)
    assert not note.is_due()
    assert Watermark(path, write_every_s=0).is_due()


def test_no_note_is_no_claim(path: Path) -> None:
    assert watermark.read(path) is None
    assert watermark.shortfall(None, 0, None, None) == ""


def test_a_damaged_note_is_ignored_and_said_so(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Watermark(path).write(MARK)
    file = watermark.path_of(path)
    flip(file, 20)
    assert watermark.read(path) is None
    assert "is ignored" in caplog.text
    file.write_bytes(b"")
    assert watermark.read(path) is None


def test_a_note_that_can_not_be_written_is_logged_and_not_fatal(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    watermark.path_of(path).mkdir()
    Watermark(path).write(MARK)
    assert "can not be written" in caplog.text


@pytest.mark.parametrize(
    ("head", "there", "tape_id", "lack"),
    [
        (12, bytes.fromhex(MARK.hash), MARK.tape_id, ""),
        (99, bytes.fromhex(MARK.hash), MARK.tape_id, ""),
        (11, None, MARK.tape_id, "ends at record 11"),
        (0, None, None, "ends at record 0"),
        (12, bytes(16), MARK.tape_id, "record 12 is not the one"),
        (12, bytes.fromhex(MARK.hash), "cc" * 16, "tape " + "aa" * 16 + " was here before"),
    ],
)
def test_a_tape_is_held_against_its_note(
    head: int, there: bytes | None, tape_id: str | None, lack: str
) -> None:
    found = watermark.shortfall(MARK, head, there, tape_id)
    assert (lack in found) if lack else found == ""
