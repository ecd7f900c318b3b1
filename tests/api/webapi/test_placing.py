"""Placing, questioning, changing and cancelling orders, in the friendly manner."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.market.timeframes import MINUTE_NS
from engine.values import Role, Status
from tests.api.webapi.gate import AAPL, EURUSD, FRIENDLY, MSFT, Gate, gate, limit, ticket
from tests.api.world import World

pytestmark = pytest.mark.anyio
SENT, HELD = "Submitted", "PreSubmitted"
STOP_LIMIT = {"price": 102, "auxPrice": 101}
BY_ONE = {"trailingAmt": 1}


def facts(one: Gate) -> list[str]:
    return [type(record.event).__name__ for record in one.world.engine.tape.records()]


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
    assert facts(friendly).count("OrderSubmitted") == 1


async def test_an_order_that_the_account_can_not_carry_is_an_error_in_a_success(
    friendly: Gate,
) -> None:
    said = await friendly.place(limit(100, quantity=100), account="B")
    assert "more margin than is free" in said["error"]
    (row,) = await friendly.orders(accountId="B")
    assert row["status"] == "Inactive"


@pytest.mark.parametrize(
    ("fields", "message_id", "words"),
    [
        ({"orderType": "LMT", "price": 50}, "o163", "price exceeds the Percentage constraint of"),
        ({"quantity": 501}, "o383", "size exceeds the Size Limit of 500"),
        ({"orderType": "STP", "price": 90}, "o403", "most likely trigger and fill immediately"),
        ({"conid": EURUSD, "quantity": 200_000}, "o451", "Total Value Limit of 100,000 USD"),
    ],
)  # fmt: skip
async def test_an_order_that_looks_like_a_mistake_is_questioned(
    friendly: Gate, fields: dict[str, Any], message_id: str, words: str
) -> None:
    (question,) = await friendly.place(ticket(**fields))
    assert question["messageIds"] == [message_id]
    assert words in question["message"][0].strip().replace("\n", "")
    assert facts(friendly)[-1] == "PromptRaised"
    assert await friendly.orders() == []


async def test_questions_chain_until_the_order_is_placed(friendly: Gate) -> None:
    question = await friendly.place(limit(50, quantity=3_000, cOID="big"))
    asked = []
    while "message" in question[0]:
        asked += question[0]["messageIds"]
        question = await friendly.reply(question)
    assert asked == ["o163", "o383", "o451"]
    assert question[0]["local_order_id"] == "big"
    assert facts(friendly)[-3:] == ["PromptAnswered", "OrderSubmitted", "OrderAccepted"]


async def test_a_question_answered_no_lets_the_order_go(friendly: Gate) -> None:
    question = await friendly.place(limit(50))
    assert await friendly.reply(question, False) == {"error": "Order not confirmed "}
    said = await friendly.reply(question, status=400)
    assert said["error"] == f"reply id not found: '{question[0]['id']}'"


async def test_a_reply_needs_a_json_boolean(friendly: Gate) -> None:
    question = await friendly.place(limit(50))
    await friendly.reply(question, "true", 500)
    assert (await friendly.reply(question))[0]["order_status"] == "Submitted"


async def test_a_question_expires_with_the_markets_time(friendly: Gate) -> None:
    question = await friendly.place(limit(50))
    friendly.world.engine.now += 3 * MINUTE_NS
    await friendly.reply(question, status=400)
    assert facts(friendly)[-1] == "PromptAnswered"
    assert await friendly.orders() == []


async def test_the_same_named_order_is_asked_about_once(friendly: Gate) -> None:
    question = await friendly.place(limit(50, cOID="again"))
    assert await friendly.place(limit(50, cOID="again")) == question
    await friendly.reply(question)
    (row,) = await friendly.orders()
    assert row["order_ref"] == "again"


async def test_a_reply_places_the_order_even_after_the_gateway_began_anew() -> None:
    world = World()
    async with gate(FRIENDLY, world=world) as one:
        question = await one.place(limit(50, cOID="kept"))
    async with gate(FRIENDLY, world=world) as another:
        assert (await another.reply(question))[0]["local_order_id"] == "kept"


async def test_a_suppressed_question_is_not_asked_until_all_are_asked_again(
    friendly: Gate,
) -> None:
    said = await friendly.post("/iserver/questions/suppress", {"messageIds": ["o163"]})
    assert said == {"status": "submitted"}
    assert (await friendly.place(limit(50)))[0]["order_status"] == "Submitted"
    assert await friendly.post("/iserver/questions/suppress/reset") == {"status": "submitted"}
    assert "message" in (await friendly.place(limit(50)))[0]
    assert facts(friendly).count("PromptsSuppressed") == 2
    many = {"messageIds": [f"o{n}" for n in range(52)]}
    await friendly.post("/iserver/questions/suppress", many, 500)


async def test_the_limits_of_questions_can_be_set_and_taken_away() -> None:
    settings = FRIENDLY | {"price_percent_max": 60, "size_max": 0, "value_max": 0}
    async with gate(settings) as one:
        assert (await one.place(limit(50, quantity=3_000)))[0]["order_status"] == "Submitted"
        assert "message" in (await one.place(limit(30)))[0]


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


def bracket(**fields: Any) -> list[dict[str, Any]]:
    """An entry with a stop-loss and a take-profit; ``fields`` are the stop-loss's."""
    return [
        limit(100.2, cOID="parent"),
        ticket(**{"side": "SELL", "orderType": "STP", "price": 98, "parentId": "parent"} | fields),
        limit(103, side="SELL", parentId="parent"),
    ]


async def test_a_bracket_is_three_orders_from_the_start(friendly: Gate) -> None:
    acks = await friendly.place(*bracket())
    numbers = [int(ack["order_id"]) for ack in acks]
    assert [ack["order_status"] for ack in acks] == ["Submitted", "PreSubmitted", "PreSubmitted"]
    rows = {row["orderId"]: row for row in await friendly.orders()}
    assert [rows[number]["status"] for number in numbers] == [ack["order_status"] for ack in acks]
    assert [rows[number].get("parentId") for number in numbers] == [None, numbers[0], numbers[0]]
    friendly.world.step()
    rows = {row["orderId"]: row for row in await friendly.orders()}
    filled = [rows[number]["status"] for number in numbers]
    assert filled == ["Filled", "PreSubmitted", "Submitted"]
    friendly.world.step(30)
    rows = {row["orderId"]: row for row in await friendly.orders()}
    assert [rows[n]["status"] for n in numbers] == ["Filled", "Cancelled", "Filled"]


async def test_a_waiting_leg_is_changed_alone_and_cancelled_with_its_parent(
    friendly: Gate,
) -> None:
    acks = await friendly.place(*bracket())
    paths = [f"/iserver/account/A/order/{ack['order_id']}" for ack in acks]
    await friendly.post(paths[1], ticket(side="SELL", orderType="STP", price=97, tif=None))
    (entry,) = friendly.world.engine.state.working("A")
    assert entry.stop_loss == 97
    assert "cancel the parent" in (await friendly.delete(paths[1], 400))["error"]
    await friendly.delete(paths[0])
    assert {row["status"] for row in await friendly.orders()} == {"Cancelled"}


async def test_a_working_leg_is_changed_and_cancelled_like_any_order(friendly: Gate) -> None:
    acks = await friendly.place(*bracket())
    friendly.world.step()
    paths = [f"/iserver/account/A/order/{ack['order_id']}" for ack in acks]
    await friendly.post(paths[1], ticket(side="SELL", orderType="STP", price=97, tif="GTC"))
    await friendly.delete(paths[2])
    working = friendly.world.engine.state.working("A")
    assert [(leg.role, leg.stop_price) for leg in working] == [(Role.STOP_LOSS, Decimal(97))]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"parentId": "other"}, "parentId"),
        ({"side": "BUY"}, "side"),
        ({"quantity": 4}, "quantity"),
        ({"conid": MSFT}, "conid"),
        ({"orderType": "MKT"}, "leg"),
        ({"orderType": "LMT", "price": 104}, "one TAKE_PROFIT"),
        ({"price": None}, "price"),
        ({"price": 101}, "stop_loss"),
    ],
)
async def test_a_bracket_with_one_bad_leg_is_refused_whole(
    friendly: Gate, fields: dict[str, Any], named: str
) -> None:
    tickets = bracket(**fields)
    if fields.get("orderType") == "LMT":
        tickets = [tickets[0], tickets[2], tickets[1]]
    said = await friendly.place(*tickets, status=400)
    assert named in said["error"]
    assert friendly.world.engine.state.working("A") == []


async def test_a_leg_may_follow_an_order_that_was_placed_before(friendly: Gate) -> None:
    (ack,) = await friendly.place(limit(100, cOID="first"))
    child = ticket(side="SELL", orderType="STP", price=98, parentId=ack["order_id"])
    (leg,) = await friendly.place(child)
    assert (leg["parent_order_id"], leg["order_status"]) == (ack["order_id"], "PreSubmitted")
    by_name = limit(105, side="SELL", parentId="first")
    (leg,) = await friendly.post("/iserver/account/A/orders", [by_name])
    assert leg["parent_order_id"] == ack["order_id"]
    await friendly.place(ticket(side="SELL", orderType="STP", price=98, parentId="9"), status=400)


async def test_of_a_group_one_order_fills_and_the_others_end(friendly: Gate) -> None:
    acks = await friendly.place(
        limit(100.0, isSingleGroup=True, cOID="low"), limit(101, isSingleGroup=True)
    )
    assert acks[0]["oca_group_id"] == acks[1]["oca_group_id"]
    friendly.world.step()
    states = {row["orderId"]: row["status"] for row in await friendly.orders()}
    assert [states[int(ack["order_id"])] for ack in acks] == ["Cancelled", "Filled"]


async def test_a_group_is_placed_once_under_its_names(friendly: Gate) -> None:
    group = [
        limit(99, isSingleGroup=True, cOID="low"),
        limit(101, isSingleGroup=True, cOID="high"),
    ]
    first = await friendly.place(*group)
    friendly.world.step()
    again = await friendly.place(*group)
    assert [ack["order_id"] for ack in again] == [ack["order_id"] for ack in first]
    assert facts(friendly).count("OrderSubmitted") == 2


async def test_unrelated_orders_are_not_placed_together(friendly: Gate) -> None:
    said = await friendly.place(limit(99), limit(98), status=400)
    assert "isSingleGroup" in said["error"]
    group = [limit(99, isSingleGroup=True), limit(99, isSingleGroup=True, quantity=90_000)]
    await friendly.post("/iserver/questions/suppress", {"messageIds": ["o383", "o451"]})
    said = await friendly.place(*group, status=400)
    assert "more margin" in said["error"]
    assert friendly.world.engine.state.working("A") == []


async def test_an_order_of_another_dialect_is_seen_and_cancelled_here(friendly: Gate) -> None:
    body = {"symbol": "AAPL", "side": "BUY", "quantity": "5", "order_type": "LIMIT"}
    placed = await friendly.client.post("/v1/orders", json=body | {"limit_price": "99"})
    (row,) = await friendly.orders()
    await friendly.delete(f"/iserver/account/A/order/{row['orderId']}")
    order = friendly.world.engine.state.order(placed.json()["id"])
    assert order is not None
    assert order.status is Status.CANCELLED
