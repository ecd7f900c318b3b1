"""A close that does not close leaves its position protected as it was, or somebody is told."""

from collections.abc import Callable

import pytest

from engine import reports
from engine.alarms import AlarmKind, alarms
from engine.errors import OrderRefused
from engine.orders import Order
from engine.reports import Report
from engine.requests import OrderChange
from engine.state import State
from engine.tape import MemoryTape
from engine.values import PositionMode, RejectReason, Role, Status
from tests.builders import ACCOUNT, World, dec, figures
from tests.engine.remote import ACCOUNT as FAR
from tests.engine.remote import Remote
from tests.engine.test_restored import bust, covers, last, restate

MODES = pytest.mark.parametrize("mode", PositionMode)
BOTH = {"stop_loss": 90, "take_profit": 110}
WHOLE = [(Role.STOP_LOSS, 90, 10), (Role.TAKE_PROFIT, 110, 10)]

Ending = Callable[[Order], Report]


def protected(mode: PositionMode = PositionMode.NETTING) -> World:
    """A position of ten with both legs."""
    world = World(mode=mode)
    world.bought(10, **BOTH)
    return world


def close(world: World, limit_price: int | None = None) -> Order:
    """Ask for the only position to be closed whole."""
    price = None if limit_price is None else dec(limit_price)
    return world.engine.close_position(ACCOUNT, world.position.id, limit_price=price)


def rejected(order: Order) -> Report:
    """The broker turned an order down."""
    return reports.Rejected(order.id, RejectReason.UNKNOWN, "the market is closed")


def expired(order: Order) -> Report:
    """The time of an order ran out."""
    return reports.Expired(order.id)


def cancelled(order: Order) -> Report:
    """The exchange cancelled an order."""
    return reports.Cancelled(order.id, "by the exchange")


ENDINGS = pytest.mark.parametrize("ending", [rejected, expired, cancelled])


def is_told(world: World | Remote) -> bool:
    """Whether an alarm about protection is open."""
    return any(one.kind is AlarmKind.POSITION_UNPROTECTED for one in alarms(world.engine.state))


@MODES
@ENDINGS
def test_a_close_that_ends_unfilled_gives_the_legs_back(mode: PositionMode, ending: Ending) -> None:
    world = protected(mode)
    before = world.legs()
    order = close(world)
    assert covers(world) == []
    world.engine.report(ending(order))
    assert covers(world) == WHOLE
    for old, new in zip(before, world.legs(), strict=True):
        assert new.request == old.request
        assert new.parent_order_id == old.parent_order_id
    assert (is_told(world), world.state.doubts.debts) == (False, {})
    world.fill(world.leg(Role.TAKE_PROFIT), price=110)
    assert world.state.working() == []


@MODES
@ENDINGS
def test_a_close_that_filled_in_part_gives_back_what_it_left(
    mode: PositionMode, ending: Ending
) -> None:
    world = protected(mode)
    order = close(world, limit_price=101)
    world.fill(order, 4)
    assert covers(world) == []
    world.engine.report(ending(order))
    assert covers(world) == [(Role.STOP_LOSS, 90, 6), (Role.TAKE_PROFIT, 110, 6)]


def test_a_close_that_a_client_cancels_gives_the_legs_back() -> None:
    world = protected()
    world.engine.cancel(ACCOUNT, close(world, limit_price=120).id)
    assert covers(world) == WHOLE


def test_a_close_that_is_made_smaller_gives_back_what_it_will_not_close() -> None:
    world = protected()
    order = close(world, limit_price=101)
    world.fill(order, 4)
    world.engine.modify(ACCOUNT, order.id, OrderChange(quantity=dec(6)))
    world.fill(order)
    assert covers(world) == [(Role.STOP_LOSS, 90, 4), (Role.TAKE_PROFIT, 110, 4)]


def test_a_close_made_as_small_as_its_fills_has_ended() -> None:
    world = protected()
    order = close(world, limit_price=101)
    world.fill(order, 4)
    world.engine.modify(ACCOUNT, order.id, OrderChange(quantity=dec(4)))
    assert order.status is Status.FILLED
    assert covers(world) == [(Role.STOP_LOSS, 90, 6), (Role.TAKE_PROFIT, 110, 6)]


def test_a_close_that_closed_owes_nothing() -> None:
    world = protected()
    world.fill(close(world))
    assert (world.account.positions, world.state.working()) == ({}, [])
    assert world.state.doubts.debts == {}


def test_legs_that_the_broker_does_not_take_back_are_an_alarm_each() -> None:
    world = protected()
    world.broker.rejects = RejectReason.UNKNOWN
    with pytest.raises(OrderRefused):
        close(world)
    assert figures(covers(world), world.position.quantity) == ([], 10)
    about = [one for one in alarms(world.state) if one.kind is AlarmKind.POSITION_UNPROTECTED]
    assert ["stop-loss" in one.message for one in about] == [True, False]
    world.broker.rejects = None
    world.engine.protect(ACCOUNT, world.position.id, dec(90), dec(110))
    assert not is_told(world)


def test_a_close_of_unknown_outcome_gives_nothing_back_until_it_is_proven() -> None:
    world = protected()
    order = close(world)
    world.engine.report(reports.OutcomeUnknown(order.id, "no answer"))
    assert covers(world) == []
    assert [one.kind for one in alarms(world.state)] == [AlarmKind.ORDER_UNKNOWN]
    world.engine.give_up(ACCOUNT, order.id, "not seen there")
    assert covers(world) == WHOLE


def test_a_stop_that_the_market_went_through_meanwhile_is_placed_all_the_same() -> None:
    world = protected()
    order = close(world)
    world.market.marks["AAPL"] = dec(80)
    world.engine.report(rejected(order))
    assert covers(world) == WHOLE


def test_legs_come_back_for_no_more_than_they_covered_the_youngest_first() -> None:
    world = World()
    world.bought(4, stop_loss=90)
    world.bought(5)
    world.bought(3, stop_loss=91)
    order = close(world)
    world.fill(order, 6)
    world.engine.report(cancelled(order))
    assert covers(world) == [(Role.STOP_LOSS, 91, 3), (Role.STOP_LOSS, 90, 3)]


def test_what_came_to_the_position_meanwhile_is_not_covered_by_them() -> None:
    world = protected()
    order = close(world, limit_price=101)
    world.bought(5)
    world.fill(order, 6)
    world.engine.report(cancelled(order))
    assert world.position.quantity == 9
    assert covers(world) == [(Role.STOP_LOSS, 90, 4), (Role.TAKE_PROFIT, 110, 4)]


def test_another_position_in_the_symbol_is_not_covered_by_them() -> None:
    world = protected()
    order = close(world, limit_price=120)
    world.sold(10)
    world.bought(7)
    world.engine.report(rejected(order))
    assert (covers(world), world.state.doubts.debts) == ([], {})


def test_a_position_that_comes_back_after_another_order_closed_it_is_covered_again() -> None:
    world = protected()
    order = close(world, limit_price=120)
    world.sold(10)
    sale = last(world)
    world.engine.report(cancelled(order))
    assert covers(world) == []
    bust(world, sale)
    assert covers(world) == WHOLE


def test_legs_that_a_client_placed_meanwhile_are_enough() -> None:
    world = protected()
    order = close(world, limit_price=120)
    world.engine.protect(ACCOUNT, world.position.id, stop_loss=dec(95))
    world.engine.report(cancelled(order))
    assert covers(world) == [(Role.STOP_LOSS, 95, 10), (Role.TAKE_PROFIT, 110, 10)]


def test_a_leg_that_a_client_cancelled_before_or_while_it_left_stays_away() -> None:
    world = protected()
    stop, profit = world.legs()
    world.broker.is_silent = True
    world.engine.cancel(ACCOUNT, stop.id)
    order = close(world)
    world.engine.cancel(ACCOUNT, profit.id)
    world.broker.is_silent = False
    for one in (stop, profit):
        world.engine.report(reports.Cancelled(one.id))
    world.engine.report(rejected(order))
    assert (covers(world), world.state.doubts.debts) == ([], {})


def test_a_leg_that_came_back_and_was_cancelled_then_stays_away() -> None:
    world = protected()
    world.engine.report(rejected(close(world)))
    world.engine.cancel(ACCOUNT, world.leg(Role.STOP_LOSS).id)
    again = world.restart()
    assert covers(again) == WHOLE[1:]
    again.engine.report(rejected(close(again)))
    assert covers(again) == WHOLE[1:]


def test_nothing_comes_back_before_the_old_leg_has_gone_and_nothing_if_it_stays() -> None:
    world = protected()
    stop, profit = world.legs()
    world.broker.is_silent = True
    order = close(world)
    world.broker.is_silent = False
    world.engine.report(rejected(order))
    assert world.legs() == [stop, profit]
    world.engine.report(reports.CancelRejected(stop.id, "too late"))
    assert world.legs() == [stop, profit]
    world.engine.report(reports.Cancelled(profit.id))
    assert covers(world) == WHOLE
    assert world.leg(Role.STOP_LOSS) is stop


@MODES
@pytest.mark.parametrize("is_ended", [False, True])
def test_the_fill_of_a_close_that_is_taken_back_is_covered_again_once_the_close_is_over(
    mode: PositionMode, is_ended: bool
) -> None:
    world = protected(mode)
    order = close(world)
    world.fill(order)
    if is_ended:
        world.engine.report(cancelled(order))
    bust(world, last(world))
    assert covers(world) == (WHOLE if is_ended else [])
    if not is_ended:
        world.engine.report(cancelled(order))
    assert figures(covers(world), world.position.quantity) == (WHOLE, 10)


def test_what_a_close_gave_back_once_it_does_not_give_back_twice() -> None:
    world = protected()
    order = close(world, limit_price=101)
    world.fill(order, 6)
    world.bought(5)
    world.engine.report(cancelled(order))
    assert covers(world) == [(Role.STOP_LOSS, 90, 4), (Role.TAKE_PROFIT, 110, 4)]
    filled = next(one for one in world.state.trades.values() if one.order_id == order.id)
    restate(world, filled, 4)
    assert sum(leg.prospect for leg in world.legs(Role.STOP_LOSS)) == 6
    bust(world, filled)
    assert sum(leg.prospect for leg in world.legs(Role.STOP_LOSS)) == 10
    assert world.position.quantity == 15


def cuts(world: World, after: int) -> list[World]:
    """Worlds that begin with every part of a tape that is longer than `after` records."""
    found = []
    records = list(world.tape.records())
    for length in range(after + 1, len(records) + 1):
        tape = MemoryTape()
        for one in records[:length]:
            tape.append(one.ts, one.account, one.causation, one.event)
        mode = world.account.position_mode
        found.append(World(tape=tape, mode=mode, market=world.market))
    return found


@MODES
@ENDINGS
def test_whichever_fact_is_the_last_before_a_crash_the_position_is_covered_or_somebody_is_told(
    mode: PositionMode, ending: Ending
) -> None:
    world = protected(mode)
    world.bought(5, position_id=world.position.id if mode is PositionMode.HEDGING else None)
    head = world.tape.head
    order = close(world, limit_price=101)
    world.fill(order, 6)
    world.engine.report(ending(order))
    for again in cuts(world, head):
        close_again = again.state.orders[order.id]
        if not close_again.is_final:
            again.engine.report(ending(close_again))
        held = again.position.quantity
        assert held in (15, 9)
        for role in (Role.STOP_LOSS, Role.TAKE_PROFIT):
            covered = sum(leg.prospect for leg in again.legs(role))
            assert covered == min(held, 10) or is_told(again)
        assert again.state.doubts.debts == {}


def test_what_is_owed_is_remembered_by_a_snapshot() -> None:
    world = protected()
    order = close(world, limit_price=120)
    again = World(tape=world.tape, state=State.from_bytes(world.state.to_bytes()))
    again.engine.report(rejected(order))
    assert covers(again) == WHOLE


def filled_far() -> tuple[Remote, Order]:
    """A position at a broker behind a line, its leg taken, and the close on its way."""
    world = Remote().connect()
    entry = world.working(10, stop_loss=80)
    world.books.fill("b1", "x1", dec(10), dec(90), world.now)
    world.heard(reports.Filled(entry.id, "x1", dec(10), dec(90), world.now))
    leg = world.sent().order
    world.heard(reports.Accepted(leg.id, "b2"))
    world.books.take(leg, "b2")
    (position,) = world.account.positions.values()
    order = world.engine.close_position(FAR, position.id)
    world.line.tick(world.now)
    assert [world.sent().order, world.sent().order] == [leg, order]
    return world, leg


def roles(world: Remote) -> list[Role]:
    """What the orders are that work or wait."""
    return [one.role for one in world.engine.state.working(FAR)]


def test_over_a_line_the_leg_comes_back_when_both_answers_are_there() -> None:
    world, leg = filled_far()
    order = next(one for one in world.engine.state.working(FAR) if one.role is Role.CLOSE)
    world.heard(rejected(order))
    assert world.drop() == []
    world.heard(reports.Cancelled(leg.id))
    anew = world.sent().order
    assert (anew.role, anew.stop_price, anew.remaining) == (Role.STOP_LOSS, dec(80), dec(10))


def test_over_a_line_it_comes_back_when_the_close_is_proven_never_to_have_arrived() -> None:
    world, leg = filled_far()
    order = next(one for one in world.engine.state.working(FAR) if one.role is Role.CLOSE)
    world.heard(reports.Cancelled(leg.id))
    world.books.change("b2", status=Status.CANCELLED)
    world.line.unanswered(world.now, world.line.dispatch.flights[order.id].instruction, "lost")
    for _ in range(3):
        assert Role.STOP_LOSS not in roles(world)
        world.line.looked_up(world.now, world.books.lookup(world.asked()))
        world.wait(6)
    assert world.sent().order.role is Role.STOP_LOSS


def test_over_a_line_it_comes_back_when_a_comparison_finds_that_the_close_has_ended() -> None:
    world, leg = filled_far()
    order = next(one for one in world.engine.state.working(FAR) if one.role is Role.CLOSE)
    world.heard(reports.Cancelled(leg.id), reports.Accepted(order.id, "b3"))
    world.books.change("b2", status=Status.CANCELLED)
    world.books.take(order, "b3")
    world.books.change("b3", status=Status.CANCELLED)
    world.wait(1)
    world.reconcile()
    assert world.sent().order.role is Role.STOP_LOSS


def test_a_process_that_died_before_it_placed_the_legs_is_followed_by_one_that_does() -> None:
    world, leg = filled_far()
    order = next(one for one in world.engine.state.working(FAR) if one.role is Role.CLOSE)
    world.heard(reports.Cancelled(leg.id), rejected(order))
    anew = world.sent().order
    tape = MemoryTape()
    for one in world.tape.records():
        if one.seq < int(anew.id[4:]):
            tape.append(one.ts, one.account, one.causation, one.event)
    again = Remote(tape=tape)
    (leg,) = again.engine.state.legs(FAR, "AAPL")
    assert (leg.stop_price, leg.remaining, is_told(again)) == (dec(80), dec(10), False)
