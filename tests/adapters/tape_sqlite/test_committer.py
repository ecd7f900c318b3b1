"""The committing thread makes commands durable whole, in groups, while the engine goes on."""

import sqlite3
import sys
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from adapters.tape_sqlite.committer import SWITCH_INTERVAL_S, Committer
from adapters.tape_sqlite.tape import SqliteTape
from adapters.tape_sqlite.verify import verify
from engine.tape.errors import TapeFailed
from tests.adapters.tape_sqlite.faults import failing_writer
from tests.contract.tape_contract import append


def test_what_was_appended_before_the_wake_becomes_durable(path: Path) -> None:
    tape = SqliteTape.open(path)
    with Committer(tape) as committer:
        append(tape, 3)
        committer.wake()
        assert tape.wait_durable(3, timeout_s=5)
    tape.close()


def test_what_is_appended_after_the_wake_waits_for_the_next_one(path: Path) -> None:
    tape = SqliteTape.open(path)
    with Committer(tape) as committer:
        for _ in range(50):
            append(tape, 2)
            committer.wake()
            append(tape, 1)
            assert tape.wait_durable(tape.head - 1, timeout_s=5)
            assert tape.durable == tape.head - 1
    tape.close()


def test_commands_gather_while_a_sync_runs(path: Path) -> None:
    tape = SqliteTape.open(path)
    commits: list[int] = []
    first, gate = Event(), Event()

    def slow_disk(durable: int) -> None:
        commits.append(durable)
        first.set()
        gate.wait(5)

    tape.on_durable(slow_disk)
    with Committer(tape) as committer:
        append(tape, 1)
        committer.wake()
        assert first.wait(5)
        for _ in range(100):
            append(tape, 2)
            committer.wake()
        gate.set()
        assert tape.wait_durable(201, timeout_s=5)
    assert commits == [1, 201]
    tape.close()


def test_stopping_commits_what_is_left(path: Path) -> None:
    tape = SqliteTape.open(path)
    with Committer(tape):
        append(tape, 5)
    assert tape.durable == 5
    tape.close()
    assert verify(path).records == 5


def test_a_busy_thread_does_not_starve_the_commit(path: Path) -> None:
    tape = SqliteTape.open(path)
    with Committer(tape) as committer:
        assert sys.getswitchinterval() <= SWITCH_INTERVAL_S
        append(tape, 64)
        committer.wake()
        begun = monotonic()
        while tape.durable < 64 and monotonic() - begun < 5:
            pass
        assert tape.durable == 64
    tape.close()


def test_a_failure_ends_the_thread_and_is_told_once(path: Path) -> None:
    tape = SqliteTape.open(path, connect=failing_writer(on_write=2))
    told: list[BaseException] = []
    tape.on_failure(told.append)
    with Committer(tape) as committer:
        append(tape, 1)
        committer.wake()
        assert tape.wait_durable(1, timeout_s=5)
        append(tape, 1)
        committer.wake()
        with pytest.raises(TapeFailed):
            tape.wait_durable(2, timeout_s=5)
    assert len(told) == 1
    assert isinstance(told[0], sqlite3.OperationalError)
    assert tape.durable == 1
    tape.close()
