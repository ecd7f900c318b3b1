"""`onetape verify` says that a tape is whole, or names the first record that is not."""

import json
from pathlib import Path

import pytest

from adapters.tape_sqlite.reader import SqliteTapeReader
from adapters.tape_sqlite.tape import SqliteTape
from engine import events
from tests.adapters.tape_sqlite.damage import flip
from tests.api.command import onetape
from tests.api.commands.test_tape import write


@pytest.fixture
def tape(tmp_path: Path) -> SqliteTape:
    """A small tape, closed."""
    made = SqliteTape.open(tmp_path / "some.tape")
    write(made)
    made.close()
    return made


def test_a_whole_tape_is_named_with_its_digest(tape: SqliteTape) -> None:
    said = onetape("verify", tape.path)
    assert said.returncode == 0
    assert "whole: 6 records" in said.stdout
    assert tape.digest().hex() in said.stdout


def test_json_says_the_same_to_programs(tape: SqliteTape) -> None:
    said = json.loads(onetape("verify", tape.path, "--json").stdout)
    assert said["ok"] is True
    assert (said["records"], said["first_bad_seq"]) == (6, None)
    assert said["tape_digest"] == tape.digest().hex()


def test_a_changed_byte_is_found_and_named(tape: SqliteTape) -> None:
    with SqliteTapeReader.open(tape.path) as reader:
        third = next(reader.records(2))
    payload = events.encode(third.event)
    flip(tape.path, tape.path.read_bytes().index(payload) + len(payload) - 1, 1)
    said = onetape("verify", tape.path)
    assert said.returncode == 1
    assert "is good for 2 records: record 3" in said.stderr
    assert json.loads(onetape("verify", tape.path, "--json").stdout)["first_bad_seq"] == 3
