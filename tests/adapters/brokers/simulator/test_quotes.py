"""Orders against quotes: the touch, the sizes, and nothing before an order's time."""

from __future__ import annotations

from decimal import Decimal

from engine.values import Status
from tests.adapters.brokers.simulator.kit import Market, quotes_of, rule

QUIET = "99.90 100.10"


@rule("quote-touch")
def test_buys_pay_the_ask_and_sells_hit_the_bid() -> None:
    market = Market(quotes_of([QUIET, "100.90 101.10"])).step()
    market.buy(10)
    market.sell(5)
    market.step()
    assert market.fills() == [(2, "10", "101.10"), (2, "5", "100.90")]
    assert market.makers() == [False, False]


@rule("quote-limit")
def test_a_limit_to_buy_fills_when_the_ask_reaches_it_at_the_ask() -> None:
    quotes = quotes_of([QUIET, "99.00 99.51", "99.00 99.40"])
    market = Market(quotes).step()
    market.buy(10, "limit", limit_price="99.5")
    market.step()
    assert market.fills() == []
    market.step()
    assert (market.fills(), market.makers()) == ([(3, "10", "99.40")], [True])


@rule("quote-stop")
def test_a_stop_to_buy_fills_when_the_ask_reaches_it_at_the_ask() -> None:
    quotes = quotes_of([QUIET, "100.60 101.10"])
    market = Market(quotes).step()
    market.buy(10, "stop", stop_price="101")
    market.sell(10, "stop", stop_price="100.5")
    market.step()
    assert market.fills() == [(2, "10", "101.10")]


def test_a_trailing_stop_to_sell_follows_the_bid() -> None:
    quotes = quotes_of([QUIET, "101.00 101.20", "100.50 100.70", "99.90 100.10"])
    market = Market(quotes).step()
    order = market.sell(10, "trailing", trailing_distance="1")
    assert str(order.stop_price) == "99.00"
    market.step()
    assert str(order.stop_price) == "100.00"
    market.step(2)
    assert market.fills() == [(4, "10", "99.90")]


def test_a_stop_limit_reached_by_a_quote_is_a_limit_at_once() -> None:
    quotes = quotes_of([QUIET, "101.30 101.50", "100.80 101.00"])
    market = Market(quotes).step()
    order = market.buy(10, "stop-limit", stop_price="101", limit_price="101.2")
    market.step()
    assert (order.triggered, market.fills()) == (True, [])
    market.step()
    assert market.fills() == [(3, "10", "101.00")]


@rule("quote-size")
def test_sizes_bound_what_a_quote_fills_for_all_orders_of_a_side_together() -> None:
    quotes = quotes_of(["99 101 5 5", "99 101 5 5", "98 102 9 9", "98 102 0 0"])
    market = Market(quotes).step()
    first, second, other = market.buy(4), market.buy(4), market.sell(6)
    market.step(2)
    assert market.fills(first) == [(2, "4", "101.00")]
    assert market.fills(second) == [(2, "1", "101.00"), (3, "3", "102.00")]
    assert market.fills(other) == [(2, "5", "99.00"), (3, "1", "98.00")]
    late = market.buy(1)
    market.step()
    assert late.status is Status.OPEN


def test_without_sizes_a_quote_fills_any_quantity() -> None:
    market = Market(quotes_of([QUIET, QUIET])).step()
    market.buy(1000)
    market.step()
    assert market.fills() == [(2, "1000", "100.10")]


@rule("quote-arrival")
def test_an_order_that_comes_with_a_quote_is_first_tried_on_a_later_one() -> None:
    quotes = quotes_of([QUIET, QUIET, "100.00 100.20"])
    quotes.ts[1] = quotes.ts[0]
    market = Market(quotes).step()
    market.buy(10)
    assert market.fills() == []
    market.step()
    assert market.fills() == [(3, "10", "100.20")]


@rule("quote-spread")
def test_on_quotes_only_slippage_is_added() -> None:
    quotes = quotes_of([QUIET, QUIET])
    market = Market(quotes, spread_bps=Decimal(100), slippage_ticks=1).step()
    market.buy(10)
    market.step()
    assert market.fills() == [(2, "10", "100.11")]


@rule("quote-empty")
def test_a_side_without_a_price_fills_nothing() -> None:
    market = Market(quotes_of([QUIET, "0 100.10", QUIET])).step()
    order = market.sell(10)
    market.step()
    assert order.status is Status.OPEN
    market.step()
    assert market.fills() == [(3, "10", "99.90")]


def test_a_day_order_is_not_tried_on_a_quote_of_the_next_session() -> None:
    market = Market(quotes_of([QUIET, QUIET, QUIET])).step()
    order = market.buy(10, tif="DAY", kind="limit", limit_price="90")
    market.step(2)
    assert order.status is Status.EXPIRED
