"""A reader sees what is durable, in order, also while the tape grows."""

from itertools import islice
from pathlib import Path
from threading import Thread

import pytest

from adapters.tape_sqlite import rows
from adapters.tape_sqlite.reader import SqliteTapeReader
from adapters.tape_sqlite.tape import SqliteTape
from engine.tape.errors import NotATape
from tests.adapters.tape_sqlite.damage import small_tape
from tests.contract.tape_contract import append


def test_a_tape_at_rest_is_read_whole_and_in_part(path: Path) -> None:
    made = small_tape(path, rows.PAGE_ROWS + 100)
    with SqliteTapeReader.open(path) as reader:
        assert list(reader.records()) == made
        assert list(reader.records(5, until=9)) == made[5:9]
        assert list(reader.records(rows.PAGE_ROWS)) == made[rows.PAGE_ROWS :]
        assert reader.head == len(made)
        first = reader.hash_at(1)
        assert first is not None
        assert reader.tape_id == first.hex()
        assert reader.hash_at(len(made) + 1) is None


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
