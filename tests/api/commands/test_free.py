"""`onetape backtest --strategy` runs a worker in process and reports as a served run does."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from api.commands.free import params_of
from api.commands.terminal import Failure
from tests.api.command import onetape

WORKERS = Path(__file__).resolve().parents[3] / "examples" / "workers"


def reported(*arguments: str | Path) -> dict[str, Any]:
    said = onetape("backtest", *arguments, "--json")
    assert said.returncode == 0, said.stderr
    report: dict[str, Any] = json.loads(said.stdout)
    return report


def test_an_example_trades_the_bundled_week(tmp_path: Path) -> None:
    tape = tmp_path / "run.tape"
    report = reported("--demo-data", "--strategy", WORKERS / "crossover.py", "--tape", tape)
    assert report["fills"] > 100
    replayed = json.loads(onetape("replay", tape, "--digest").stdout)
    assert replayed["tape_digest"] == report["tape_digest"]


def test_params_reach_the_worker_and_files_are_the_market(tmp_path: Path) -> None:
    data, strategy = tmp_path / "x.csv", tmp_path / "strategy.py"
    rows = [f"2024-01-0{day},{day},{day},{day},{day},100" for day in range(1, 6)]
    data.write_text("\n".join(["time,open,high,low,close,volume", *rows]))
    strategy.write_text(
        "def on_bar(ctx, bar):\n"
        "    if bar.row == ctx.params['row']:\n"
        "        ctx.broker.submit('X', 'BUY', ctx.params['quantity'])\n"
        "        ctx.log.info('bought at %s', bar.time)\n"
    )
    given: list[str | Path] = [
        "--strategy",
        strategy,
        "--param",
        "row=1",
        "--param",
        "quantity=2.5",
    ]
    report = reported("--data", f"X={data}", "--timeframe", "1d", "--cash", "100", *given)
    assert report["open_positions"] == {"X": "2.5"}
    assert report["final_cash"] == "92.5"


def test_a_worker_that_raises_costs_exit_code_1_and_keeps_the_tape(tmp_path: Path) -> None:
    strategy, tape = tmp_path / "strategy.py", tmp_path / "run.tape"
    strategy.write_text("def on_bar(ctx, bar):\n    raise ValueError('no')")
    said = onetape("backtest", "--demo-data", "--strategy", strategy, "--tape", tape)
    assert said.returncode == 1
    expected = f"error: {strategy}:2 in on_bar: ValueError: no; the tape is {tape}\n"
    assert (said.stderr, said.stdout) == (expected, "")
    assert onetape("verify", tape).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--strategy", "x.py"], "expected --data SYMBOL=FILE, or --demo-data, and not both"),
        (["--demo-data", "--data", "A=b.csv"], "expected --data SYMBOL=FILE, or --demo-data"),
        (["--demo-data", "--strategy", "x.py"], "strategy x.py: No such file or directory"),
        (["--demo-data", "--param", "x=1"], "--param can not be used here"),
        (["--demo-data", "--strategy", "x.py", "--port", "1"], "--port can not be used here"),
        (["--demo-data", "--strategy", "x.py", "--tick", "0"], "--tick: interval is '0'"),
        (["--demo-data", "--strategy", "x.py", "--param", "x"], "--param is 'x'"),
    ],
)
def test_what_was_typed_wrong_is_named(arguments: list[str], message: str) -> None:
    said = onetape("backtest", *arguments)
    assert said.returncode == 2
    assert said.stderr.startswith(f"error: {message}")


def test_params_are_exact_numbers_truth_values_and_text() -> None:
    given = ["a=1", "b=1.10", "c=true", "d=AAPL", "e=", "f=x=y", "g=null"]
    assert params_of(given) == {
        "a": 1,
        "b": Decimal("1.10"),
        "c": True,
        "d": "AAPL",
        "e": "",
        "f": "x=y",
        "g": "null",
    }
    with pytest.raises(Failure):
        params_of(["=1"])
