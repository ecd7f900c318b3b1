"""A fill always counts; one that should not be opens an alarm, once."""

import pytest

from engine import reports
from engine.alarms import AlarmKind, alarms
from engine.errors import OrderNotFound
from engine.hearing import concern, hear
from engine.reports import Report
from engine.statements import BrokerOrder
from engine.values import RejectReason, Status
from tests.builders import dec, order
from tests.engine.remote import ACCOUNT, Remote


def kinds(world: Remote) -> list[AlarmKind]:
    return [one.kind for one in alarms(world.engine.state)]


def test_an_over_fill_counts_and_opens_an_alarm() -> None:
    world = Remote().connect()
    one = world.working()
    for name in ("x1", "x2", "x3"):
        hear(world.engine, reports.Filled(one.id, name, dec(8), dec(90), 1))
    assert (one.status, one.filled, one.remaining) == (Status.FILLED, dec(24), dec(0))
    assert kinds(world) == [AlarmKind.ORDER_OVERFILLED]
    assert world.account.positions["AAPL"].quantity == 24


def test_a_fill_after_the_end_counts_and_opens_an_alarm() -> None:
    world = Remote().connect()
    one = world.working()
    hear(world.engine, reports.Cancelled(one.id))
    hear(world.engine, reports.Filled(one.id, "x1", dec(4), dec(90), 1))
    hear(world.engine, reports.Filled(one.id, "x1", dec(4), dec(90), 1))
    assert (one.status, one.filled) == (Status.CANCELLED, dec(4))
    assert kinds(world) == [AlarmKind.ORDER_FILLED_LATE]


def test_a_correction_beyond_the_order_opens_an_alarm() -> None:
    world = Remote().connect()
    one = world.working()
    hear(world.engine, reports.Corrected(one.id, "x1", dec(11), dec(90), 1, revision=1))
    assert kinds(world) == [AlarmKind.ORDER_OVERFILLED]


def test_an_order_may_be_named_by_the_id_of_its_broker_alone() -> None:
    world = Remote().connect()
    one = world.working()
    told: list[Report] = [
        reports.Triggered("", "b1", ACCOUNT),
        reports.Filled("", "x1", dec(4), dec(90), 1, broker_id="b1", account=ACCOUNT),
        reports.Corrected("", "x1", dec(5), dec(90), 1, broker_id="b1", account=ACCOUNT),
        reports.Busted("", "x1", "mistake", "b1", ACCOUNT),
        reports.Expired("", "b1", ACCOUNT),
    ]
    for report in told:
        assert concern(world.engine, report) == (ACCOUNT, "AAPL")
        hear(world.engine, report)
    assert (one.status, one.filled) == (Status.EXPIRED, dec(0))


@pytest.mark.parametrize(
    "report",
    [
        reports.Filled("", "x1", dec(4), dec(90), 1, broker_id="b9", account=ACCOUNT),
        reports.Cancelled("", broker_id="b1", account="U9"),
        reports.Rejected("ord_9", RejectReason.UNKNOWN, "no"),
    ],
)
def test_what_nobody_knows_concerns_nobody_and_is_refused(report: Report) -> None:
    world = Remote().connect()
    world.working()
    assert concern(world.engine, report) is None
    with pytest.raises(OrderNotFound):
        hear(world.engine, report)


def test_an_id_that_names_two_working_orders_names_neither() -> None:
    world = Remote().connect()
    world.working()
    world.working()
    with pytest.raises(OrderNotFound):
        hear(world.engine, reports.Expired("", "b1", ACCOUNT))


def test_reports_that_name_no_order_concern_their_symbol_or_nothing() -> None:
    world = Remote().connect()
    foreign = BrokerOrder("m1", None, order("EUR/USD"), Status.OPEN)
    assert concern(world.engine, reports.ForeignOrder(ACCOUNT, foreign)) == (ACCOUNT, "EUR/USD")
    split = reports.PositionSplit(ACCOUNT, "AAPL", dec(2))
    assert concern(world.engine, split) == (ACCOUNT, "AAPL")
    assert concern(world.engine, reports.CashMoved(ACCOUNT, dec(1), "USD", "fee")) is None


def test_the_order_of_somebody_else_may_be_told_before_any_snapshot_shows_it() -> None:
    world = Remote().connect()
    foreign = BrokerOrder("m1", None, order(limit_price=80), Status.OPEN)
    for _ in range(2):
        hear(world.engine, reports.ForeignOrder(ACCOUNT, foreign))
    (one,) = world.engine.state.working(ACCOUNT)
    assert one.broker_ids == ("m1",)
