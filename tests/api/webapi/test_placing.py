"""Placing, questioning, changing and cancelling orders, in the friendly manner."""

from __future__ import annotations

from typing import Any

import pytest

from engine.market.bars import Bars
from engine.values import Status
from tests.api.webapi.gate import AAPL, MSFT, Gate, limit, ticket

pytestmark = pytest.mark.anyio
SENT, HELD = "Submitted", "PreSubmitted"
STOP_LIMIT = {"price": 102, "auxPrice": 101}
BY_ONE = {"trailingAmt": 1}


async def test_an_order_is_acknowledged_in_a_list_and_fills_with_the_next_bar(
    friendly: Gate,
) -> None:
    (ack,) = await friendly.place(ticket(cOID="mine"))
    assert ack == {
        "order_id": ack["order_id"],
        "order_status": "Submitted",
        "encrypt_message": "1",
        "local_order_id": "mine",
    }
    friendly.world.step()
    (row,) = await friendly.orders()
    assert (row["status"], row["filledQuantity"], row["order_ref"]) == ("Filled", 10.0, "mine")
    assert str(row["orderId"]) == ack["order_id"]


@pytest.mark.parametrize("form", ["orders", "list", "bare"])
async def test_tickets_come_wrapped_as_a_list_or_bare(friendly: Gate, form: str) -> None:
    bodies: dict[str, Any] = {
        "orders": {"orders": [ticket()]},
        "list": [ticket()],
        "bare": ticket(),
    }
    answer = await friendly.post("/iserver/account/A/orders", bodies[form])
    ack = answer if form == "bare" else answer[0]
    assert ack["order_status"] == "Submitted"


@pytest.mark.parametrize(
    ("fields", "status", "price", "aux"),
    [
        ({"orderType": "LMT", "price": 100, "tif": "GTC"}, SENT, "100.00", None),
        ({"orderType": "STP", "price": 101}, HELD, "", "101.00"),
        ({"orderType": "STP", "auxPrice": "101"}, HELD, "", "101.00"),
        ({"orderType": "STOP_LIMIT", **STOP_LIMIT}, HELD, "102.00", "101.00"),
        ({"orderType": "STP LMT", **STOP_LIMIT}, HELD, "102.00", "101.00"),
        ({"orderType": "STP_LMT", **STOP_LIMIT}, HELD, "102.00", "101.00"),
        ({"orderType": "TRAIL", **BY_ONE, "trailingType": "amt"}, HELD, "", "101.10"),
        ({"orderType": "TRAIL", **BY_ONE, "trailingType": "%"}, HELD, "", "101.11"),
        ({"orderType": "lmt", "price": 100, "side": "Buy", "tif": "day"}, SENT, "100.00", None),
    ],
)  # fmt: skip
async def test_every_type_of_order_is_taken(
    friendly: Gate, fields: dict[str, Any], status: str, price: str, aux: str | None
) -> None:
    (ack,) = await friendly.place(ticket(**fields))
    (row,) = await friendly.orders()
    assert (ack["order_status"], row["price"], row.get("auxPrice")) == (status, price, aux)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"orderType": "TRAILLMT"}, "TRAILLMT"),
        ({"orderType": "MIDPRICE"}, "MIDPRICE"),
        ({"orderType": "WISH"}, "orderType"),
        ({"orderType": None}, "orderType"),
        ({"orderType": "LMT"}, "limit_price"),
        ({"orderType": "TRAIL"}, "trailing"),
        ({"tif": "OPG"}, "OPG"),
        ({"tif": "SOON"}, "tif"),
        ({"side": "HOLD"}, "side"),
        ({"conid": 42}, "conid"),
        ({"conid": None}, "conid"),
        ({"conid": None, "conidex": "1;;;2/1,3/-1"}, "combinations"),
        ({"quantity": None}, "quantity"),
        ({"quantity": -1}, "quantity"),
        ({"quantity": "many"}, "quantity"),
        ({"cashQty": 100}, "cashQty"),
        ({"allOrNone": True}, "allOrNone"),
        ({"strategy": "Vwap"}, "strategy"),
        ({"acctId": "B"}, "acctId"),
        ({"cOID": "x" * 65}, "cOID"),
    ],
)
async def test_what_can_not_be_carried_out_is_named_and_leaves_no_fact(
    friendly: Gate, fields: dict[str, Any], named: str
) -> None:
    head = friendly.world.engine.tape.head
    said = await friendly.place(ticket(**fields), status=400)
    assert named in said["error"]
    assert friendly.world.engine.tape.head == head


@pytest.mark.parametrize("body", ["x", [1], {"orders": 1}, {"orders": []}, [], 7])
async def test_a_body_that_holds_no_tickets_is_refused(friendly: Gate, body: Any) -> None:
    assert "error" in await friendly.post("/iserver/account/A/orders", body, 400)


async def test_a_contract_is_named_in_three_ways(friendly: Gate) -> None:
    for fields in ({"conid": str(AAPL)}, {"conidex": f"{AAPL}@SMART"}, {"secType": f"{AAPL}:STK"}):
        (ack,) = await friendly.place(ticket(**{"conid": None} | fields))
        assert ack["order_status"] == "Submitted"


async def test_the_same_ticket_under_the_same_name_is_the_same_order(friendly: Gate) -> None:
    first = await friendly.place(limit(100, cOID="once"))
    assert await friendly.place(limit(100, cOID="once")) == first
    said = await friendly.place(limit(99.5, cOID="once"))
    assert said["error"].startswith("Order couldn't be submitted: Local order ID=once")
    assert friendly.facts().count("OrderSubmitted") == 1


async def test_an_order_that_the_account_can_not_carry_is_an_error_in_a_success(
    friendly: Gate,
) -> None:
    said = await friendly.place(limit(100, quantity=100), account="B")
    assert "more margin than is free" in said["error"]
    (row,) = await friendly.orders(accountId="B")
    assert row["status"] == "Inactive"


async def test_an_order_is_changed_by_its_whole_ticket(friendly: Gate) -> None:
    (ack,) = await friendly.place(limit(99))
    path = f"/iserver/account/A/order/{ack['order_id']}"
    (changed,) = await friendly.post(path, limit(99.5, quantity=7))
    assert changed["order_id"] == ack["order_id"]
    (row,) = await friendly.orders()
    assert (row["price"], row["totalSize"]) == ("99.50", 7.0)
    head = friendly.world.engine.tape.head
    await friendly.post(path, limit(99.5, quantity=7))
    assert friendly.world.engine.tape.head == head


async def test_a_change_is_questioned_like_an_order(friendly: Gate) -> None:
    (ack,) = await friendly.place(limit(99))
    path = f"/iserver/account/A/order/{ack['order_id']}"
    question = await friendly.post(path, limit(50))
    assert question[0]["messageIds"] == ["o163"]
    (row,) = await friendly.orders()
    assert row["price"] == "99.00"
    assert (await friendly.reply(question))[0]["order_id"] == ack["order_id"]
    (row,) = await friendly.orders()
    assert row["price"] == "50.00"


@pytest.mark.parametrize(
    "fields", [{"side": "SELL"}, {"conid": MSFT}, {"orderType": "MKT"}, {"tif": "DAY"}]
)
async def test_a_change_can_not_make_it_another_order(
    friendly: Gate, fields: dict[str, Any]
) -> None:
    (ack,) = await friendly.place(limit(99))
    await friendly.post(f"/iserver/account/A/order/{ack['order_id']}", limit(99, **fields), 400)


async def test_a_cancel_is_acknowledged_with_a_number(friendly: Gate) -> None:
    (ack,) = await friendly.place(limit(99))
    path = f"/iserver/account/A/order/{ack['order_id']}"
    said = await friendly.delete(path)
    assert said == {
        "msg": "Request was submitted",
        "order_id": int(ack["order_id"]),
        "conid": AAPL,
        "account": "A",
    }
    (row,) = await friendly.orders()
    assert row["status"] == "Cancelled"
    assert (await friendly.delete(path, 400))["error"] == "Order is inactive"
    assert (await friendly.post(path, limit(98), 400))["error"] == "Order is inactive"


async def test_every_order_is_cancelled_at_once(friendly: Gate) -> None:
    for price in (99, 99.5):
        await friendly.place(limit(price))
    said = await friendly.delete("/iserver/account/A/order/-1")
    assert said["order_id"] == -1
    assert {row["status"] for row in await friendly.orders()} == {"Cancelled"}


@pytest.mark.parametrize("order_id", ["7", "x", "1000000400", "1000000001"])
async def test_an_order_that_there_is_not_is_named(friendly: Gate, order_id: str) -> None:
    path = f"/iserver/account/A/order/{order_id}"
    assert (await friendly.delete(path, 400))["error"] == f"OrderID {order_id} doesn't exist"


async def test_an_account_that_there_is_not_is_refused(friendly: Gate) -> None:
    said = await friendly.place(ticket(), status=400, account="Z")
    assert "Invalid account ID" in said["error"]


async def test_a_preview_tells_what_would_be_and_places_nothing(friendly: Gate) -> None:
    head = friendly.world.engine.tape.head
    path = "/iserver/account/A/orders/whatif"
    told = await friendly.post(path, {"orders": [limit(100)]})
    assert told["amount"]["amount"] == "1,000.00 USD (10 Shares)"
    assert told["initial"]["after"] == "1,000.00 USD"
    assert (told["position"]["after"], told["error"]) == ("10", None)
    poor = await friendly.post("/iserver/account/B/orders/whatif", [limit(100)])
    assert "more margin" in poor["error"]
    assert friendly.world.engine.tape.head == head


async def test_a_preview_at_a_price_below_zero_takes_margin_all_the_same(friendly: Gate) -> None:
    board = friendly.world.backtest.board
    bars = board.series[0]
    assert isinstance(bars, Bars)
    bars.close[board.rows[0]] = -40 * 10**bars.price_scale
    told = await friendly.post("/iserver/account/A/orders/whatif", {"orders": [ticket()]})
    assert told["amount"]["amount"] == "-400.00 USD (10 Shares)"
    assert told["initial"]["change"] == "400.00 USD"


async def test_an_order_of_another_dialect_is_seen_and_cancelled_here(friendly: Gate) -> None:
    body = {"symbol": "AAPL", "side": "BUY", "quantity": "5", "order_type": "LIMIT"}
    placed = await friendly.client.post("/v1/orders", json=body | {"limit_price": "99"})
    (row,) = await friendly.orders()
    await friendly.delete(f"/iserver/account/A/order/{row['orderId']}")
    order = friendly.world.engine.state.order(placed.json()["id"])
    assert order is not None
    assert order.status is Status.CANCELLED
