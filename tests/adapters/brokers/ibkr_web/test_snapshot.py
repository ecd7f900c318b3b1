"""Snapshots and lookups: whole or not at all, and honest about how far they reach."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from adapters.brokers.ibkr_web.errors import NotAnswered, NotConnected
from engine.statements import Holding
from engine.values import OrderType, Side, Status, TimeInForce
from tests.adapters.brokers.ibkr_web.gateway import ACCOUNT, Gateway, order_row, trade_row
from tests.adapters.brokers.ibkr_web.line import ORDER_ID, an_order, line
from tests.builders import dec

pytestmark = pytest.mark.anyio


def position(conid: int, quantity: float, **fields: Any) -> dict[str, Any]:
    """A row of the list of positions, the skeletal kind."""
    return {"acctId": ACCOUNT, "conid": conid, "position": quantity, "avgCost": 90.5, **fields}


async def test_a_snapshot_has_orders_executions_positions_and_cash() -> None:
    gateway = Gateway()
    gateway.orders = [
        order_row(7, ORDER_ID, filledQuantity=4.0, avgPrice="89.95"),
        order_row(8, status="Cancelled", side="SELL"),
    ]
    gateway.trades = [trade_row("0000e0d5.6576fd38.01.01", ORDER_ID, size=4.0)]
    gateway.positions = [position(265598, 4.0), position(272093, 0.0)]
    async with line(gateway) as ours:
        taken = await ours.broker.snapshot(ACCOUNT)
    (working,) = taken.open_orders
    assert (working.broker_id, working.order_id) == ("7", ORDER_ID)
    assert (working.status, working.filled) == (Status.PARTIALLY_FILLED, dec(4))
    assert working.average_price == dec("89.95")
    request = working.request
    assert (request.symbol, request.side, request.quantity) == ("AAPL", Side.BUY, dec(10))
    assert (request.order_type, request.limit_price) == (OrderType.LIMIT, dec("90.00"))
    assert request.time_in_force is TimeInForce.GTC
    assert [one.status for one in taken.completed] == [Status.CANCELLED]
    assert [one.order_id for one in taken.executions] == [ORDER_ID]
    assert taken.positions == {"AAPL": Holding(dec(4), dec("362.0"))}
    assert taken.cash == {"USD": dec("1000.1")}


async def test_positions_are_read_to_the_last_page_and_never_from_the_cache() -> None:
    gateway = Gateway()
    gateway.positions = [position(9_000_000 + n, 1.0) for n in range(250)]
    gateway.stocks = {f"S{n}": 9_000_000 + n for n in range(250)}
    for n in range(250):
        info = {"symbol": f"S{n}", "instrument_type": "STK", "con_id": 9_000_000 + n}
        gateway.lay(f"/iserver/contract/{9_000_000 + n}/info-and-rules", info)
    async with line(gateway) as ours:
        taken = await ours.broker.snapshot(ACCOUNT)
    assert len(taken.positions) == 250
    paths = [path for _, path, _ in gateway.calls if "positions" in path]
    assert paths[0].endswith("/invalidate")
    assert [path.rpartition("/")[2] for path in paths[1:]] == ["0", "1", "2"]


async def test_a_full_last_page_is_followed_by_an_empty_one() -> None:
    gateway = Gateway()
    gateway.positions = [position(265598, 1.0) for _ in range(100)]
    async with line(gateway) as ours:
        taken = await ours.broker.snapshot(ACCOUNT)
    assert taken.positions["AAPL"].quantity == dec(100)
    assert len([path for _, path, _ in gateway.calls if path.endswith("positions/1")]) == 1


async def test_positions_are_read_again_when_something_traded_meanwhile() -> None:
    gateway = Gateway()
    gateway.positions = [position(265598, 10.0)]
    late = trade_row("x.1", ORDER_ID, trade_time_r=(time.time_ns() // 10**6) + 60_000)
    async with line(gateway) as ours:
        gateway.lay("/iserver/account/trades", [late])
        await ours.broker.snapshot(ACCOUNT)
    assert len([path for _, path, _ in gateway.calls if path.endswith("positions/0")]) == 2


@pytest.mark.parametrize(
    "path",
    [
        "/iserver/account/orders",
        "/iserver/account/trades",
        f"/portfolio/{ACCOUNT}/positions/0",
        f"/portfolio/{ACCOUNT}/ledger",
    ],
)
@pytest.mark.parametrize(("status", "told"), [(500, {"error": "busy"}), (200, {"error": "busy"})])
async def test_a_part_that_is_not_answered_fails_the_snapshot(
    path: str, status: int, told: Any
) -> None:
    gateway = Gateway()
    async with line(gateway) as ours:
        gateway.lay(path, told, status=status)
        with pytest.raises(NotAnswered):
            await ours.broker.snapshot(ACCOUNT)


async def test_a_row_that_says_too_little_matters_only_while_its_order_may_work() -> None:
    gateway = Gateway()
    gateway.orders = [{"acct": ACCOUNT, "orderId": 5, "status": "Cancelled"}]
    async with line(gateway) as ours:
        assert (await ours.broker.snapshot(ACCOUNT)).completed == ()
        gateway.orders = [{"acct": ACCOUNT, "orderId": 5, "status": "Submitted"}]
        with pytest.raises(NotAnswered, match="order 5 is listed without its terms"):
            await ours.broker.snapshot(ACCOUNT)


async def test_an_option_is_never_taken_for_its_stock() -> None:
    gateway = Gateway()
    gateway.positions = [position(265598, 10.0), position(777, 3.0)]
    option = {"symbol": "AAPL", "instrument_type": "OPT", "con_id": 777}
    gateway.lay("/iserver/contract/777/info-and-rules", option)
    async with line(gateway) as ours:
        taken = await ours.broker.snapshot(ACCOUNT)
    held = {symbol: one.quantity for symbol, one in taken.positions.items()}
    assert held == {"AAPL": dec(10), "AAPL@777": dec(3)}


async def test_a_first_list_of_orders_that_is_empty_for_the_cache_is_asked_for_again() -> None:
    gateway = Gateway()
    gateway.orders = [order_row(7, ORDER_ID)]
    async with line(gateway) as ours:
        gateway.lay("/iserver/account/orders", {"orders": [], "snapshot": False})
        taken = await ours.broker.snapshot(ACCOUNT)
    assert len(taken.open_orders) == 1


async def test_another_account_is_not_behind_the_line() -> None:
    async with line(Gateway()) as ours:
        with pytest.raises(NotConnected, match="DU2"):
            await ours.broker.snapshot("DU2")


async def test_the_engine_may_know_the_account_by_another_name() -> None:
    async with line(Gateway(), known_as="main") as ours:
        assert (await ours.broker.snapshot("main")).account == "main"


async def test_a_lookup_finds_an_order_and_its_executions_by_our_reference() -> None:
    gateway = Gateway()
    gateway.orders = [order_row(6), order_row(7, ORDER_ID, status="Filled", filledQuantity=10.0)]
    gateway.trades = [trade_row("x.1", ORDER_ID), trade_row("x.2", "ord_0000000001")]
    async with line(gateway) as ours:
        found = await ours.broker.lookup(fresh())
    assert [one.broker_id for one in found.found] == ["7"]
    assert [one.execution_id for one in found.executions] == ["x.1"]
    assert found.complete


async def test_finding_nothing_means_something_only_as_far_back_as_the_lists_reach() -> None:
    async with line(Gateway()) as ours:
        young = await ours.broker.lookup(fresh())
        old = await ours.broker.lookup(an_order())
    assert (young.found, young.complete) == ((), True)
    assert (old.found, old.complete) == ((), False)


@pytest.mark.parametrize("path", ["/iserver/account/orders", "/iserver/account/trades"])
async def test_a_lookup_that_could_not_search_both_lists_raises(path: str) -> None:
    gateway = Gateway()
    async with line(gateway) as ours:
        gateway.lay(path, b"", status=503)
        with pytest.raises(NotAnswered):
            await ours.broker.lookup(fresh())


async def test_an_order_that_left_the_list_is_asked_for_by_its_own_id() -> None:
    gateway = Gateway()
    state = {
        "order_id": 55,
        "conid": 265598,
        "side": "B",
        "size": "0.0",
        "total_size": "10.0",
        "cum_fill": "10.0",
        "order_status": "Filled",
        "order_type": "LIMIT",
        "limit_price": "90.00",
        "tif": "GTC",
        "average_price": "89.95",
    }
    gateway.lay("/iserver/account/order/status/55", state)
    order = fresh()
    order.broker_ids = ("55",)
    async with line(gateway) as ours:
        (found,) = (await ours.broker.lookup(order)).found
    assert (found.order_id, found.status, found.filled) == (ORDER_ID, Status.FILLED, dec(10))
    assert found.average_price == dec("89.95")


async def test_many_lookups_at_once_cost_one_list() -> None:
    gateway = Gateway()
    async with line(gateway) as ours:
        before = len(gateway.asked("/account/orders"))
        orders = [fresh() for _ in range(20)]
        await asyncio.gather(*(ours.broker.lookup(one) for one in orders))
        assert len(gateway.asked("/account/orders")) - before <= 2


def fresh() -> Any:
    """An order of just now."""
    order = an_order()
    order.created_at = time.time_ns()
    return order
