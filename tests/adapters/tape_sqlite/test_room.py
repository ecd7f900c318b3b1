"""New risk is taken only while the reserve is untouched, and asking is cheap."""

import os
from pathlib import Path

import pytest

from adapters.tape_sqlite.room import RESERVE_BYTES, Room


def test_free_space_is_what_the_file_system_says(tmp_path: Path) -> None:
    status = os.statvfs(tmp_path)
    free = status.f_bavail * status.f_frsize
    assert Room(tmp_path).free_bytes() == pytest.approx(free, rel=0.05)


def test_the_reserve_is_64_mebibytes_unless_chosen(tmp_path: Path) -> None:
    assert RESERVE_BYTES == 64 * 1024 * 1024
    assert Room(tmp_path, reserve_bytes=0).is_enough()
    assert not Room(tmp_path, reserve_bytes=2**62).is_enough()


class FixedRoom(Room):
    """A disk on which nobody else writes meanwhile."""

    def free_bytes(self) -> int:
        return 1000


def test_the_limit_itself_is_enough_and_one_byte_more_is_not(tmp_path: Path) -> None:
    assert FixedRoom(tmp_path, reserve_bytes=1000).is_enough()
    assert not FixedRoom(tmp_path, reserve_bytes=1001).is_enough()


def test_the_file_system_is_not_asked_for_every_order(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    room = Room(folder)
    free = room.free_bytes()
    folder.rmdir()
    assert room.free_bytes() == free


def test_a_disk_that_does_not_answer_has_no_room(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    room = Room(tmp_path / "absent")
    assert room.free_bytes() == 0
    assert not room.is_enough()
    assert "free space is unknown" in caplog.text
