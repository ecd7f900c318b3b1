"""What a broker states of an order, against what was asked of it."""

import pytest

from engine import reports
from engine.actions import Send
from engine.events import DifferenceFound
from engine.orders import Order
from engine.ports import Cancel, Instruction
from engine.values import Status
from tests.engine.remote import ACCOUNT, DELAYED, SECOND, Remote


def lost_cancel(world: Remote) -> Remote:
    """A cancel was asked for and acknowledged, and the engine died before it was sent."""
    one = world.working()
    world.engine.cancel(ACCOUNT, one.id)
    return world.restart().connect()


def test_a_cancel_that_a_crash_kept_from_its_broker_is_asked_again_once_the_order_is_found() -> (
    None
):
    world = lost_cancel(Remote().connect())
    (one,) = world.engine.state.working(ACCOUNT)
    (instruction,) = [each.instruction for each in world.drop() if isinstance(each, Send)]
    assert isinstance(instruction, Cancel)
    assert (one.status, instruction.order.id) == (Status.PENDING_CANCEL, one.id)
    found = [each.event for each in world.tape.records() if isinstance(each.event, DifferenceFound)]
    assert (found[-1].subject, found[-1].ours) == ("cancel (snapshot)", "asked for")
    world.line.answered(world.now, instruction, [reports.Cancelled(one.id, broker_id="b1")])
    assert world.engine.state.working(ACCOUNT) == []
    world.reconcile()
    assert [each for each in world.drop() if isinstance(each, Send)] == []


@pytest.mark.parametrize("answer", ["accepted", "turned down"])
def test_a_cancel_that_was_turned_down_is_not_asked_again(answer: str) -> None:
    world = Remote().connect()
    one = world.working()
    world.engine.cancel(ACCOUNT, one.id)
    world.wait(0)
    world.line.answered(world.now, world.sent(), [reports.CancelRejected(one.id, "too late")])
    if answer == "accepted":
        world.heard(reports.Accepted(one.id, "b1"))
    world.reconcile()
    assert world.drop() == []
    assert one.status is Status.OPEN


def leaving(world: Remote) -> tuple[Remote, Order]:
    """The engine died after a cancel was sent; the broker is still about to make it."""
    one = world.working()
    world.engine.cancel(ACCOUNT, one.id)
    world.wait(0)
    assert isinstance(world.sent(), Cancel)
    world.books.change("b1", status=Status.PENDING_CANCEL)
    again = world.restart()
    return again, again.engine.order(ACCOUNT, one.id)


def sends(world: Remote) -> list[Instruction]:
    """What is to be sent now."""
    return [each.instruction for each in world.drop() if isinstance(each, Send)]


def test_a_cancel_that_the_broker_is_about_to_make_is_waited_for() -> None:
    world, one = leaving(Remote().connect())
    world.connect()
    assert (one.status, sends(world)) == (Status.PENDING_CANCEL, [])
    world.wait(1)
    world.reconcile()
    assert (one.status, sends(world)) == (Status.PENDING_CANCEL, [])
    world.heard(reports.Cancelled(one.id, broker_id="b1"))
    assert world.engine.state.working(ACCOUNT) == []


def test_a_lookup_that_finds_a_cancel_under_way_waits_for_it_too() -> None:
    world = Remote().connect()
    one = world.working()
    world.engine.cancel(ACCOUNT, one.id)
    world.wait(0)
    world.line.unanswered(world.now, world.sent(), "reset")
    world.books.change("b1", status=Status.PENDING_CANCEL)
    world.line.looked_up(world.now, world.books.lookup(world.asked()))
    assert (one.status, sends(world)) == (Status.PENDING_CANCEL, [])


def test_a_cancel_that_the_broker_gave_up_unheard_is_asked_again_until_it_is_refused() -> None:
    world, one = leaving(Remote().connect())
    world.connect()
    world.drop()
    world.books.change("b1", status=Status.OPEN)
    world.wait(1)
    world.reconcile()
    (cancel,) = sends(world)
    assert isinstance(cancel, Cancel)
    assert one.status is Status.PENDING_CANCEL
    world.line.answered(world.now, cancel, [reports.CancelRejected(one.id, "too late")])
    world.wait(1)
    world.reconcile()
    assert (one.status, sends(world)) == (Status.OPEN, [])


def test_a_statement_that_may_be_older_than_the_cancel_says_nothing_about_it() -> None:
    world, one = leaving(Remote(DELAYED).connect())
    world.now += 3 * SECOND
    world.connect()
    world.drop()
    world.books.change("b1", status=Status.OPEN)
    world.wait(2)
    world.reconcile()
    assert (one.status, sends(world)) == (Status.PENDING_CANCEL, [])
    world.wait(1)
    world.reconcile()
    assert [type(each) for each in sends(world)] == [Cancel]
