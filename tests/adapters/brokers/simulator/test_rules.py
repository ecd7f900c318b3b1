"""At what price each kind of order fills in a bar, one rule of docs/concepts/fills.md a test."""

from __future__ import annotations

import pytest

from adapters.brokers.simulator.broker import default_capabilities
from adapters.brokers.simulator.options import SimulatorOptions
from engine.values import Status
from tests.adapters.brokers.simulator.kit import Market, rule

QUIET = "100 101 99 100"


@rule("market")
def test_a_market_order_fills_at_the_open() -> None:
    market = Market([QUIET, "102 103 101 102"]).step()
    order = market.buy(10)
    market.step()
    assert market.fills(order) == [(1, "10", "102.00")]


@rule("limit")
@pytest.mark.parametrize(
    ("bar", "price"),
    [
        ("100 101 98 100", "98.5"),
        ("100 101 98.50 100", "98.5"),
        ("100 101 98.51 100", None),
        ("98 99 97 98", "98.00"),
        ("98.50 99 98.50 99", "98.50"),
    ],
)
def test_a_limit_to_buy_fills_on_a_touch_at_the_lower_of_open_and_limit(
    bar: str, price: str | None
) -> None:
    market = Market([QUIET, bar]).step()
    market.buy(10, "limit", limit_price="98.5")
    market.step()
    assert market.fills() == ([(1, "10", price)] if price else [])


@rule("limit-sell")
@pytest.mark.parametrize(
    ("bar", "price"),
    [
        ("100 102 99 100", "101.5"),
        ("100 101.50 99 100", "101.5"),
        ("100 101.49 99 100", None),
        ("103 104 102 103", "103.00"),
    ],
)
def test_a_limit_to_sell_fills_on_a_touch_at_the_higher_of_open_and_limit(
    bar: str, price: str | None
) -> None:
    market = Market([QUIET, bar]).step()
    market.sell(10, "limit", limit_price="101.5")
    market.step()
    assert market.fills() == ([(1, "10", price)] if price else [])


@rule("stop")
@pytest.mark.parametrize(
    ("bar", "price"),
    [
        ("100 102 99 100", "101.5"),
        ("100 101.50 99 100", "101.5"),
        ("100 101.49 99 100", None),
        ("103 104 102 103", "103.00"),
    ],
)
def test_a_stop_to_buy_fills_at_the_higher_of_open_and_stop(bar: str, price: str | None) -> None:
    market = Market([QUIET, bar]).step()
    market.buy(10, "stop", stop_price="101.5")
    market.step()
    assert market.fills() == ([(1, "10", price)] if price else [])


@rule("stop-sell")
@pytest.mark.parametrize(
    ("bar", "price"),
    [
        ("100 101 98 100", "98.5"),
        ("100 101 98.51 100", None),
        ("97 98 96 97", "97.00"),
    ],
)
def test_a_stop_to_sell_fills_at_the_lower_of_open_and_stop(bar: str, price: str | None) -> None:
    market = Market([QUIET, bar]).step()
    market.sell(10, "stop", stop_price="98.5")
    market.step()
    assert market.fills() == ([(1, "10", price)] if price else [])


@rule("stop-limit-open")
@pytest.mark.parametrize(
    ("bar", "price"),
    [
        ("102 103 101 102", "102.00"),
        ("104 105 102.50 104", "103"),
        ("104 105 103.50 104", None),
    ],
)
def test_a_stop_limit_reached_at_the_open_is_a_limit_in_that_bar(
    bar: str, price: str | None
) -> None:
    market = Market([QUIET, bar]).step()
    order = market.buy(10, "stop-limit", stop_price="101.5", limit_price="103")
    market.step()
    assert market.fills() == ([(1, "10", price)] if price else [])
    assert order.triggered is (price is None)


@rule("stop-limit-inside")
@pytest.mark.parametrize("limit", ["101.5", "103"])
def test_a_stop_limit_reached_inside_the_bar_fills_at_the_stop_if_its_limit_allows(
    limit: str,
) -> None:
    market = Market([QUIET, "100 102 99 100"]).step()
    market.buy(10, "stop-limit", stop_price="101.5", limit_price=limit)
    market.step()
    assert market.fills() == [(1, "10", "101.5")]


@rule("stop-limit-waits")
def test_a_stop_limit_whose_limit_is_below_its_stop_does_not_fill_in_the_bar_that_reaches_it() -> (
    None
):
    market = Market([QUIET, "100 102 99 100"]).step()
    order = market.buy(10, "stop-limit", stop_price="101.5", limit_price="101")
    market.step()
    assert market.fills() == []
    assert order.triggered
    assert market.facts() == ["OrderSubmitted", "OrderAccepted", "OrderTriggered"]


@rule("stop-limit-later")
def test_a_stop_limit_reached_in_an_earlier_bar_is_a_limit() -> None:
    market = Market([QUIET, "100 102 99 102", "102 103 101.50 102", "102 102 101 101"]).step()
    market.buy(10, "stop-limit", stop_price="101.5", limit_price="101")
    market.step(3)
    assert market.fills() == [(3, "10", "101")]


def test_a_stop_limit_to_sell_mirrors_one_to_buy() -> None:
    market = Market([QUIET, "100 101 98 100", "97 99.20 97 99"]).step()
    inside = market.sell(1, "stop-limit", stop_price="98.5", limit_price="98")
    waits = market.sell(2, "stop-limit", stop_price="98.5", limit_price="99")
    market.step(2)
    assert market.fills(inside) == [(1, "1", "98.5")]
    assert market.fills(waits) == [(2, "2", "99")]


@rule("trailing")
@pytest.mark.parametrize(
    ("bar", "price"),
    [("100 101 98 100", "98.00"), ("97 98 96 97", "97.00"), ("100 101 98.01 100", None)],
)
def test_a_trailing_stop_fills_like_a_stop(bar: str, price: str | None) -> None:
    market = Market([QUIET, bar]).step()
    market.sell(10, "trailing", trailing_distance="2")
    market.step()
    assert market.fills() == ([(1, "10", price)] if price else [])


@rule("trailing-start")
def test_a_trailing_stop_starts_at_its_distance_from_the_mark() -> None:
    market = Market([QUIET, QUIET]).step()
    below = market.sell(10, "trailing", trailing_distance="2.005")
    above = market.buy(10, "trailing", trailing_distance="2.005")
    assert (str(below.stop_price), str(above.stop_price)) == ("97.99", "102.01")
    assert market.facts()[:3] == ["OrderSubmitted", "OrderAccepted", "OrderTrailed"]


@rule("trailing-blind")
def test_a_trailing_stop_placed_before_any_price_starts_from_the_first_open() -> None:
    market = Market(["100 101 99 100", "99 99.50 97 98"])
    order = market.sell(10, "trailing", trailing_distance="2")
    assert order.stop_price is None
    market.step(1)
    assert str(order.stop_price) == "99.00"
    market.step()
    assert market.fills() == [(1, "10", "99.00")]


@rule("trailing-follow")
def test_a_trailing_stop_is_tried_before_it_follows_and_never_retreats() -> None:
    rows = [QUIET, "100 104 98.01 99", "103 103.50 102.10 103", "103 103 101 101"]
    market = Market(rows).step()
    order = market.sell(10, "trailing", trailing_distance="2")
    market.step()  # the low is tried against 98.00, only then does the high of 104 count
    assert (market.fills(), str(order.stop_price)) == ([], "102.00")
    market.step()
    assert str(order.stop_price) == "102.00"
    market.step()
    assert market.fills() == [(3, "10", "102.00")]


@rule("trailing-percent")
def test_a_trailing_percentage_is_of_the_best_price_rounded_away_from_the_market() -> None:
    market = Market([QUIET, "100 100.55 99 100", QUIET]).step()
    below = market.sell(10, "trailing", percent="1.5")
    above = market.buy(10, "trailing", percent="1.5")
    assert (str(below.stop_price), str(above.stop_price)) == ("98.50", "101.50")
    market.step()
    assert str(below.stop_price) == "99.04"  # 100.55 less 1.5 % is 99.04175
    assert str(above.stop_price) == "100.49"  # 99.00 and 1.5 % is 100.485


def test_a_new_trailing_distance_starts_the_trail_again_from_the_mark() -> None:
    market = Market([QUIET, "100 104 99 103", QUIET]).step()
    order = market.sell(10, "trailing", trailing_distance="5")
    market.step()
    market.change(order, trailing_distance="1")
    assert str(order.stop_price) == "102.00"


def test_a_trailing_stop_that_the_engine_holds_fills_as_a_market_order_at_the_next_open() -> None:
    types = default_capabilities(SimulatorOptions()).order_types
    rows = [QUIET, "100 101 97 98", "96 97 95 96"]
    market = Market(rows, without_trailing=True).step()
    assert len(market.broker.capabilities.order_types) == len(types) - 1
    order = market.sell(10, "trailing", trailing_distance="2")
    market.step(2)
    assert market.fills(order) == [(2, "10", "96.00")]
    assert order.status is Status.FILLED


@rule("exact-price")
@pytest.mark.parametrize(
    ("kind", "prices", "price"),
    [
        ("limit", {"limit_price": "99.005"}, "99.005"),
        ("limit", {"limit_price": "98.995"}, None),
        ("stop", {"stop_price": "100.995"}, "100.995"),
        ("stop", {"stop_price": "101.001"}, None),
    ],
)
def test_a_price_finer_than_the_data_is_compared_and_filled_exactly(
    kind: str, prices: dict[str, str], price: str | None
) -> None:
    market = Market([QUIET, QUIET]).step()
    market.buy(10, kind, **prices)
    market.step()
    assert market.fills() == ([(1, "10", price)] if price else [])
