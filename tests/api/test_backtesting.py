"""A run follows from its inputs alone, measures itself, and reports what it saw."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from api import report as reporting
from api.backtesting import Plan, Run
from api.settings import Account, Settings, SettingsError, Simulator
from engine.events import SessionStarted
from engine.market.bars import Bars
from engine.market.timeframes import DAY_NS
from engine.requests import OrderRequest
from engine.values import OrderType, Side

MONDAY = 1_704_067_200_000_000_000  # 2024-01-01
BUY = OrderRequest("X", Side.BUY, Decimal(1), OrderType.MARKET)


def bars(*closes: int) -> Bars:
    """Daily bars that open where the last one closed, in whole units."""
    made = Bars("X", DAY_NS, 0, 0)
    for day, (before, close) in enumerate(zip((closes[0], *closes), closes, strict=False)):
        low, high = min(before, close), max(before, close)
        made.append(MONDAY + day * DAY_NS, before, high, low, close, 1_000)
    return made


def plan(*closes: int, tape: Path | None = None, commission: str = "none") -> Plan:
    settings = Settings(simulator=Simulator(commission=commission))
    return Plan([bars(*closes)], settings, Account(id="A", cash=Decimal(1_000)), tape)


def bought_and_held(*closes: int, commission: str = "none") -> Run:
    """A run that buys one unit after the first bar."""
    run = Run(plan(*closes, commission=commission))
    run.backtest.advance()
    run.engine.submit("A", BUY)
    while run.backtest.advance():
        pass
    return run


def test_the_same_inputs_name_the_same_session() -> None:
    names = {Run(plan(100, 110)).tape.tape_id for _ in range(2)}
    assert len(names) == 1
    assert names != {Run(plan(100, 111)).tape.tape_id}
    assert names != {Run(plan(100, 110, commission="percent:1")).tape.tape_id}


def test_a_session_starts_when_its_data_does_with_its_assumptions() -> None:
    run = Run(plan(100, 110))
    first = next(run.tape.records())
    assert first.ts == MONDAY
    assert isinstance(first.event, SessionStarted)
    assert first.event.assumptions == run.assumptions
    assert first.event.mode == "backtest"


def test_equity_is_sampled_after_every_step() -> None:
    run = bought_and_held(100, 120, 90, 130)
    assert [equity for _, equity in run.backtest.curve.daily] == [1_000, 1_020, 990, 1_030]
    assert run.backtest.curve.max_drawdown == pytest.approx(30 / 1_020)
    assert run.backtest.bars == 4


def test_the_report_agrees_with_the_books() -> None:
    made = bought_and_held(100, 120, 90, 130, commission="percent:1").report()
    assert (made.orders, made.fills, made.bars, made.steps) == (1, 1, 4, 4)
    assert [made.final_cash, made.final_equity, made.commission] == [899, 1_029, 1]
    assert made.open_positions == {"X": 1}
    assert made.realized_pnl == 0
    assert made.run_seconds > 0


def test_two_runs_of_one_plan_report_the_same_digest() -> None:
    digests = {bought_and_held(100, 120, 90).report().tape_digest for _ in range(2)}
    assert len(digests) == 1


def test_people_read_the_same_figures_with_units() -> None:
    lines = dict(reporting.rows(bought_and_held(100, 120, 90, 130).report()))
    assert lines["equity at the end"] == "1,030.00 USD  (+3.00 %)"
    assert lines["deepest drawdown"] == "2.94 %"
    assert lines["still held"] == "1 X"


def test_data_without_rows_is_refused() -> None:
    with pytest.raises(SettingsError, match="the data has no rows"):
        Run(Plan([Bars("X", DAY_NS, 0, 0)], Settings(), Account(id="A")))


def test_a_tape_that_holds_a_run_is_not_continued(tmp_path: Path) -> None:
    file = tmp_path / "run.tape"
    Run(plan(100, 110, tape=file)).tape.close()
    with pytest.raises(SettingsError, match="holds 4 records already"):
        Run(plan(100, 110, tape=file))
