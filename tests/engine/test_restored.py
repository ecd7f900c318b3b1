"""What a correction or a bust gives back to a position is covered as it was before."""

import pytest

from engine import reports
from engine.orders import Order
from engine.requests import OrderChange
from engine.state import State
from engine.trades import Trade
from engine.values import PositionMode, Role, Status
from tests.builders import ACCOUNT, World, dec, figures

MODES = pytest.mark.parametrize("mode", PositionMode)


def last(world: World) -> Trade:
    """The latest execution."""
    return list(world.state.trades.values())[-1]


def restate(world: World, trade: Trade, quantity: int) -> None:
    """Let the broker say how much an execution was."""
    news = reports.Corrected(trade.order_id, trade.execution_id, dec(quantity), trade.price, 1)
    world.engine.report(news)


def bust(world: World, trade: Trade) -> None:
    """Let the broker take an execution back."""
    world.engine.report(reports.Busted(trade.order_id, trade.execution_id, "mistake"))


def covers(world: World) -> list[tuple[Role, int, int]]:
    """The legs at work: role, price, and how much each covers."""
    return [(leg.role, int(_price(leg)), int(leg.prospect)) for leg in world.legs()]


def _price(leg: Order) -> int:
    return int(leg.stop_price or leg.limit_price or 0)


@MODES
def test_legs_grow_with_an_entry_whose_fill_was_larger_than_told(mode: PositionMode) -> None:
    world = World(mode=mode)
    entry = world.buy(10, stop_loss=90, take_profit=110)
    world.fill(entry, 6)
    restate(world, last(world), 9)
    assert covers(world) == [(Role.STOP_LOSS, 90, 9), (Role.TAKE_PROFIT, 110, 9)]
    head = world.tape.head
    restate(world, last(world), 9)
    assert world.tape.head == head


@MODES
def test_legs_of_a_fill_that_is_taken_back_do_not_pass_to_what_is_held_beside(
    mode: PositionMode,
) -> None:
    world = World(mode=mode)
    bare = world.bought(10).position_id
    named = bare if mode is PositionMode.HEDGING else None
    entry = world.bought(6, stop_loss=90, take_profit=110, position_id=named)
    restate(world, last(world), 4)
    assert covers(world) == [(Role.STOP_LOSS, 90, 4), (Role.TAKE_PROFIT, 110, 4)]
    bust(world, last(world))
    assert figures(entry.filled, world.position.quantity, covers(world)) == (0, 10, [])


def test_an_entry_whose_legs_are_gone_gets_new_ones_for_what_is_added() -> None:
    world = World()
    entry = world.buy(10, stop_loss=90)
    world.fill(entry, 6)
    opened = last(world)
    world.fill(world.leg(Role.STOP_LOSS), price=90)
    restate(world, opened, 8)
    assert covers(world) == [(Role.STOP_LOSS, 90, 2)]


@MODES
def test_a_busted_leg_comes_back_and_its_sibling_is_placed_anew(mode: PositionMode) -> None:
    world = World(mode=mode)
    world.bought(10, stop_loss=90, take_profit=110)
    stop, profit = world.legs()
    world.fill(profit, price=110)
    assert (stop.status, world.account.positions) == (Status.CANCELLED, {})
    bust(world, last(world))
    assert covers(world) == [(Role.TAKE_PROFIT, 110, 10), (Role.STOP_LOSS, 90, 10)]
    anew = world.leg(Role.STOP_LOSS)
    assert anew.request.oco_group_id == profit.request.oco_group_id
    assert figures(anew.parent_order_id, world.position.quantity) == (stop.parent_order_id, 10)
    world.fill(anew, price=90)
    assert (profit.status, world.account.positions) == (Status.CANCELLED, {})


def test_a_sibling_that_only_shrank_grows_again() -> None:
    world = World()
    world.bought(10, stop_loss=90, take_profit=110)
    stop, profit = world.legs()
    world.fill(profit, 4, price=110)
    bust(world, last(world))
    assert covers(world) == [(Role.STOP_LOSS, 90, 10), (Role.TAKE_PROFIT, 110, 10)]
    assert world.leg(Role.STOP_LOSS) is stop


def test_a_sibling_comes_back_where_it_was_moved_to_last() -> None:
    world = World()
    world.bought(10, stop_loss=90, take_profit=110)
    world.engine.protect(ACCOUNT, world.position.id, stop_loss=dec(95))
    world.fill(world.leg(Role.TAKE_PROFIT), price=110)
    restate(world, last(world), 7)
    assert covers(world) == [(Role.TAKE_PROFIT, 110, 3), (Role.STOP_LOSS, 95, 3)]


def test_a_leg_that_its_broker_had_ended_is_placed_anew_too() -> None:
    world = World()
    world.bought(10, stop_loss=90, take_profit=110)
    _, profit = world.legs()
    world.fill(profit, price=110)
    world.engine.report(reports.Cancelled(profit.id, "done for good"))
    bust(world, last(world))
    assert profit.status is Status.CANCELLED
    assert covers(world) == [(Role.STOP_LOSS, 90, 10), (Role.TAKE_PROFIT, 110, 10)]


def test_what_another_order_reduced_is_covered_again_and_nothing_beyond() -> None:
    world = World()
    world.bought(10, stop_loss=90)
    world.bought(5)
    world.sold(10)
    assert covers(world) == [(Role.STOP_LOSS, 90, 5)]
    bust(world, last(world))
    assert figures(world.position.quantity, covers(world)) == (15, [(Role.STOP_LOSS, 90, 10)])


def test_a_position_that_a_bust_turns_round_has_its_old_legs_again() -> None:
    world = World(leverage=2)
    world.sold(5, stop_loss=110)
    world.bought(8, stop_loss=90)
    assert covers(world) == [(Role.STOP_LOSS, 90, 3)]
    bust(world, last(world))
    assert figures(world.position.quantity, covers(world)) == (-5, [(Role.STOP_LOSS, 110, 5)])


def test_a_correction_up_and_a_bust_after_it_give_all_of_it_back() -> None:
    world = World()
    world.bought(10, stop_loss=90, take_profit=110)
    world.fill(world.leg(Role.TAKE_PROFIT), 4, price=110)
    restate(world, last(world), 7)
    assert covers(world) == [(Role.STOP_LOSS, 90, 3), (Role.TAKE_PROFIT, 110, 3)]
    bust(world, last(world))
    assert covers(world) == [(Role.STOP_LOSS, 90, 10), (Role.TAKE_PROFIT, 110, 10)]


def test_a_leg_that_a_client_cancelled_stays_away() -> None:
    world = World()
    world.bought(10, stop_loss=90, take_profit=110)
    stop, profit = world.legs()
    world.fill(profit, 4, price=110)
    world.engine.cancel(ACCOUNT, stop.id)
    bust(world, last(world))
    assert covers(world) == [(Role.TAKE_PROFIT, 110, 10)]


def test_a_leg_that_a_client_made_smaller_stays_so() -> None:
    world = World()
    world.bought(10, stop_loss=90, take_profit=110)
    stop, profit = world.legs()
    world.engine.modify(ACCOUNT, stop.id, OrderChange(quantity=dec(6)))
    world.fill(profit, price=110)
    bust(world, last(world))
    assert covers(world) == [(Role.TAKE_PROFIT, 110, 10), (Role.STOP_LOSS, 90, 6)]


def test_what_legs_gave_up_is_remembered_over_a_restart() -> None:
    world = World()
    world.bought(10, stop_loss=90, take_profit=110)
    world.fill(world.leg(Role.TAKE_PROFIT), price=110)
    again = World(tape=world.tape, state=State.from_bytes(world.state.to_bytes()))
    bust(again, last(again))
    assert covers(again) == [(Role.TAKE_PROFIT, 110, 10), (Role.STOP_LOSS, 90, 10)]
