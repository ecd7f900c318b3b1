"""Instructions go one by one for each order, cancels first, and nothing ever goes twice."""

import msgspec
import pytest

from engine import reports
from engine.actions import LookUp, Send
from engine.orders import Order
from engine.ports import Cancel, Instruction, Modify, RateLimits, Submit
from engine.requests import OrderChange
from engine.values import Status
from tests.builders import EVERYTHING, NO_TRAILING, dec, order
from tests.engine.remote import ACCOUNT, SECOND, Remote

CHANGE = OrderChange(limit_price=dec(91))


def sends(world: Remote) -> list[Instruction]:
    """What is to be sent now."""
    return [each.instruction for each in world.drop() if isinstance(each, Send)]


def test_an_order_that_was_never_sent_is_cancelled_here() -> None:
    world = Remote().connect()
    one = world.engine.submit(ACCOUNT, order(limit_price=90))
    world.engine.cancel(ACCOUNT, one.id)
    world.line.tick(world.now)
    assert not world.line.actions
    assert one.status is Status.CANCELLED


def test_the_next_instruction_about_an_order_waits_for_the_answer_to_the_last() -> None:
    world = Remote().connect()
    one = world.working()
    world.engine.modify(ACCOUNT, one.id, CHANGE)
    world.line.tick(world.now)
    change = world.sent()
    assert isinstance(change, Modify)
    world.engine.cancel(ACCOUNT, one.id)
    world.line.tick(world.now)
    assert not world.line.actions
    world.line.answered(world.now, change, [reports.Modified(one.id, CHANGE)])
    assert isinstance(world.sent(), Cancel)


def test_cancels_go_before_everything_that_waits() -> None:
    world = Remote(msgspec.structs.replace(EVERYTHING, rate_limits=RateLimits(1, None, 40)))
    world.connect()
    one = world.working()
    for _ in range(3):
        world.engine.submit(ACCOUNT, order(limit_price=80))
    world.engine.cancel(ACCOUNT, one.id)
    world.wait(1)
    assert [type(each) for each in sends(world)] == [Cancel]
    assert world.line.wake_at == world.now + SECOND
    world.wait(1)
    assert [type(each) for each in sends(world)] == [Submit]


def test_a_storm_of_orders_can_not_use_up_what_cancels_need() -> None:
    world = Remote(msgspec.structs.replace(EVERYTHING, rate_limits=RateLimits(10))).connect()
    one = world.working()
    world.wait(1)
    for _ in range(20):
        world.engine.submit(ACCOUNT, order(limit_price=80))
    world.line.tick(world.now)
    assert len(sends(world)) == 8
    world.engine.cancel(ACCOUNT, one.id)
    world.line.tick(world.now)
    assert [type(each) for each in sends(world)] == [Cancel]


def test_an_answer_that_comes_as_a_report_answers_too() -> None:
    world = Remote().connect()
    one = world.buy(limit_price=90)
    world.line.answered(world.now, world.sent(), [])
    world.heard(reports.Accepted(one.id, "b1"))
    world.wait(10)
    assert one.status is Status.OPEN


def test_what_is_not_answered_in_time_is_unknown() -> None:
    world = Remote().connect()
    one = world.buy(limit_price=90)
    world.line.answered(world.now, world.sent(), [])
    assert world.line.wake_at == world.now + 10 * SECOND
    world.wait(9.99)
    before = one.status
    world.wait(0.01)
    assert (before, one.status) == (Status.PENDING, Status.UNKNOWN)
    world.did(LookUp)
    head = world.tape.head
    world.heard(reports.Accepted(one.id, "b1"))
    assert (one.status, world.facts(head)) == (Status.OPEN, ["OrderAccepted"])


@pytest.mark.parametrize("step", ["submit", "modify", "cancel"])
def test_an_answer_lost_at_any_step_leaves_the_outcome_unknown(step: str) -> None:
    world = Remote().connect()
    one = world.buy(limit_price=90) if step == "submit" else world.working()
    if step == "modify":
        world.engine.modify(ACCOUNT, one.id, CHANGE)
    elif step == "cancel":
        world.engine.cancel(ACCOUNT, one.id)
    world.line.tick(world.now)
    instruction = world.sent()
    world.line.unanswered(world.now, instruction, "reset")
    assert one.status is Status.UNKNOWN
    world.line.unanswered(world.now, instruction, "told twice")
    assert [type(each) for each in world.drop()] == [LookUp]


def test_a_failure_after_the_answer_came_by_another_road_changes_nothing() -> None:
    world = Remote().connect()
    one = world.buy(limit_price=90)
    instruction = world.sent()
    world.heard(reports.Accepted(one.id, "b1"))
    world.line.unanswered(world.now, instruction, "reset")
    assert one.status is Status.OPEN


def test_an_order_that_ended_while_its_cancel_was_under_way_is_not_unknown() -> None:
    world = Remote().connect()
    one = world.working()
    world.engine.cancel(ACCOUNT, one.id)
    world.line.tick(world.now)
    instruction = world.sent()
    world.heard(reports.Filled(one.id, "x1", dec(10), dec(90), world.now))
    world.line.unanswered(world.now, instruction, "reset")
    assert one.status is Status.FILLED


def test_a_change_of_an_order_on_its_way_out_is_refused_here() -> None:
    world = Remote().connect()
    one = world.working()
    world.engine.modify(ACCOUNT, one.id, CHANGE)
    world.engine.cancel(ACCOUNT, one.id)
    world.line.tick(world.now)
    assert [type(each) for each in sends(world)] == [Cancel]
    assert one.asked == 0


def test_a_cancel_of_an_unknown_order_is_sent_and_its_refusal_proves_nothing() -> None:
    world = Remote().connect()
    one = world.buy(limit_price=90)
    world.line.unanswered(world.now, world.sent(), "reset")
    world.drop()
    world.engine.cancel(ACCOUNT, one.id)
    world.line.tick(world.now)
    cancel = world.sent()
    assert isinstance(cancel, Cancel)
    world.line.answered(world.now, cancel, [reports.CancelRejected(one.id, "no such order")])
    assert one.status is Status.UNKNOWN


def test_nothing_is_sent_for_an_order_that_ended_meanwhile() -> None:
    world = Remote().connect()
    one = world.working()
    world.engine.cancel(ACCOUNT, one.id)
    world.heard(reports.Filled(one.id, "x1", dec(10), dec(90), world.now))
    assert sends(world) == []


def test_an_order_of_unknown_outcome_is_not_sent_even_if_it_waits_to_be() -> None:
    world = Remote().connect()
    one = world.engine.submit(ACCOUNT, order(limit_price=90))
    world.engine.report(reports.OutcomeUnknown(one.id, "somebody said so"))
    world.line.tick(world.now)
    assert sends(world) == []


def test_a_stop_held_here_is_in_flight_once_it_was_sent_on() -> None:
    world = Remote(NO_TRAILING).connect()
    one = world.sell(1, trailing_distance=5)
    assert world.restart().engine.state.doubts.orders == {}
    world.engine.watch("AAPL", dec(90), dec(90))
    world.line.tick(world.now)
    release = world.sent()
    assert isinstance(release, Submit)
    assert set(world.restart().engine.state.doubts.orders) == {one.id}


def fill_in_parts(world: Remote, one: Order) -> None:
    """Not all at once."""
    for number in range(2):
        world.heard(reports.Filled(one.id, f"x{number}", dec(5), dec(90), world.now))


def test_a_fill_answers_a_submission() -> None:
    world = Remote().connect()
    one = world.buy(limit_price=90)
    world.sent()
    fill_in_parts(world, one)
    world.wait(60)
    assert one.status is Status.FILLED


def test_a_cancel_that_is_asked_for_again_while_one_is_under_way_goes_once() -> None:
    world = Remote().connect()
    one = world.working()
    world.engine.cancel(ACCOUNT, one.id)
    world.engine.withdraw(one, "client", again=True)
    world.line.tick(world.now)
    assert [type(each) for each in sends(world)] == [Cancel]
    world.engine.withdraw(one, "client", again=True)
    world.wait(1)
    assert sends(world) == []
    world.heard(reports.CancelRejected(one.id, "too late"))
    assert sends(world) == []
