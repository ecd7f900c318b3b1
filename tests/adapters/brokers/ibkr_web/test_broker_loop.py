"""Engine, adapter, served dialect, engine: what one side does the other says, in both manners."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.requests import OrderChange
from engine.values import OrderType, Origin, RejectReason, Role, Side, Status, TimeInForce
from tests.adapters.brokers.ibkr_web.loop import ACCOUNT, loop
from tests.api.world import limit

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("unhurried")]
MANNERS = pytest.mark.parametrize("manner", ["friendly", "strict"])
WORKING, FILLED, CANCELLED = Status.OPEN, Status.FILLED, Status.CANCELLED


@MANNERS
async def test_the_books_open_with_what_the_broker_holds(manner: str) -> None:
    async with loop(manner) as near:
        ours, theirs = near.engine.account(ACCOUNT), near.far.engine.account(ACCOUNT)
        assert ours.cash == theirs.cash


@MANNERS
async def test_a_market_order_fills_there_and_here_at_the_same_price(manner: str) -> None:
    async with loop(manner) as near:
        order = near.submit(order_type=OrderType.MARKET)
        await near.reached(order, WORKING)
        await near.step()
        await near.reached(order, FILLED)
        assert order.average_fill_price == near.theirs(order).average_fill_price
        await near.agree()


@MANNERS
@pytest.mark.parametrize(
    "fields",
    [
        {"limit_price": "98.00"},
        {"stop_price": "103.00"},
        {"stop_price": "101.50", "limit_price": "102.00"},
        {"side": Side.SELL, "trailing_distance": "1.50"},
        {"limit_price": "98.00", "time_in_force": TimeInForce.DAY},
    ],
)
async def test_every_kind_of_order_rests_and_is_cancelled(
    manner: str, fields: dict[str, Any]
) -> None:
    async with loop(manner) as near:
        order = near.submit(**fields)
        await near.reached(order, WORKING)
        there = near.theirs(order).request
        here = order.request
        assert (there.side, there.quantity, there.order_type) == (
            here.side,
            here.quantity,
            here.order_type,
        )
        assert (there.limit_price, there.stop_price, there.trailing_distance) == (
            here.limit_price,
            here.stop_price,
            here.trailing_distance,
        )
        near.engine.cancel(ACCOUNT, order.id)
        await near.reached(order, CANCELLED)
        await near.agree()


@MANNERS
async def test_an_immediate_order_that_finds_nothing_ends_on_both_sides(manner: str) -> None:
    async with loop(manner) as near:
        order = near.submit(limit_price="98.00", time_in_force=TimeInForce.IOC)
        await near.reached(order, WORKING)
        await near.step()
        await near.reached(order, CANCELLED, Status.EXPIRED)
        assert near.theirs(order).is_final


@MANNERS
async def test_a_change_holds_on_both_sides(manner: str) -> None:
    async with loop(manner) as near:
        order = near.submit(limit_price="98.00")
        await near.reached(order, WORKING)
        near.engine.modify(ACCOUNT, order.id, _change(limit_price="99.00", quantity="7"))
        await near.until(lambda: order.limit_price == 99, "the change holds")
        there = near.theirs(order)
        assert (there.limit_price, there.quantity) == (order.limit_price, order.quantity)
        await near.agree()


@MANNERS
async def test_a_bracket_is_held_here_and_its_legs_work_there(manner: str) -> None:
    async with loop(manner) as near:
        entry = near.submit(order_type=OrderType.MARKET, stop_loss="98.00", take_profit="101.50")
        await near.reached(entry, WORKING)
        await near.step()
        await near.reached(entry, FILLED)
        legs = [one for one in near.engine.state.orders.values() if one.is_exit]
        assert {one.role for one in legs} == {Role.STOP_LOSS, Role.TAKE_PROFIT}
        for leg in legs:
            await near.reached(leg, WORKING)
        for _ in range(20):
            await near.step()
            if near.theirs(legs[1]).status is FILLED:
                break
        stop, profit = sorted(legs, key=lambda one: one.role is Role.TAKE_PROFIT)
        await near.reached(profit, FILLED)
        await near.reached(stop, CANCELLED)
        await near.agree()


@MANNERS
async def test_a_price_far_from_the_market_is_asked_about_and_declined(manner: str) -> None:
    async with loop(manner) as near:
        order = near.submit(side=Side.SELL, limit_price="80.00")
        await near.reached(order, Status.REJECTED)
        assert "o163" in order.message
        assert order.reject_reason is RejectReason.INVALID_PRICE


@MANNERS
async def test_an_order_by_somebody_else_is_adopted_and_its_end_is_seen(manner: str) -> None:
    async with loop(manner) as near:
        answer = await near.http.post(
            "/v1/orders", json=limit("98.00"), headers={"X-Account-ID": ACCOUNT}
        )
        assert answer.status_code == 201, answer.text
        state = near.engine.state
        await near.until(
            lambda: any(o.origin is Origin.EXTERNAL for o in state.orders.values()), ""
        )
        (adopted,) = state.orders.values()
        assert (adopted.origin, adopted.status) == (Origin.EXTERNAL, WORKING)
        await near.http.delete(
            f"/v1/orders/{answer.json()['id']}", headers={"X-Account-ID": ACCOUNT}
        )
        await near.reached(adopted, CANCELLED)


@MANNERS
async def test_several_orders_at_once_are_all_known_on_both_sides(manner: str) -> None:
    async with loop(manner) as near:
        orders = [near.submit(limit_price="98.00", quantity=n + 1) for n in range(15)]
        for order in orders:
            await near.reached(order, WORKING)
        await near.agree()
        near.engine.cancel_all(ACCOUNT)
        for order in orders:
            await near.reached(order, CANCELLED)
        await near.agree()


@MANNERS
async def test_what_happened_while_the_line_was_down_is_found_when_it_is_up_again(
    manner: str,
) -> None:
    async with loop(manner) as near:
        resting = near.submit(limit_price="98.00")
        market = near.submit(order_type=OrderType.MARKET)
        await near.reached(resting, WORKING)
        await near.reached(market, WORKING)
        assert near.driver.line.reconciled_at
        near.driver.line.lost(near.driver._now(), "the test cut it")
        near.driver._disconnect()
        await near.step()
        near.driver.tell(near.driver.line.tick)
        await near.connected()
        await near.reached(market, FILLED)
        await near.agree()


def _change(**values: str) -> Any:
    return OrderChange(**{name: Decimal(value) for name, value in values.items()})
