"""The durable tape keeps the promises of every tape and knows what is on disk."""

import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from adapters.tape_sqlite import watermark
from adapters.tape_sqlite.group import ROW_BYTES
from adapters.tape_sqlite.reader import SqliteTapeReader
from adapters.tape_sqlite.tape import SqliteTape
from adapters.tape_sqlite.verify import verify
from engine.events import OrderAccepted
from engine.tape import Tape
from engine.tape.errors import TapeClosed
from tests.contract.tape_contract import TapeContract, append


class TestSynced(TapeContract):
    @pytest.fixture
    def tape(self, path: Path) -> Iterator[Tape]:
        tape = SqliteTape.open(path)
        yield tape
        tape.close()


class TestUnsynced(TapeContract):
    @pytest.fixture
    def tape(self, path: Path) -> Iterator[Tape]:
        tape = SqliteTape.open(path, durability="none")
        yield tape
        tape.close()


class TestContinued(TapeContract):
    """A tape that was opened before, and is still empty, is a tape like any other."""

    @pytest.fixture
    def tape(self, path: Path) -> Iterator[Tape]:
        SqliteTape.open(path).close()
        tape = SqliteTape.open(path)
        yield tape
        tape.close()


def test_records_become_durable_by_a_commit_and_not_before(path: Path) -> None:
    tape = SqliteTape.open(path)
    append(tape, 3)
    assert tape.durable == 0
    assert tape.commit() == 3
    assert tape.durable == 3
    tape.close()


def test_a_commit_can_stop_at_the_end_of_a_command(path: Path) -> None:
    tape = SqliteTape.open(path)
    append(tape, 5)
    assert tape.commit(upto=2) == 2
    assert tape.commit(upto=1) == 2
    assert tape.commit(upto=99) == 5
    tape.close()


@pytest.mark.parametrize("count", [1, 64, 65, 500, 2000])
def test_groups_of_every_size_are_stored_whole(path: Path, count: int) -> None:
    tape = SqliteTape.open(path)
    made = append(tape, count)
    tape.commit()
    assert list(tape.records()) == made
    tape.close()
    assert verify(path).records == count


def test_records_longer_than_a_row_may_be_are_stored_among_short_ones(path: Path) -> None:
    tape = SqliteTape.open(path)
    made = append(tape, 3)
    for length in (ROW_BYTES // 2, ROW_BYTES, 3 * ROW_BYTES):
        made.append(tape.append(tape.head, "DU1", 0, OrderAccepted("long", "x" * length)))
        made += append(tape, 2)
    tape.commit()
    made.append(tape.append(tape.head, "DU1", 0, OrderAccepted("alone", "x" * ROW_BYTES)))
    tape.commit()
    assert list(tape.records()) == made
    assert [each.seq for each in tape.records(5)] == [each.seq for each in made[5:]]
    tape.close()
    assert verify(path).records == len(made)


def test_reading_joins_the_disk_and_what_is_not_there_yet(path: Path) -> None:
    tape = SqliteTape.open(path)
    made = append(tape, 1010)
    tape.commit(upto=3)
    tape.commit(upto=1005)
    made += append(tape, 4)
    for after in (0, 1, 3, 4, 1000, 1005, 1006, tape.head):
        assert list(tape.records(after)) == made[after:]
    tape.close()


def test_a_tape_continues_where_it_ended(path: Path) -> None:
    tape = SqliteTape.open(path)
    made = append(tape, 10)
    name = tape.tape_id
    tape.close()
    tape = SqliteTape.open(path)
    assert (tape.head, tape.durable, tape.tape_id) == (10, 10, name)
    made += append(tape, 10)
    assert list(tape.records()) == made
    digest = tape.digest()
    tape.close()
    report = verify(path)
    assert report.ok
    assert (report.records, report.tape_id, report.last_hash) == (20, name, digest)


def test_the_digest_needs_no_commit_and_a_commit_does_not_change_it(path: Path) -> None:
    tape = SqliteTape.open(path)
    append(tape, 10)
    digest = tape.digest()
    append(tape, 5)
    tape.commit(upto=10)
    assert tape.hash_at(10) == digest
    assert tape.hash_at(11) is None
    assert tape.digest() != digest
    tape.close()


def test_closing_makes_everything_durable_and_leaves_one_file_and_its_note(path: Path) -> None:
    tape = SqliteTape.open(path)
    append(tape, 5)
    tape.close()
    left = sorted(each.name for each in path.parent.iterdir())
    assert left == ["run.tape", "run.tape.head"]
    with SqliteTapeReader.open(path) as reader:
        assert reader.head == 5


def test_without_sync_nothing_is_on_disk_until_the_close(path: Path) -> None:
    tape = SqliteTape.open(path, durability="none")
    made = append(tape, 5)
    assert (tape.commit(), tape.durable) == (5, 5)
    with SqliteTapeReader.open(path) as reader:
        assert reader.head == 0
        tape.close()
        assert list(reader.records()) == made


def test_commits_and_waiters_meet_across_threads(path: Path) -> None:
    tape = SqliteTape.open(path)
    append(tape, 3)
    assert not tape.wait_durable(3, timeout_s=0.01)
    thread = Thread(target=tape.commit)
    thread.start()
    assert tape.wait_durable(3, timeout_s=5)
    thread.join(5)
    tape.close()


def test_every_commit_is_announced_with_what_is_now_durable(path: Path) -> None:
    tape = SqliteTape.open(path)
    told: list[int] = []
    tape.on_durable(told.append)
    append(tape, 3)
    tape.commit()
    tape.commit()
    append(tape, 2)
    tape.commit()
    assert told == [3, 5]
    tape.close()


def test_a_new_risk_is_refused_while_the_reserve_is_touched_and_facts_still_append(
    path: Path,
) -> None:
    tape = SqliteTape.open(path, reserve_bytes=2**62)
    assert not tape.has_room()
    assert tape.free_bytes() > 0
    append(tape, 3)
    assert tape.commit() == 3
    tape.close()


def test_a_closed_tape_has_no_room(path: Path) -> None:
    tape = SqliteTape.open(path)
    tape.close()
    assert not tape.has_room()
    with pytest.raises(TapeClosed, match=r"run\.tape is closed"):
        append(tape, 1)


def test_what_is_durable_is_noted_beside_the_tape(path: Path) -> None:
    tape = SqliteTape.open(path)
    append(tape, 3)
    tape.commit()
    mark = watermark.read(path)
    assert mark is not None
    assert (mark.tape_id, mark.seq, mark.hash) == (tape.tape_id, 3, tape.digest().hex())
    tape.close()


def test_a_thread_may_commit_all_there_is_while_another_appends(path: Path) -> None:
    tape = SqliteTape.open(path)
    done = Event()

    def commit() -> None:
        while not done.is_set() and tape.failed is None:
            tape.commit()

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    committing = Thread(target=commit)
    committing.start()
    try:
        for number in range(200_000):
            tape.append(number, "A", 0, OrderAccepted("ord_1"))
    finally:
        done.set()
        committing.join(10)
        sys.setswitchinterval(interval)
    tape.close()
    assert verify(path).records == 200_000
