"""A position that loses protection unasked is an alarm, until it is covered again or closed."""

import pytest

from engine import reports
from engine.alarms import Alarm, AlarmKind, alarms
from engine.orders import Order
from engine.ports import Modify, Submit
from engine.requests import OrderChange
from engine.state import State
from engine.values import PositionMode, RejectReason, Role, Status
from tests.builders import ACCOUNT, World, dec
from tests.engine.remote import ACCOUNT as FAR
from tests.engine.remote import Remote

KIND = AlarmKind.POSITION_UNPROTECTED


def open_alarms(world: World | Remote) -> list[Alarm]:
    """What is open about protection."""
    return [one for one in alarms(world.engine.state) if one.kind is KIND]


def turned_down(world: World, quantity: int = 10) -> Order:
    """A position whose stop-loss its broker did not take."""
    entry = world.buy(quantity, stop_loss=90, take_profit=110)
    world.broker.rejects = RejectReason.INVALID_PRICE
    world.fill(entry)
    world.broker.rejects = None
    return next(one for one in world.state.orders.values() if one.role is Role.STOP_LOSS)


@pytest.mark.parametrize("mode", PositionMode)
def test_a_leg_that_is_turned_down_is_an_alarm_that_names_position_leg_and_reason(
    mode: PositionMode,
) -> None:
    world = World(mode=mode)
    leg = turned_down(world)
    alarm = open_alarms(world)[0]
    assert (alarm.order_id, alarm.position_id, alarm.quantity) == (
        leg.id,
        world.position.id,
        dec(10),
    )
    for word in (leg.id, world.position.id, "AAPL", "stop-loss", "was told to"):
        assert word in alarm.message
    assert len(open_alarms(world)) == 2  # the take-profit was turned down as well


@pytest.mark.parametrize("mode", PositionMode)
def test_it_settles_when_the_position_is_covered_again(mode: PositionMode) -> None:
    world = World(mode=mode)
    turned_down(world)
    world.engine.protect(ACCOUNT, world.position.id, stop_loss=dec(95))
    (left,) = open_alarms(world)
    assert "take-profit" in left.message
    world.engine.protect(ACCOUNT, world.position.id, take_profit=dec(120))
    assert open_alarms(world) == []
    assert world.facts()[-1] == "AlarmCleared"


@pytest.mark.parametrize("mode", PositionMode)
def test_it_settles_when_the_position_is_closed(mode: PositionMode) -> None:
    world = World(mode=mode)
    turned_down(world)
    world.fill(world.engine.close_position(ACCOUNT, world.position.id))
    assert open_alarms(world) == []


def test_it_settles_after_a_restart_too_when_a_plain_order_turns_the_position_round() -> None:
    world = World(leverage=4)
    turned_down(world)
    again = World(tape=world.tape, state=State.from_bytes(world.state.to_bytes()), leverage=4)
    again.broker.capabilities = world.broker.capabilities
    assert len(open_alarms(again)) == 2
    again.sold(15)
    assert (again.position.quantity, open_alarms(again)) == (dec(-5), [])


def test_what_is_left_of_the_position_is_all_that_must_be_covered() -> None:
    world = World()
    world.bought(4, stop_loss=90)
    turned_down(world, 6)
    assert {int(one.quantity) for one in open_alarms(world)} == {6, 10}
    world.sold(6)
    assert all("take-profit" in one.message for one in open_alarms(world))


@pytest.mark.parametrize(
    "end",
    [
        lambda leg: reports.Expired(leg.id),
        lambda leg: reports.Cancelled(leg.id, "by the exchange"),
        lambda leg: reports.Rejected(leg.id, RejectReason.INSUFFICIENT_MARGIN, "no margin"),
    ],
)
def test_a_leg_that_its_broker_ends_unasked_is_an_alarm(end: object) -> None:
    world = World()
    world.bought(10, stop_loss=90)
    leg = world.leg(Role.STOP_LOSS)
    assert callable(end)
    world.engine.report(end(leg))
    (alarm,) = open_alarms(world)
    assert f"{leg.id} is {leg.status}" in alarm.message


def test_a_leg_that_will_not_grow_is_an_alarm_about_what_it_does_not_cover() -> None:
    world = World()
    entry = world.buy(10, stop_loss=90)
    world.fill(entry, 4)
    world.broker.keeps_terms = True
    world.fill(entry, 6)
    (alarm,) = open_alarms(world)
    assert "no stop-loss for 6 of it" in alarm.message
    world.broker.keeps_terms = False
    world.engine.protect(ACCOUNT, world.position.id, stop_loss=dec(91))
    assert open_alarms(world) == []


def test_a_leg_that_was_to_go_is_none() -> None:
    world = World()
    world.bought(10, stop_loss=90, take_profit=110)
    stop, profit = world.legs()
    world.engine.cancel(ACCOUNT, stop.id)
    world.fill(profit, 4, price=110)
    world.engine.close_position(ACCOUNT, world.position.id)
    assert open_alarms(world) == []


def test_an_entry_that_is_turned_down_is_none() -> None:
    world = World()
    world.bought(10)
    entry = world.sell(5, limit_price=120, stop_loss=130)
    world.engine.report(reports.Rejected(entry.id, RejectReason.UNKNOWN, "no"))
    assert open_alarms(world) == []


def test_a_person_may_clear_it() -> None:
    world = World()
    turned_down(world)
    for one in open_alarms(world):
        world.engine.clear_alarm(one.id, "hedged elsewhere")
    world.sold(1)
    assert open_alarms(world) == []


def test_a_leg_that_ends_after_a_bust_of_its_fill_is_placed_anew() -> None:
    world = World()
    world.bought(10, take_profit=110)
    leg = world.leg(Role.TAKE_PROFIT)
    world.fill(leg, price=110)
    trade = list(world.state.trades.values())[-1]
    world.engine.report(reports.Busted(leg.id, trade.execution_id, "mistake"))
    world.engine.report(reports.Cancelled(leg.id, "done for good"))
    anew = world.leg(Role.TAKE_PROFIT)
    assert anew is not leg
    assert (anew.remaining, anew.limit_price, open_alarms(world)) == (dec(10), dec(110), [])


def test_a_leg_that_was_to_cover_nothing_more_when_it_ended_is_not_placed_anew() -> None:
    world = World()
    world.bought(10, take_profit=110)
    leg = world.leg(Role.TAKE_PROFIT)
    world.broker.is_silent = True
    world.engine.modify(ACCOUNT, leg.id, OrderChange(quantity=dec(5)))
    world.fill(leg, 6, price=110)
    trade = list(world.state.trades.values())[-1]
    news = reports.Corrected(leg.id, trade.execution_id, dec(5), dec(110), world.engine.now)
    world.engine.report(news)
    world.engine.report(reports.Cancelled(leg.id, "done for good"))
    assert (world.legs(), open_alarms(world)) == ([], [])


def test_what_a_local_broker_lost_in_a_crash_is_an_alarm() -> None:
    world = World()
    entry = world.buy(10, stop_loss=90)
    world.broker.is_silent = True
    world.fill(entry)
    again = world.restart()
    (alarm,) = open_alarms(again)
    assert "stopped before its broker took the order" in alarm.message


def filled_far() -> tuple[Remote, Order]:
    """A position at a broker behind a line, and its leg on the way there."""
    world = Remote().connect()
    entry = world.working(10, stop_loss=80)
    world.books.fill("b1", "x1", dec(10), dec(90), world.now)
    world.heard(reports.Filled(entry.id, "x1", dec(10), dec(90), world.now))
    sent = world.sent()
    assert isinstance(sent, Submit)
    return world, sent.order


def test_over_a_line_it_settles_when_the_broker_has_taken_the_new_leg() -> None:
    world, leg = filled_far()
    world.heard(reports.Rejected(leg.id, RejectReason.UNKNOWN, "no such stop"))
    assert len(open_alarms(world)) == 1
    (position,) = world.account.positions.values()
    world.engine.protect(FAR, position.id, stop_loss=dec(85))
    world.line.tick(world.now)
    assert len(open_alarms(world)) == 1
    anew = world.sent().order
    world.heard(reports.Accepted(anew.id, "b3"))
    assert open_alarms(world) == []


def test_a_leg_that_a_comparison_finds_ended_is_an_alarm() -> None:
    world, leg = filled_far()
    world.heard(reports.Accepted(leg.id, "b2"))
    world.books.take(leg, "b2")
    world.books.change("b2", status=Status.EXPIRED)
    world.wait(1)
    world.reconcile()
    (alarm,) = open_alarms(world)
    assert (alarm.order_id, leg.status) == (leg.id, Status.EXPIRED)


def test_a_leg_that_never_reached_the_broker_is_an_alarm() -> None:
    world, leg = filled_far()
    world.line.unanswered(world.now, world_sent(world, leg), "no answer")
    for _ in range(4):
        asked = world.asked()
        world.line.looked_up(world.now, world.books.lookup(asked))
        if leg.is_final:
            break
        world.wait(6)
    (alarm,) = open_alarms(world)
    assert "never reached the broker" in alarm.message


def world_sent(world: Remote, leg: Order) -> Submit | Modify:
    """The instruction about a leg that is under way."""
    sent = world.line.dispatch.flights[leg.id].instruction
    assert isinstance(sent, Submit)
    return sent


def test_a_leg_given_up_for_ended_is_an_alarm() -> None:
    world, leg = filled_far()
    world.line.unanswered(world.now, world_sent(world, leg), "no answer")
    world.engine.give_up(FAR, leg.id, "not seen there")
    assert len(open_alarms(world)) == 1


def test_a_leg_that_a_client_made_smaller_is_none() -> None:
    world = World()
    world.bought(10, stop_loss=90)
    world.engine.modify(ACCOUNT, world.leg(Role.STOP_LOSS).id, OrderChange(quantity=dec(6)))
    assert open_alarms(world) == []
