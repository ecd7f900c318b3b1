"""A write that fails is the last one, whichever it is and however it fails."""

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.tape_sqlite.files import open_writer
from adapters.tape_sqlite.group import Group
from adapters.tape_sqlite.tape import SqliteTape
from adapters.tape_sqlite.verify import verify
from engine.tape.chain import HASH_BYTES
from engine.tape.errors import TapeFailed
from tests.adapters.tape_sqlite.faults import failing_writer
from tests.contract.tape_contract import append

GROUPS = (1, 3, 70, 1, 1500)


def run_until_failure(path: Path, on_write: int, *, after: bool) -> tuple[int, bool]:
    """Append and commit groups on a disk that fails; what was durable, and whether it failed."""
    tape = SqliteTape.open(path, connect=failing_writer(on_write, after=after))
    told: list[int] = []
    failures: list[BaseException] = []
    tape.on_durable(told.append)
    tape.on_failure(failures.append)
    try:
        for size in GROUPS:
            append(tape, size)
            tape.commit()
    except TapeFailed as error:
        assert_dead(tape, error, failures)
    durable = tape.durable
    assert durable == (told[-1] if told else 0)
    tape.close()
    return durable, bool(failures)


def assert_dead(tape: SqliteTape, error: TapeFailed, failures: list[BaseException]) -> None:
    """A tape that failed says why, takes nothing, retries nothing, and is still readable."""
    durable = tape.durable
    assert isinstance(error.__cause__, sqlite3.OperationalError)
    assert [tape.failed] == failures
    with pytest.raises(TapeFailed, match="restart to recover"):
        append(tape, 1)
    with pytest.raises(TapeFailed):
        tape.commit()
    with pytest.raises(TapeFailed):
        tape.wait_durable(tape.head, timeout_s=1)
    assert not tape.has_room()
    assert tape.durable == durable
    assert len(list(tape.records())) == tape.head


@pytest.mark.parametrize("after", [False, True])
def test_whichever_write_fails_nothing_durable_is_lost_and_the_next_process_goes_on(
    tmp_path: Path, after: bool
) -> None:
    for on_write in range(1, 100):
        path = tmp_path / f"{on_write}.tape"
        durable, failed = run_until_failure(path, on_write, after=after)
        tape = SqliteTape.open(path)
        assert durable <= tape.head <= sum(GROUPS)
        append(tape, 5)
        tape.commit()
        tape.close()
        assert verify(path).ok
        if not failed:
            assert durable == sum(GROUPS)
            assert on_write > len(GROUPS)
            return
    pytest.fail("the scenario never ran to its end")


@contextmanager
def file_size_limit(limit_bytes: int) -> Iterator[None]:
    """No file of this process may grow beyond the limit meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def commit_forever(tape: SqliteTape) -> None:
    """Groups of seven until something gives way."""
    while True:
        append(tape, 7)
        tape.commit()


def test_a_disk_that_is_really_full_stops_the_tape_and_loses_nothing(path: Path) -> None:
    tape = SqliteTape.open(path)
    told: list[int] = []
    tape.on_durable(told.append)
    with file_size_limit(256 * 1024), pytest.raises(TapeFailed, match="failed after record"):
        commit_forever(tape)
    durable = told[-1]
    assert durable > 100
    assert tape.durable == durable
    tape.close()
    tape = SqliteTape.open(path)
    assert tape.head == durable
    append(tape, 10)
    tape.close()
    report = verify(path)
    assert report.ok
    assert report.records == durable + 10


def test_a_record_that_can_not_be_encoded_stops_the_tape_at_the_one_before(path: Path) -> None:
    tape = SqliteTape.open(path)
    append(tape, 3)
    tape.commit()
    tape.append(2**70, "DU1", 0, next(tape.records()).event)
    with pytest.raises(TapeFailed, match="failed after record 3"):
        tape.commit()
    tape.close()
    assert verify(path).records == 3


def test_nothing_is_stored_when_more_is_asked_for_than_is_encoded(path: Path) -> None:
    tape = SqliteTape.open(path)
    made = append(tape, 3)
    tape.close()
    writer = open_writer(path)
    group = Group(3, last_hash=bytes(HASH_BYTES))
    group.encode(made, 2)
    with pytest.raises(IndexError):
        group.write(writer, 3)
    assert writer.execute("SELECT max(last) FROM groups").fetchone() == (3,)
    writer.close()
