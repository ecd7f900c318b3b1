"""Orders over REST: what is written of them, found, changed and cancelled."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from engine.ports import Capabilities
from tests.api.world import World, limit, order

pytestmark = pytest.mark.anyio


async def placed(client: httpx.AsyncClient, body: dict[str, Any]) -> str:
    """The id of the order that `body` became."""
    answer = await client.post("/orders", json=body)
    assert answer.status_code == 201, answer.text
    order_id: str = answer.json()["id"]
    return order_id


async def ids(client: httpx.AsyncClient, path: str) -> list[str]:
    """The ids in a list."""
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()]


async def test_a_new_order_is_answered_with_a_handle_and_no_more(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/orders", json=limit("90.00", client_order_id="mine"))
    assert answer.status_code == 201
    handle = answer.json()
    assert handle.pop("id").startswith("ord_")
    assert handle == {"status": "OPEN", "client_order_id": "mine", "correlation_id": None}


async def test_the_answer_waits_until_the_order_is_durable(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    durable: list[int] = []

    async def settled() -> None:
        durable.append(world.engine.tape.head)

    monkeypatch.setattr(world.desk, "settled", settled)
    await placed(client, order())
    assert durable == [world.engine.tape.head]


async def test_words_are_read_in_any_case_and_written_in_upper_case(
    client: httpx.AsyncClient,
) -> None:
    body = limit("90", side="buy", order_type="Limit", time_in_force="day")
    shown = (await client.get(f"/orders/{await placed(client, body)}")).json()
    words = (shown["side"], shown["order_type"], shown["time_in_force"])
    assert words == ("BUY", "LIMIT", "DAY")


async def test_the_same_client_order_id_and_body_give_the_same_order_again(
    client: httpx.AsyncClient, world: World
) -> None:
    first = await placed(client, limit("90", client_order_id="mine"))
    head = world.engine.tape.head
    assert await placed(client, limit("90", client_order_id="mine")) == first
    assert world.engine.tape.head == head
    answer = await client.post("/orders", json=limit("91", client_order_id="mine"))
    assert answer.status_code == 409
    assert answer.json()["details"]["order_id"] == first


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"symbol": None}, "symbol"),
        ({"symbol": 7}, "symbol"),
        ({"side": "HOLD"}, "side"),
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "-1"}, "quantity"),
        ({"quantity": 1.5}, "quantity"),
        ({"quantity": "NaN"}, "quantity"),
        ({"order_type": "ICEBERG"}, "order_type"),
        ({"order_type": "LIMIT"}, "limit_price"),
        ({"order_type": "STOP"}, "stop_price"),
        ({"order_type": "TRAILING_STOP"}, "trailing_distance"),
        ({"limit_price": "1"}, "limit_price"),
        ({"time_in_force": "GTD"}, "time_in_force"),
        ({"reduce_only": "yes"}, "reduce_only"),
        ({"leverage": "0.5"}, "leverage"),
        ({"client_order_id": ""}, "client_order_id"),
        ({"client_order_id": "x" * 129}, "client_order_id"),
        ({"quantiti": "1"}, "quantiti"),
    ],
)
async def test_an_order_that_can_mean_nothing_names_its_field_and_leaves_no_trace(
    client: httpx.AsyncClient, world: World, fields: dict[str, Any], field: str
) -> None:
    head = world.engine.tape.head
    answer = await client.post("/orders", json=order(**fields))
    assert answer.status_code == 400
    assert answer.json()["code"] == "INVALID_VALUE"
    assert answer.json()["details"]["field"] == field
    assert world.engine.tape.head == head


async def test_an_order_for_an_unknown_symbol_leaves_no_trace(
    client: httpx.AsyncClient, world: World
) -> None:
    head = world.engine.tape.head
    answer = await client.post("/orders", json=order(symbol="NOPE"))
    assert (answer.status_code, answer.json()["code"]) == (404, "SYMBOL_NOT_FOUND")
    assert world.engine.tape.head == head


async def test_an_order_that_is_refused_stands_in_the_history_with_its_reason(
    client: httpx.AsyncClient, world: World
) -> None:
    before = world.fingerprint()
    answer = await client.post("/orders", json=order(quantity="1000000"))
    assert (answer.status_code, answer.json()["code"]) == (422, "ORDER_REJECTED")
    details = answer.json()["details"]
    assert details["reject_reason"] == "INSUFFICIENT_MARGIN"
    assert world.fingerprint() == before
    [shown] = (await client.get("/orders/history?status=rejected")).json()
    assert (shown["id"], shown["reject_reason"]) == (details["order_id"], "INSUFFICIENT_MARGIN")


async def test_what_the_broker_can_not_do_is_named_and_leaves_no_trace() -> None:
    world = World(Capabilities())
    async with world.client() as client:
        head = world.engine.tape.head
        answer = await client.post("/orders", json=limit("90", hidden=True))
        assert (answer.status_code, answer.json()["code"]) == (501, "UNSUPPORTED_OPERATION")
        assert answer.json()["details"]["capability"] == "hidden"
        assert world.engine.tape.head == head


async def test_lists_are_newest_first_and_limited(client: httpx.AsyncClient) -> None:
    made = [await placed(client, limit(str(90 + i))) for i in range(4)]
    assert await ids(client, "/orders") == made[::-1]
    assert await ids(client, "/orders?limit=2") == [made[3], made[2]]
    assert await ids(client, "/orders?limit=0") == []


@pytest.mark.parametrize("limit_", ["-1", "1001", "1.5", "ten", ""])
async def test_a_limit_has_bounds(client: httpx.AsyncClient, limit_: str) -> None:
    for path in ("/orders", "/orders/history", "/trades"):
        answer = await client.get(f"{path}?limit={limit_}")
        assert answer.status_code == 400
        assert answer.json()["details"]["field"] == "limit"


async def test_open_and_final_orders_are_listed_apart_unless_a_status_is_asked_for(
    client: httpx.AsyncClient, world: World
) -> None:
    filled = await placed(client, order())
    world.step()
    open_ = await placed(client, limit("90"))
    gone = await placed(client, limit("91"))
    await client.delete(f"/orders/{gone}")
    assert await ids(client, "/orders") == [open_]
    assert await ids(client, "/orders/history") == [gone, filled]
    assert await ids(client, "/orders?status=FILLED") == [filled]
    assert await ids(client, "/orders?status=filled,OPEN&status=cancelled") == [gone, open_, filled]
    assert await ids(client, "/orders?status=open") == [open_]
    assert await ids(client, "/orders/history?status=cancelled") == [gone]
    assert await ids(client, "/orders/history?status=open") == []


async def test_each_filter_narrows_the_list(client: httpx.AsyncClient, world: World) -> None:
    first = await placed(client, limit("90", client_order_id="a", oco_group_id="g"))
    world.step()
    second = await placed(client, limit("2", symbol="EUR/USD", side="SELL"))
    assert await ids(client, "/orders?symbol=AAPL") == [first]
    assert await ids(client, "/orders?symbol=S:AAPL") == [first]
    assert await ids(client, "/orders?symbol=EUR/USD") == [second]
    assert await ids(client, "/orders?symbol=NOPE") == []
    assert await ids(client, "/orders?side=sell") == [second]
    assert await ids(client, "/orders?client_order_id=a") == [first]
    assert await ids(client, "/orders?oco_group_id=g") == [first]
    # The first was placed at 12:01, the second at 12:02: a range includes its start alone.
    assert await ids(client, "/orders?since=2025-01-15T12:02:00Z") == [second]
    assert await ids(client, "/orders?until=2025-01-15T12:02:00%2B00:00") == [first]
    assert await ids(client, "/orders?since=2025-01-15T13:01:00+01:00") == [second, first]


@pytest.mark.parametrize(
    "query", ["status=DONE", "side=UP", "since=yesterday", "symbl=AAPL", "symbol=A&symbol=B"]
)
async def test_a_filter_that_can_mean_nothing_is_refused(
    client: httpx.AsyncClient, query: str
) -> None:
    for path in ("/orders", "/orders/history"):
        assert (await client.get(f"{path}?{query}")).status_code == 400


async def test_a_change_answers_with_the_order_twice(client: httpx.AsyncClient) -> None:
    order_id = await placed(client, limit("90"))
    answer = await client.patch(f"/orders/{order_id}", json={"limit_price": "91", "quantity": None})
    changed = answer.json()
    assert (changed["limit_price"], changed["order"]["limit_price"]) == ("91", "91")
    assert changed["previous_order_id"] is None
    assert {**changed["order"], "order": changed["order"], "previous_order_id": None} == changed


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"limit_price": None}, "body"),
        ({"limit_price": "0"}, "limit_price"),
        ({"side": "SELL"}, "side"),
        ({"quantity": 1.5}, "quantity"),
        ({"stop_price": "5"}, "stop_price"),
    ],
)
async def test_a_change_that_can_mean_nothing_is_refused(
    client: httpx.AsyncClient, world: World, body: dict[str, Any], field: str
) -> None:
    order_id = await placed(client, limit("90"))
    head = world.engine.tape.head
    answer = await client.patch(f"/orders/{order_id}", json=body)
    assert answer.status_code == 400
    assert answer.json()["details"]["field"] == field
    assert world.engine.tape.head == head


async def test_a_cancel_answers_with_the_order(client: httpx.AsyncClient) -> None:
    order_id = await placed(client, limit("90"))
    answer = (await client.delete(f"/orders/{order_id}")).json()
    assert answer["success"] is True
    assert (answer["order"]["id"], answer["order"]["status"]) == (order_id, "CANCELLED")


async def test_a_final_order_can_neither_be_changed_nor_cancelled(
    client: httpx.AsyncClient, world: World
) -> None:
    order_id = await placed(client, order())
    world.step()
    head = world.engine.tape.head
    for answer in (
        await client.delete(f"/orders/{order_id}"),
        await client.patch(f"/orders/{order_id}", json={"quantity": "20"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "ORDER_NOT_MODIFIABLE")
    assert world.engine.tape.head == head


async def test_a_change_that_the_broker_turns_down_leaves_the_order_as_it_was(
    client: httpx.AsyncClient, world: World
) -> None:
    order_id = await placed(client, limit("90", post_only=True))
    before = world.fingerprint()
    answer = await client.patch(f"/orders/{order_id}", json={"limit_price": "200"})
    assert (answer.status_code, answer.json()["code"]) == (409, "ORDER_NOT_MODIFIABLE")
    assert "post-only" in answer.json()["message"]
    assert world.fingerprint() == before


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_an_order_that_is_not_there_is_not_found(
    client: httpx.AsyncClient, method: str
) -> None:
    body = {"limit_price": "1"} if method == "PATCH" else None
    answer = await client.request(method, "/orders/ord_0", json=body)
    assert answer.status_code == 404
    assert answer.json() == {
        "code": "ORDER_NOT_FOUND",
        "message": "Order not found: ord_0",
        "details": {"resource": "order", "id": "ord_0"},
    }


async def test_all_open_orders_of_a_symbol_or_all_are_cancelled(client: httpx.AsyncClient) -> None:
    await placed(client, limit("90"))
    await placed(client, limit("90", symbol="MSFT"))
    await placed(client, limit("91", symbol="MSFT"))
    some = (await client.delete("/orders?symbol=MSFT")).json()
    assert some == {"cancelled_count": 2, "failed_count": 0, "failed_order_ids": None}
    assert (await client.delete("/orders")).json()["cancelled_count"] == 1
    assert (await client.delete("/orders")).json()["cancelled_count"] == 0


async def test_a_misspelt_filter_never_cancels_everything(client: httpx.AsyncClient) -> None:
    order_id = await placed(client, limit("90"))
    assert (await client.delete("/orders?symbl=MSFT")).status_code == 400
    assert (await client.delete("/orders?symbol=NOPE")).status_code == 404
    assert await ids(client, "/orders") == [order_id]
