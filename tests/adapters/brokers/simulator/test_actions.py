"""Splits and dividends: positions, cash and working orders across their date."""

from __future__ import annotations

from decimal import Decimal

import pytest

from adapters.brokers.simulator.options import Dividend, Split
from engine.market.timeframes import DAY_NS, MINUTE_NS
from engine.values import Status, TrailingType
from tests.adapters.brokers.simulator.kit import Market, bars_of, quotes_of, rule

QUIET = "100 101 99 100"
HALVED = "50 51 49 50"
TWO_FOR_ONE = (Split("AAPL", 3 * MINUTE_NS, Decimal(2)),)


@rule("split")
def test_a_split_multiplies_positions_before_the_first_bar_of_its_date() -> None:
    market = Market([QUIET] * 3 + [HALVED] * 2, splits=TWO_FOR_ONE).step()
    market.buy(10)
    market.step(2)
    assert market.position() == 10
    market.step()
    position = market.engine.account("A").positions["AAPL"]
    assert [position.quantity, position.cost, market.cash()] == [20, 1000, 999_000]
    market.step()
    assert market.position() == 20
    assert "AAPL" not in market.broker.watched


@rule("split-orders")
def test_a_split_adjusts_working_orders_never_in_the_traders_favour() -> None:
    market = Market([QUIET] * 3 + [HALVED] * 2, splits=TWO_FOR_ONE).step()
    buy = market.buy(10, "limit", limit_price="95.01", stop_loss="90.01", take_profit="110.01")
    sell = market.sell(10, "stop-limit", stop_price="80.01", limit_price="80.01")
    trail = market.sell(7, "trailing", trailing_distance="20.01")
    part = market.sell(7, "trailing", percent="10")
    assert part.request.trailing_type is TrailingType.PERCENT
    market.step(3)
    assert [str(one) for one in (buy.quantity, buy.limit_price)] == ["20", "47.50"]
    assert [str(one) for one in (buy.stop_loss, buy.take_profit)] == ["45.00", "55.01"]
    assert [str(one) for one in (sell.stop_price, sell.limit_price)] == ["40.00", "40.01"]
    assert [str(one) for one in (trail.trailing_distance, trail.quantity)] == ["10.01", "14"]
    assert str(part.trailing_distance) == "10"
    assert market.fills() == []


def test_a_split_doubles_only_what_an_order_has_not_filled() -> None:
    rows = [QUIET, QUIET, "100 101 99 100 40", HALVED, HALVED]
    market = Market(rows, splits=TWO_FOR_ONE, participation=Decimal("0.1")).step(2)
    order = market.buy(10)
    market.to_the_end()
    assert market.fills(order) == [(2, "4", "100.00"), (3, "12", "50.00")]
    assert market.position() == 20


def test_exits_still_cover_a_position_after_a_split() -> None:
    market = Market([QUIET] * 3 + [HALVED, "50 51 44 45"], splits=TWO_FOR_ONE).step()
    market.buy(10, stop_loss="90", take_profit="110")
    market.to_the_end()
    assert market.fills()[1:] == [(4, "20", "45.00")]
    assert market.position() == 0


@rule("dividend")
@pytest.mark.parametrize(("side", "cash"), [("buy", 999_005), ("sell", 1_000_995)])
def test_a_dividend_is_paid_for_each_unit_and_by_who_is_short(side: str, cash: int) -> None:
    dividends = (Dividend("AAPL", 3 * MINUTE_NS, Decimal("0.5")),)
    market = Market([QUIET] * 5, dividends=dividends).step()
    (market.buy if side == "buy" else market.sell)(10)
    market.step(3)
    assert market.cash() == cash


def test_on_one_date_a_dividend_is_paid_for_units_before_the_split() -> None:
    dividends = (Dividend("AAPL", 3 * MINUTE_NS, Decimal(1)),)
    market = Market([QUIET] * 5, dividends=dividends, splits=TWO_FOR_ONE).step()
    market.buy(10)
    market.step(3)
    assert market.cash() == 999_010


def test_an_action_of_a_symbol_that_nobody_holds_changes_nothing() -> None:
    market = Market([QUIET] * 5, splits=TWO_FOR_ONE)
    market.to_the_end()
    assert market.facts() == []


def test_actions_and_carry_leave_the_accounts_of_other_brokers_alone() -> None:
    bars = bars_of([QUIET] * 6, step_ns=DAY_NS)
    splits = (Split("AAPL", 3 * DAY_NS, Decimal(2)),)
    market = Market(bars, splits=splits, borrow_bps=Decimal(365)).step()
    market.sell(10)
    market.step()
    cash = market.cash()
    market.engine.state.accounts[market.account].broker = "another"
    market.to_the_end()
    assert market.position() == -10
    assert market.cash() == cash


def test_a_listener_may_cancel_an_order_while_a_split_adjusts_the_book() -> None:
    market = Market([QUIET] * 3 + [HALVED] * 2, splits=TWO_FOR_ONE).step()
    first = market.buy(10, "limit", limit_price="80")
    second = market.buy(10, "limit", limit_price="80")
    market.on("OrderModified", lambda: market.cancel(second))
    market.to_the_end()
    assert [first.status, second.status] == [Status.OPEN, Status.CANCELLED]


def test_actions_apply_on_quotes_as_well() -> None:
    market = Market(quotes_of(["99 101"] * 4), splits=TWO_FOR_ONE).step()
    market.buy(10)
    market.to_the_end()
    assert market.position() == 20


def test_actions_dated_before_a_restart_count_as_applied() -> None:
    market = Market([QUIET] * 5, splits=TWO_FOR_ONE).step(4)
    market.broker.attach(market.engine)
    market.broker.restore([])
    assert "AAPL" not in market.broker.watched
