"""A trailing stop that the broker lacks is kept by the engine, as facts."""

from typing import Any

import pytest

from engine.errors import OrderRefused
from engine.ports import Submit
from engine.requests import OrderChange
from engine.values import Holder, RejectReason, Side, Status, TrailingType
from tests.builders import ACCOUNT, NO_TRAILING, Market, World, dec, figures


def held(side: Side = Side.SELL, **fields: Any) -> World:
    """A world whose engine keeps one trailing stop, five behind the market at 100."""
    world = World(NO_TRAILING)
    distance = {"trailing_distance": 5} | fields
    if side is Side.SELL:
        world.bought()
        world.sell(**distance)
    else:
        world.sold()
        world.buy(**distance)
    return world


def watch(world: World, low: str | int, high: str | int) -> None:
    world.engine.watch("AAPL", dec(low), dec(high))


def test_the_engine_takes_the_stop_and_the_broker_hears_nothing_of_it() -> None:
    world = held()
    (stop,) = world.state.working()
    assert figures(stop.holder, stop.status, stop.stop_price) == (Holder.ENGINE, Status.OPEN, 95)
    assert world.facts()[-3:] == ["OrderSubmitted", "OrderAccepted", "OrderTrailed"]
    assert len(world.broker.sent) == 1


def test_a_broker_that_has_trailing_stops_keeps_them_itself() -> None:
    world = World()
    world.bought()
    assert world.sell(trailing_distance=5).holder is Holder.BROKER
    assert world.engine.trailing_held == set()


@pytest.mark.parametrize(
    ("side", "bars", "stop"),
    [
        (Side.SELL, [(99, 104)], 99),
        (Side.SELL, [(99, 104), (100, 103)], 99),
        (Side.SELL, [(99, 104), (100, "106.5")], "101.5"),
        (Side.BUY, [(96, 101)], 101),
        (Side.BUY, [(96, 101), (97, 100)], 101),
        (Side.BUY, [(96, 101), ("93.5", 100)], "98.5"),
    ],
)
def test_the_stop_follows_the_best_price_and_never_retreats(
    side: Side, bars: list[tuple[str | int, str | int]], stop: str | int
) -> None:
    world = held(side)
    for low, high in bars:
        watch(world, low, high)
    assert world.state.working()[0].stop_price == dec(stop)


@pytest.mark.parametrize("side", Side)
def test_a_percentage_is_taken_of_the_best_price(side: Side) -> None:
    world = held(side, trailing_distance=10, trailing_type=TrailingType.PERCENT)
    (stop,) = world.state.working()
    assert stop.stop_price == (90 if side is Side.SELL else 110)
    if side is Side.SELL:
        watch(world, 100, 120)
    else:
        watch(world, 80, 100)
    assert stop.stop_price == (108 if side is Side.SELL else 88)


@pytest.mark.parametrize(("side", "low", "high"), [(Side.SELL, 95, 110), (Side.BUY, 90, 105)])
def test_a_touch_triggers_it_and_sends_it_as_a_market_order(
    side: Side, low: int, high: int
) -> None:
    world = held(side)
    (stop,) = world.state.working()
    head = world.tape.head
    watch(world, low, high)
    assert world.facts(head) == ["OrderTriggered", "OrderAccepted"]
    sent = world.broker.sent[-1]
    assert isinstance(sent, Submit)
    assert (sent.order.id, sent.order.working_type) == (stop.id, "MARKET")
    world.fill(stop, price=94)
    assert world.account.positions == {}


def test_once_triggered_it_is_watched_no_more() -> None:
    world = held()
    watch(world, 90, 100)
    head = world.tape.head
    watch(world, 80, 120)
    assert world.tape.head == head
    assert world.engine.trailing_held == set()


def test_before_the_first_price_it_waits_for_the_first_bar() -> None:
    world = World(NO_TRAILING, market=Market())
    stop = world.sell(1, trailing_distance=5)
    assert stop.stop_price is None
    watch(world, 98, 102)
    assert stop.stop_price == 97


def test_it_survives_a_restart_where_it_stood() -> None:
    world = held()
    watch(world, 99, 110)
    again = world.restart()
    assert again.engine.trailing_held == {"AAPL"}
    (stop,) = again.state.working()
    watch(again, 106, 108)
    assert figures(stop.stop_price, stop.triggered) == (105, False)
    watch(again, 105, 108)
    assert stop.triggered
    assert [type(one) for one in again.broker.sent] == [Submit]


def test_a_held_stop_is_cancelled_here() -> None:
    world = held()
    (stop,) = world.state.working()
    head = world.tape.head
    world.engine.cancel(ACCOUNT, stop.id)
    assert world.facts(head) == ["OrderCancelRequested", "OrderCancelled"]
    watch(world, 1, 200)
    assert world.facts(head)[2:] == []
    assert len(world.broker.sent) == 1


def test_a_new_distance_holds_from_the_next_price_on() -> None:
    world = held()
    (stop,) = world.state.working()
    world.engine.modify(ACCOUNT, stop.id, OrderChange(trailing_distance=dec(2)))
    assert stop.stop_price == 95
    watch(world, 98, 101)
    assert stop.stop_price == 99
    world.engine.modify(ACCOUNT, stop.id, OrderChange(trailing_distance=dec(50)))
    watch(world, 100, 101)
    assert stop.stop_price == 99


def test_a_stop_the_broker_rejects_at_the_trigger_ends_there() -> None:
    world = held()
    (stop,) = world.state.working()
    world.broker.rejects = RejectReason.MARKET_CLOSED
    watch(world, 90, 100)
    assert (stop.status, stop.reject_reason) == (Status.REJECTED, RejectReason.MARKET_CLOSED)
    assert world.position.quantity == 10


def test_a_trigger_that_fills_at_once_spares_the_others_of_its_group() -> None:
    world = World(NO_TRAILING)
    world.bought()
    pair = [world.sell(trailing_distance=5, oco_group_id="g1") for _ in range(2)]
    world.broker.fills_at = dec(94)
    watch(world, 90, 100)
    assert [one.status for one in pair] == [Status.FILLED, Status.CANCELLED]
    assert not pair[1].triggered


def test_a_held_stop_is_judged_like_any_order() -> None:
    world = World(NO_TRAILING)
    with pytest.raises(OrderRefused, match="more margin"):
        world.buy(5000, trailing_distance=5)
    assert world.engine.trailing_held == set()
