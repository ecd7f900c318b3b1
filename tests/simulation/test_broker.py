"""The small broker keeps honest books: what the engine is held against must be right itself."""

from decimal import Decimal

from engine.requests import OrderChange, OrderRequest
from engine.values import OrderType, Side, Status
from tests.builders import dec, order
from tests.simulation import statements
from tests.simulation.broker import COMMISSION, Told, Venue, VenueOrder

BUY = order(quantity=10, limit_price=100)
SELL = order(side=Side.SELL, quantity=4)


def placed(venue: Venue, request: OrderRequest = BUY, client_id: str = "ord_1") -> VenueOrder:
    """An order that has arrived in account A."""
    venue.submit("A", client_id, request)
    found = venue.find("A", client_id)
    assert found is not None
    return found


def test_a_client_id_names_one_order_for_ever_and_a_repeat_is_seen() -> None:
    venue = Venue()
    placed(venue)
    assert venue.submit("A", "ord_1", BUY).what == "duplicate"
    assert len(venue.orders) == 1
    assert venue.received == [("A", "ord_1"), ("A", "ord_1")]
    assert venue.submit("B", "ord_1", BUY).what == "accepted"


def test_trades_move_the_order_the_position_and_the_cash() -> None:
    venue = Venue()
    one = placed(venue)
    statuses = []
    for quantity, price in ((6, 99), (4, 100)):
        venue.trade(one, dec(quantity), dec(price))
        statuses.append(one.status)
    assert statuses == [Status.PARTIALLY_FILLED, Status.FILLED]
    venue.trade(placed(venue, SELL, "ord_2"), dec(4), dec(110))
    assert venue.positions("A") == {"AAPL": Decimal(6)}
    assert venue.cash_of("A") == -(6 * 99 + 4 * 100) + 4 * 110 - 3 * COMMISSION
    holding = statements.snapshot(venue, "A").positions["AAPL"]
    assert holding.cost == Decimal(994) - Decimal(994) * 4 / 10


def test_a_bust_reinstates_the_order_or_ends_it() -> None:
    for reinstates, status in ((True, Status.OPEN), (False, Status.CANCELLED)):
        venue = Venue()
        one = placed(venue)
        venue.trade(one, dec(10), dec(100))
        venue.bust(venue.executions[0], reinstates=reinstates)
        assert one.status is status
        assert venue.position("A", "AAPL") == 0


def test_a_change_renames_the_order_and_what_has_ended_takes_none() -> None:
    venue = Venue()
    one = placed(venue)
    before = one.broker_id
    assert venue.change("A", "ord_1", OrderChange(quantity=dec(5))).what == "changed"
    assert one.past_ids == (before,)
    assert venue.cancel("A", "ord_1").what == "cancelled"
    assert venue.change("A", "ord_1", OrderChange(quantity=dec(5))).what == "change rejected"
    assert venue.cancel("A", "ord_1").what == "cancel rejected"
    assert venue.cancel("A", "ord_9").what == "nothing to cancel"


def test_a_restart_gives_working_orders_new_numbers_and_ended_ones_numbers_to_others() -> None:
    venue = Venue()
    ended = placed(venue)
    working = placed(venue, client_id="ord_2")
    venue.cancel("A", "ord_1")
    number = working.broker_id
    venue.restart()
    assert working.broker_id != number
    fresh = [placed(venue, client_id=f"ord_{n}").broker_id for n in range(3, 9)]
    assert ended.broker_id in [working.broker_id, *fresh]
    live = [one.broker_id for one in venue.orders if not one.is_final]
    assert len(set(live)) == len(live)


def test_an_order_entered_by_hand_is_in_the_snapshot_without_an_id_of_ours() -> None:
    venue = Venue()
    told: list[Told] = []
    venue.on_news = told.append
    venue.enter_by_hand("A", OrderRequest("AAPL", Side.BUY, dec(1), OrderType.MARKET))
    (found,) = statements.snapshot(venue, "A").open_orders
    assert found.order_id is None
    assert [one.what for one in told] == ["accepted"]


def test_a_snapshot_reaches_back_only_as_far_as_it_says() -> None:
    venue = Venue()
    venue.now = 10
    venue.trade(placed(venue), dec(10), dec(100))
    venue.now = 100
    brief = statements.snapshot(venue, "A", reach_back_ns=50)
    assert (brief.completed, brief.executions, brief.complete_since) == ((), (), 50)
    assert brief.positions["AAPL"].quantity == 10


def test_a_cancel_may_be_held_and_made_or_turned_down_later() -> None:
    venue = Venue()
    for makes, ends in ((True, Status.CANCELLED), (False, Status.PARTIALLY_FILLED)):
        one = placed(venue, client_id=f"ord_{ends}")
        venue.holds_next_cancel = True
        assert venue.cancel("A", f"ord_{ends}").what == "cancel pending"
        assert venue.cancel("A", f"ord_{ends}").what == "cancel rejected"
        venue.trade(one, dec(3), dec(100))
        assert one.status is Status.PENDING_CANCEL
        venue.decide(one, makes=makes)
        assert one.status is ends
