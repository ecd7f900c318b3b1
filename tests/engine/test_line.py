"""A line is connected only when the books were compared, and never guesses what it did not hear."""

import msgspec
import pytest

from engine import events as ev
from engine import reports
from engine.actions import Connect, Disconnect, LookUp, Send, TakeSnapshot, Timing
from engine.alarms import AlarmKind, alarms
from engine.breaker import BreakerState
from engine.errors import ProviderUnavailable
from engine.line import Line, LineState
from engine.maintenance import Window
from engine.ports import Cancel, Submit
from engine.requests import OrderChange
from engine.statements import BrokerOrder, Holding, Lookup
from engine.values import RejectReason, Status
from tests.builders import EVERYTHING, dec, order
from tests.engine.remote import ACCOUNT, SECOND, Remote


def test_a_line_is_connected_only_after_the_books_were_compared() -> None:
    world = Remote()
    with pytest.raises(ProviderUnavailable, match="far is not connected"):
        world.engine.submit(ACCOUNT, order())
    world.line.start(world.now)
    world.did(Connect)
    assert world.stands() is LineState.CONNECTING
    world.line.opened(world.now)
    assert world.stands() is LineState.SYNCING
    with pytest.raises(ProviderUnavailable):
        world.engine.submit(ACCOUNT, order())
    world.sync()
    assert world.stands() is LineState.CONNECTED
    assert (world.line.down_since, world.line.reconciled_at) == (None, world.now)
    assert world.buy().status is Status.PENDING
    assert isinstance(world.sent(), Submit)
    assert "BrokerConnected" in world.facts()


def test_what_is_heard_while_syncing_is_let_in_after_the_snapshot_and_counts_once() -> None:
    world = Remote().connect()
    one = world.working()
    world.line.lost(world.now, "reset")
    world.wait(1)
    world.did(Connect)
    filled = reports.Filled(one.id, "x1", dec(4), dec(90), world.now)
    world.heard(filled)
    world.line.opened(world.now)
    world.heard(filled, reports.Filled(one.id, "x2", dec(1), dec(90), world.now))
    assert one.filled == 0
    world.books.fill("b1", "x1", dec(4), dec(90), world.now)
    world.sync()
    assert one.filled == 5
    assert [each.execution_id for each in world.engine.state.trades.values()] == ["x1", "x2"]
    # The symbol was busy, so it is compared again at once; the fills are no difference.
    assert world.line.wake_at == world.now
    world.books.fill("b1", "x2", dec(1), dec(90), world.now)
    world.wait(0)
    world.sync()
    assert world.engine.state.doubts.disputes == {}


@pytest.mark.parametrize("again", [1, 5])
def test_a_snapshot_that_fails_leaves_the_line_not_connected_and_nothing_flat(again: int) -> None:
    world = Remote().connect()
    one = world.working()
    world.heard(reports.Filled(one.id, "x1", dec(4), dec(90), world.now))
    world.line.refresh(world.now)
    for _ in range(again):
        world.did(TakeSnapshot)
        world.line.snapshot_failed(world.now, ACCOUNT, "positions: 502")
        assert world.stands() is LineState.SYNCING
        assert world.account.positions["AAPL"].quantity == 4
        with pytest.raises(ProviderUnavailable, match="positions: 502"):
            world.engine.submit(ACCOUNT, order())
        world.wait(60)
    assert world.facts().count("BrokerDisconnected") == 1
    world.books.fill("b1", "x1", dec(4), dec(90), world.now)
    world.sync()
    assert world.stands() is LineState.CONNECTED


def test_a_snapshot_that_never_comes_is_a_snapshot_that_failed() -> None:
    world = Remote()
    world.line.start(world.now)
    world.did(Connect)
    world.line.opened(world.now)
    world.did(TakeSnapshot)
    world.wait(30)
    assert world.stands() is LineState.SYNCING
    assert world.line.why == "no snapshot in time"
    late = world.books.snapshot(world.now)
    world.line.snapshot_taken(world.now, late)
    world.line.snapshot_failed(world.now, ACCOUNT, "late")
    assert world.stands() is LineState.SYNCING


def test_a_connection_that_does_not_open_is_dropped_and_tried_again() -> None:
    world = Remote()
    world.line.start(world.now)
    world.did(Connect)
    world.wait(30)
    world.did(Disconnect)
    assert world.stands() is LineState.LOST
    world.line.opened(world.now)
    assert world.stands() is LineState.LOST
    world.wait(1)
    world.did(Connect)


def test_it_never_gives_up_and_raises_its_voice_after_five_minutes() -> None:
    world = Remote()
    world.line.start(world.now)
    for _ in range(100):
        world.did(Connect)
        world.line.lost(world.now, "no route")
        assert world.line.wake_at is not None
        assert world.line.wake_at - world.now <= 60 * SECOND
        world.now = world.line.wake_at
        world.line.tick(world.now)
    assert world.line.has_failed(world.now)
    head = world.tape.head
    world.line.lost(world.now, "no route")
    assert world.tape.head == head
    world.drop()
    world.wait(60)
    world.did(Connect)
    world.line.opened(world.now)
    world.sync()
    assert not world.line.has_failed(world.now)


def test_refused_credentials_stop_it_at_once_until_somebody_starts_it_again() -> None:
    world = Remote()
    world.line.start(world.now)
    world.did(Connect)
    world.line.refused(world.now, "401")
    assert world.stands() is LineState.REFUSED
    assert world.line.has_failed(world.now)
    assert world.line.wake_at is None
    world.wait(1000)
    assert not world.line.actions
    world.line.start(world.now)
    world.did(Connect)


def test_a_line_that_is_stopped_stays_stopped() -> None:
    world = Remote().connect()
    world.line.stop(world.now, "shutting down")
    world.did(Disconnect)
    assert world.stands() is LineState.OFFLINE
    world.line.lost(world.now, "closed")
    world.wait(1000)
    assert not world.line.actions
    assert world.facts()[-1] == "BrokerDisconnected"


def test_what_was_under_way_when_the_line_is_lost_is_unknown_and_is_never_sent_again() -> None:
    world = Remote().connect()
    one = world.buy()
    world.sent()
    other = world.engine.submit(ACCOUNT, order("EUR/USD", limit_price=1))
    world.line.lost(world.now, "reset")
    assert (one.status, other.status) == (Status.UNKNOWN, Status.PENDING)
    world.books.take(one, "b1")
    world.wait(1)
    world.did(Connect)
    world.line.opened(world.now)
    world.sync()
    assert one.status is Status.OPEN
    assert [each.instruction.order for each in world.drop() if isinstance(each, Send)] == [other]


def test_after_a_crash_exactly_the_intents_without_outcome_are_looked_up() -> None:
    world = Remote().connect()
    done = world.working(broker_id="b0")
    lost = world.buy()
    cancelled = world.working(broker_id="b1")
    world.engine.cancel(ACCOUNT, cancelled.id)
    changed = world.working(broker_id="b2")
    world.engine.modify(ACCOUNT, changed.id, OrderChange(limit_price=dec(91)))
    again = world.restart()
    unknown = set(again.engine.state.doubts.orders)
    assert unknown == {lost.id, cancelled.id, changed.id}
    assert again.engine.state.orders[done.id].status is Status.OPEN
    again.line.start(again.now)
    again.did(Connect)
    again.line.opened(again.now)
    assert {each.order.id for each in again.drop() if isinstance(each, LookUp)} == unknown


def test_a_timer_compares_the_books_and_a_symbol_in_use_waits_for_the_next_time() -> None:
    world = Remote().connect()
    one = world.working()
    world.wait(30)
    world.books.others["AAPL"] = Holding(dec(3), dec(300))
    world.heard(reports.Filled(one.id, "x1", dec(4), dec(90), world.now))
    world.books.fill("b1", "x1", dec(4), dec(90), world.now)
    world.sync()
    assert one.filled == 4
    assert world.engine.state.doubts.disputes == {}
    world.wait(30)
    world.sync()
    assert [each.kind for each in alarms(world.engine.state)] == [AlarmKind.POSITION_DISPUTED]
    assert world.line.differences == 1


def test_a_comparison_on_demand_runs_at_once_and_one_at_a_time() -> None:
    world = Remote().connect()
    world.now += 1
    world.line.refresh(world.now)
    world.line.refresh(world.now)
    world.sync()
    assert not world.line.actions
    assert world.line.reconciled_at == world.now


def test_three_outages_degrade_the_line_and_a_read_mends_it() -> None:
    world = Remote().connect()
    orders = [world.buy(1, limit_price=90 + number) for number in range(3)]
    for one in orders:
        world.line.unanswered(world.now, world.sent(), "timeout")
        assert one.status is Status.UNKNOWN
    assert world.stands() is LineState.DEGRADED
    assert world.line.breaker.state(world.now) is BreakerState.OPEN
    with pytest.raises(ProviderUnavailable, match="does not answer"):
        world.engine.submit(ACCOUNT, order("EUR/USD", limit_price=1))
    for action in world.drop():
        assert isinstance(action, LookUp)
        world.line.looked_up(world.now, Lookup(action.order.id))
    world.engine.cancel(ACCOUNT, orders[0].id)
    world.line.tick(world.now)
    cancel = world.sent()
    assert isinstance(cancel, Cancel)
    world.line.answered(world.now, cancel, [reports.CancelRejected(orders[0].id, "unknown")])
    world.wait(15)
    snapshots = [each for each in world.drop() if isinstance(each, TakeSnapshot)]
    assert len(snapshots) == 1
    world.line.snapshot_taken(world.now, world.books.snapshot(world.now))
    assert world.stands() is LineState.CONNECTED


def test_a_rejection_and_a_limit_reached_are_no_outage() -> None:
    world = Remote().connect()
    for _ in range(5):
        one = world.buy(1)
        refusal = reports.Rejected(one.id, RejectReason.RATE_LIMITED, "429")
        world.line.answered(world.now, world.sent(), [refusal])
        world.line.throttled(world.now, world.now + SECOND)
    assert world.stands() is LineState.CONNECTED


def test_a_window_holds_new_orders_back_and_lets_cancels_pass() -> None:
    world = Remote()
    begins = (world.now // SECOND) % 86_400 + 10
    nightly = msgspec.structs.replace(EVERYTHING, maintenance=(Window(begins, 60),))
    world = Remote(nightly).connect()
    one = world.working()
    assert world.line.wake_at == world.now + 10 * SECOND
    late = world.engine.submit(ACCOUNT, order(limit_price=80))
    world.wait(10)
    with pytest.raises(ProviderUnavailable, match="maintenance"):
        world.engine.submit(ACCOUNT, order())
    assert not world.line.actions
    world.engine.cancel(ACCOUNT, one.id)
    world.line.tick(world.now)
    assert isinstance(world.sent(), Cancel)
    world.wait(60)
    (sent,) = [each.instruction for each in world.drop() if isinstance(each, Send)]
    assert sent.order is late


def test_a_report_that_makes_no_sense_is_counted_and_the_books_are_compared() -> None:
    world = Remote().connect()
    world.heard(reports.Filled("ord_9999999999", "x1", dec(1), dec(1), 1))
    assert world.line.refused_reports == 1
    assert world.line.wake_at == world.now
    world.wait(0)
    world.did(TakeSnapshot)
    world.heard(reports.Accepted("ord_9999999999"))
    assert world.line.refused_reports == 2


def test_too_much_heard_before_the_snapshots_drops_the_line_and_loses_nothing() -> None:
    world = Remote(timing=Timing(buffered_max=2)).connect()
    one = world.working()
    world.line.lost(world.now, "reset")
    world.wait(1)
    world.did(Connect)
    for number in range(3):
        world.heard(reports.Filled(one.id, f"x{number}", dec(1), dec(90), world.now))
    world.did(Disconnect)
    assert (world.stands(), one.filled) == (LineState.LOST, dec(3))


def test_the_order_of_somebody_else_is_shown_as_soon_as_a_snapshot_tells_of_it() -> None:
    world = Remote().connect()
    foreign = BrokerOrder("m1", None, order(limit_price=80), Status.OPEN)
    world.books.orders["m1"] = foreign
    world.heard(reports.ForeignOrder(ACCOUNT, foreign))
    if not world.engine.state.orders:
        world.wait(0)
        world.sync()
    (one,) = world.engine.state.working(ACCOUNT)
    assert one.broker_ids == ("m1",)
    world.heard(reports.ForeignOrder(ACCOUNT, foreign))
    assert len(world.engine.state.orders) == 1


def test_the_tape_tells_the_story_of_a_lost_acknowledgement() -> None:
    world = Remote().connect()
    one = world.buy(limit_price=90)
    head = world.tape.head
    world.books.take(one, "b1")
    world.line.unanswered(world.now, world.sent(), "the connection was reset")
    world.line.tick(world.now)
    assert world.asked() is one
    world.line.looked_up(world.now, world.books.lookup(one))
    assert world.facts(head) == ["OrderOutcomeUnknown", "DifferenceFound", "OrderResolved"]
    unknown, found, resolved = world.tape.records(head)
    assert resolved.causation == found.seq
    assert unknown.event == ev.OrderOutcomeUnknown(one.id, "the connection was reset")
    assert resolved.event == ev.OrderResolved(one.id, True, "lookup", "b1")


def test_a_line_that_was_started_is_not_started_again() -> None:
    world = Remote()
    world.line.start(world.now)
    world.did(Connect)
    world.line.start(world.now)
    assert not world.line.actions


def test_a_cancel_under_way_while_syncing_leaves_its_symbol_for_the_next_time() -> None:
    world = Remote().connect()
    one = world.working()
    world.line.refresh(world.now)
    world.did(TakeSnapshot)
    world.line.snapshot_failed(world.now, ACCOUNT, "502")
    world.engine.cancel(ACCOUNT, one.id)
    world.wait(1)
    actions = world.drop()
    assert {type(each) for each in actions} == {Send, TakeSnapshot}
    world.heard(reports.CashMoved(ACCOUNT, dec(1), "USD", "dividend"))
    world.books.cash["USD"] += 1
    world.line.snapshot_taken(world.now, world.books.snapshot(world.now))
    assert one.status is Status.PENDING_CANCEL
    assert world.account.cash["USD"] == 100_001


def test_two_accounts_are_connected_together() -> None:
    world = Remote()
    world.engine.serve_remotely("U2", Far(), "USD")
    line = Line(world.engine, "far", (ACCOUNT, "U2"), EVERYTHING, lambda: 0.5)
    line.start(world.now)
    line.opened(world.now)
    line.actions.clear()
    line.snapshot_taken(world.now, world.books.snapshot(world.now))
    assert line.state is not LineState.CONNECTED
    line.snapshot_taken(world.now, world.books.snapshot(world.now, "U2"))
    assert line.down_since is None
    assert world.engine.state.accounts["U2"].books_since == world.now


class Far:
    name = "far"
    capabilities = EVERYTHING


def test_a_clock_set_forward_and_back_keeps_nothing_from_being_compared() -> None:
    world = Remote().connect()
    world.engine.now += 86_400 * SECOND  # facts carry tomorrow's date; timers run on
    one = world.working()
    world.books.change("b1", status=Status.CANCELLED)
    world.wait(30)
    world.sync()
    assert one.status is Status.CANCELLED
