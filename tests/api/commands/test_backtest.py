"""`onetape backtest`: files become a market that waits for its client, and a report at the end."""

from __future__ import annotations

import json
import signal
from decimal import Decimal
from pathlib import Path

import pytest

from examples.gateway import Gateway
from tests.api.command import onetape
from tests.api.commands.client import buy_and_hold
from tests.clients.process import served

FIGURES = {
    "orders",
    "fills",
    "final_cash",
    "final_equity",
    "realized_pnl",
    "commission",
    "max_drawdown",
    "sharpe",
    "bars",
    "run_seconds",
    "tape_digest",
    "assumptions",
}


def test_the_report_has_every_figure(data: Path) -> None:
    with served("backtest", "--data", f"X={data}", "--cash", "1000", "--json") as server:
        buy_and_hold(server.url)
        report = json.loads(server.finish())
    assert report.keys() >= FIGURES
    assert (report["orders"], report["fills"], report["bars"]) == (1, 1, 5)
    assert Decimal(report["final_cash"]) == 800
    assert Decimal(report["final_equity"]) == 1305
    assert report["open_positions"] == {"X": "1"}
    assert report["max_drawdown"] == 0
    assert report["assumptions"]["commission"] == "none"


def test_the_table_says_the_same_to_people(data: Path, tmp_path: Path) -> None:
    tape = tmp_path / "run.tape"
    with served("backtest", "--data", f"X={data}", "--tape", tape) as server:
        buy_and_hold(server.url)
        table = server.finish()
    assert "equity at the end  1,000,305.00 USD  (+0.03 %)" in table
    assert "still held         1 X" in table
    assert "exits              live from the bar after the entry's fill" in table
    assert json.loads(onetape("verify", tape, "--json").stdout)["tape_digest"] in table


def test_costs_are_charged_by_the_rules_asked_for(data: Path) -> None:
    rules = ("--commission", "percent:1", "--slippage-bps", "100", "--leverage", "2")
    with served("backtest", "--data", f"X={data}", "--cash", "1000", *rules, "--json") as server:
        buy_and_hold(server.url)
        report = json.loads(server.finish())
    assert Decimal(report["commission"]) == Decimal("2.02")
    assert Decimal(report["final_cash"]) == Decimal("795.98")


def test_without_a_stream_the_clock_is_stepped_by_hand(data: Path) -> None:
    with served("backtest", "--data", f"X={data}", "--json") as server:
        with Gateway(server.url) as gateway:
            gateway.call("POST", "/clock/step", {"steps": 2})
            gateway.order("X", "BUY", 1)
            gateway.call("POST", "/clock/step", {"steps": 3})
        report = json.loads(server.finish())
    assert (report["fills"], report["final_cash"]) == (1, "999700")


def test_it_stays_for_questions_when_asked_to(data: Path) -> None:
    with served("backtest", "--data", f"X={data}", "--stay", "--json") as server:
        buy_and_hold(server.url)
        with Gateway(server.url) as gateway:
            assert gateway.get("/clock")["state"] == "complete"
            assert len(gateway.get("/trades")) == 1
        assert json.loads(server.stop())["fills"] == 1


def test_two_symbols_share_the_steps_of_their_common_times(data: Path, tmp_path: Path) -> None:
    both = ("--data", f"X={data}", "--data", f"Y={data}")
    with served("backtest", *both, "--json") as server:
        assert "serves 5 steps of X, Y" in server.said[0]
        buy_and_hold(server.url)
        assert json.loads(server.finish())["bars"] == 10


def test_stopping_it_before_the_end_is_no_success(data: Path) -> None:
    with served("backtest", "--data", f"X={data}") as server:
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(10) == 1
        assert server.said[-1] == "error: the backtest was stopped after 0 of 5 steps\n"


def test_a_tape_that_holds_something_is_not_written_over(data: Path, tmp_path: Path) -> None:
    tape = tmp_path / "run.tape"
    with served("backtest", "--data", f"X={data}", "--tape", tape) as server:
        buy_and_hold(server.url)
        server.finish()
    said = onetape("backtest", "--data", f"X={data}", "--tape", tape, "--port", "0")
    assert said.returncode == 2
    assert "a backtest needs a new file" in said.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--timeframe", "7m"], "--timeframe is '7m'; expected one of 1m, 2m"),
        (["--participation", "2"], "--participation is '2'; expected a number from 0 to 1"),
        (["--commission", "lots"], "simulator.commission: 'lots', expected none"),
        (["--cash", "much"], "--cash is 'much'; expected a number of at least 0"),
        (["--slippage-bps", "20000"], "simulator.slippage_bps: 20000, expected less than"),
        (["--actions-file", "absent.csv"], "simulator.actions_file: absent.csv: can't be read"),
    ],
)
def test_an_option_that_can_not_be_is_named(data: Path, arguments: list[str], message: str) -> None:
    said = onetape("backtest", "--data", f"X={data}", "--port", "0", *arguments)
    assert said.returncode == 2
    assert said.stderr.startswith(f"error: {message}")


def test_splits_and_dividends_of_a_file_are_applied_and_told(data: Path, tmp_path: Path) -> None:
    actions = tmp_path / "actions.csv"
    actions.write_text(
        "symbol,date,action,value\n"
        "X,2024-01-04,dividend,2.5\nX,2024-01-05,split,2\nOTHER,2024-01-03,split,3\n"
    )
    rules = ("--cash", "1000", "--actions-file", actions)
    with served("backtest", "--data", f"X={data}", *rules, "--json") as server:
        buy_and_hold(server.url)
        report = json.loads(server.finish())
    assert report["assumptions"]["corporate_actions"] == "1 splits, 1 dividends"
    assert report["open_positions"] == {"X": "2"}
    assert Decimal(report["final_cash"]) == Decimal("802.5")


def test_a_line_of_an_actions_file_that_can_not_be_is_named(data: Path, tmp_path: Path) -> None:
    actions = tmp_path / "actions.csv"
    actions.write_text("symbol,date,action,value\nX,2024-01-04,dividend,2.5\nX,soon,split,2\n")
    said = onetape("backtest", "--data", f"X={data}", "--actions-file", actions, "--port", "0")
    assert said.returncode == 2
    assert f"simulator.actions_file: {actions}, line 3: date: " in said.stderr


def test_a_file_that_can_not_be_read_is_named_with_its_line(data: Path) -> None:
    data.write_text(data.read_text().replace("200,210,200", "200,190,200"))
    said = onetape("backtest", "--data", f"X={data}", "--port", "0")
    assert said.returncode == 2
    assert f"--data X={data}: {data}, line 3: " in said.stderr
