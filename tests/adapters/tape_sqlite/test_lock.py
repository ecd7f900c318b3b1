"""A tape has one writer, in this process or any other, and any number of readers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.tape_sqlite.reader import SqliteTapeReader
from adapters.tape_sqlite.tape import SqliteTape
from engine.tape.errors import TapeLocked
from tests.contract.tape_contract import append

SECOND_WRITER = """
import sys
from adapters.tape_sqlite.tape import SqliteTape
from engine.tape.errors import TapeLocked
try:
    SqliteTape.open(sys.argv[1])
except TapeLocked as error:
    print(error)
"""
READER = """
import sys
from adapters.tape_sqlite.reader import SqliteTapeReader
with SqliteTapeReader.open(sys.argv[1]) as reader:
    print(len(list(reader.records())))
"""


def run(script: str, path: Path) -> str:
    """What a Python process of its own prints."""
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        capture_output=True,
        text=True,
        timeout=15,
        check=True,
    )
    return done.stdout.strip()


def test_a_second_process_is_refused_by_name_and_number(path: Path) -> None:
    tape = SqliteTape.open(path)
    assert run(SECOND_WRITER, path) == (
        f"{path} is being written by process {os.getpid()}; a tape has one writer at a time"
    )
    tape.close()
    assert run(SECOND_WRITER, path) == ""


def test_a_second_writer_in_the_same_process_is_refused(path: Path) -> None:
    tape = SqliteTape.open(path)
    with pytest.raises(TapeLocked, match=str(os.getpid())):
        SqliteTape.open(path)
    append(tape, 1)
    tape.close()


def test_a_reader_in_another_process_sees_what_is_durable_while_the_writer_runs(
    path: Path,
) -> None:
    tape = SqliteTape.open(path)
    append(tape, 5)
    tape.commit()
    append(tape, 2)
    assert run(READER, path) == "5"
    tape.commit()
    assert run(READER, path) == "7"
    tape.close()


def test_a_reader_does_not_keep_a_writer_out(path: Path) -> None:
    SqliteTape.open(path).close()
    with SqliteTapeReader.open(path) as reader:
        tape = SqliteTape.open(path)
        append(tape, 3)
        tape.close()
        assert reader.head == 3


def test_a_lock_file_left_by_a_dead_process_does_not_matter(path: Path) -> None:
    path.with_name("run.tape.lock").write_text("999999\n")
    SqliteTape.open(path).close()
    assert not path.with_name("run.tape.lock").exists()
