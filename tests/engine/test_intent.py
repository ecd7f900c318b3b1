"""A request is judged before anything is written: invalid leaves no trace, refused a reason."""

from typing import Any

import msgspec
import pytest

from engine.errors import (
    AccountNotFound,
    EngineError,
    InvalidRequest,
    OrderRefused,
    PositionNotFound,
    ProviderUnavailable,
    SymbolNotFound,
    UnsupportedOperation,
)
from engine.ports import Capabilities
from engine.requests import OrderChange, OrderRequest
from engine.values import (
    OrderType,
    PositionMode,
    RejectReason,
    Side,
    Status,
    TimeInForce,
    opposite,
)
from tests.builders import ACCOUNT, EVERYTHING, NO_TRAILING, Market, World, dec, order
from tests.engine.test_requests import BAD

PLAIN = Capabilities(
    order_types=frozenset({OrderType.MARKET}),
    times_in_force=frozenset({TimeInForce.GTC}),
    short_selling=False,
)
UNSUPPORTED: dict[str, tuple[dict[str, Any], str]] = {
    "a type the broker lacks": ({"limit_price": 90}, "order_types"),
    "a time in force it lacks": ({"time_in_force": TimeInForce.DAY}, "times_in_force"),
    "a stop-loss without stops": ({"stop_loss": 90}, "order_types"),
    "a take-profit without limits": ({"take_profit": 110}, "order_types"),
    "hidden": ({"hidden": True}, "hidden"),
    "iceberg": ({"display_quantity": 1}, "iceberg"),
    "a day's trailing stop held here": (
        {"trailing_distance": 1, "time_in_force": TimeInForce.DAY},
        "times_in_force",
    ),
}


NO_FLIPS = msgspec.structs.replace(EVERYTHING, flips=False)


@pytest.mark.parametrize("mode", PositionMode)
@pytest.mark.parametrize("side", Side)
def test_no_order_takes_a_position_through_zero_where_the_broker_can_not(
    side: Side, mode: PositionMode
) -> None:
    world = World(NO_FLIPS, mode=mode)
    held = world.fill(world.place(order(side=side, quantity=10)))
    named = held.position_id if mode is PositionMode.HEDGING else None
    head = world.tape.head
    with pytest.raises(UnsupportedOperation, match="at most 10 AAPL to close it first") as caught:
        world.place(order(side=opposite(side), quantity=11, position_id=named))
    assert caught.value.details == {"capability": "flips"}
    assert world.tape.head == head
    world.fill(world.place(order(side=opposite(side), quantity=10, position_id=named)))
    assert world.account.positions == {}


def test_an_order_does_not_grow_into_one_that_goes_through_zero() -> None:
    world = World(NO_FLIPS)
    world.bought(10)
    closing = world.sell(10, limit_price=120)
    with pytest.raises(UnsupportedOperation, match="through zero"):
        world.engine.modify(ACCOUNT, closing.id, OrderChange(quantity=dec(11)))
    assert closing.quantity == 10


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_can_not_be_had_names_the_capability_and_leaves_no_trace(name: str) -> None:
    fields, capability = UNSUPPORTED[name]
    world = World(PLAIN)
    head = world.tape.head
    with pytest.raises(UnsupportedOperation) as caught:
        world.buy(**fields)
    assert caught.value.details == {"capability": capability}
    assert world.tape.head == head


def test_post_only_needs_a_broker_that_has_it() -> None:
    with pytest.raises(UnsupportedOperation, match="post_only"):
        World(NO_TRAILING).buy(limit_price=90, post_only=True)


INVALID: dict[str, tuple[OrderRequest, type[EngineError]]] = {
    name: (order(**{key: value for key, value in fields.items() if key != "field"}), InvalidRequest)
    for name, fields in BAD.items()
    if name != "no symbol"
} | {
    "no symbol": (order(""), SymbolNotFound),
    "an unknown symbol": (order("NOPE"), SymbolNotFound),
    "too much leverage": (order(leverage=21), InvalidRequest),
    "a price off the tick": (order("ES", limit_price="100.10"), InvalidRequest),
    "a stop-loss off the tick": (order("ES", stop_loss="90.10"), InvalidRequest),
    "a group of the engine's own": (order(oco_group_id="exits:ord_1"), InvalidRequest),
    "a position nobody holds": (order(position_id="pos_1"), PositionNotFound),
    "money without a rate": (order("SAP"), ProviderUnavailable),
}


@pytest.mark.parametrize("name", INVALID)
def test_an_invalid_request_leaves_the_tape_as_it_was(name: str) -> None:
    world = World(market=Market(AAPL=100))
    request, error = INVALID[name]
    head, before = world.tape.head, world.state.to_bytes()
    with pytest.raises(error):
        world.place(request)
    assert world.tape.head == head
    assert world.state.to_bytes() == before
    assert world.broker.sent == []


def test_a_position_in_another_symbol_is_no_position_for_the_order() -> None:
    world = World()
    world.bought(10)
    head = world.tape.head
    with pytest.raises(InvalidRequest, match="expected a position in ES"):
        world.buy(1, "ES", position_id=world.position.id)
    assert world.tape.head == head


@pytest.mark.parametrize("account", ["", "du1", "DU2"])
def test_an_account_that_is_not_served_takes_no_orders(account: str) -> None:
    world = World()
    with pytest.raises(AccountNotFound):
        world.engine.submit(account, order())


def test_an_account_that_only_the_tape_knows_takes_no_orders() -> None:
    world = World()
    world.open("DU2")
    with pytest.raises(AccountNotFound):
        world.restart().engine.submit("DU2", order())


def test_a_group_that_a_fill_has_ended_takes_no_more_orders() -> None:
    world = World()
    filled = world.fill(world.buy(1, oco_group_id="g1"))
    with pytest.raises(InvalidRequest, match=f"order {filled.id} filled and ended"):
        world.buy(1, oco_group_id="g1")


REFUSED: dict[str, tuple[dict[str, Any], RejectReason, str]] = {
    "more than the margin": (
        {"quantity": 2000},
        RejectReason.INSUFFICIENT_MARGIN,
        "BUY 2000 AAPL at 100 needs 101000.00 USD more margin than is free",
    ),
    "more at a limit": (
        {"quantity": 2000, "limit_price": 90},
        RejectReason.INSUFFICIENT_MARGIN,
        "at 90 needs 80900.00 USD more",
    ),
    "more at a stop": (
        {"quantity": 2000, "stop_price": 110},
        RejectReason.INSUFFICIENT_MARGIN,
        "at 110 needs 121100.00 USD more",
    ),
    "a stop-loss above the market": (
        {"stop_loss": 101},
        RejectReason.INVALID_PRICE,
        "stop_loss 101 is not below 100, where the order would enter",
    ),
    "a take-profit below the market": (
        {"take_profit": 99},
        RejectReason.INVALID_PRICE,
        "take_profit 99 is not above 100",
    ),
    "a stop-loss below a sale": (
        {"side": Side.SELL, "stop_loss": 99},
        RejectReason.INVALID_PRICE,
        "stop_loss 99 is not above 100",
    ),
    "a take-profit above a sale": (
        {"side": Side.SELL, "take_profit": 101},
        RejectReason.INVALID_PRICE,
        "take_profit 101 is not below 100",
    ),
    "a reduction of more than is held": (
        {"side": Side.SELL, "quantity": 11, "reduce_only": True},
        RejectReason.REDUCE_ONLY_VIOLATED,
        "the order is for 11, the position it could reduce holds 10",
    ),
    "a reduction that would add": (
        {"reduce_only": True},
        RejectReason.REDUCE_ONLY_VIOLATED,
        "holds 0",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_order_stands_on_the_tape_and_changes_nothing_else(name: str) -> None:
    fields, reason, message = REFUSED[name]
    world = World()
    world.bought(10)
    world.buy(1, limit_price=90)
    books = msgspec.msgpack.encode(world.account)
    working = [one.id for one in world.state.working()]
    head = world.tape.head
    with pytest.raises(OrderRefused, match=message) as caught:
        world.place(order(**fields))
    assert caught.value.reason is reason
    assert world.facts(head) == ["OrderSubmitted", "OrderRefused"]
    refused = world.state.orders[str(caught.value.details["order_id"])]
    assert (refused.status, refused.reject_reason) == (Status.REJECTED, reason)
    assert msgspec.msgpack.encode(world.account) == books
    assert [one.id for one in world.state.working()] == working
    assert len(world.broker.sent) == 2


def test_the_refusal_of_a_huge_order_still_says_its_figures() -> None:
    with pytest.raises(OrderRefused, match="more margin than is free"):
        World().buy("999999999999999", limit_price="999999999999999")


@pytest.mark.parametrize("mark", [{"AAPL": 100}, {}], ids=["priced", "not priced"])
def test_where_nothing_is_sold_short_a_sale_needs_the_shares(mark: dict[str, int]) -> None:
    longs = Capabilities(short_selling=False)
    world = World(longs, market=Market(AAPL=100))
    world.bought(10)
    world.market.marks = dict(Market(**mark).marks)
    with pytest.raises(OrderRefused, match="no short selling"):
        world.sell(11)
    assert world.sell(10).status is Status.OPEN


def test_where_nothing_is_sold_short_a_hedged_sale_names_its_position() -> None:
    world = World(Capabilities(short_selling=False), mode=PositionMode.HEDGING)
    world.bought(10)
    with pytest.raises(OrderRefused, match="no short selling"):
        world.sell(1)
    assert world.sell(1, position_id=world.position.id).status is Status.OPEN


def test_before_the_first_price_an_order_is_judged_by_what_is_known() -> None:
    world = World(market=Market())
    assert world.buy(2000).status is Status.OPEN
    with pytest.raises(ProviderUnavailable, match="from EUR to USD"):
        world.buy(1, "SAP")


def test_what_only_closes_needs_neither_a_price_nor_a_rate() -> None:
    world = World(market=Market(SAP=100, **{"EUR/USD": 2}))
    world.bought(10, symbol="SAP")
    world.market.marks.clear()
    assert world.sell(10, "SAP").status is Status.OPEN
    with pytest.raises(ProviderUnavailable, match="from EUR to USD"):
        world.sell(11, "SAP")


def test_a_broker_that_rejects_at_once_is_heard_at_once() -> None:
    world = World()
    world.broker.rejects = RejectReason.MARKET_CLOSED
    with pytest.raises(OrderRefused, match="told to") as caught:
        world.buy()
    assert caught.value.reason is RejectReason.MARKET_CLOSED
    assert world.state.working(ACCOUNT) == []
