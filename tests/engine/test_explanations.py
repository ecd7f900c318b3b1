"""What a broker states of an order, against what was asked of it."""

import pytest

from engine import reports
from engine.actions import Send
from engine.events import DifferenceFound
from engine.ports import Cancel
from engine.values import Status
from tests.engine.remote import ACCOUNT, Remote


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
