"""Every difference between the broker's books and ours is explained, once; nothing is invented."""

from decimal import Decimal

import msgspec
import pytest

from engine import events as ev
from engine import reports
from engine.alarms import AlarmKind, alarms
from engine.errors import OrderRefused
from engine.reconcile import reconcile
from engine.requests import OrderChange
from engine.statements import BrokerOrder, Execution, Holding
from engine.values import Origin, RejectReason, Side, Status
from tests.builders import dec, figures, order
from tests.engine.remote import ACCOUNT, SECOND, Remote


def settle(world: Remote) -> int:
    """Reconcile at once; the same again must add nothing."""
    world.now += SECOND
    world.engine.now = world.now
    snapshot = world.books.snapshot(world.now)
    count = reconcile(world.engine, snapshot)
    head = world.tape.head
    assert reconcile(world.engine, snapshot) == 0
    assert world.tape.head == head
    return count


def test_the_first_reconciliation_opens_the_books_with_what_the_broker_holds() -> None:
    world = Remote()
    world.books.others["AAPL"] = Holding(dec(7), dec(630))
    world.connect()
    (position,) = world.account.positions.values()
    assert figures(position.quantity, position.cost) == (7, 630)
    assert world.account.cash == {"USD": 100_000}
    assert world.account.books_since == world.now
    assert settle(world) == 0


def test_what_was_executed_before_the_books_began_is_in_them_already() -> None:
    world = Remote()
    world.books.orders["m1"] = BrokerOrder("m1", None, order(quantity=10), Status.OPEN)
    world.books.fill("m1", "x0", dec(4), dec(100), world.now - 5)
    world.connect()
    (one,) = world.engine.state.orders.values()
    assert figures(one.filled, one.quantity, one.origin) == (4, 10, Origin.EXTERNAL)
    assert world.engine.state.trades == {}
    assert settle(world) == 0
    world.books.fill("m1", "x1", dec(6), dec(101), world.now + 1)
    assert settle(world) == 1
    assert figures(one.status, one.filled) == (Status.FILLED, 10)
    assert world.account.positions["AAPL"].quantity == 10


def test_a_fill_that_was_missed_is_recovered_under_its_own_id_and_named_as_recovered() -> None:
    world = Remote().connect()
    one = world.working()
    world.books.fill("b1", "x1", dec(4), dec(90), world.now)
    head = world.tape.head
    assert settle(world) == 1
    assert world.facts(head) == ["DifferenceFound", "TradeFilled", "BrokerReconciled"]
    found, filled, _ = world.tape.records(head)
    assert filled.causation == found.seq
    assert found.event == ev.DifferenceFound(
        "execution (snapshot)", "none", "4 at 90", "AAPL", one.id
    )
    world.heard(reports.Filled(one.id, "x1", dec(4), dec(90), world.now))
    assert one.filled == 4


def test_an_execution_without_an_id_is_recovered_once() -> None:
    world = Remote().connect()
    one = world.working()
    world.books.fill("b1", "", dec(4), dec(90), world.now)
    assert settle(world) == 1
    assert one.filled == 4


@pytest.mark.parametrize("ended", [Status.CANCELLED, Status.EXPIRED, Status.REJECTED])
def test_an_end_that_was_missed_is_found(ended: Status) -> None:
    world = Remote().connect()
    one = world.working()
    world.books.change("b1", status=ended, message="because")
    assert settle(world) == 1
    assert one.status is ended


def test_an_order_of_somebody_else_is_adopted_shown_and_never_cancelled_unasked() -> None:
    world = Remote().connect()
    request = order(side=Side.SELL, quantity=5, limit_price=120, client_order_id="theirs")
    world.books.orders["m1"] = BrokerOrder("m1", None, request, Status.OPEN)
    assert settle(world) == 1
    (one,) = world.engine.state.working(ACCOUNT)
    assert (one.origin, one.status, one.broker_ids) == (Origin.EXTERNAL, Status.OPEN, ("m1",))
    assert world.engine.state.by_client_id(ACCOUNT, "theirs") is None
    assert not world.engine.outbox
    at = world.now + 1
    world.heard(reports.Filled("", "x1", dec(5), dec(120), at, broker_id="m1", account=ACCOUNT))
    assert one.status is Status.FILLED


def test_an_order_of_somebody_else_that_came_and_went_leaves_its_trades() -> None:
    world = Remote().connect()
    at = world.now + 1
    for broker_id in ("m1", "m2"):
        world.books.orders[broker_id] = BrokerOrder(broker_id, None, order(), Status.OPEN)
        world.books.fill(broker_id, f"x-{broker_id}", dec(10), dec(100), at)
    del world.books.orders["m2"]
    assert settle(world) == 4
    assert world.account.positions["AAPL"].quantity == 20
    assert {one.status for one in world.engine.state.orders.values()} == {Status.FILLED}


def test_an_order_that_ended_elsewhere_without_a_trade_is_no_news() -> None:
    world = Remote().connect()
    world.books.orders["m1"] = BrokerOrder("m1", None, order(), Status.CANCELLED)
    assert settle(world) == 0


def test_an_id_given_away_again_is_another_order() -> None:
    world = Remote().connect()
    one = world.working()
    del world.books.orders["b1"]
    request = order("EUR/USD", Side.SELL, 3, limit_price=2)
    world.books.orders["b1"] = BrokerOrder("b1", None, request, Status.OPEN)
    settle(world)
    assert one.status is Status.UNKNOWN
    (other,) = world.engine.state.working(ACCOUNT, "EUR/USD")
    assert (other.origin, other.quantity) == (Origin.EXTERNAL, dec(3))


def test_an_order_the_broker_does_not_show_is_unknown_and_not_guessed() -> None:
    world = Remote().connect()
    one = world.working()
    del world.books.orders["b1"]
    assert settle(world) == 1
    assert one.status is Status.UNKNOWN


def test_an_order_that_was_not_sent_yet_is_not_missed() -> None:
    world = Remote().connect()
    one = world.engine.submit(ACCOUNT, order())
    world.now += SECOND
    assert reconcile(world.engine, world.books.snapshot(world.now), unsent={one.id}) == 0


def test_fills_that_the_broker_can_not_show_make_the_order_unknown_and_no_trade() -> None:
    world = Remote().connect()
    one = world.working()
    world.books.change("b1", status=Status.FILLED, filled=dec(10), average_price=dec(90))
    world.books.others["AAPL"] = Holding(dec(10), dec(900))
    settle(world)
    assert one.status is Status.UNKNOWN
    assert world.engine.state.trades == {}
    kinds = {one.kind for one in alarms(world.engine.state)}
    assert kinds == {AlarmKind.ORDER_UNKNOWN, AlarmKind.POSITION_DISPUTED}


def test_a_position_that_no_fill_explains_stops_new_risk_in_its_symbol_until_accepted() -> None:
    world = Remote().connect()
    world.books.others["AAPL"] = Holding(dec(3), dec(330))
    assert settle(world) == 1
    with pytest.raises(OrderRefused, match="nobody has accepted it") as caught:
        world.buy()
    assert caught.value.reason is RejectReason.UNKNOWN
    world.buy(1, "EUR/USD", limit_price=1)
    world.engine.accept_position(ACCOUNT, "AAPL", "bought by phone")
    assert figures(
        *(getattr(world.account.positions["AAPL"], key) for key in ("quantity", "cost"))
    ) == (3, 330)
    world.buy()
    assert world.engine.state.doubts.disputes == {}
    world.drop()


def test_a_dispute_ends_by_itself_when_the_books_agree_again() -> None:
    world = Remote().connect()
    world.books.others["AAPL"] = Holding(dec(3), dec(330))
    settle(world)
    assert [one.kind for one in alarms(world.engine.state)] == [AlarmKind.POSITION_DISPUTED]
    del world.books.others["AAPL"]
    assert settle(world) == 1
    assert alarms(world.engine.state) == []


def test_a_dispute_moves_with_the_difference_and_not_with_the_position() -> None:
    world = Remote().connect()
    one = world.working()
    world.books.others["AAPL"] = Holding(dec(3), dec(330))
    settle(world)
    world.books.fill("b1", "x1", dec(4), dec(90), world.now)
    head = world.tape.head
    settle(world)
    assert "PositionDisputed" not in world.facts(head)
    world.books.others["AAPL"] = Holding(dec(5), dec(550))
    settle(world)
    assert world.facts(head).count("PositionDisputed") == 1
    world.engine.accept_position(ACCOUNT, "AAPL", "yes")
    assert (one.filled, world.account.positions["AAPL"].quantity) == (dec(4), dec(9))
    assert settle(world) == 0


def test_cash_that_differs_is_told_once_and_not_booked() -> None:
    world = Remote().connect()
    world.books.cash["USD"] -= Decimal("1.005")
    assert settle(world) == 1
    assert world.account.cash == {"USD": 100_000}
    assert world.engine.state.doubts.cash == {ACCOUNT: {"USD": Decimal("-1.005")}}
    world.books.cash["USD"] -= Decimal("0.009")
    assert settle(world) == 0
    world.books.cash["USD"] -= Decimal("0.001")
    assert settle(world) == 1


def test_terms_that_the_broker_states_otherwise_are_taken_over() -> None:
    world = Remote().connect()
    one = world.working()
    request = msgspec.structs.replace(one.request, limit_price=dec(91), quantity=dec(8))
    world.books.change("b1", request=request)
    assert settle(world) == 1
    assert figures(one.limit_price, one.quantity) == (91, 8)


def test_a_change_that_never_arrived_is_settled_as_not_made() -> None:
    world = Remote().connect()
    one = world.working()
    world.engine.modify(ACCOUNT, one.id, OrderChange(limit_price=dec(91)))
    assert one.asked == 1
    assert settle(world) == 1
    assert (one.asked, one.limit_price) == (0, dec(90))


def test_an_ended_order_that_the_broker_works_is_open_again_and_raises_an_alarm() -> None:
    world = Remote().connect()
    one = world.working()
    world.heard(reports.Cancelled(one.id))
    assert settle(world) == 1
    assert one.status is Status.OPEN
    assert [each.kind for each in alarms(world.engine.state)] == [AlarmKind.ENDED_ORDER_WORKS]


def test_a_filled_order_that_the_broker_works_raises_an_alarm() -> None:
    world = Remote().connect()
    one = world.working()
    world.heard(reports.Filled(one.id, "x1", dec(10), dec(90), world.now))
    world.books.fill("b1", "x1", dec(10), dec(90), world.now)
    world.books.change("b1", status=Status.PARTIALLY_FILLED)
    settle(world)
    assert one.status is Status.FILLED
    assert [each.kind for each in alarms(world.engine.state)] == [AlarmKind.ENDED_ORDER_WORKS]


def test_a_cancel_is_complete_only_when_every_incarnation_is() -> None:
    world = Remote().connect()
    one = world.working()
    world.books.take(one, "b2")
    settle(world)
    assert one.broker_ids == ("b1", "b2")
    assert [each.kind for each in alarms(world.engine.state)] == [AlarmKind.ORDER_DOUBLED]
    world.engine.cancel(ACCOUNT, one.id)
    world.heard(reports.Cancelled(one.id, broker_id="b1"))
    assert (one.status, one.live_ids) == (Status.PENDING_CANCEL, ("b2",))
    world.heard(reports.Cancelled(one.id, broker_id="b2"))
    assert one.status is Status.CANCELLED


def test_an_incarnation_found_ended_is_noted_and_the_rest_is_still_worked() -> None:
    world = Remote().connect()
    one = world.working()
    world.books.take(one, "b2")
    settle(world)
    world.books.change("b1", status=Status.CANCELLED)
    assert settle(world) == 1
    assert (one.status, one.live_ids) == (Status.OPEN, ("b2",))
    del world.books.orders["b2"]
    settle(world)
    assert one.status is Status.UNKNOWN


def test_an_end_that_does_not_say_which_incarnation_is_no_end() -> None:
    world = Remote().connect()
    one = world.working()
    world.books.take(one, "b2")
    settle(world)
    world.heard(reports.Cancelled(one.id))
    assert one.status is Status.UNKNOWN


def test_a_correction_and_a_bust_that_were_missed_are_found() -> None:
    world = Remote().connect()
    one = world.working()
    world.heard(reports.Filled(one.id, "x1", dec(4), dec(90), world.now))
    world.books.fill("b1", "x1", dec(5), dec(89), world.now)
    assert settle(world) == 1
    assert figures(one.filled, world.account.positions["AAPL"].cost) == (5, 445)
    execution = world.books.executions["x1"]
    world.books.executions["x1"] = msgspec.structs.replace(execution, busted=True)
    world.books.weigh("b1")
    assert settle(world) == 1
    assert figures(one.filled, one.status) == (0, Status.OPEN)
    assert world.account.positions == {}


def test_a_symbol_in_which_something_is_under_way_is_left_for_the_next_time() -> None:
    world = Remote().connect()
    one = world.working()
    world.books.change("b1", status=Status.CANCELLED)
    world.books.others["AAPL"] = Holding(dec(3), dec(300))
    world.books.others["EUR/USD"] = Holding(dec(5), dec(5))
    world.now += SECOND
    assert reconcile(world.engine, world.books.snapshot(world.now), {"AAPL"}) == 1
    assert one.status is Status.OPEN
    assert list(world.engine.state.doubts.disputes[ACCOUNT]) == ["EUR/USD"]


def test_new_executions_count_even_where_something_is_under_way() -> None:
    world = Remote().connect()
    one = world.working()
    world.books.fill("b1", "x1", dec(4), dec(90), world.now)
    world.now += SECOND
    assert reconcile(world.engine, world.books.snapshot(world.now), {"AAPL"}) == 1
    assert one.filled == 4


def test_one_account_is_compared_and_no_other() -> None:
    world = Remote().connect()
    world.engine.serve_remotely("U2", _Named(world), "USD")
    snapshot = msgspec.structs.replace(world.books.snapshot(world.now), account="U2")
    execution = Execution("x1", "m1", "AAPL", Side.BUY, dec(1), dec(9), world.now + 1)
    reconcile(world.engine, snapshot)
    head = world.tape.head
    world.now += SECOND
    reconcile(
        world.engine, msgspec.structs.replace(snapshot, executions=(execution,), taken_at=world.now)
    )
    assert {record.account for record in world.tape.records(head)} == {"U2"}
    assert world.account.positions == {}
    assert settle(world) == 0


class _Named:
    name = "far"

    def __init__(self, world: Remote) -> None:
        self.capabilities = world.engine.capabilities[ACCOUNT]


def test_the_state_with_doubts_survives_its_bytes() -> None:
    world = Remote().connect()
    world.working()
    del world.books.orders["b1"]
    world.books.others["AAPL"] = Holding(dec(3), dec(330))
    settle(world)
    data = world.engine.state.to_bytes()
    again = type(world.engine.state).from_bytes(data)
    assert again.to_bytes() == data
    assert alarms(again) == alarms(world.engine.state)
    assert len(alarms(again, "U9")) == 0


def test_disputes_are_settled_one_by_one() -> None:
    world = Remote().connect()
    world.books.others["AAPL"] = Holding(dec(3), dec(330))
    world.books.others["EUR/USD"] = Holding(dec(3), dec(4))
    assert settle(world) == 2
    world.engine.accept_position(ACCOUNT, "AAPL", "yes")
    assert list(world.engine.state.doubts.disputes[ACCOUNT]) == ["EUR/USD"]


def test_a_trade_taken_back_here_is_not_brought_back_by_a_statement() -> None:
    world = Remote().connect()
    one = world.working()
    world.books.fill("b1", "x1", dec(4), dec(90), world.now)
    settle(world)
    world.heard(reports.Busted(one.id, "x1", "mistake"))
    assert settle(world) == 2  # the position is in dispute and cash differs; no new trade
    assert one.filled == 0
    assert alarms(world.engine.state)[0].kind is AlarmKind.POSITION_DISPUTED


def test_a_trailing_stop_moves_with_its_market_and_is_no_difference() -> None:
    world = Remote().connect()
    one = world.sell(1, trailing_distance=5)
    world.line.answered(world.now, world.sent(), [reports.Accepted(one.id, "b1")])
    world.books.take(one, "b1", msgspec.structs.replace(one.request, stop_price=dec(97)))
    assert settle(world) == 0
