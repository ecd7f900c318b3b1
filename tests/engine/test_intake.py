"""Reports are believed as far as an order's life allows, and a fill always counts."""

import pytest

from engine import reports
from engine.errors import AccountNotFound, InvalidRequest, OrderNotFound
from engine.reports import Report
from engine.requests import OrderChange
from engine.values import PositionMode, RejectReason, Status
from tests.builders import ACCOUNT, World, dec, figures


def silent() -> World:
    """A world whose broker answers nothing by itself."""
    world = World()
    world.broker.is_silent = True
    return world


def about(order_id: str) -> list[Report]:
    """One report of every kind that speaks of an order."""
    return [
        reports.Accepted(order_id, "b1"),
        reports.Rejected(order_id, RejectReason.MARKET_CLOSED, "shut"),
        reports.Filled(order_id, "x1", dec(1), dec(100), 5),
        reports.Triggered(order_id),
        reports.Trailed(order_id, dec(95)),
        reports.Modified(order_id, OrderChange(quantity=dec(9))),
        reports.ModifyRejected(order_id, "no"),
        reports.Cancelled(order_id),
        reports.CancelRejected(order_id, "no"),
        reports.Expired(order_id),
        reports.OutcomeUnknown(order_id, "no answer"),
    ]


@pytest.mark.parametrize("report", about("ord_9999999999"), ids=lambda r: type(r).__name__)
def test_a_report_about_an_order_that_is_not_ours_is_refused(report: Report) -> None:
    world = World()
    head = world.tape.head
    with pytest.raises(OrderNotFound):
        world.engine.report(report)
    assert world.tape.head == head


FACT_OF = {
    "Accepted": ("OrderAccepted", Status.OPEN),
    "Rejected": ("OrderRejected", Status.REJECTED),
    "Filled": ("TradeFilled", Status.PARTIALLY_FILLED),
    "Trailed": ("OrderTrailed", Status.PENDING),
    "Modified": ("OrderModified", Status.PENDING),
    "ModifyRejected": ("OrderModifyRejected", Status.PENDING),
    "Cancelled": ("OrderCancelled", Status.CANCELLED),
    "CancelRejected": ("OrderCancelRejected", Status.PENDING),
    "Expired": ("OrderExpired", Status.EXPIRED),
    "OutcomeUnknown": ("OrderOutcomeUnknown", Status.UNKNOWN),
}


@pytest.mark.parametrize("kind", FACT_OF)
def test_a_report_about_an_order_in_flight_becomes_its_fact(kind: str) -> None:
    world = silent()
    one = world.buy()
    assert one.status is Status.PENDING
    head = world.tape.head
    (report,) = [each for each in about(one.id) if type(each).__name__ == kind]
    world.engine.report(report)
    assert world.facts(head) == [FACT_OF[kind][0]]
    assert one.status is FACT_OF[kind][1]


def test_a_trigger_is_told_once() -> None:
    world = World()
    one = world.buy(stop_price=110)
    head = world.tape.head
    for _ in range(2):
        world.engine.report(reports.Triggered(one.id))
    assert world.facts(head) == ["OrderTriggered"]
    assert one.triggered


def test_a_trail_is_told_when_it_moves() -> None:
    world = World()
    one = world.sell(1, trailing_distance=5)
    head = world.tape.head
    for price in (95, 95, 96):
        world.engine.report(reports.Trailed(one.id, dec(price)))
    assert world.facts(head) == ["OrderTrailed", "OrderTrailed"]
    assert one.stop_price == 96


@pytest.mark.parametrize("ended", [Status.FILLED, Status.CANCELLED, Status.EXPIRED])
def test_news_after_the_end_is_told_and_the_order_stays_ended(ended: Status) -> None:
    world = World()
    one = world.buy()
    if ended is Status.FILLED:
        world.fill(one)
    else:
        end = reports.Cancelled if ended is Status.CANCELLED else reports.Expired
        world.engine.report(end(one.id))
    assert one.status is ended
    head = world.tape.head
    for report in about(one.id):
        world.engine.report(report)
    told = {"OrderAccepted", "TradeFilled", "OrderTriggered", "OrderModifyRejected"}
    told.add("BrokerOrderEnded" if ended is Status.FILLED else "OrderModified")
    assert set(world.facts(head)) == told
    assert figures(one.status, world.position.quantity) == (ended, one.filled)


def test_the_same_execution_twice_changes_nothing() -> None:
    world = World()
    one = world.buy()
    report = reports.Filled(one.id, "x1", dec(4), dec(100), 5)
    world.engine.report(report)
    head, before = world.tape.head, world.state.to_bytes()
    world.engine.report(report)
    again = world.restart()
    again.engine.report(report)
    assert (world.tape.head, world.state.to_bytes()) == (head, before)


def test_executions_without_an_id_are_each_news() -> None:
    world = World()
    one = world.buy()
    for _ in range(2):
        world.engine.report(reports.Filled(one.id, "", dec(4), dec(100), 5))
    assert one.filled == 8


@pytest.mark.parametrize("quantity", [0, -1])
def test_an_execution_of_nothing_is_refused(quantity: int) -> None:
    world = World()
    one = world.buy()
    head = world.tape.head
    with pytest.raises(InvalidRequest, match="more than nothing"):
        world.engine.report(reports.Filled(one.id, "x1", dec(quantity), dec(100), 5))
    assert world.tape.head == head


def test_a_fill_after_the_cancel_moves_the_position() -> None:
    world = World()
    one = world.buy()
    world.engine.cancel(ACCOUNT, one.id)
    world.fill(one, 4)
    assert (one.status, world.position.quantity) == (Status.CANCELLED, dec(4))


def test_a_cancel_turned_down_puts_the_order_back_to_work() -> None:
    world = World()
    one = world.buy(limit_price=90)
    world.broker.keeps_orders = True
    world.engine.cancel(ACCOUNT, one.id)
    before = one.status
    world.fill(one, 4, 90)
    world.engine.cancel(ACCOUNT, one.id)
    assert (before, one.status) == (Status.OPEN, Status.PARTIALLY_FILLED)


def test_the_facts_of_one_report_name_what_caused_them() -> None:
    world = World()
    one = world.buy(stop_loss=90)
    head = world.tape.head
    world.fill(one)
    filled, leg, accepted = world.tape.records(head)
    assert (filled.causation, leg.causation, accepted.causation) == (0, filled.seq, leg.seq)


def test_cash_that_moves_is_a_fact_of_its_account() -> None:
    world = World()
    world.engine.report(reports.CashMoved(ACCOUNT, dec("-1.25"), "USD", "fee"))
    assert world.account.cash["USD"] == dec("99998.75")
    assert world.account.adjustments["USD"] == dec("99998.75")


@pytest.mark.parametrize(
    "report",
    [
        reports.CashMoved("DU9", dec(1), "USD", "fee"),
        reports.PositionSplit("DU9", "AAPL", dec(2)),
    ],
    ids=["cash", "split"],
)
def test_news_of_an_account_that_is_not_ours_is_refused(report: Report) -> None:
    world = World()
    head = world.tape.head
    with pytest.raises(AccountNotFound):
        world.engine.report(report)
    assert world.tape.head == head


def test_a_split_is_a_fact_for_each_position_it_touches() -> None:
    world = World(mode=PositionMode.HEDGING, market=None)
    world.bought(10)
    world.bought(5)
    world.market.marks["ES"] = dec(1)
    world.bought(1, 1, symbol="ES")
    head = world.tape.head
    world.engine.report(reports.PositionSplit(ACCOUNT, "AAPL", dec(2)))
    assert world.facts(head) == ["PositionAdjusted"] * 2
    assert [one.quantity for one in world.account.positions.values()] == [20, 10, 1]


def test_an_acknowledgement_told_again_without_an_id_is_no_news() -> None:
    world = silent()
    one = world.buy(limit_price=90)
    head = world.tape.head
    for _ in range(3):
        world.engine.report(reports.Accepted(one.id))
    assert world.facts(head) == ["OrderAccepted"]


def test_an_incarnation_that_ended_is_told_once() -> None:
    world = silent()
    one = world.buy(limit_price=90)
    for broker_id in ("b1", "b2"):
        world.engine.report(reports.Accepted(one.id, broker_id))
    head = world.tape.head
    for _ in range(2):
        world.engine.report(reports.Cancelled(one.id, broker_id="b1"))
    assert world.facts(head) == ["BrokerOrderEnded"]


def test_a_replaced_order_is_cancelled_by_the_end_of_its_newest_id() -> None:
    world = silent()
    one = world.buy(limit_price=90)
    world.engine.report(reports.Accepted(one.id, "b1"))
    change = OrderChange(limit_price=dec(91))
    for _ in range(2):
        world.engine.report(reports.Modified(one.id, change, "b2"))
    assert (one.live_ids, one.limit_price) == (("b2",), dec(91))
    world.engine.report(reports.Cancelled(one.id, broker_id="b1"))
    before = one.status
    world.engine.report(reports.Cancelled(one.id, broker_id="b2"))
    assert (before, one.status) == (Status.OPEN, Status.CANCELLED)


def test_a_change_of_a_rejected_order_is_no_news() -> None:
    world = silent()
    one = world.buy(limit_price=90)
    world.engine.report(reports.Rejected(one.id, RejectReason.UNKNOWN, "no"))
    head = world.tape.head
    world.engine.report(reports.Modified(one.id, OrderChange(limit_price=dec(91))))
    assert world.facts(head) == []
