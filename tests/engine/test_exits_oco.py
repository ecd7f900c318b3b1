"""One cancels other: the first fill in a client's group ends the rest of it."""

import pytest

from engine.orders import Order
from engine.values import Status
from tests.builders import ACCOUNT, NO_TRAILING, World


def grouped(world: World) -> list[Order]:
    """Three orders of one group."""
    return [
        world.buy(5, limit_price=90, oco_group_id="g1"),
        world.buy(5, stop_price=110, oco_group_id="g1"),
        world.buy(5, limit_price=80, oco_group_id="g1"),
    ]


@pytest.mark.parametrize("quantity", [1, 5], ids=["in part", "whole"])
def test_the_first_fill_cancels_the_others(quantity: int) -> None:
    world = World()
    first, *others = grouped(world)
    world.fill(first, quantity)
    assert [other.status for other in others] == [Status.CANCELLED, Status.CANCELLED]
    assert [other.message for other in others] == ["oco", "oco"]


def test_a_cancel_ends_only_its_own_order() -> None:
    world = World()
    first, *others = grouped(world)
    world.engine.cancel(ACCOUNT, first.id)
    assert {other.status for other in others} == {Status.OPEN}


def test_a_group_is_the_accounts_own() -> None:
    world = World()
    world.open("DU2")
    first, *_ = grouped(world)
    theirs = world.engine.submit("DU2", first.request)
    world.fill(first)
    assert theirs.status is Status.OPEN


def test_a_group_may_span_symbols_and_survives_a_restart() -> None:
    world = World()
    world.buy(5, limit_price=90, oco_group_id="g1")
    world.market.marks["EUR/USD"] = world.market.marks["AAPL"]
    world.buy(5, "EUR/USD", limit_price=1, oco_group_id="g1")
    again = world.restart()
    first, other = again.state.working(ACCOUNT)
    again.fill(first)
    assert other.status is Status.CANCELLED


def test_a_member_whose_cancel_is_under_way_is_not_asked_again() -> None:
    world = World()
    first, second, _ = grouped(world)
    world.broker.is_silent = True
    world.fill(first, 1)
    sent = len(world.broker.sent)
    world.fill(first, 1)
    assert second.status is Status.PENDING_CANCEL
    assert len(world.broker.sent) == sent


def test_a_stop_held_by_the_engine_is_a_member_like_any_other() -> None:
    world = World(NO_TRAILING)
    world.bought(10)
    held = world.sell(trailing_distance=5, oco_group_id="g1")
    profit = world.sell(limit_price=110, oco_group_id="g1")
    world.fill(profit, price=110)
    assert held.status is Status.CANCELLED
