"""Commands in, facts out: what is placed once is placed once, and what is cancelled goes."""

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from engine.errors import (
    DuplicateClientOrderId,
    OrderNotFound,
    OrderNotModifiable,
    OrderRefused,
    SymbolNotFound,
)
from engine.events import OrderSubmitted
from engine.ports import Instruction
from engine.reports import Expired, Report
from engine.requests import OrderChange
from engine.state import State
from engine.values import PositionMode, RejectReason, Side, Status
from tests.builders import ACCOUNT, FUTURE, Market, PaperBroker, World, dec, figures, order

DEARER = OrderChange(limit_price=dec(91))


def test_an_order_is_written_before_its_broker_hears_of_it() -> None:
    world = World()
    heads = []

    class Noting(PaperBroker):
        def send(self, instruction: Instruction) -> Iterable[Report]:
            heads.append(world.facts()[-1])
            return super().send(instruction)

    world.engine.local[ACCOUNT] = Noting()
    one = world.buy(limit_price=90)
    world.engine.modify(ACCOUNT, one.id, DEARER)
    world.engine.cancel(ACCOUNT, one.id)
    assert heads == ["OrderSubmitted", "OrderModifyRequested", "OrderCancelRequested"]


def test_an_order_is_named_by_its_place_on_the_tape() -> None:
    world = World()
    one = world.buy()
    submitted = next(
        record for record in world.tape.records() if isinstance(record.event, OrderSubmitted)
    )
    assert one.id == f"ord_{submitted.seq:010d}"
    world.fill(one)
    assert list(world.state.trades) == [f"trd_{world.tape.head:010d}"]
    assert world.position.id == f"pos_{world.tape.head:010d}"


def test_any_name_of_an_instrument_will_do_and_the_order_carries_its_symbol() -> None:
    assert World().buy(1, "s:aapl").symbol == "AAPL"


SIMILAR = ("first", "from the tape", "from a snapshot")


def retold(world: World, how: str) -> World:
    """The world in the same process, or another."""
    if how == "first":
        return world
    state = State.from_bytes(world.state.to_bytes()) if how == "from a snapshot" else None
    return World(tape=world.tape, market=world.market, state=state)


@pytest.mark.parametrize("how", SIMILAR)
def test_the_same_client_order_id_and_request_give_the_same_order(how: str) -> None:
    world = World()
    one = world.fill(world.buy(client_order_id="c1", limit_price="100.0"))
    again = retold(world, how)
    head = again.tape.head
    same = again.buy(client_order_id="c1", limit_price="100.00")
    assert figures(same.id, same.status, same.filled) == (one.id, Status.FILLED, 10)
    assert again.tape.head == head
    assert again.broker.sent == (world.broker.sent if again is world else [])


@pytest.mark.parametrize("how", SIMILAR)
@pytest.mark.parametrize(
    "other",
    [{"quantity": 11}, {"side": Side.SELL}, {"limit_price": 99}, {"stop_loss": 90}],
    ids=str,
)
def test_the_same_client_order_id_with_another_request_is_a_conflict(
    how: str, other: dict[str, Any]
) -> None:
    world = World()
    one = world.place(order(client_order_id="c1"))
    again = retold(world, how)
    head = again.tape.head
    with pytest.raises(DuplicateClientOrderId, match=one.id):
        again.place(order(**({"client_order_id": "c1"} | other)))
    assert again.tape.head == head


@pytest.mark.parametrize("how", SIMILAR)
@pytest.mark.parametrize("by", ["the engine", "the broker"])
def test_an_order_that_was_turned_down_is_turned_down_the_same_way_again(how: str, by: str) -> None:
    world = World()
    if by == "the broker":
        world.broker.rejects = RejectReason.MARKET_CLOSED
    quantity = 5000 if by == "the engine" else 1
    with pytest.raises(OrderRefused) as first:
        world.buy(quantity, client_order_id="c1")
    world.broker.rejects = None
    again = retold(world, how)
    again.market.marks["AAPL"] = dec(1)
    head = again.tape.head
    with pytest.raises(OrderRefused) as second:
        again.buy(quantity, client_order_id="c1")
    assert (second.value.details, second.value.message) == (
        first.value.details,
        first.value.message,
    )
    assert again.tape.head == head


def test_a_repeat_is_answered_even_when_the_order_could_not_be_placed_now() -> None:
    world = World(mode=PositionMode.HEDGING)
    position_id = world.bought().position_id
    one = world.sold(10, client_order_id="c1", position_id=position_id)
    assert world.account.positions == {}
    assert world.sell(10, client_order_id="c1", position_id=position_id) is one


def test_accounts_name_their_orders_as_they_like() -> None:
    world = World()
    world.open("DU2")
    one = world.buy(client_order_id="c1")
    other = world.engine.submit("DU2", order(quantity=3, client_order_id="c1"))
    assert one.id != other.id


def test_cancel_ends_what_is_left() -> None:
    world = World()
    one = world.fill(world.buy(limit_price=100), 4)
    head = world.tape.head
    assert world.engine.cancel(ACCOUNT, one.id) is one
    assert world.facts(head) == ["OrderCancelRequested", "OrderCancelled"]
    assert figures(one.status, one.filled) == (Status.CANCELLED, 4)


def test_what_has_ended_can_not_be_cancelled() -> None:
    world = World()
    one = world.bought()
    head = world.tape.head
    with pytest.raises(OrderNotModifiable, match="FILLED"):
        world.engine.cancel(ACCOUNT, one.id)
    with pytest.raises(OrderNotFound):
        world.engine.cancel(ACCOUNT, "ord_1")
    assert world.tape.head == head


def test_a_cancel_is_asked_once() -> None:
    world = World()
    one = world.buy(limit_price=90)
    world.broker.is_silent = True
    for _ in range(2):
        assert world.engine.cancel(ACCOUNT, one.id).status is Status.PENDING_CANCEL
    assert len(world.broker.sent) == 2


def test_cancel_all_tells_what_leaves_and_what_stays() -> None:
    world = World(market=Market(AAPL=100, ES=100))
    mine = world.buy(limit_price=90)
    other = world.buy(1, "ES", limit_price=90)
    cancelled, stuck = world.engine.cancel_all(ACCOUNT, "s:aapl")
    assert (cancelled, stuck) == ([mine], [])
    world.broker.keeps_orders = True
    assert world.engine.cancel_all(ACCOUNT) == ([], [other])
    world.broker.is_silent = True
    assert world.engine.cancel_all(ACCOUNT) == ([other], [])
    assert world.engine.cancel_all("DU1", "ES") == ([other], [])
    with pytest.raises(SymbolNotFound):
        world.engine.cancel_all(ACCOUNT, "NOPE")


def test_cancel_all_takes_the_orders_that_end_meanwhile_in_its_stride() -> None:
    world = World()
    one, two = world.buy(limit_price=90), world.buy(limit_price=80)
    seen: list[str] = []

    def expire_the_second(record: Any) -> None:
        if type(record.event).__name__ == "OrderCancelled" and not seen:
            seen.append("once")
            world.engine.report(Expired(two.id))

    world.engine.listeners.append(expire_the_second)
    assert world.engine.cancel_all(ACCOUNT) == ([one, two], [])
    assert two.status is Status.EXPIRED


def test_funds_are_asked_again_when_an_order_is_about_to_fill() -> None:
    world = World(cash=1000)
    one = world.buy(10, limit_price=100)
    assert world.engine.affords(one, dec(10), dec(100))
    assert not world.engine.affords(one, dec(10), dec(101))
    world.bought(10)
    assert not world.engine.affords(one, dec(1), dec(100))
    assert world.engine.closable(one) == 0
    assert world.engine.closable(world.sell(5)) == 10


def test_the_multiplier_of_a_future_is_in_its_trades() -> None:
    world = World(market=Market(ES=4000), cash=1_000_000)
    world.bought(2, 4000, symbol="ES")
    world.sold(2, "4000.25", symbol="ES")
    assert world.account.cash == {"USD": dec("1000025.00")}
    assert world.account.realized == {FUTURE.symbol: 25}


def test_the_request_stays_what_was_asked() -> None:
    world = World()
    asked = order(limit_price=90, client_order_id="c1")
    one = world.place(asked)
    world.engine.modify(ACCOUNT, one.id, DEARER)
    assert msgspec.to_builtins(one.request) == msgspec.to_builtins(asked)
    assert world.place(asked) is one
