"""Killed at any moment under load, a tape keeps what it acknowledged, once, in an unbroken chain.

Two hundred writers, one after another on the same file, are killed with SIGKILL a random one to
fifty milliseconds into their lives: while opening, recovering, appending, committing and saving
snapshots. After every death the file is read by this process and held against what was said.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.tape_sqlite import rows, snapshots
from adapters.tape_sqlite.files import open_reader
from adapters.tape_sqlite.reader import SqliteTapeReader
from adapters.tape_sqlite.verify import verify
from engine.events import OrderAccepted
from engine.tape import GENESIS, verify_rows
from tests.house.tree import ROOT

pytestmark = [pytest.mark.crash, pytest.mark.slow, pytest.mark.timeout(180)]

KILLS = 200
KILLS_WHILE_SAVING = 20


class Nursery:
    """The process that raises writers; see `tests.crash.nursery`."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._asks = process.stdin
        self._says = process.stdout

    def raise_and_kill(
        self, kind: str, life: int, path: Path, delay_s: float, *, since: str
    ) -> list[str]:
        """Kill a new writer `delay_s` after its line `since`; that line and all that follow."""
        self._asks.write(f"{kind} {life} {path}\n")
        self._asks.flush()
        lines = [self._until("pid")]
        pid = int(lines[0].split()[1])
        if since != "pid":
            lines = [self._until(since)]
        time.sleep(delay_s)
        os.kill(pid, signal.SIGKILL)
        while (line := self._line()) != "gone":
            lines.append(line)
        return lines

    def _until(self, word: str) -> str:
        while not (line := self._line()).startswith(word):
            assert line != "gone", f"the writer died by itself before saying {word}"
        return line

    def _line(self) -> str:
        line = self._says.readline()
        assert line, "the nursery is dead"
        return line.rstrip("\n")


@contextmanager
def nursery() -> Iterator[Nursery]:
    """A running nursery, ended by closing what it reads from."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.crash.nursery"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield Nursery(process)


class Witness:
    """Follows a tape from death to death: what it holds only grows, unbroken and never doubled."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.head = 0
        self._hash = GENESIS
        self._order_ids: dict[str, int] = {}

    def examine(self, acks: list[str]) -> None:
        """Hold the tape against what the last writer acknowledged before it died."""
        connection = open_reader(self._path)
        report = verify_rows(rows.read_rows(connection, self.head), self.head, self._hash)
        connection.close()
        assert report.ok, report.reason
        with SqliteTapeReader.open(self._path) as reader:
            for record in reader.records(self.head):
                assert isinstance(record.event, OrderAccepted)
                assert record.event.order_id not in self._order_ids, "doubled"
                self._order_ids[record.event.order_id] = record.seq
            saved = snapshots.load_latest(self._path, reader)
        self.head, self._hash = report.head, report.last_hash
        for ack in acks:
            _, seq, order_id = ack.split()
            assert self._order_ids[order_id] == int(seq), "acknowledged and lost"
        if saved is not None:
            assert saved[1] == str(saved[0]).encode() * 1000


def test_two_hundred_kills_lose_nothing_acknowledged_and_double_nothing(tmp_path: Path) -> None:
    path = tmp_path / "killed.tape"
    dice = random.Random(2024)
    witness = Witness(path)
    acknowledged = 0
    with nursery() as writers:
        for life in range(KILLS):
            said = writers.raise_and_kill(
                dice.choice(("direct", "threaded")),
                life,
                path,
                dice.uniform(0.001, 0.050),
                # Counted from the fork, a kill also falls into opening and recovery.
                since=dice.choice(("pid", "open")),
            )
            acks = [line for line in said if line.startswith("ack")]
            if path.exists():
                witness.examine(acks)
            acknowledged += len(acks)
    assert acknowledged > KILLS
    report = verify(path)
    assert report.ok, report.reason
    assert report.records == witness.head


def test_a_tape_saved_in_one_go_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    dice = random.Random(2025)
    with nursery() as writers:
        for life in range(KILLS_WHILE_SAVING):
            path = tmp_path / f"{life}.tape"
            first, *acks = writers.raise_and_kill(
                "at_once", life, path, dice.uniform(0.0, 0.3), since="open"
            )
            whole = int(first.split()[1])
            report = verify(path)
            assert report.ok, report.reason
            assert report.records == whole if acks else report.records in {0, whole}
