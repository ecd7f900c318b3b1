"""Equity worked out at the end gives the figures of equity sampled at every step."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import events as ev
from engine.equity import Holdings, equity_curve
from engine.errors import EngineError
from engine.instruments import guess
from engine.market.bars import Bars
from engine.market.quotes import Quotes
from engine.market.timeframes import DAY_NS, HOUR_NS
from engine.statistics import EquityCurve
from engine.valuation import summary
from engine.values import PositionMode
from tests.adapters.brokers.simulator.kit import Market, bars_of, quotes_of


def walk(seed: int, rows: int, symbol: str, step_ns: int = HOUR_NS) -> Bars:
    """A random walk of hourly bars."""
    chance, price, lines = random.Random(seed), 10_000, []
    for _ in range(rows):
        price = max(100, price + chance.randint(-300, 300))
        lines.append(" ".join([str(Decimal(price) / 100)] * 4))
    return bars_of(lines, symbol, step_ns=step_ns)


def both(
    market: Market, seed: int, symbols: list[str] | None = None
) -> tuple[EquityCurve, EquityCurve]:
    """The curve sampled at every step of a run with random orders, and the one worked out."""
    chance, account = random.Random(seed), market.engine.account(market.account)
    sampled = EquityCurve(summary(account, market.board).equity)
    holdings = Holdings(market.engine, market.account)
    market.engine.listeners.append(holdings.hear)
    symbols = symbols or market.board.symbols
    while market.backtest.advance() is not None:
        sampled.sample(market.engine.now, summary(account, market.board).equity)
        if chance.random() < 0.3:
            place = market.buy if chance.random() < 0.5 else market.sell
            try:
                place(chance.randint(1, 3_000), symbol=chance.choice(symbols))
            except EngineError:
                continue
    steps = market.backtest.position
    return sampled, equity_curve(holdings, market.board, market.backtest.timeline, steps)


def figures(curve: EquityCurve) -> dict[str, Any]:
    """Everything that a report says of a curve."""
    return {
        "start": curve.start,
        "last": curve.last,
        "drawdown": curve.max_drawdown,
        "sharpe": curve.sharpe,
        "daily": curve.daily,
    }


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), leverage=st.sampled_from([1, 5, 20]), many=st.booleans())
def test_the_figures_are_those_of_sampling_every_step(seed: int, leverage: int, many: bool) -> None:
    symbols = ["AAPL", "MSFT"] if many else ["AAPL"]
    series: list[Bars | Quotes] = [walk(seed + n, 60, name) for n, name in enumerate(symbols)]
    market = Market(series, leverage=Decimal(leverage))
    sampled, computed = both(market, seed)
    assert figures(computed) == figures(sampled)


@pytest.mark.parametrize("pair", ["EUR/USD", "USD/EUR"])
def test_money_in_another_currency_is_converted_at_the_rate_of_each_step(pair: str) -> None:
    rates = quotes_of(["1.10 1.12", "1.20 1.22", "1.05 1.07"] * 40, pair, 4)
    assets = bars_of(["10 10 10 10", "11 11 11 11"] * 50, "SAP/EUR")
    market = Market([rates, assets])
    for one in (pair, "SAP/EUR"):
        market.engine.list_instrument(guess(one))
    sampled, computed = both(market, 3, ["SAP/EUR"])
    assert len(market.engine.state.trades) > 5
    assert "EUR" in market.engine.account(market.account).cash
    assert figures(computed) == figures(sampled)


def test_money_that_comes_and_goes_otherwise_counts_from_then_on() -> None:
    market = Market(walk(4, 30, "AAPL"))
    holdings = Holdings(market.engine, market.account)
    market.engine.listeners.append(holdings.hear)
    account = market.engine.account(market.account)
    sampled = EquityCurve(summary(account, market.board).equity)
    while market.backtest.advance() is not None:
        if market.backtest.position % 7 == 0:
            for amount in (-5, 2, 3):  # the last one at a time is what counts
                market.engine.write("A", ev.CashAdjusted(Decimal(amount * 100), "USD", "fee"))
        sampled.sample(market.engine.now, summary(account, market.board).equity)
    market.engine.write("B", ev.AccountOpened("USD", "simulator"))
    market.engine.write("B", ev.CashAdjusted(Decimal(1), "USD", "deposit"))
    computed = equity_curve(holdings, market.board, market.backtest.timeline, 30)
    assert figures(computed) == figures(sampled)


def test_a_run_without_trades_is_flat() -> None:
    market = Market(walk(1, 30, "AAPL"))
    holdings = Holdings(market.engine, market.account)
    market.to_the_end()
    curve = equity_curve(holdings, market.board, market.backtest.timeline, 30)
    assert (curve.last, curve.max_drawdown) == (Decimal(1_000_000), 0.0)
    assert [ts // DAY_NS for ts, _ in curve.daily] == [0, 1]


def test_a_run_that_took_no_step_is_worth_what_it_began_with() -> None:
    market = Market(walk(1, 3, "AAPL"))
    holdings = Holdings(market.engine, market.account)
    curve = equity_curve(holdings, market.board, market.backtest.timeline, 0)
    assert (curve.start, curve.daily) == (Decimal(1_000_000), [])


@pytest.mark.parametrize("symbol", ["AAPL", "MSFT"])
def test_hedged_positions_count_by_what_they_hold_in_all(symbol: str) -> None:
    market = Market(walk(2, 30, symbol))
    market.engine.account(market.account).position_mode = PositionMode.HEDGING
    sampled, computed = both(market, 5)
    assert len(market.engine.account(market.account).positions) > 1
    assert figures(computed) == figures(sampled)
