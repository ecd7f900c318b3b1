"""An order that meets with a mishap: what is reported of it is an ordinary fact."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.instruments import Instrument
from engine.market.timeframes import MINUTE_NS
from engine.mishaps import InParts, Mishap, TurnedDown, none
from engine.values import RejectReason, Status
from tests.adapters.brokers.simulator.kit import Market, quotes_of

QUIET = "100 101 99 100"
HALF = InParts(Decimal("0.5"))


def market(mishap: Mishap, rows: int = 6, **options: Any) -> Market:
    """A market in which this befalls every order."""
    made = Market([QUIET] * rows, **options).step()
    made.broker.mishaps = lambda _order: mishap
    return made


def test_an_order_fills_in_equal_parts_until_it_is_full() -> None:
    one = market(InParts(Decimal("0.4")))
    order = one.buy(10)
    one.step()
    assert one.status(order) is Status.PARTIALLY_FILLED
    one.step(2)
    assert one.fills(order) == [(1, "4", "100.00"), (2, "4", "100.00"), (3, "2", "100.00")]
    assert one.status(order) is Status.FILLED


def test_parts_are_apart_by_the_pause() -> None:
    one = market(InParts(Decimal("0.5"), 2 * MINUTE_NS))
    order = one.buy(10)
    one.step(3)
    assert one.fills(order) == [(1, "5", "100.00"), (3, "5", "100.00")]


def test_the_rest_never_fills_and_can_be_cancelled() -> None:
    one = market(InParts(Decimal("0.5"), None))
    order = one.buy(10, tif="GTC")
    one.step(5)
    assert one.fills(order) == [(1, "5", "100.00")]
    one.cancel(order)
    assert (one.status(order), str(order.filled)) == (Status.CANCELLED, "5")


def test_parts_are_whole_lots_and_at_least_one() -> None:
    one = market(HALF)
    odd, single = one.buy(5), one.buy(1)
    one.step(3)
    assert [quantity for _, quantity, _ in one.fills(odd)] == ["2", "2", "1"]
    assert [quantity for _, quantity, _ in one.fills(single)] == ["1"]
    fine = market(HALF, instrument=Instrument("AAPL", lot=Decimal("0.01")))
    coin = fine.buy("0.05")
    fine.step()
    assert [quantity for _, quantity, _ in fine.fills(coin)] == ["0.02"]


def test_a_limit_fills_in_parts_only_where_its_price_is_reached() -> None:
    one = Market([QUIET, QUIET, "100 101 98 100", "100 101 98 100"]).step()
    one.broker.mishaps = lambda _order: HALF
    order = one.buy(10, "limit", limit_price="98.5", tif="GTC")
    one.step(3)
    assert one.fills(order) == [(2, "5", "98.5"), (3, "5", "98.5")]


def test_an_immediate_order_loses_what_its_first_part_leaves() -> None:
    one = market(HALF)
    order = one.buy(10, "limit", limit_price="101", tif="IOC")
    one.step()
    assert (one.status(order), str(order.filled)) == (Status.CANCELLED, "5")


def test_an_order_of_all_or_nothing_gets_nothing() -> None:
    one = market(HALF)
    order = one.buy(10, "limit", limit_price="101", tif="FOK")
    one.step()
    assert (one.status(order), str(order.filled)) == (Status.CANCELLED, "0")


def test_quotes_fill_in_parts_as_well() -> None:
    one = Market(quotes_of(["99 100"] * 4)).step()
    one.broker.mishaps = lambda _order: HALF
    order = one.buy(10)
    one.step(2)
    assert [quantity for _, quantity, _ in one.fills(order)] == ["5", "5"]


@pytest.mark.parametrize(
    ("is_cancel", "status"), [(False, Status.REJECTED), (True, Status.CANCELLED)]
)
def test_an_order_that_was_taken_is_turned_down_in_words(is_cancel: bool, status: Status) -> None:
    one = market(TurnedDown(2 * MINUTE_NS, "no shares to borrow", is_cancel))
    order = one.buy(10, tif="GTC")
    assert one.status(order) is Status.OPEN
    one.step()
    assert one.status(order) is Status.OPEN
    one.step()
    assert (one.status(order), order.message) == (status, "no shares to borrow")
    assert order.reject_reason is (None if is_cancel else RejectReason.UNKNOWN)
    one.to_the_end()
    assert one.fills() == []
    assert "OrderAccepted" in one.facts()


def test_who_cancels_first_is_not_turned_down_any_more() -> None:
    one = market(TurnedDown(2 * MINUTE_NS, "late"))
    order = one.buy(10)
    one.cancel(order)
    one.to_the_end()
    assert (one.status(order), order.message) == (Status.CANCELLED, "client")


def test_an_exit_that_will_be_turned_down_does_not_fill_in_its_entrys_bar() -> None:
    one = Market([QUIET, QUIET, QUIET], exits="same-bar").step()
    entry = one.buy(10, stop_loss="99.5")
    one.broker.mishaps = lambda _order: TurnedDown(0, "no stops today")
    one.step()
    (leg,) = one.legs(entry)
    assert (one.status(leg), str(leg.filled)) == (Status.REJECTED, "0")


def test_orders_after_it_trade_as_the_market_has_it() -> None:
    one = market(HALF)
    one.buy(10)
    one.broker.mishaps = none
    order = one.buy(10)
    one.step()
    assert one.status(order) is Status.FILLED


def test_an_order_that_is_held_waits_until_it_is_released() -> None:
    one = market(HALF)
    one.broker.mishaps = none
    market_order, resting = one.buy(10, tif="GTC"), one.buy(5, "limit", limit_price="99.5")
    for order in (market_order, resting):
        one.broker.hold(order)
    one.step()
    assert one.fills() == []
    for order in (market_order, resting):
        one.broker.release(order)
    assert one.fills() == []
    one.step()
    assert [bar for bar, _, _ in one.fills()] == [2, 2]


def test_an_order_that_will_be_turned_down_does_not_trade_once_it_is_released() -> None:
    one = market(TurnedDown(2 * MINUTE_NS, "no shares to borrow"))
    order = one.buy(10, tif="GTC")
    one.broker.hold(order)
    one.broker.release(order)
    one.to_the_end()
    assert (one.status(order), one.fills()) == (Status.REJECTED, [])


def test_a_working_order_is_turned_down_at_once_and_an_ended_one_is_left_alone() -> None:
    one = market(HALF)
    order = one.buy(10)
    one.broker.turn_down(order, "not today")
    assert (one.status(order), order.message) == (Status.REJECTED, "not today")
    for act in (one.broker.hold, one.broker.release):
        act(order)
    one.broker.turn_down(order, "twice")
    assert order.message == "not today"
