"""Brackets: legs follow the fills of their entry, of each other, and of everything else."""

from typing import Any

import pytest

from engine import reports
from engine.ports import Submit
from engine.requests import OrderChange
from engine.values import PositionMode, Role, Side, Status
from tests.builders import ACCOUNT, World, dec, figures

BOTH: dict[str, Any] = {"stop_loss": 90, "take_profit": 110}
STOP, PROFIT = Role.STOP_LOSS, Role.TAKE_PROFIT


def left(world: World) -> list[tuple[Role, object]]:
    """What every leg at work has left to fill, oldest first."""
    return [(leg.role, leg.remaining) for leg in world.legs()]


def test_the_legs_of_a_filled_entry_are_a_stop_and_a_limit_on_the_other_side() -> None:
    world = World()
    entry = world.bought(10, **BOTH)
    stop, profit = world.legs()
    assert figures(stop.order_type, stop.stop_price, stop.side) == ("STOP", 90, Side.SELL)
    assert figures(profit.order_type, profit.limit_price, profit.quantity) == ("LIMIT", 110, 10)
    assert stop.request.oco_group_id == profit.request.oco_group_id == f"exits:{entry.id}"
    assert stop.parent_order_id == profit.parent_order_id == entry.id
    assert stop.request.reduce_only
    sent = world.broker.sent[-1]
    assert isinstance(sent, Submit)
    assert sent.parent is entry


@pytest.mark.parametrize(("field", "role"), [("stop_loss", STOP), ("take_profit", PROFIT)])
def test_an_entry_with_one_exit_gets_one_leg(field: str, role: Role) -> None:
    world = World()
    world.bought(10, **{field: BOTH[field]})
    assert left(world) == [(role, 10)]
    world.fill(world.leg(role))
    assert left(world) == []


def test_an_entry_without_exits_gets_none() -> None:
    world = World()
    world.bought(10)
    assert left(world) == []


def test_legs_grow_with_every_fill_of_their_entry() -> None:
    world = World()
    entry = world.buy(10, **BOTH)
    for size, total in ((3, 3), (4, 7), (3, 10)):
        world.fill(entry, size)
        assert left(world) == [(STOP, total), (PROFIT, total)]


def test_a_leg_that_fills_in_part_shrinks_its_sibling() -> None:
    world = World()
    world.bought(10, **BOTH)
    world.fill(world.leg(PROFIT), 4, 110)
    assert left(world) == [(STOP, 6), (PROFIT, 6)]
    world.fill(world.leg(STOP), 5, 90)
    assert left(world) == [(STOP, 1), (PROFIT, 1)]
    world.fill(world.leg(PROFIT), price=110)
    assert left(world) == []
    assert world.account.positions == {}


def test_a_leg_fills_while_its_entry_is_still_filling() -> None:
    world = World()
    entry = world.fill(world.buy(10, **BOTH), 4)
    world.fill(world.leg(PROFIT), 4, 110)
    assert left(world) == []
    world.fill(entry)
    assert left(world) == [(STOP, 6), (PROFIT, 6)]
    assert world.position.quantity == 6


def test_siblings_that_a_client_made_unequal_shrink_to_what_is_protected() -> None:
    world = World()
    world.bought(10, **BOTH)
    stop = world.leg(STOP)
    world.engine.modify(ACCOUNT, stop.id, OrderChange(quantity=dec(5)))
    world.fill(world.leg(PROFIT), 4, 110)
    assert left(world) == [(STOP, 5), (PROFIT, 6)]
    world.fill(world.leg(PROFIT), 3, 110)
    assert left(world) == [(STOP, 3), (PROFIT, 3)]


def test_a_stop_that_covers_more_than_its_take_profit_outlives_it() -> None:
    world = World()
    world.bought(10, **BOTH)
    world.bought(5)
    stop = world.leg(STOP)
    world.engine.modify(ACCOUNT, stop.id, OrderChange(quantity=dec(15)))
    world.fill(world.leg(PROFIT), price=110)
    assert left(world) == [(STOP, 5)]


def test_a_plain_sale_takes_legs_back_oldest_first() -> None:
    world = World()
    first = world.bought(10, **BOTH)
    second = world.bought(10, stop_loss=80, take_profit=120)
    world.sold(4)
    assert left(world) == [(STOP, 6), (PROFIT, 6), (STOP, 10), (PROFIT, 10)]
    world.sold(8)
    assert left(world) == [(STOP, 8), (PROFIT, 8)]
    assert {leg.parent_order_id for leg in world.legs()} == {second.id}
    world.sold(8)
    assert left(world) == []
    ends = {one.status for one in world.state.group(ACCOUNT, f"exits:{first.id}")}
    assert ends == {Status.CANCELLED}


def test_a_sale_of_what_no_leg_covers_leaves_the_legs_alone() -> None:
    world = World()
    world.bought(5)
    world.bought(10, **BOTH)
    world.sold(5)
    assert left(world) == [(STOP, 10), (PROFIT, 10)]


def test_a_flip_drops_the_old_legs_and_covers_only_what_it_opened() -> None:
    world = World()
    world.bought(10, **BOTH)
    world.sold(15, stop_loss=110, take_profit=90)
    assert left(world) == [(STOP, 5), (PROFIT, 5)]
    assert {leg.side for leg in world.legs()} == {Side.BUY}
    assert world.position.quantity == -5


def test_an_entry_that_only_closes_gets_no_legs() -> None:
    world = World()
    world.bought(10)
    world.sold(10, stop_loss=110)
    assert left(world) == []


def test_a_leg_that_overfills_flips_the_position_and_leaves_no_leg() -> None:
    world = World()
    world.bought(10, **BOTH)
    world.fill(world.leg(STOP), 12, 90)
    assert left(world) == []
    assert world.position.quantity == -2


def test_the_end_of_an_entry_leaves_the_legs_of_what_it_filled() -> None:
    world = World()
    entry = world.fill(world.buy(10, limit_price=100, **BOTH), 4)
    world.engine.cancel(ACCOUNT, entry.id)
    assert left(world) == [(STOP, 4), (PROFIT, 4)]


def test_a_late_fill_of_a_cancelled_entry_is_covered_too() -> None:
    world = World()
    entry = world.buy(10, limit_price=100, **BOTH)
    world.engine.cancel(ACCOUNT, entry.id)
    world.fill(entry, 4)
    assert left(world) == [(STOP, 4), (PROFIT, 4)]


def test_growth_asked_for_but_not_answered_is_counted() -> None:
    world = World()
    entry = world.fill(world.buy(10, **BOTH), 2)
    world.broker.is_silent = True
    world.fill(entry, 3)
    world.fill(entry, 5)
    assert [leg.sought for leg in world.legs()] == [10, 10]
    for leg in world.legs():
        for total in (5, 10):
            world.engine.report(reports.Modified(leg.id, OrderChange(quantity=dec(total))))
    assert left(world) == [(STOP, 10), (PROFIT, 10)]


def test_a_leg_on_its_way_out_is_replaced_not_grown() -> None:
    world = World()
    entry = world.fill(world.buy(10, stop_loss=90), 4)
    world.broker.is_silent = True
    leaving = world.leg(STOP)
    world.engine.cancel(ACCOUNT, leaving.id)
    world.fill(entry)
    assert [leg.quantity for leg in world.legs()] == [4, 6]
    assert leaving.sought is None


def test_a_stop_that_fills_as_it_is_placed_takes_the_rest_of_the_bracket_with_it() -> None:
    world = World()
    entry = world.buy(10, **BOTH)
    once = iter([True])

    def fill_the_stop(record: object) -> None:
        placed = world.legs()
        if placed and placed[0].status is Status.OPEN and next(once, False):
            world.fill(placed[0], price=89)

    world.engine.listeners.append(fill_the_stop)
    world.fill(entry)
    assert left(world) == []
    assert world.account.positions == {}


def test_where_positions_hedge_a_fill_touches_only_its_own_positions_legs() -> None:
    world = World(mode=PositionMode.HEDGING)
    first = world.bought(10, **BOTH)
    second = world.bought(5, **BOTH)
    world.sold(4, position_id=first.position_id)
    own = {
        position: [leg.remaining for leg in world.legs() if leg.position_id == position]
        for position in (first.position_id, second.position_id)
    }
    assert own == {first.position_id: [6, 6], second.position_id: [5, 5]}


def test_where_positions_hedge_an_unnamed_sale_opens_its_own_and_takes_no_leg_back() -> None:
    world = World(mode=PositionMode.HEDGING)
    world.bought(10, **BOTH)
    world.sold(10, stop_loss=110)
    assert left(world) == [(STOP, 10), (PROFIT, 10), (STOP, 10)]


def test_where_positions_hedge_a_flip_leaves_no_leg_of_the_position_it_closed() -> None:
    world = World(mode=PositionMode.HEDGING)
    first = world.bought(10, **BOTH)
    flip = world.fill(world.sell(20, position_id=first.position_id, stop_loss=120), 15)
    assert left(world) == [(STOP, 5)]
    world.fill(flip)
    assert left(world) == [(STOP, 10)]
    assert [one.quantity for one in world.account.positions.values()] == [-10]
    assert {leg.position_id for leg in world.legs()} == set(world.account.positions)


def test_where_positions_hedge_legs_survive_a_restart_and_close_their_position() -> None:
    world = World(mode=PositionMode.HEDGING)
    world.bought(10, **BOTH)
    again = world.restart()
    again.fill(again.leg(PROFIT), price=110)
    assert again.account.positions == {}
    assert left(again) == []
