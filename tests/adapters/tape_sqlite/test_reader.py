"""A reader sees what is durable, in order, also while the tape grows."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from threading import Event, Thread

import pytest

from adapters.tape_sqlite.reader import SqliteTapeReader
from adapters.tape_sqlite.tape import SqliteTape
from adapters.tape_sqlite.verify import verify
from engine.tape.errors import NotATape, TapeDamaged
from tests.adapters.tape_sqlite.damage import edit, edit_record, holed_tape, small_tape
from tests.contract.tape_contract import append


def test_a_tape_at_rest_is_read_whole_and_in_part(path: Path) -> None:
    made = small_tape(path, 1000, group=30)
    with SqliteTapeReader.open(path) as reader:
        assert list(reader.records()) == made
        assert list(reader.records(5, until=9)) == made[5:9]
        assert list(reader.records(29, until=31)) == made[29:31]
        assert list(reader.records(30, until=30)) == []
        assert list(reader.records(30, until=2000)) == made[30:]
        assert list(reader.records(999)) == made[999:]
        assert list(reader.records(1000)) == []
        assert reader.head == len(made)
        first = reader.hash_at(1)
        assert first is not None
        assert reader.tape_id == first.hex()
        assert reader.hash_at(len(made) + 1) is None


@pytest.mark.parametrize("group", [1, 7, 20])
def test_every_stretch_of_a_tape_is_read_exactly(path: Path, group: int) -> None:
    made = small_tape(path, group=group)
    with SqliteTapeReader.open(path) as reader:
        for after in range(22):
            for until in range(22):
                assert list(reader.records(after, until)) == made[after:until]
        hashes = [reader.hash_at(seq) for seq in range(22)]
    assert hashes[0] is None
    assert hashes[21] is None
    assert len(set(hashes)) == 21


def test_reading_what_is_damaged_says_where_and_what_to_do(path: Path) -> None:
    small_tape(path)
    edit_record(path, 7, payload="lost")
    with SqliteTapeReader.open(path) as reader:
        with pytest.raises(TapeDamaged, match=r"records after 5 can not be read.*verify") as caught:
            list(reader.records(5))
        assert caught.value.seq == 6
        edit(path, "UPDATE groups SET bodies = CAST(bodies AS INTEGER) WHERE last = 15")
        with pytest.raises(TapeDamaged):
            list(reader.records(10))


def test_reading_a_file_with_a_hole_says_where_and_what_to_do(path: Path) -> None:
    holed_tape(path)
    reader = SqliteTapeReader.open(path)
    with pytest.raises(TapeDamaged, match=r"records after 0 can not be read.*verify"):
        list(reader.records())
    reader.close()


def test_a_reader_that_was_closed_does_not_call_the_tape_damaged(path: Path) -> None:
    small_tape(path)
    reader = SqliteTapeReader.open(path)
    reader.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        list(reader.records())


def test_an_empty_tape_has_no_name_and_no_records(path: Path) -> None:
    SqliteTape.open(path).close()
    with SqliteTapeReader.open(path) as reader:
        assert (reader.head, reader.tape_id, list(reader.records())) == (0, None, [])


def test_reading_never_creates_a_tape(path: Path) -> None:
    with pytest.raises(NotATape, match="no such file"):
        SqliteTapeReader.open(path)
    assert not path.exists()


def test_an_empty_file_is_not_a_tape_to_a_reader(path: Path) -> None:
    path.touch()
    with pytest.raises(NotATape):
        SqliteTapeReader.open(path)


def test_following_gives_every_record_once_as_it_becomes_durable(path: Path) -> None:
    tape = SqliteTape.open(path)

    def write() -> None:
        for _ in range(20):
            append(tape, 5)
            tape.commit()

    with SqliteTapeReader.open(path) as reader:
        thread = Thread(target=write)
        thread.start()
        followed = list(islice(reader.follow(poll_s=0.001), 100))
        thread.join(5)
    assert followed == list(tape.records())
    tape.close()


def beside(path: Path) -> set[str]:
    """What lies in the folder of a tape."""
    return {one.name for one in path.parent.iterdir()}


def test_nothing_is_left_beside_a_closed_tape_by_those_who_read_it(path: Path) -> None:
    small_tape(path)
    before = beside(path)
    assert verify(path).ok
    assert beside(path) == before
    first, second = SqliteTapeReader.open(path), SqliteTapeReader.open(path)
    assert (first.head, second.head) == (20, 20)
    first.close()
    assert second.head == 20, "who still reads keeps what it reads by"
    second.close()
    assert beside(path) == before


def test_a_writer_that_starts_while_a_reader_leaves_keeps_its_log(path: Path) -> None:
    small_tape(path)
    reader = SqliteTapeReader.open(path)
    assert reader.head == 20
    tape = SqliteTape.open(path)
    append(tape, 3)
    tape.commit()
    reader.close()
    append(tape, 3)
    tape.commit()
    with SqliteTapeReader.open(path) as other:
        assert other.head == 26
    tape.close()
    assert verify(path).head == 26


def test_readers_that_come_and_go_are_in_no_writers_way(path: Path) -> None:
    small_tape(path)
    is_over = Event()

    def read() -> list[int]:
        seen = []
        while not is_over.is_set():
            with SqliteTapeReader.open(path) as reader:
                seen.append(len(list(reader.records())))
        return seen

    with ThreadPoolExecutor() as pool:
        reading = pool.submit(read)
        try:
            for _ in range(40):
                tape = SqliteTape.open(path)
                append(tape, 3)
                tape.close()
        finally:
            is_over.set()
        seen = reading.result(10)
    assert seen == sorted(seen)
    assert verify(path).head == 140
