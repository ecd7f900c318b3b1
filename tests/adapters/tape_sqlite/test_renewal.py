"""A snapshot made from the tape alone is the state of whoever writes it."""

import subprocess
import sys
from pathlib import Path

import pytest

from adapters.tape_sqlite import snapshots
from adapters.tape_sqlite.reader import SqliteTapeReader
from adapters.tape_sqlite.renewal import main, renew
from adapters.tape_sqlite.room import Room
from adapters.tape_sqlite.tape import SqliteTape
from engine.state import State
from engine.tape.errors import TapeError
from tests.adapters.tape_sqlite.damage import holed_tape
from tests.builders import World
from tests.house.tree import ROOT


def kept(path: Path) -> tuple[int, bytes] | None:
    """The snapshot of a tape."""
    with SqliteTapeReader.open(path) as reader:
        return snapshots.load_latest(path, reader)


def test_it_holds_the_state_of_the_process_that_writes_up_to_what_is_durable(path: Path) -> None:
    tape = SqliteTape.open(path)
    world = World(tape=tape)
    for _ in range(2):  # the second folds on from the first
        world.bought(10, stop_loss=90, take_profit=110)
        world.buy(5, limit_price=80)
        tape.commit()
        durable = world.state.to_bytes()
        world.buy(1, limit_price=80)
        assert renew(path) == tape.durable
        assert kept(path) == (tape.durable, durable)
    tape.commit()
    tape.close()


def test_a_start_goes_on_from_it(path: Path) -> None:
    tape = SqliteTape.open(path)
    world = World(tape=tape)
    world.bought(10, stop_loss=90)
    tape.commit()
    renew(path)
    found = snapshots.load_latest(path, tape)
    assert found is not None
    again = World(tape=tape, state=State.from_bytes(found[1]))
    assert again.position.quantity == 10
    tape.close()


def test_without_room_beside_the_reserve_the_older_one_stays(
    path: Path,
) -> None:
    tape = SqliteTape.open(path)
    world = World(tape=tape)
    tape.commit()
    renew(path)
    before = kept(path)
    world.bought(10)
    tape.commit()
    with pytest.raises(OSError, match="kept for the facts of cancels and fills"):
        renew(path, reserve_bytes=Room(path.parent).free_bytes())
    assert kept(path) == before
    assert not path.with_name(path.name + ".snapshot.new").exists()
    tape.close()


def test_where_there_is_no_tape_it_says_so(path: Path) -> None:
    with pytest.raises((OSError, TapeError)):
        renew(path)
    done = subprocess.run(
        [sys.executable, "-m", "adapters.tape_sqlite.renewal", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 1
    assert str(path) in done.stderr
    assert "Traceback" not in done.stderr


def test_of_a_damaged_tape_it_says_so(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    holed_tape(path)
    assert main(str(path)) == 1
    assert "verify the tape" in capsys.readouterr().err
    assert kept(path) is None


def test_a_state_that_another_version_kept_is_made_anew(path: Path) -> None:
    tape = SqliteTape.open(path)
    world = World(tape=tape)
    world.bought(10)
    tape.commit()
    snapshots.save(path, tape, 1, b"of another version")
    assert renew(path) == tape.durable
    assert kept(path) == (tape.durable, world.state.to_bytes())
    tape.close()
