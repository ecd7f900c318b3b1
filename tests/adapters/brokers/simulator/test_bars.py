"""The order of things in a bar, exits in the entry's bar, and what volume allows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.market.timeframes import MINUTE_NS
from engine.values import Status
from tests.adapters.brokers.simulator.kit import Market, bars_of, rule

QUIET = "100 101 99 100"


@rule("arrival")
def test_an_order_is_first_tried_in_the_bar_after_the_one_it_came_in() -> None:
    market = Market([QUIET, "100 101 97 100", QUIET]).step(2)
    market.buy(10, "limit", limit_price="98")
    market.step()
    assert market.fills() == []


@rule("arrival-inside")
def test_an_order_that_comes_inside_a_longer_bar_waits_for_the_next_one() -> None:
    short = bars_of([QUIET] * 8, "MSFT")
    long = bars_of(["100 101 99 100", "105 106 104 105"], "AAPL", step_ns=4 * MINUTE_NS)
    market = Market([short, long]).step(2)
    market.buy(10, symbol="AAPL")
    market.step(2)
    assert market.fills() == []  # the bar of minutes 0 to 4 had begun when the order came
    market.to_the_end()
    assert market.fills() == [(4, "10", "105.00")]


def test_an_order_that_comes_at_the_end_of_a_bar_is_live_in_the_next_even_if_bars_overlap() -> None:
    bars = bars_of([QUIET, QUIET, "105 106 104 105"])
    bars.ts[2] -= 30_000_000_000
    market = Market(bars).step(2)
    order = market.buy(10)
    market.step()
    assert order.status is Status.FILLED


@rule("turn")
def test_exits_are_tried_before_other_orders_and_each_oldest_first() -> None:
    market = Market([QUIET, QUIET, "100 106 94 100"]).step()
    entry = market.buy(10, stop_loss="95", take_profit="110")
    older = market.sell(1, "limit", limit_price="105")
    newer = market.sell(1, "stop", stop_price="96")
    market.step(2)
    tried = [trade.order_id for trade in market.engine.state.trades.values()]
    assert tried == [entry.id, market.legs(entry)[0].id, older.id, newer.id]


@rule("cancel")
def test_a_cancel_or_a_change_acts_before_the_next_bar() -> None:
    market = Market([QUIET, "100 101 97 100"]).step()
    gone = market.buy(10, "limit", limit_price="98")
    moved = market.buy(10, "limit", limit_price="90")
    market.cancel(gone)
    market.change(moved, limit_price="97.5", quantity="4")
    market.step()
    assert market.fills() == [(1, "4", "97.5")]
    assert gone.status is Status.CANCELLED


@rule("last-bar")
def test_nothing_fills_after_the_last_bar() -> None:
    market = Market([QUIET, QUIET]).step()
    market.buy(10)
    market.step()
    late = market.sell(10)
    market.to_the_end()
    assert late.status is Status.OPEN
    assert market.position() == 10


@rule("executed-at")
def test_a_fill_bears_the_time_its_bar_began() -> None:
    market = Market([QUIET, QUIET]).step()
    market.buy(10, "limit", limit_price="99")
    market.step()
    (trade,) = market.engine.state.trades.values()
    assert trade.executed_at == MINUTE_NS
    assert market.engine.now == 2 * MINUTE_NS


@rule("exits-next-bar")
def test_exits_are_live_from_the_bar_after_the_entry() -> None:
    market = Market([QUIET, "100 106 99 100", "100 103 99 100", "100 105 99 100"]).step()
    entry = market.buy(10, stop_loss="95", take_profit="105")
    market.step()
    loss, profit = market.legs(entry)
    assert [str(one.quantity) for one in (loss, profit)] == ["10", "10"]
    market.step(2)
    assert market.fills() == [(1, "10", "100.00"), (3, "10", "105")]
    assert (loss.status, profit.status) == (Status.CANCELLED, Status.FILLED)


@rule("exits-same-bar")
@pytest.mark.parametrize(
    ("bar", "exit_price"),
    [
        ("100 106 99 100", "105"),
        ("100 101 94 100", "95"),
        ("100 106 94 100", "95"),
        ("100 104 96 100", None),
    ],
)
def test_the_same_bar_option_tries_the_exits_of_a_market_entry_at_once(
    bar: str, exit_price: str | None
) -> None:
    market = Market([QUIET, bar], exits="same-bar").step()
    market.buy(10, stop_loss="95", take_profit="105")
    market.step()
    exits = [(1, "10", exit_price)] if exit_price else []
    assert market.fills() == [(1, "10", "100.00"), *exits]


def test_the_same_bar_option_mirrors_for_a_short_entry() -> None:
    market = Market([QUIET, "100 101 94 95"], exits="same-bar").step()
    market.sell(10, stop_loss="105", take_profit="95")
    market.step()
    assert market.fills() == [(1, "10", "100.00"), (1, "10", "95")]


def test_a_stop_loss_that_the_same_bar_option_filled_in_part_goes_on_at_the_next_open() -> None:
    rows = [QUIET, QUIET, "100 101 99 100 10", "100 101 94 100 12", "97 98 96 97", QUIET]
    options: dict[str, Any] = {"participation": Decimal("0.5"), "latency_ns": MINUTE_NS // 2}
    market = Market(rows, exits="same-bar", **options).step()
    market.buy(7, stop_loss="95")
    market.to_the_end()
    assert market.fills() == [
        (2, "5", "100.00"),
        (3, "2", "100.00"),
        (3, "4", "95"),
        (4, "3", "97.00"),
    ]


@rule("exits-same-bar-stop")
@pytest.mark.parametrize(
    ("bar", "exit_price"),
    [("100 106 99 100", "105"), ("100 106 95 100", None), ("100 104 94 100", None)],
)
def test_the_same_bar_option_tries_the_take_profit_of_a_stop_entry_unless_the_stop_was_touched(
    bar: str, exit_price: str | None
) -> None:
    market = Market([QUIET, bar], exits="same-bar").step()
    market.buy(10, "stop", stop_price="102", stop_loss="95", take_profit="105")
    market.step()
    exits = [(1, "10", exit_price)] if exit_price else []
    assert market.fills() == [(1, "10", "102"), *exits]


def test_the_same_bar_option_leaves_the_exits_of_a_limit_entry_to_the_next_bar() -> None:
    market = Market([QUIET, "100 106 94 100", QUIET], exits="same-bar").step()
    market.buy(10, "limit", limit_price="98", stop_loss="95", take_profit="105")
    market.to_the_end()
    assert market.fills() == [(1, "10", "98")]


@rule("both-exits")
@pytest.mark.parametrize("options", [{}, {"exits": "same-bar"}])
def test_when_a_bar_touches_both_exits_the_stop_fills_and_the_take_profit_dies(
    options: dict[str, Any],
) -> None:
    market = Market([QUIET, QUIET, "100 106 94 100"], **options).step()
    entry = market.buy(10, stop_loss="95", take_profit="105")
    market.step(2)
    assert market.fills() == [(1, "10", "100.00"), (2, "10", "95")]
    assert market.legs(entry)[1].status is Status.CANCELLED


def test_a_stop_loss_given_to_a_position_later_is_still_tried_before_its_take_profit() -> None:
    market = Market([QUIET, QUIET, "100 106 94 100"]).step()
    entry = market.buy(10, take_profit="105")
    market.step()
    (position,) = market.engine.account(market.account).positions.values()
    market.engine.protect(market.account, position.id, stop_loss=Decimal(95))
    market.step()
    assert market.fills()[1:] == [(2, "10", "95")]
    assert market.legs(entry)[0].status is Status.CANCELLED


@rule("oco-stop-first")
def test_of_a_clients_own_pair_the_stop_is_tried_first() -> None:
    market = Market([QUIET, QUIET, "100 106 94 100"]).step()
    market.buy(10)
    market.step()
    profit = market.sell(10, "limit", limit_price="105", oco_group_id="mine")
    loss = market.sell(10, "stop", stop_price="95", oco_group_id="mine")
    market.step()
    assert (profit.status, loss.status) == (Status.CANCELLED, Status.FILLED)


@rule("flip")
def test_an_order_larger_than_the_position_turns_it_in_one_fill() -> None:
    market = Market([QUIET, QUIET, QUIET]).step()
    market.buy(10)
    market.step()
    market.sell(25)
    market.step()
    assert market.fills()[1:] == [(2, "25", "100.00")]
    assert market.position() == -15


@rule("participation")
def test_orders_share_a_part_of_each_bars_volume_in_turn() -> None:
    rows = [QUIET, "100 101 99 100 105", "102 103 101 102 1000"]
    market = Market(rows, participation=Decimal("0.1")).step()
    first, second = market.buy(6), market.buy(8)
    market.step(2)
    assert market.fills(first) == [(1, "6", "100.00")]
    assert market.fills(second) == [(1, "4", "100.00"), (2, "4", "102.00")]


@rule("no-volume")
def test_with_a_cap_a_bar_without_volume_fills_nothing() -> None:
    rows = [QUIET, "100 101 99 100 0", "102 103 101 102 1000"]
    market = Market(rows, participation=Decimal("0.1")).step()
    order = market.buy(6)
    market.step(2)
    assert market.fills(order) == [(2, "6", "102.00")]


@rule("reached-stop")
@pytest.mark.parametrize("volume", ["0", "40"])
def test_a_stop_reached_but_not_filled_whole_is_a_market_order_next(volume: str) -> None:
    rows = [QUIET, f"100 102 99 100 {volume}", "97 98 96 97 1000"]
    market = Market(rows, participation=Decimal("0.1")).step()
    order = market.buy(6, "stop", stop_price="101")
    market.step()
    assert order.triggered
    market.step()
    part = [(1, "4", "101")] if volume == "40" else []
    assert market.fills() == [*part, (2, "2" if part else "6", "97.00")]


@rule("penetration")
@pytest.mark.parametrize(
    ("low", "fills"), [("98.50", False), ("98.49", False), ("98.48", True), ("98.40", True)]
)
def test_with_penetration_a_limit_must_be_passed(low: str, fills: bool) -> None:
    market = Market([QUIET, f"100 101 {low} 100"], penetration_ticks=2).step()
    market.buy(10, "limit", limit_price="98.5")
    market.step()
    assert market.fills() == ([(1, "10", "98.5")] if fills else [])


@rule("latency")
@pytest.mark.parametrize(("latency_ns", "bar"), [(0, 1), (1, 2), (MINUTE_NS, 2)])
def test_an_order_is_live_in_bars_that_begin_after_its_latency(latency_ns: int, bar: int) -> None:
    market = Market([QUIET, QUIET, QUIET], latency_ns=latency_ns).step()
    market.buy(10)
    market.to_the_end()
    assert market.fills() == [(bar, "10", "100.00")]
