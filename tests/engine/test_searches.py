"""An unknown order is looked for until its fate is proven; a blank lookup alone proves nothing."""

import msgspec
import pytest

from engine import reports
from engine.actions import LookUp
from engine.alarms import AlarmKind, alarms
from engine.orders import Order
from engine.ports import Capabilities, RateLimits
from engine.statements import Execution, Lookup
from engine.values import Side, Status
from tests.builders import EVERYTHING, dec
from tests.engine.remote import DELAYED, SECOND, Remote


def lost(world: Remote) -> Order:
    """An order that was sent and not answered."""
    one = world.buy(limit_price=90)
    world.line.unanswered(world.now, world.sent(), "timeout")
    return one


def looked(world: Remote, one: Order, complete: bool = True) -> None:
    """Answer the lookup that is due with nothing."""
    assert world.asked() is one
    world.line.looked_up(world.now, Lookup(one.id, complete=complete))


def test_three_blank_lookups_over_ten_seconds_prove_that_an_order_never_arrived() -> None:
    world = Remote().connect()
    one = lost(world)
    for _ in range(2):
        looked(world, one)
        world.wait(4.99)
        assert not world.line.actions
        world.wait(0.01)
    before = one.status
    looked(world, one)
    assert (before, one.status) == (Status.UNKNOWN, Status.REJECTED)
    assert one.message == "never reached the broker: 3 complete lookups over 10.0 s found nothing"
    assert alarms(world.engine.state) == []
    world.wait(60)
    assert not [each for each in world.drop() if isinstance(each, LookUp)]


def test_the_first_lookup_waits_until_the_broker_must_show_what_it_took() -> None:
    world = Remote(DELAYED).connect()
    one = lost(world)
    assert not world.line.actions
    assert world.line.wake_at == world.now + 2 * SECOND
    world.wait(2)
    assert world.asked() is one


@pytest.mark.parametrize(
    "capabilities",
    [
        EVERYTHING,
        msgspec.structs.replace(EVERYTHING, lookup_by_client_id=False),
        msgspec.structs.replace(EVERYTHING, execution_lookback_ns=SECOND),
    ],
    ids=["an incomplete answer", "no search by our id", "a look-back too short"],
)
def test_without_a_complete_source_an_order_stays_unknown_with_an_alarm(
    capabilities: Capabilities,
) -> None:
    world = Remote(capabilities).connect()
    one = lost(world)
    world.drop()
    if capabilities.execution_lookback_ns:
        world.line.lookup_failed(world.now, one.id, "timeout")
        world.wait(5)
        world.drop()
    for _ in range(100):
        world.line.looked_up(world.now, Lookup(one.id, complete=capabilities is not EVERYTHING))
        world.wait(61)
        world.drop()
    assert one.status is Status.UNKNOWN
    (alarm,) = alarms(world.engine.state)
    assert (alarm.kind, alarm.order_id) == (AlarmKind.ORDER_UNKNOWN, one.id)


def test_an_order_that_was_acknowledged_once_is_never_proven_not_to_have_arrived() -> None:
    world = Remote().connect()
    one = world.working()
    world.line.heard(world.now, reports.OutcomeUnknown(one.id, "an error code of no known meaning"))
    for _ in range(5):
        looked(world, one)
        world.wait(60)
        while world.line.actions and not isinstance(world.line.actions[0], LookUp):
            world.line.actions.popleft()
    assert one.status is Status.UNKNOWN
    assert world.engine.state.working() == [one]


def test_what_is_found_is_explained_with_its_fills() -> None:
    world = Remote().connect()
    one = lost(world)
    world.books.take(one, "b1")
    world.books.fill("b1", "x1", dec(10), dec(90), world.now)
    world.did(LookUp)
    world.line.looked_up(world.now, world.books.lookup(one))
    assert (one.status, one.filled, one.broker_ids) == (Status.FILLED, dec(10), ("b1",))


def test_what_is_found_ended_ends() -> None:
    world = Remote().connect()
    one = lost(world)
    world.books.take(one, "b1")
    world.books.change("b1", status=Status.CANCELLED, message="no funds")
    world.did(LookUp)
    world.line.looked_up(world.now, world.books.lookup(one))
    assert (one.status, one.message) == (Status.CANCELLED, "no funds")


def test_a_lookup_that_fails_or_never_answers_is_made_again() -> None:
    world = Remote().connect()
    one = lost(world)
    world.did(LookUp)
    world.line.lookup_failed(world.now, one.id, "502")
    world.line.lookup_failed(world.now, one.id, "told twice")
    world.wait(5)
    world.did(LookUp)
    world.wait(10)
    assert one.status is Status.UNKNOWN
    world.wait(5)
    assert any(isinstance(each, LookUp) for each in world.drop())


def test_an_answer_that_comes_too_late_or_about_a_known_order_changes_nothing() -> None:
    world = Remote().connect()
    one = lost(world)
    world.did(LookUp)
    world.line.lookup_failed(world.now, one.id, "timeout")
    head = world.tape.head
    world.line.looked_up(world.now, Lookup(one.id))
    world.heard(reports.Accepted(one.id, "b1"))
    world.line.looked_up(world.now, Lookup(one.id))
    world.line.looked_up(world.now, Lookup("ord_9999999999"))
    assert world.facts(head) == ["OrderAccepted"]


def test_lookups_keep_to_the_limits_of_the_broker() -> None:
    limits = RateLimits(requests_per_minute=2)
    world = Remote(msgspec.structs.replace(EVERYTHING, rate_limits=limits)).connect()
    one = lost(world)
    assert not world.line.actions
    for _ in range(40):
        world.wait(1)
        if any(isinstance(each, LookUp) for each in world.drop()):
            break
    assert one.status is Status.UNKNOWN
    assert world.now > 0


def test_only_the_accounts_of_the_line_are_looked_for() -> None:
    world = Remote().connect()
    world.engine.serve_remotely("U2", _Far(), "USD")
    world.engine.barred.clear()
    world.engine.report(reports.CashMoved("U2", dec(5000), "USD", "deposit"))
    other = world.engine.submit("U2", world.buy(limit_price=90).request)
    world.drop()
    world.engine.report(reports.OutcomeUnknown(other.id, "timeout"))
    world.line.tick(world.now)
    assert not world.line.actions
    assert len(world.engine.collect({"U2"})) == 1


class _Far:
    name = "farther"
    capabilities = EVERYTHING


def test_executions_may_be_found_where_the_order_is_not() -> None:
    world = Remote().connect()
    other, one = world.working(broker_id="b2"), lost(world)
    world.drop()
    world.line.lookup_failed(world.now, one.id, "502")
    world.wait(5)
    world.drop()
    fill = Execution("x1", "b1", "AAPL", Side.BUY, dec(4), dec(90), world.now, one.id)
    strange = msgspec.structs.replace(fill, execution_id="x2", order_id=other.id)
    world.line.looked_up(world.now, Lookup(one.id, (), (fill, strange)))
    assert (one.status, one.filled, other.filled) == (Status.PARTIALLY_FILLED, dec(4), dec(0))
