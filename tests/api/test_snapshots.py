"""Snapshots come as the tape grows, from a process beside this one that nobody waits for."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

import pytest

from adapters.tape_sqlite.snapshots import path_of
from adapters.tape_sqlite.tape import SqliteTape
from api.snapshots import Snapshots, is_quick, renew
from tests.builders import World

pytestmark = pytest.mark.anyio
TURNS_MIN = 10
"""So often at least the loop comes round while another process starts and folds a tape."""


@pytest.mark.parametrize(
    ("seq", "durable", "is_due"),
    [(0, 49, False), (0, 50, True), (1000, 1099, False), (1000, 1100, True)],
)
def test_one_is_due_after_so_many_records_or_a_tenth_of_the_tape(
    tmp_path: Path, seq: int, durable: int, is_due: bool
) -> None:
    assert Snapshots(tmp_path / "a.tape", seq, 50, lambda: durable, 0).is_due is is_due


async def test_the_last_one_must_be_made_within_the_grace_of_a_shutdown() -> None:
    assert is_quick(500_000, 5)
    assert not is_quick(500_001, 5)


async def test_it_is_made_beside_a_loop_that_goes_on(tmp_path: Path) -> None:
    tape = SqliteTape.open(tmp_path / "a.tape")
    world = World(tape=tape)
    for _ in range(300):
        world.bought(1, stop_loss=90, take_profit=110)
    tape.commit()
    turns, made = 0, asyncio.create_task(renew(tape.path))
    while not made.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert await made
    assert turns > TURNS_MIN
    assert path_of(tape.path).exists()
    tape.close()


async def test_one_that_can_not_be_made_is_a_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert not await renew(tmp_path / "absent.tape")
    assert "no snapshot was kept" in caplog.text


async def test_none_is_taken_where_none_is_wanted(tmp_path: Path) -> None:
    await asyncio.wait_for(Snapshots(tmp_path / "a.tape", 0, 0, lambda: 10**6, 0).run(), 5)


@pytest.mark.parametrize("pause_s", [0, 3600], ids=["at once", "in an hour"])
async def test_one_that_is_due_waits_for_the_pause_to_be_over(
    tmp_path: Path, pause_s: float
) -> None:
    tape = SqliteTape.open(tmp_path / "a.tape")
    World(tape=tape)
    tape.commit()
    keeping = asyncio.create_task(Snapshots(tape.path, 0, 1, lambda: tape.durable, pause_s).run())
    for _ in range(20 if pause_s else 200):
        if path_of(tape.path).exists():
            break
        await asyncio.sleep(0.05)
    assert path_of(tape.path).exists() is not bool(pause_s)
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping
    tape.close()


async def test_the_process_that_makes_it_ends_with_whoever_asked_for_it(tmp_path: Path) -> None:
    tapes = [SqliteTape.open(tmp_path / name) for name in ("a.tape", "b.tape")]
    for tape in tapes:
        World(tape=tape)
        tape.commit()
    left, later = (tape.path for tape in tapes)
    asked = asyncio.create_task(renew(left))
    await asyncio.sleep(0.05)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    for _ in range(2):  # one that went on would be done before these are
        assert await renew(later)
    assert not path_of(left).exists()
    for tape in tapes:
        tape.close()


async def test_a_machine_that_starts_no_process_costs_a_snapshot_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "absent"))
    with caplog.at_level(logging.WARNING):
        assert not await renew(tmp_path / "a.tape")
    assert "no snapshot was kept: [Errno 2]" in caplog.text


async def test_one_that_takes_too_long_is_given_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tape = SqliteTape.open(tmp_path / "a.tape")
    with caplog.at_level(logging.WARNING):
        assert not await renew(tape.path, patience_s=0.001)
    assert "no snapshot was kept: not made within 0.001 s" in caplog.text
    tape.close()


async def test_a_package_of_the_same_name_in_the_folder_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "adapters").mkdir()
    (tmp_path / "adapters" / "__init__.py").write_text("raise SystemExit('not this one')\n")
    monkeypatch.chdir(tmp_path)
    tape = SqliteTape.open(tmp_path / "a.tape")
    World(tape=tape)
    tape.commit()
    assert await renew(tape.path)
    tape.close()
