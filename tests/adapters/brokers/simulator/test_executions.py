"""What an order gets of a price it could have: position, funds, time in force."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.market.bars import Bars
from engine.market.quotes import Quotes
from engine.market.timeframes import MINUTE_NS
from engine.values import RejectReason, Status
from tests.adapters.brokers.simulator.kit import DailySession, Market, bars_of, quotes_of, rule

QUIET = "100 101 99 100"


@rule("reduce-only")
def test_a_reduce_only_order_fills_what_the_position_holds_and_cancels_the_rest() -> None:
    market = Market([QUIET] * 4).step()
    market.buy(10)
    market.step()
    order = market.sell(8, "limit", limit_price="101", reduce_only=True)
    market.sell(5)
    market.step()
    assert market.fills(order) == [(2, "8", "101")]
    market = Market([QUIET, QUIET, "100 100 99 100", QUIET]).step()
    market.buy(10)
    market.step()
    order = market.sell(8, "limit", limit_price="101", reduce_only=True)
    market.sell(5)
    market.step(2)
    assert market.fills(order) == [(3, "5", "101")]
    assert (order.status, order.message) == (Status.CANCELLED, "REDUCE_ONLY_VIOLATED")


def test_a_reduce_only_order_without_a_position_left_is_cancelled() -> None:
    market = Market([QUIET] * 3).step()
    market.buy(10)
    market.step()
    market.sell(10)
    order = market.sell(10, reduce_only=True)
    market.step()
    assert order.status is Status.CANCELLED
    assert market.position() == 0


def test_a_reduce_only_order_short_of_volume_waits_with_the_rest() -> None:
    rows = [QUIET, QUIET, "100 101 99 100 40", QUIET]
    market = Market(rows, participation=Decimal("0.1")).step()
    market.buy(10)
    market.step()
    order = market.sell(10, reduce_only=True)
    market.step()
    assert (order.status, str(order.filled)) == (Status.PARTIALLY_FILLED, "4")
    market.step()
    assert order.status is Status.FILLED


@rule("funds")
def test_an_order_that_funds_can_not_carry_when_it_would_fill_is_rejected_whole() -> None:
    market = Market([QUIET, "200 201 199 200"], cash=1500).step()
    order = market.buy(10)
    market.step()
    assert (order.status, market.fills()) == (Status.REJECTED, [])
    assert order.reject_reason is RejectReason.INSUFFICIENT_MARGIN
    assert order.message == ("BUY 10 AAPL at 200.00 is 2000.00 USD, more than account A can carry")


@rule("hidden")
def test_hidden_and_display_quantities_change_no_fill() -> None:
    market = Market([QUIET, QUIET]).step()
    market.buy(10, hidden=True)
    market.buy(10, "limit", limit_price="99", display_quantity="1")
    market.step()
    assert market.fills() == [(1, "10", "100.00"), (1, "10", "99")]


@rule("gtc")
def test_a_gtc_order_works_until_it_fills() -> None:
    market = Market([*[QUIET] * 9, "97 98 96 97"]).step()
    market.buy(10, "limit", limit_price="98")
    market.to_the_end()
    assert market.fills() == [(9, "10", "97.00")]


@rule("day")
def test_a_day_order_expires_when_its_session_ends() -> None:
    market = Market([QUIET] * 5, calendar=DailySession(4 * MINUTE_NS)).step()
    order = market.buy(10, "limit", limit_price="90", tif="DAY")
    market.step(2)
    assert market.status(order) is Status.OPEN
    market.step()
    assert market.status(order) is Status.EXPIRED


def test_a_day_order_is_not_tried_in_a_bar_after_a_gap_over_the_sessions_end() -> None:
    bars = bars_of([QUIET] * 3)
    bars.ts[1] += MINUTE_NS
    market = Market(bars, calendar=DailySession(3 * MINUTE_NS // 2)).step()
    order = market.buy(10, tif="DAY")
    market.broker.match_bar(bars, 1)
    assert (order.status, market.fills()) == (Status.EXPIRED, [])


@rule("day-at-close")
def test_an_order_that_arrives_as_the_session_ends_belongs_to_the_next() -> None:
    market = Market([QUIET] * 5, calendar=DailySession(2 * MINUTE_NS)).step(2)
    order = market.buy(10, "limit", limit_price="90", tif="DAY")
    market.step()
    assert market.status(order) is Status.OPEN
    market.step()
    assert market.status(order) is Status.EXPIRED


@rule("ioc")
@pytest.mark.parametrize(
    ("price", "filled", "status"),
    [("99", "4", Status.CANCELLED), ("98", "0", Status.CANCELLED)],
)
def test_an_ioc_order_gets_one_bar_and_the_rest_is_cancelled(
    price: str, filled: str, status: Status
) -> None:
    rows = [QUIET, "100 101 99 100 40", QUIET]
    market = Market(rows, participation=Decimal("0.1")).step()
    order = market.buy(10, "limit", limit_price=price, tif="IOC")
    market.step()
    assert (str(order.filled), order.status, order.message) == (filled, status, "IOC")


@rule("fok")
@pytest.mark.parametrize(("quantity", "filled"), [(4, "4"), (5, "0")])
def test_a_fok_order_fills_whole_in_its_first_bar_or_not_at_all(quantity: int, filled: str) -> None:
    rows = [QUIET, "100 101 99 100 40", QUIET]
    market = Market(rows, participation=Decimal("0.1")).step()
    order = market.buy(quantity, tif="FOK")
    market.step()
    assert str(order.filled) == filled
    assert order.status is (Status.FILLED if quantity == 4 else Status.CANCELLED)


def test_an_ioc_stop_that_is_not_reached_is_cancelled() -> None:
    market = Market([QUIET, QUIET]).step()
    order = market.buy(10, "stop", stop_price="105", tif="IOC")
    market.step()
    assert order.status is Status.CANCELLED


def test_an_order_cancelled_the_moment_it_triggers_does_not_fill() -> None:
    market = Market([QUIET, "100 102 99 100 40"], participation=Decimal("0.1")).step()
    order = market.buy(10, "stop", stop_price="101")
    market.on("OrderTriggered", lambda: market.cancel(order))
    market.step()
    assert (order.status, market.fills()) == (Status.CANCELLED, [])


@pytest.mark.parametrize("rows", [bars_of([QUIET] * 2), quotes_of(["99 101"] * 2)])
def test_an_order_cancelled_while_another_fills_is_not_tried(rows: Bars | Quotes) -> None:
    market = Market(rows).step()
    market.buy(1)
    second = market.buy(1)
    market.on("TradeFilled", lambda: market.cancel(second))
    market.step()
    assert (second.status, len(market.fills())) == (Status.CANCELLED, 1)


def test_execution_ids_follow_from_the_order_and_what_was_filled_before() -> None:
    rows = [QUIET, "100 101 99 100 40", "100 101 99 100 1000"]
    market = Market(rows, participation=Decimal("0.1")).step()
    order = market.buy(10)
    market.step(2)
    ids = [trade.execution_id for trade in market.engine.state.trades.values()]
    assert ids == [f"{order.id}-0", f"{order.id}-4"]
