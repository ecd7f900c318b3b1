"""Positions are closed by orders, and their protection moves by either handle."""

from decimal import Decimal
from typing import Any

import pytest

from engine.errors import (
    AccountNotFound,
    InvalidRequest,
    OrderNotModifiable,
    OrderRefused,
    PositionNotFound,
    PositionsNotClosed,
    ProviderUnavailable,
    SymbolNotFound,
    TradingHalted,
    UnsupportedOperation,
)
from engine.events import PositionAdjusted, TradingStateChanged
from engine.instruments import Instrument
from engine.orders import Order
from engine.ports import Capabilities
from engine.reports import OutcomeUnknown
from engine.requests import OrderChange
from engine.values import OrderType, PositionMode, RejectReason, Role, Side, Status
from tests.builders import ACCOUNT, Market, World, dec, figures

BOTH = {"stop_loss": 90, "take_profit": 110}


def protect(world: World, **prices: object) -> dict[Role, list[Order]]:
    numbers = {name: Decimal(str(price)) for name, price in prices.items()}
    return world.engine.protect(ACCOUNT, world.position.id, **numbers)


def close(world: World, **fields: Any) -> Order:
    return world.engine.close_position(ACCOUNT, world.position.id, **fields)


def covers(world: World) -> list[tuple[Role, object, object]]:
    """Role, price and quantity of every leg at work."""
    return [(leg.role, leg.stop_price or leg.limit_price, leg.remaining) for leg in world.legs()]


def test_a_bare_position_gets_a_pair_of_legs() -> None:
    world = World()
    world.bought()
    legs = protect(world, stop_loss=90, take_profit=110)
    assert covers(world) == [(Role.STOP_LOSS, 90, 10), (Role.TAKE_PROFIT, 110, 10)]
    assert legs == {role: [world.leg(role)] for role in (Role.STOP_LOSS, Role.TAKE_PROFIT)}
    world.fill(world.leg(Role.TAKE_PROFIT), price=110)
    assert covers(world) == []


@pytest.mark.parametrize(
    ("entry", "asked"),
    [
        ({"stop_loss": 80}, {"stop_loss": 90, "take_profit": 110}),
        ({"take_profit": 120}, {"stop_loss": 90, "take_profit": 110}),
        ({"stop_loss": 80, "take_profit": 120}, {"stop_loss": 90, "take_profit": 110}),
    ],
    ids=["a stop-loss", "a take-profit", "both"],
)
def test_legs_at_work_move_and_missing_ones_are_placed(
    entry: dict[str, int], asked: dict[str, int]
) -> None:
    world = World()
    world.bought(10, **entry)
    protect(world, **asked)
    assert sorted(covers(world)) == [(Role.STOP_LOSS, 90, 10), (Role.TAKE_PROFIT, 110, 10)]
    world.fill(world.leg(Role.STOP_LOSS), 4, 90)
    assert world.leg(Role.TAKE_PROFIT).remaining == 6


def test_a_role_that_is_not_named_is_left_alone() -> None:
    world = World()
    world.bought(10, **BOTH)
    assert list(protect(world, stop_loss=95)) == [Role.STOP_LOSS]
    assert covers(world) == [(Role.STOP_LOSS, 95, 10), (Role.TAKE_PROFIT, 110, 10)]


def test_what_legs_of_several_entries_do_not_cover_gets_its_own() -> None:
    world = World()
    world.bought(10, **BOTH)
    world.bought(5)
    protect(world, stop_loss=95)
    assert covers(world)[2:] == [(Role.STOP_LOSS, 95, 5)]
    world.fill(world.leg(Role.TAKE_PROFIT), price=110)
    assert covers(world) == [(Role.STOP_LOSS, 95, 5)]


def test_a_leg_on_its_way_out_protects_no_more() -> None:
    world = World()
    world.bought(10, stop_loss=80)
    leaving = world.leg(Role.STOP_LOSS)
    world.broker.is_silent = True
    world.engine.cancel(ACCOUNT, leaving.id)
    world.broker.is_silent = False
    protect(world, stop_loss=90)
    assert leaving.stop_price == 80
    fresh = [leg for leg in world.legs(Role.STOP_LOSS) if leg is not leaving]
    assert [leg.quantity for leg in fresh] == [10]


def test_a_short_position_is_protected_the_other_way_round() -> None:
    world = World()
    world.sold()
    protect(world, stop_loss=110, take_profit=90)
    assert {leg.side for leg in world.legs()} == {Side.BUY}


@pytest.mark.parametrize(
    ("prices", "match"),
    [
        ({}, "at least one of stop_loss, take_profit"),
        ({"stop_loss": 100}, "stop_loss is '100'; expected a price below the market at 100"),
        ({"take_profit": 99}, "take_profit is '99'; expected a price above the market"),
        ({"stop_loss": -1}, "stop_loss"),
        ({"stop_loss": "NaN"}, "stop_loss"),
    ],
)
def test_protection_that_makes_no_sense_leaves_no_trace(
    prices: dict[str, object], match: str
) -> None:
    world = World()
    world.bought(10, **BOTH)
    head = world.tape.head
    with pytest.raises(InvalidRequest, match=match):
        protect(world, **prices)
    assert world.tape.head == head


@pytest.mark.parametrize("side", ["bought", "sold"])
def test_exits_may_not_cross_even_while_no_price_is_known(side: str) -> None:
    world = World()
    getattr(world, side)()
    world.market.marks.clear()
    low_high = {"stop_loss": 90, "take_profit": 110}
    crossed = {"stop_loss": 110, "take_profit": 90}
    right, wrong = (low_high, crossed) if side == "bought" else (crossed, low_high)
    with pytest.raises(InvalidRequest, match="stop_loss"):
        protect(world, **wrong)
    protect(world, **right)
    assert len(world.legs()) == 2


def test_protection_keeps_to_the_tick() -> None:
    world = World(market=Market(ES=100), cash=1_000_000)
    world.bought(1, symbol="ES")
    with pytest.raises(InvalidRequest, match="multiple of the tick"):
        protect(world, stop_loss="90.10")


@pytest.mark.parametrize("role", ["stop_loss", "take_profit"])
def test_protection_needs_a_broker_with_the_orders_for_it(role: str) -> None:
    world = World(Capabilities(order_types=frozenset({OrderType.MARKET})))
    world.bought()
    head = world.tape.head
    with pytest.raises(UnsupportedOperation, match=role):
        protect(world, **{role: BOTH[role]})
    assert world.tape.head == head


def test_the_exits_of_a_part_filled_entry_move_with_it() -> None:
    world = World()
    entry = world.fill(world.buy(limit_price=99, stop_loss=90), 4)
    change = OrderChange(stop_loss=dec(92), take_profit=dec(115))
    world.engine.modify(ACCOUNT, entry.id, change)
    assert covers(world) == [(Role.STOP_LOSS, 92, 4), (Role.TAKE_PROFIT, 115, 4)]
    world.fill(entry)
    assert covers(world) == [(Role.STOP_LOSS, 92, 10), (Role.TAKE_PROFIT, 115, 10)]


def test_the_exits_of_an_entry_whose_position_is_gone_have_nothing_to_protect() -> None:
    world = World()
    entry = world.fill(world.buy(limit_price=99, stop_loss=90), 4)
    world.sold(4)
    world.engine.modify(ACCOUNT, entry.id, OrderChange(stop_loss=dec(92)))
    assert covers(world) == []
    world.fill(entry)
    assert covers(world) == [(Role.STOP_LOSS, 92, 6)]


def test_the_exits_of_an_entry_cover_its_own_part_of_the_position() -> None:
    world = World()
    world.bought(10, stop_loss=90)
    world.bought(20)
    entry = world.fill(world.buy(limit_price=99), 4)
    world.engine.modify(ACCOUNT, entry.id, OrderChange(stop_loss=dec(92)))
    assert covers(world) == [(Role.STOP_LOSS, 90, 10), (Role.STOP_LOSS, 92, 4)]
    world.engine.modify(ACCOUNT, entry.id, OrderChange(take_profit=dec(120)))
    assert covers(world)[2:] == [(Role.TAKE_PROFIT, 120, 4)]
    world.fill(world.legs()[2], price=120)
    assert covers(world) == [(Role.STOP_LOSS, 90, 10)]


def test_an_entry_whose_position_has_turned_protects_nothing() -> None:
    world = World()
    entry = world.fill(world.buy(limit_price=99), 4)
    world.sold(10)
    world.engine.modify(ACCOUNT, entry.id, OrderChange(stop_loss=dec(92)))
    assert covers(world) == []


def test_a_role_that_partners_cover_already_gets_no_more() -> None:
    world = World()
    world.bought(10, take_profit=110)
    world.bought(10, take_profit=111)
    world.fill(world.sell(5, stop_price=90))
    plain = world.bought(5)
    fact = PositionAdjusted(plain.position_id or "", "AAPL", "gift", quantity=dec(-16))
    world.engine.write(ACCOUNT, fact)
    protect(world, stop_loss=95)
    assert [leg.remaining for leg in world.legs(Role.STOP_LOSS)] == [4]


def test_a_filled_entry_is_protected_through_its_position() -> None:
    world = World()
    entry = world.bought(10, stop_loss=90)
    with pytest.raises(OrderNotModifiable, match="FILLED"):
        world.engine.modify(ACCOUNT, entry.id, OrderChange(stop_loss=dec(92)))


def test_a_position_is_closed_whole_by_one_order_and_keeps_no_leg() -> None:
    world = World()
    world.bought(10, **BOTH)
    order = close(world)
    assert figures(order.side, order.quantity, order.order_type) == (
        Side.SELL,
        10,
        OrderType.MARKET,
    )
    assert (order.role, order.request.reduce_only) == (Role.CLOSE, True)
    assert covers(world) == []
    world.fill(order)
    assert world.account.positions == {}


def test_legs_stay_until_the_fill_when_asked_to() -> None:
    world = World()
    world.bought(10, **BOTH)
    order = close(world, cancel_exits=False)
    assert len(world.legs()) == 2
    world.fill(order)
    assert covers(world) == []


def test_a_part_is_closed_and_the_legs_shrink_with_it() -> None:
    world = World()
    world.sold(10, stop_loss=110)
    order = close(world, quantity=dec(4), limit_price=dec(95))
    assert figures(order.side, order.limit_price, order.remaining) == (Side.BUY, 95, 4)
    assert covers(world) == [(Role.STOP_LOSS, 110, 10)]
    world.fill(order, price=95)
    assert covers(world) == [(Role.STOP_LOSS, 110, 6)]


LOTS = Instrument("LOT", lot=Decimal(5), tick=Decimal("0.5"))


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"quantity": dec(11)}, "at most 10"),
        ({"quantity": dec(0)}, "quantity"),
        ({"quantity": dec(3)}, "multiple of the lot"),
        ({"limit_price": dec("99.9")}, "multiple of the tick"),
        ({"limit_price": dec(-1)}, "limit_price"),
    ],
)
def test_a_close_that_can_not_be_leaves_the_legs_at_work(
    fields: dict[str, Decimal], match: str
) -> None:
    world = World(market=Market(LOT=100))
    world.engine.list_instrument(LOTS)
    world.bought(10, symbol="LOT", **BOTH)
    head = world.tape.head
    with pytest.raises(InvalidRequest, match=match):
        close(world, **fields)
    assert world.tape.head == head
    assert len(world.legs()) == 2


def test_while_trading_is_halted_a_close_leaves_the_legs_at_work() -> None:
    world = World()
    world.bought(10, **BOTH)
    world.engine.write("", TradingStateChanged("HALT", "a person said so"))
    with pytest.raises(TradingHalted):
        close(world)
    assert len(world.legs()) == 2


def test_a_close_that_is_refused_in_doubt_leaves_the_legs_at_work() -> None:
    world = World()
    world.bought(10, **BOTH)
    lost = world.sell(5, limit_price=105)
    world.engine.report(OutcomeUnknown(lost.id, "no answer"))
    with pytest.raises(OrderRefused, match="not known yet"):
        close(world)
    assert len(world.legs()) == 2


def test_every_position_is_closed_or_those_of_a_symbol() -> None:
    world = World(market=Market(AAPL=100, ES=100), cash=1_000_000)
    world.bought(10)
    world.sold(1, symbol="ES")
    assert [one.symbol for one in world.engine.close_all(ACCOUNT, "s:aapl")] == ["AAPL"]
    assert [one.symbol for one in world.engine.close_all(ACCOUNT)] == ["AAPL", "ES"]
    with pytest.raises(SymbolNotFound):
        world.engine.close_all(ACCOUNT, "NOPE")


def test_a_position_that_can_not_be_closed_keeps_no_other_open() -> None:
    world = World(market=Market(AAPL=100, ES=100), cash=1_000_000)
    world.bought(10)
    world.sold(1, symbol="ES")
    first = world.account.positions["AAPL"].id
    lost = world.sell(5, limit_price=105)
    world.engine.report(OutcomeUnknown(lost.id, "no answer"))
    with pytest.raises(PositionsNotClosed, match="1 of 2 positions") as caught:
        world.engine.close_all(ACCOUNT)
    assert set(caught.value.refused) == {first}
    (order_id,) = caught.value.closing.values()
    closing = world.state.orders[order_id]
    assert (closing.symbol, closing.status) == ("ES", Status.OPEN)


def test_what_bars_every_close_is_told_as_it_is() -> None:
    world = World(market=Market(AAPL=100, ES=100), cash=1_000_000)
    world.bought(10)
    world.sold(1, symbol="ES")
    world.engine.barred[ACCOUNT] = "the line is down"
    with pytest.raises(ProviderUnavailable, match="the line is down"):
        world.engine.close_all(ACCOUNT)
    del world.engine.barred[ACCOUNT]
    world.broker.rejects = RejectReason.UNKNOWN
    with pytest.raises(OrderRefused):
        world.engine.close_all(ACCOUNT, "ES")
    with pytest.raises(PositionsNotClosed, match="2 of 2 positions"):
        world.engine.close_all(ACCOUNT)


def test_positions_are_found_in_their_own_account_only() -> None:
    world = World()
    world.open("DU2")
    world.bought()
    for account, position_id in (("DU2", world.position.id), (ACCOUNT, "pos_1")):
        with pytest.raises(PositionNotFound):
            world.engine.close_position(account, position_id)
        with pytest.raises(PositionNotFound):
            world.engine.protect(account, position_id, stop_loss=dec(90))


def test_an_account_that_only_the_tape_knows_can_not_be_protected() -> None:
    world = World()
    world.open("DU2")
    bought = world.engine.submit("DU2", world.buy().request)
    world.fill(bought)
    again = world.restart()
    with pytest.raises(AccountNotFound):
        again.engine.protect("DU2", bought.position_id or "", stop_loss=dec(90))


def test_where_positions_hedge_each_has_its_own_legs() -> None:
    world = World(mode=PositionMode.HEDGING)
    first = world.bought(10, **BOTH).position_id or ""
    second = world.bought(5, stop_loss=80).position_id or ""
    world.engine.protect(ACCOUNT, second, stop_loss=dec(85), take_profit=dec(120))
    by_position = {
        position: sorted(
            leg.stop_price or leg.limit_price or dec(0)
            for leg in world.legs()
            if leg.position_id == position
        )
        for position in (first, second)
    }
    assert by_position == {first: [90, 110], second: [85, 120]}
    order = world.engine.close_position(ACCOUNT, first)
    assert order.position_id == first
    world.fill(order)
    assert {leg.position_id for leg in world.legs()} == {second}
    assert list(world.account.positions) == [second]


def test_a_position_that_was_split_by_hand_is_protected_whole() -> None:
    world = World()
    world.bought(10, **BOTH)
    fact = PositionAdjusted(world.position.id, "AAPL", "split", ratio=dec(2))
    world.engine.write(ACCOUNT, fact)
    protect(world, stop_loss=45)
    assert sum(leg.remaining for leg in world.legs(Role.STOP_LOSS)) == 20
    assert all(leg.status is Status.OPEN for leg in world.legs())
