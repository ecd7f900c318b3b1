"""How orders are placed, changed and cancelled, and what each answer of the gateway comes to."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.requests import Request

from adapters.brokers.ibkr_web.errors import NotAnswered
from engine.ports import Throttled
from engine.reports import Accepted, CancelRejected, Modified, ModifyRejected, Rejected
from engine.values import OrderType, RejectReason, Side, TimeInForce
from tests import builders
from tests.adapters.brokers.ibkr_web.gateway import AAPL, ACCOUNT, Gateway, until
from tests.adapters.brokers.ibkr_web.line import ORDER_ID, an_order, line

ORDERS = f"/iserver/account/{ACCOUNT}/orders"
PROMPT = [
    {
        "id": "q-1",
        "message": ["This order has no market data.\nSubmit?"],
        "isSuppressed": False,
        "messageIds": ["o354"],
    }
]
HARMFUL = [{**PROMPT[0], "id": "q-2", "messageIds": ["o163"], "message": ["exceeds 3%"]}]
pytestmark = pytest.mark.anyio


async def test_a_limit_order_goes_out_once_with_our_id_and_is_accepted_under_theirs() -> None:
    gateway = Gateway()
    async with line(gateway) as ours:
        assert await ours.submit(an_order()) == [Accepted(ORDER_ID, "1001")]
    assert gateway.asked(ORDERS) == [
        {
            "orders": [
                {
                    "acctId": ACCOUNT,
                    "conid": AAPL,
                    "cOID": ORDER_ID,
                    "orderType": "LMT",
                    "side": "BUY",
                    "tif": "GTC",
                    "quantity": 10,
                    "outsideRTH": False,
                    "price": 90,
                }
            ]
        }
    ]


@pytest.mark.parametrize(
    ("fields", "written"),
    [
        ({"order_type": OrderType.MARKET}, {"orderType": "MKT"}),
        ({"limit_price": None, "stop_price": "95.5"}, {"orderType": "STP", "price": 95.5}),
        (
            {"limit_price": "96", "stop_price": "95.5"},
            {"orderType": "STOP_LIMIT", "price": 96, "auxPrice": 95.5},
        ),
        (
            {"limit_price": None, "trailing_distance": "1.5", "side": Side.SELL},
            {"orderType": "TRAIL", "trailingAmt": 1.5, "trailingType": "amt", "side": "SELL"},
        ),
        ({"time_in_force": TimeInForce.IOC}, {"orderType": "LMT", "tif": "IOC"}),
    ],
)
async def test_every_type_is_written_as_the_gateway_wants_it(
    fields: dict[str, Any], written: dict[str, Any]
) -> None:
    gateway = Gateway()
    async with line(gateway) as ours:
        await ours.submit(an_order(**fields))
    (ticket,) = gateway.asked(ORDERS)[0]["orders"]
    assert ticket | written == ticket


async def test_harmless_questions_are_answered_yes_to_the_end_of_their_chain() -> None:
    gateway = Gateway()
    gateway.lay(ORDERS, PROMPT)
    second = [{**PROMPT[0], "id": "q-9", "messageIds": ["o10151"]}]
    gateway.lay("/iserver/reply/q-1", second)
    gateway.lay("/iserver/reply/q-9", [{"order_id": "77", "order_status": "PreSubmitted"}])
    async with line(gateway) as ours:
        assert await ours.submit(an_order()) == [Accepted(ORDER_ID, "77")]
    assert gateway.asked("/reply/q-1") == [{"confirmed": True}]
    assert gateway.asked("/reply/q-9") == [{"confirmed": True}]


async def test_any_other_question_is_answered_no_and_its_words_are_the_rejection() -> None:
    gateway = Gateway()
    gateway.lay(ORDERS, PROMPT)
    gateway.lay("/iserver/reply/q-1", HARMFUL)
    gateway.lay("/iserver/reply/q-2", {"error": "Order not confirmed "})
    async with line(gateway) as ours:
        (rejected,) = await ours.submit(an_order())
    assert isinstance(rejected, Rejected)
    assert "o163" in rejected.message
    assert "exceeds 3%" in rejected.message
    assert gateway.asked("/reply/q-2") == [{"confirmed": False}]


async def test_a_question_of_no_known_kind_is_answered_no() -> None:
    gateway = Gateway()
    gateway.lay(ORDERS, [{"id": "q-1", "message": ["Really?"]}])
    gateway.lay("/iserver/reply/q-1", {"error": "Order not confirmed "})
    async with line(gateway) as ours:
        (rejected,) = await ours.submit(an_order())
    assert isinstance(rejected, Rejected)


async def test_a_question_that_went_stale_leaves_the_outcome_open() -> None:
    gateway = Gateway()
    gateway.lay(ORDERS, PROMPT)
    gateway.lay("/iserver/reply/q-1", {"error": "reply id not found: 'q-1'"}, status=400)
    async with line(gateway) as ours:
        with pytest.raises(NotAnswered, match="reply id not found"):
            await ours.submit(an_order())


async def test_a_servers_own_question_is_declined_and_leaves_the_outcome_open() -> None:
    gateway = Gateway()
    asked = {
        "orderId": 987,
        "reqId": "5",
        "text": "Price management?",
        "options": ["Use on this order", "Always use", "Do not use"],
        "messageId": "p12",
        "prompt": True,
    }
    gateway.lay(ORDERS, asked)
    async with line(gateway) as ours:
        with pytest.raises(NotAnswered, match="Price management"):
            await ours.submit(an_order())
    told = {"orderId": 987, "reqId": "5", "text": "Do not use"}
    assert gateway.asked("/iserver/notification") == [told]


@pytest.mark.parametrize("status", [200, 400])
async def test_a_refusal_in_words_is_final_under_any_status(status: int) -> None:
    gateway = Gateway()
    gateway.lay(ORDERS, {"error": "Insufficient margin for this order"}, status=status)
    async with line(gateway) as ours:
        (rejected,) = await ours.submit(an_order())
    assert isinstance(rejected, Rejected)
    assert rejected.reason is RejectReason.INSUFFICIENT_MARGIN


@pytest.mark.parametrize("number", ["-1", -1])
async def test_a_failure_that_looks_like_success_is_a_rejection(number: Any) -> None:
    gateway = Gateway()
    gateway.lay(ORDERS, [{"order_id": number, "order_status": "Failed", "text": "bad leg"}])
    async with line(gateway) as ours:
        (rejected,) = await ours.submit(an_order())
    assert isinstance(rejected, Rejected)
    assert rejected.message == "bad leg"


async def test_that_our_id_is_taken_already_is_no_rejection() -> None:
    gateway = Gateway()
    words = f"Order couldn't be submitted: Local order ID={ORDER_ID} is already registered."
    gateway.lay(ORDERS, {"error": words})
    async with line(gateway) as ours:
        with pytest.raises(NotAnswered):
            await ours.submit(an_order())


@pytest.mark.parametrize(
    ("status", "told"),
    [(500, {"error": "unknown"}), (503, b""), (200, b""), (200, []), (400, b"<h1>Bad</h1>")],
)
async def test_what_settles_nothing_raises_and_is_not_sent_again(status: int, told: Any) -> None:
    gateway = Gateway()
    gateway.lay(ORDERS, told, status=status)
    async with line(gateway) as ours:
        with pytest.raises(NotAnswered):
            await ours.submit(an_order())
    assert len(gateway.asked(ORDERS)) == 1


async def test_an_order_without_an_answer_in_time_is_not_sent_again() -> None:
    gateway = Gateway()

    async def stall(request: Request) -> None:
        if request.url.path.endswith(ORDERS) and request.method == "POST":
            await asyncio.sleep(1.0)

    gateway.hook = stall
    async with line(gateway, timeout_s=0.3) as ours:
        with pytest.raises(NotAnswered):
            await ours.submit(an_order())
        await asyncio.sleep(0.2)
        assert len(gateway.asked(ORDERS)) == 1
        await until(lambda: gateway.at_once == 0, "the gateway is done")


async def test_a_429_took_nothing_and_stops_every_call_after_it() -> None:
    gateway = Gateway()
    gateway.lay(ORDERS, b"", status=429)
    async with line(gateway, penalty_s=60.0) as ours:
        with pytest.raises(Throttled) as raised:
            await ours.submit(an_order())
        assert 59_000_000_000 < raised.value.wait_ns <= 60_000_000_000
        before = len(gateway.calls)
        with pytest.raises(Throttled):
            await ours.cancel(an_order(broker_id="1001"))
        assert len(gateway.calls) == before


async def test_one_order_is_under_way_at_a_time_with_its_questions() -> None:
    gateway = Gateway()
    gateway.lay(ORDERS, PROMPT, [{"order_id": "2"}], [{"order_id": "3"}])

    async def linger(request: Request) -> None:
        if "reply" in request.url.path:
            await asyncio.sleep(0.1)

    gateway.hook = linger
    gateway.lay("/iserver/reply/q-1", [{"order_id": "1"}])
    async with line(gateway) as ours:
        orders = [an_order(f"ord_{n:010d}") for n in range(3)]
        answers = await asyncio.gather(*(ours.submit(one) for one in orders))
    assert [one.broker_id for (one,) in answers if isinstance(one, Accepted)] == ["1", "2", "3"]
    assert gateway.most_at_once == 1


async def test_a_cancel_goes_before_orders_that_wait() -> None:
    gateway = Gateway()

    async def linger(request: Request) -> None:
        if request.method == "POST" and request.url.path.endswith(ORDERS):
            await asyncio.sleep(0.1)

    gateway.hook = linger
    async with line(gateway) as ours:
        orders = [an_order(f"ord_{n:010d}") for n in range(3)]
        placing = [asyncio.create_task(ours.submit(one)) for one in orders]
        await until(lambda: bool(gateway.asked(ORDERS)), "the first is under way")
        await ours.cancel(an_order(broker_id="55"))
        await asyncio.gather(*placing)
    told = [method for method, path, _ in gateway.calls if "/order" in path and method != "GET"]
    assert told == ["POST", "DELETE", "POST", "POST"]


async def test_a_change_sends_the_whole_ticket_with_the_new_values_over_it() -> None:
    gateway = Gateway()
    order = an_order(broker_id="1001")
    async with line(gateway) as ours:
        (changed,) = await ours.modify(order, limit_price="91.25", quantity="7")
    assert isinstance(changed, Modified)
    assert changed.broker_id == "1001"
    (ticket,) = gateway.asked("/order/1001")
    assert (ticket["price"], ticket["quantity"], ticket["orderType"]) == (91.25, 7, "LMT")
    assert ticket["conid"] == AAPL


async def test_a_change_that_is_refused_keeps_the_order_as_it_was() -> None:
    gateway = Gateway()
    words = {"error": "OrderID 1001 doesn't exist"}
    gateway.lay(f"/iserver/account/{ACCOUNT}/order/1001", words, status=400)
    async with line(gateway) as ours:
        told = await ours.modify(an_order(broker_id="1001"), limit_price="91")
    assert told == [ModifyRejected(ORDER_ID, "OrderID 1001 doesn't exist")]


async def test_a_cancel_says_nothing_until_the_order_has_ended() -> None:
    gateway = Gateway()
    async with line(gateway) as ours:
        assert await ours.cancel(an_order(broker_id="1001")) == []
    assert [path for method, path, _ in gateway.calls if method == "DELETE"] == [
        f"/iserver/account/{ACCOUNT}/order/1001"
    ]


async def test_a_cancel_is_sent_for_every_id_under_which_the_order_works() -> None:
    gateway = Gateway()
    order = an_order()
    order.broker_ids, order.ended_ids = ("5", "6", "7"), ("5",)
    async with line(gateway) as ours:
        await ours.cancel(order)
    deleted = [path.rpartition("/")[2] for method, path, _ in gateway.calls if method == "DELETE"]
    assert deleted == ["6", "7"]


@pytest.mark.parametrize("words", ["Order is inactive", "OrderID 1001 doesn't exist"])
async def test_nothing_left_to_cancel_rejects_the_cancel_and_has_the_lists_read(
    words: str,
) -> None:
    gateway = Gateway()
    path = f"/iserver/account/{ACCOUNT}/order/1001"
    gateway.lay(path, {"error": words}, status=400)
    async with line(gateway) as ours:
        reads = len(gateway.asked("/iserver/account/orders"))
        told = await ours.cancel(an_order(broker_id="1001"))
        await until(lambda: len(gateway.asked("/iserver/account/orders")) > reads, "it looks")
    assert told == [CancelRejected(ORDER_ID, words)]


async def test_an_order_without_an_id_of_theirs_can_not_be_cancelled_yet() -> None:
    gateway = Gateway()
    async with line(gateway) as ours:
        with pytest.raises(NotAnswered, match="has not told its id"):
            await ours.cancel(an_order())


async def test_a_price_off_the_contracts_steps_never_leaves() -> None:
    gateway = Gateway()
    async with line(gateway) as ours:
        (rejected,) = await ours.submit(an_order(limit_price="90.005"))
    assert isinstance(rejected, Rejected)
    assert rejected.reason is RejectReason.INVALID_PRICE
    assert "price is 90.005; expected a multiple of 0.01" in rejected.message
    assert gateway.asked(ORDERS) == []


async def test_a_symbol_without_a_contract_is_rejected() -> None:
    gateway = Gateway()
    gateway.lay("/trsrv/stocks", {"NOPE": []})
    gateway.lay("/iserver/secdef/search", {"error": "No symbol found"})
    async with line(gateway) as ours:
        (rejected,) = await ours.submit(an_order(symbol="NOPE"))
    assert isinstance(rejected, Rejected)
    assert rejected.reason is RejectReason.SYMBOL_NOT_TRADEABLE


async def test_numbers_leave_digit_for_digit() -> None:
    gateway = Gateway()
    sent: list[bytes] = []

    async def keep(request: Request) -> None:
        if request.url.path.endswith(ORDERS) and request.method == "POST":
            sent.append(await request.body())

    gateway.hook = keep
    quantity = builders.dec("123456789.123456789")
    async with line(gateway) as ours:
        await ours.submit(an_order(quantity=quantity, limit_price="0.10"))
    assert b'"quantity":123456789.123456789' in sent[0]
    assert b'"price":0.10' in sent[0]
