"""A change is judged as the order it would make, and belongs to whoever holds the order."""

from decimal import Decimal
from typing import Any

import pytest

from engine import reports
from engine.errors import InvalidRequest, OrderNotFound, OrderNotModifiable
from engine.ports import Modify
from engine.requests import OrderChange
from engine.values import Role, Status, TrailingType
from tests.builders import ACCOUNT, NO_TRAILING, Market, World, dec, figures


def changed(world: World, order_id: str, **values: Any) -> None:
    numbers = {name: Decimal(str(value)) for name, value in values.items()}
    world.engine.modify(ACCOUNT, order_id, OrderChange(**numbers))


def test_a_change_is_asked_for_sent_and_confirmed() -> None:
    world = World()
    one = world.buy(limit_price=90)
    head = world.tape.head
    changed(world, one.id, quantity=12, limit_price=91)
    assert world.facts(head) == ["OrderModifyRequested", "OrderModified"]
    assert figures(one.quantity, one.limit_price, one.sought) == (12, 91, None)
    assert isinstance(world.broker.sent[-1], Modify)


def test_a_change_the_broker_refuses_is_not_made() -> None:
    world = World()
    one = world.buy(limit_price=90)
    world.broker.keeps_terms = True
    head = world.tape.head
    with pytest.raises(OrderNotModifiable, match="can not be changed: no"):
        changed(world, one.id, quantity=12)
    assert world.facts(head) == ["OrderModifyRequested", "OrderModifyRejected"]
    assert figures(one.quantity, one.sought, one.status) == (10, None, Status.OPEN)


WRONG: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "nothing": ({"limit_price": 90}, {}, "body"),
    "less than nothing": ({"limit_price": 90}, {"quantity": -1}, "quantity"),
    "a price a market order has not": ({}, {"limit_price": 1}, "limit_price"),
    "a stop a limit has not": ({"limit_price": 90}, {"stop_price": 1}, "stop_price"),
    "a trail a stop has not": ({"stop_price": 110}, {"trailing_distance": 1}, "trailing_distance"),
    "a stop-loss above the entry": ({"limit_price": 90}, {"stop_loss": 91}, "stop_loss"),
    "an entry below its stop-loss": (
        {"limit_price": 90, "stop_loss": 80},
        {"limit_price": 79},
        "stop_loss",
    ),
    "a trail of everything": (
        {"trailing_distance": 5, "trailing_type": TrailingType.PERCENT},
        {"trailing_distance": 100},
        "trailing_distance",
    ),
    "a price off the tick": ({"symbol": "ES", "limit_price": 90}, {"limit_price": "90.1"}, "limit"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_change_to_what_can_not_be_leaves_no_trace(name: str) -> None:
    fields, values, field = WRONG[name]
    world = World(market=Market(AAPL=100, ES=100))
    one = world.buy(1, **fields)
    head = world.tape.head
    with pytest.raises(InvalidRequest, match=field):
        changed(world, one.id, **values)
    assert world.tape.head == head


def test_an_order_can_not_shrink_below_what_is_filled() -> None:
    world = World()
    one = world.fill(world.buy(limit_price=90), 4)
    with pytest.raises(InvalidRequest, match="at least 4"):
        changed(world, one.id, quantity=3)
    changed(world, one.id, quantity=4)
    assert one.status is Status.FILLED


@pytest.mark.parametrize("state", ["in flight", "leaving", "filled"])
def test_only_a_working_order_can_be_changed(state: str) -> None:
    world = World()
    world.broker.is_silent = state == "in flight"
    one = world.buy(limit_price=90)
    if state == "leaving":
        world.broker.is_silent = True
        world.engine.cancel(ACCOUNT, one.id)
    elif state == "filled":
        world.fill(one)
    head = world.tape.head
    with pytest.raises(OrderNotModifiable, match=one.status.value):
        changed(world, one.id, limit_price=91)
    assert world.tape.head == head


def test_an_order_of_another_account_is_not_found() -> None:
    world = World()
    world.open("DU2")
    one = world.buy(limit_price=90)
    with pytest.raises(OrderNotFound):
        world.engine.modify("DU2", one.id, OrderChange(quantity=dec(1)))


def test_a_stop_that_was_reached_has_no_stop_price_to_change() -> None:
    world = World()
    one = world.buy(stop_price=110, limit_price=112)
    world.engine.report(reports.Triggered(one.id))
    with pytest.raises(OrderNotModifiable, match="reached already"):
        changed(world, one.id, stop_price=111)
    changed(world, one.id, limit_price=113)
    assert one.limit_price == 113


def test_protective_prices_of_an_entry_are_the_engines_to_change() -> None:
    world = World()
    one = world.buy(limit_price=90, stop_loss=80)
    sent = len(world.broker.sent)
    changed(world, one.id, stop_loss=85, take_profit=120)
    assert figures(one.stop_loss, one.take_profit, len(world.broker.sent)) == (85, 120, sent)
    world.fill(one)
    assert world.leg(Role.STOP_LOSS).stop_price == 85


def test_a_change_of_exits_and_price_together_goes_to_the_broker() -> None:
    world = World()
    one = world.buy(limit_price=90, stop_loss=80)
    changed(world, one.id, stop_loss=85, limit_price=91)
    assert figures(one.stop_loss, one.limit_price) == (85, 91)
    assert isinstance(world.broker.sent[-1], Modify)


def test_a_shown_part_larger_than_the_new_quantity_is_no_obstacle() -> None:
    world = World()
    one = world.buy(limit_price=90, display_quantity=5)
    changed(world, one.id, quantity=3)
    assert one.quantity == 3


def test_a_trailing_stop_held_here_is_changed_here() -> None:
    world = World(NO_TRAILING)
    world.bought(10)
    one = world.sell(trailing_distance=5)
    sent = len(world.broker.sent)
    changed(world, one.id, trailing_distance=3, quantity=4)
    assert figures(one.trailing_distance, one.quantity) == (3, 4)
    assert len(world.broker.sent) == sent
