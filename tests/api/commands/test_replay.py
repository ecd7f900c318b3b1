"""`onetape replay` folds a tape to the same state every time, up to any record."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.api.command import onetape
from tests.api.commands.client import buy_and_hold
from tests.clients.process import served


@pytest.fixture
def tape(data: Path, tmp_path: Path) -> Path:
    """The tape of a run that bought one unit."""
    file = tmp_path / "run.tape"
    with served("backtest", "--data", f"X={data}", "--cash", "1000", "--tape", file) as server:
        buy_and_hold(server.url)
        server.finish()
    return file


def replayed(*arguments: str | Path) -> Any:
    said = onetape("replay", *arguments)
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout)


def test_the_state_is_what_the_run_ended_with(tape: Path) -> None:
    account = replayed(tape)["accounts"][0]
    assert account["cash"] == {"USD": "800"}
    assert [each["quantity"] for each in account["positions"]] == ["1"]
    assert replayed(tape)["orders"] == {"FILLED": 1}


def test_two_replays_have_the_same_digests(tape: Path) -> None:
    assert replayed(tape, "--digest") == replayed(tape, "--digest")
    assert replayed(tape, "--digest")["state_digest"] == replayed(tape)["state_digest"]


def test_what_traded_has_a_digest_that_the_session_does_not_enter(tape: Path) -> None:
    head = replayed(tape)["seq"]
    ended = replayed(tape, "--digest")
    before = replayed(tape, "--digest", "--until", str(head - 1))
    assert ended["trading_digest"] == before["trading_digest"]
    assert ended["tape_digest"] != before["tape_digest"]


def test_the_past_can_be_asked_for(tape: Path) -> None:
    head = replayed(tape)["seq"]
    early = replayed(tape, "--until", "4")
    assert (early["trades"], early["accounts"][0]["positions"]) == (0, [])
    said = onetape("replay", tape, "--until", str(head + 1))
    assert said.returncode == 2
    assert f"--until is {head + 1}; expected at most {head}" in said.stderr
