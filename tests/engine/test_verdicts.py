"""What only a person decides needs a reason, and something that is there to decide."""

import pytest

from engine import events as ev
from engine import reports
from engine.alarms import AlarmKind, alarms
from engine.errors import InvalidRequest, OrderNotFound, OrderNotModifiable
from engine.statements import Holding
from engine.values import Status
from tests.builders import World, dec
from tests.engine.remote import ACCOUNT, Remote


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_verdict_needs_a_reason(reason: str) -> None:
    world = Remote().connect()
    with pytest.raises(InvalidRequest, match="why this is so"):
        world.engine.accept_position(ACCOUNT, "AAPL", reason)
    with pytest.raises(InvalidRequest, match="why this is so"):
        world.engine.clear_alarm("order_overfilled:ord_1", reason)


def test_there_must_be_something_to_decide() -> None:
    world = Remote().connect()
    one = world.working()
    with pytest.raises(InvalidRequest, match="in dispute"):
        world.engine.accept_position(ACCOUNT, "AAPL", "why not")
    with pytest.raises(InvalidRequest, match="an open alarm"):
        world.engine.clear_alarm("order_overfilled:ord_1", "why not")
    with pytest.raises(OrderNotModifiable, match="its fate is known"):
        world.engine.give_up(ACCOUNT, one.id, "why not")
    with pytest.raises(OrderNotFound):
        world.engine.give_up(ACCOUNT, "ord_9", "why not")


def test_an_accepted_position_is_an_adjustment_with_its_reason() -> None:
    world = Remote()
    world.books.others["AAPL"] = Holding(dec(10), dec(1000))
    world.connect()
    del world.books.others["AAPL"]
    world.now += 1
    world.reconcile()
    head = world.tape.head
    world.engine.accept_position(ACCOUNT, "AAPL", "assigned away")
    adjusted, agreed = (record.event for record in world.tape.records(head))
    assert isinstance(adjusted, ev.PositionAdjusted)
    assert (adjusted.reason, adjusted.quantity) == ("accepted: assigned away", dec(-10))
    assert agreed == ev.PositionAgreed("AAPL", "assigned away")
    assert world.account.positions == {}
    world.now += 1
    world.reconcile()
    assert world.line.differences == 0


@pytest.mark.parametrize(
    ("told", "ends"),
    [
        ([], Status.REJECTED),
        ([reports.Accepted("o", "b1")], Status.CANCELLED),
        ([reports.Filled("o", "x1", dec(4), dec(90), 1)], Status.CANCELLED),
    ],
    ids=["never acknowledged", "acknowledged", "filled in part"],
)
def test_an_order_given_up_has_ended_and_a_trade_still_counts(
    told: list[reports.Accepted | reports.Filled], ends: Status
) -> None:
    world = Remote().connect()
    one = world.buy(limit_price=90)
    for report in told:
        kind = type(report)
        values = {name: getattr(report, name) for name in report.__struct_fields__}
        world.heard(kind(**{**values, "order_id": one.id}))
    world.heard(reports.OutcomeUnknown(one.id, "nobody knows"))
    world.engine.give_up(ACCOUNT, one.id, "the broker's desk said so")
    assert (one.status, one.message) == (ends, "given up: the broker's desk said so")
    before = one.filled
    world.heard(reports.Filled(one.id, "x9", dec(1), dec(90), 1))
    assert one.filled == before + 1
    (alarm,) = alarms(world.engine.state)
    assert alarm.kind is AlarmKind.ORDER_FILLED_LATE
    world.engine.clear_alarm(alarm.id, "seen")
    assert alarms(world.engine.state) == []


def test_legs_do_not_outlive_a_position_that_was_accepted_as_gone() -> None:
    world = World()
    world.bought(10, stop_loss=90, take_profit=110)
    world.engine.write(world.account.id, ev.PositionDisputed("AAPL", dec(10), dec(0), dec(-1000)))
    world.engine.accept_position(world.account.id, "AAPL", "sold by phone")
    assert (world.account.positions, world.legs()) == ({}, [])
