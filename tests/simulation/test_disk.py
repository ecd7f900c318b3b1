"""The simulated disk keeps what was synced and nothing else for certain, and its tape is a tape."""

from random import Random

import pytest

from engine.tape import Tape, TapeFailed
from tests.contract.tape_contract import TapeContract, append
from tests.simulation.disk import Disk, SimulatedTape


class TestSimulatedTape(TapeContract):
    """It promises what every tape does."""

    @pytest.fixture
    def tape(self) -> Tape:
        return SimulatedTape(Disk(Random(1)))


def test_what_is_synced_is_durable_and_survives_a_crash() -> None:
    for seed in range(50):
        disk = Disk(Random(seed))
        tape = SimulatedTape(disk)
        append(tape, 5)
        tape.sync(3)
        assert tape.durable == 3
        tape.crash()
        assert disk.verify() == ""
        assert 3 <= SimulatedTape(disk).head <= 5


def test_a_crash_keeps_any_prefix_of_what_was_not_synced_and_some_seed_each() -> None:
    kept = set()
    for seed in range(100):
        disk = Disk(Random(seed))
        tape = SimulatedTape(disk)
        for count in (2, 3):
            append(tape, count)
            tape.mark()
        tape.crash()
        kept.add(SimulatedTape(disk).head)
    assert kept == {0, 1, 2, 3, 4, 5}


def test_a_refused_sync_kills_the_tape_and_may_have_stored_its_records_or_not() -> None:
    kept = set()
    for seed in range(20):
        disk = Disk(Random(seed))
        tape = SimulatedTape(disk)
        append(tape, 2)
        disk.fails_next_sync = True
        with pytest.raises(TapeFailed):
            tape.sync(2)
        with pytest.raises(TapeFailed):
            append(tape, 1)
        with pytest.raises(TapeFailed):
            tape.sync(2)
        assert not tape.has_room()
        tape.crash()
        kept.add(SimulatedTape(disk).head)
    assert kept == {0, 2}


def test_a_full_disk_has_no_room_and_still_stores() -> None:
    disk = Disk(Random(1))
    tape = SimulatedTape(disk)
    disk.is_full = True
    append(tape, 2)
    tape.sync(2)
    assert not tape.has_room()
    assert tape.durable == 2
