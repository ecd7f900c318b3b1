"""More of an order is new risk, and judged like a new one."""

from decimal import Decimal
from typing import Any

import pytest

from engine.errors import InvalidRequest, OrderNotModifiable, TradingHalted
from engine.events import TradingStateChanged
from engine.ports import Capabilities
from engine.requests import OrderChange
from tests.builders import ACCOUNT, World, dec


def changed(world: World, order_id: str, **values: Any) -> None:
    numbers = {name: Decimal(str(value)) for name, value in values.items()}
    world.engine.modify(ACCOUNT, order_id, OrderChange(**numbers))


def test_a_leg_can_not_outgrow_what_the_other_legs_of_its_role_leave() -> None:
    world = World()
    world.bought(10, stop_loss=90, take_profit=120)
    world.bought(10, stop_loss=91)
    stops = [leg for leg in world.legs() if leg.stop_price is not None]
    assert [leg.quantity for leg in stops] == [10, 10]
    with pytest.raises(InvalidRequest, match="at most 10, as the order only reduces"):
        changed(world, stops[0].id, quantity=11)
    changed(world, stops[1].id, quantity=6)
    changed(world, stops[0].id, quantity=14)
    profit = next(leg for leg in world.legs() if leg.limit_price is not None)
    changed(world, profit.id, quantity=20)


def test_an_order_that_only_reduces_can_not_outgrow_its_position() -> None:
    world = World()
    world.bought(10)
    one = world.sell(4, limit_price=110, reduce_only=True)
    changed(world, one.id, quantity=10)
    with pytest.raises(InvalidRequest, match="at most 10, as the order only reduces"):
        changed(world, one.id, quantity=11)


def test_while_trading_is_halted_an_order_may_shrink_but_not_grow() -> None:
    world = World()
    one = world.buy(limit_price=90)
    world.engine.write("", TradingStateChanged("HALT", "a person said so"))
    with pytest.raises(TradingHalted):
        changed(world, one.id, quantity=11)
    changed(world, one.id, quantity=9)
    assert one.quantity == 9


def test_an_order_can_not_grow_beyond_what_the_account_carries() -> None:
    world = World()
    one = world.buy(limit_price=90)
    with pytest.raises(OrderNotModifiable, match="the account can not carry 9999999 at 90"):
        changed(world, one.id, quantity=9_999_999)
    assert one.quantity == 10


def test_a_sale_can_not_grow_beyond_what_is_held_where_nothing_is_sold_short() -> None:
    world = World(Capabilities(short_selling=False))
    world.bought(10)
    sale = world.sell(8, limit_price=120)
    world.engine.modify(ACCOUNT, sale.id, OrderChange(quantity=dec(10)))
    with pytest.raises(OrderNotModifiable, match="no short selling"):
        world.engine.modify(ACCOUNT, sale.id, OrderChange(quantity=dec(11)))
    assert sale.quantity == 10
