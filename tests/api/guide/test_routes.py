"""The order guide as its clients see it: every field, every text, every refusal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from api.app import Gateway
from api.app import alone as served_alone
from api.endpoints import Call
from api.guards import GuardRules
from api.guide.routes import Guide
from api.keyring import KeyRing
from api.keys import new_key
from api.refusals import Refusal
from api.settings import Settings
from api.waiting import until
from engine.order_numbers import number, permanent
from engine.reports import Cancelled, CancelRejected, Filled
from tests.api.world import World
from tests.builders import order

pytestmark = pytest.mark.anyio


def body(quantity: Any = 10, **fields: Any) -> dict[str, Any]:
    return {"symbol": "AAPL", "action": "BUY", "quantity": quantity, **fields}


async def place(client: httpx.AsyncClient, kind: str, **fields: Any) -> Any:
    answer = await client.post(f"/order/{kind}", json=body(**fields))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def cancel(client: httpx.AsyncClient, perm_id: int) -> httpx.Response:
    return await client.post("/order/cancel", json={"perm_id": perm_id})


async def pending(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    orders: list[dict[str, Any]] = (await client.get("/orders")).json()["orders"]
    return orders


async def test_the_account_has_its_value_and_what_is_free(
    world: World, client: httpx.AsyncClient
) -> None:
    assert (await client.get("/account")).json() == {"balance": 1000000.0, "cash": 1000000.0}
    await place(client, "market")
    world.step(2)
    assert (await client.get("/account")).json() == {"balance": 1000002.0, "cash": 998999.0}


async def test_positions_are_valued_at_their_cost_as_the_document_has_it(
    world: World, client: httpx.AsyncClient
) -> None:
    await place(client, "market")
    await place(client, "market", symbol="MSFT", action="SELL", quantity=5)
    world.step(5)
    assert (await client.get("/positions")).json()["positions"] == [
        {"symbol": "AAPL", "qty": 10, "avg_cost": 100.1, "market_value": 1001.0},
        {"symbol": "MSFT", "qty": -5, "avg_cost": 100.1, "market_value": -500.5},
    ]


async def test_pending_orders_have_their_ids_types_triggers_and_states(
    world: World, client: httpx.AsyncClient
) -> None:
    limit = await place(client, "limit", limit_price=90.25, order_ref="my_trade_001")
    stop = await place(client, "stop", action="SELL", quantity=2.5, stop_price=80)
    market = await place(client, "market")
    assert [one["status"] for one in (limit, stop, market)] == [
        "✅ Limit order sent",
        "✅ Stop order sent",
        "✅ Market order sent",
    ]
    rows = await pending(client)
    assert [row.pop("permId") for row in rows] == [one["permId"] for one in (limit, stop, market)]
    numbers = [row.pop("orderId") for row in rows]
    assert numbers == [one["permId"] - 1_000_000_000 for one in (limit, stop, market)]
    assert rows == [
        _row("BUY", 10, "LMT", 90.25, "SUBMITTED"),
        _row("SELL", 2.5, "STP", 80.0, "PRESUBMITTED"),
        _row("BUY", 10, "MKT", "—", "SUBMITTED"),
    ]


def _row(action: str, quantity: float, kind: str, trigger: object, status: str) -> dict[str, Any]:
    return {
        "symbol": "AAPL",
        "action": action,
        "quantity": quantity,
        "type": kind,
        "trigger": trigger,
        "status": status,
    }


async def test_a_bracket_is_three_orders_whose_ids_hold_before_and_after_the_fill(
    world: World, client: httpx.AsyncClient
) -> None:
    prices = {"entry_price": 100.3, "stop_loss": 85.0, "take_profit": 140.0}
    sent = await place(client, "bracket", **prices, order_ref="protected_trade_001")
    assert sent["status"] == "✅ Bracket order sent"
    entry, loss, profit = sent["permIds"]
    before = await pending(client)
    assert [(row["permId"], row["type"], row["status"]) for row in before] == [
        (entry, "LMT", "SUBMITTED"),
        (loss, "STP", "PRESUBMITTED"),
        (profit, "LMT", "PRESUBMITTED"),
    ]
    world.step()
    after = await pending(client)
    assert [(row["permId"], row["type"], row["trigger"], row["status"]) for row in after] == [
        (loss, "STP", 85.0, "PRESUBMITTED"),
        (profit, "LMT", 140.0, "SUBMITTED"),
    ]
    assert (await cancel(client, profit)).json() == {"status": f"✅ Order {profit} cancelled"}
    assert (await cancel(client, profit)).status_code == 404
    assert (await cancel(client, entry)).status_code == 404
    assert [row["permId"] for row in await pending(client)] == [loss]


async def test_an_exit_that_waits_for_its_entry_is_cancelled_with_it(
    client: httpx.AsyncClient,
) -> None:
    prices = {"entry_price": 90, "stop_loss": 85, "take_profit": 95}
    entry, loss, _ = (await place(client, "bracket", **prices))["permIds"]
    refused = await cancel(client, loss)
    assert refused.status_code == 400
    assert f"waits for its entry {entry}" in refused.json()["detail"]
    assert (await cancel(client, entry)).json() == {"status": f"✅ Order {entry} cancelled"}
    assert await pending(client) == []
    gone = await cancel(client, loss)
    assert (gone.status_code, gone.json()) == (404, {"detail": "Order not found or already filled"})


@pytest.mark.parametrize("perm_id", [0, 12345, 1_000_000_000, 1_788_680_597])
async def test_an_id_that_names_nothing_is_not_found(
    client: httpx.AsyncClient, perm_id: int
) -> None:
    answer = await cancel(client, perm_id)
    assert answer.status_code == 404
    assert answer.json() == {"detail": "Order not found or already filled"}


async def test_an_order_of_another_account_is_not_found(
    world: World, client: httpx.AsyncClient
) -> None:
    sent = await place(client, "limit", limit_price=1)
    other = {"X-Account-ID": "B"}
    answer = await client.post("/order/cancel", json={"perm_id": sent["permId"]}, headers=other)
    assert answer.status_code == 404
    assert (await client.get("/orders", headers=other)).json() == {"orders": []}
    assert (await client.get("/orders?account_id=A")).json()["orders"] != []


async def test_the_same_reference_may_stand_on_many_orders(client: httpx.AsyncClient) -> None:
    first = await place(client, "limit", limit_price=1, order_ref="strategy_2")
    second = await place(client, "limit", limit_price=1, order_ref="strategy_2")
    assert first["permId"] != second["permId"]
    assert len(await pending(client)) == 2


@pytest.mark.parametrize(
    ("kind", "fields", "field"),
    [
        ("limit", {}, "limit_price"),
        ("limit", {"limit_price": 0}, "limit_price"),
        ("limit", {"limit_price": "230"}, "limit_price"),
        ("limit", {"limit_price": 1, "quantity": -1}, "quantity"),
        ("limit", {"limit_price": 1, "action": "HOLD"}, "action"),
        ("market", {"limit_price": 1}, "limit_price"),
        ("market", {"symbol": ""}, "symbol"),
        ("stop", {"stop_price": None}, "stop_price"),
        ("bracket", {"entry_price": 90, "stop_loss": 85}, "take_profit"),
        ("bracket", {"entry_price": 90, "stop_loss": 95, "take_profit": 99}, "stop_loss"),
        ("bracket", {"entry_price": -1, "stop_loss": 85, "take_profit": 99}, "entry_price"),
    ],
)
async def test_a_bad_request_names_the_field_and_leaves_no_trace(
    world: World, client: httpx.AsyncClient, kind: str, fields: dict[str, Any], field: str
) -> None:
    head = world.engine.tape.head
    answer = await client.post(f"/order/{kind}", json=body(**fields))
    assert answer.status_code == 400
    assert list(answer.json()) == ["detail"]
    assert answer.json()["detail"].startswith(f"{field} is ")
    assert world.engine.tape.head == head


@pytest.mark.parametrize(
    ("kind", "fields", "why"),
    [
        (
            "limit",
            {"symbol": "INVALID", "limit_price": 1},
            "Failed to place limit order: Could not qualify contract for symbol: INVALID",
        ),
        ("market", {"quantity": 1e9}, "Failed to place market order: BUY 1"),
    ],
)
async def test_an_order_that_can_not_be_placed_is_500_with_the_documented_text(
    client: httpx.AsyncClient, kind: str, fields: dict[str, Any], why: str
) -> None:
    answer = await client.post(f"/order/{kind}", json=body(**fields))
    assert answer.status_code == 500
    assert answer.json()["detail"].startswith(why)


async def test_a_broker_that_can_not_be_reached_is_said_to_be_the_gateway(
    world: World, client: httpx.AsyncClient
) -> None:
    world.engine.tape.close()
    answer = await client.post("/order/market", json=body())
    assert (answer.status_code, answer.json()) == (
        500,
        {"detail": "Failed to connect to IB Gateway"},
    )


async def test_a_reading_key_places_nothing_and_the_refusal_has_one_text(world: World) -> None:
    secret, kept = new_key("reader", ("read",))
    async with world.client(GuardRules(keys=KeyRing([kept]))) as client:
        headers = {"Authorization": f"Bearer {secret.reveal()}"}
        assert (await client.get("/guide/orders", headers=headers)).status_code == 200
        answer = await client.post("/guide/order/market", json=body(), headers=headers)
        assert (answer.status_code, list(answer.json())) == (403, ["detail"])
        stranger = await client.get("/guide/orders")
        assert (stranger.status_code, list(stranger.json())) == (401, ["detail"])


def far_cancel(world: World, timeout_s: float) -> tuple[Any, asyncio.Task[Any]]:
    """An order whose broker is behind a line, and its cancel under way."""
    resting = world.engine.submit("A", order(limit_price=1))
    world.engine.local.pop("A")
    said = f'{{"perm_id": {permanent(number(resting))}}}'.encode()
    call = Call({"query_string": b"", "headers": []}, said)
    return resting, asyncio.create_task(Guide(world.desk, timeout_s).cancel(call))


async def test_the_cancel_of_an_order_behind_a_line_is_awaited(world: World) -> None:
    resting, cancelling = far_cancel(world, 5)
    assert await until(world.engine, lambda: bool(world.engine.outbox), 5)
    assert not cancelling.done()
    world.engine.report(Cancelled(resting.id))
    assert (await cancelling).status.endswith("cancelled")


@pytest.mark.parametrize("ending", ["filled", "kept", "silent"])
async def test_a_cancel_that_did_not_happen_is_not_called_one(world: World, ending: str) -> None:
    resting, cancelling = far_cancel(world, 0.05)
    assert await until(world.engine, lambda: bool(world.engine.outbox), 5)
    if ending == "filled":
        world.engine.report(Filled(resting.id, "x", resting.remaining, Decimal(1), 1))
    elif ending == "kept":
        world.engine.report(CancelRejected(resting.id, "no"))
    with pytest.raises(Refusal) as refused:
        await cancelling
    assert refused.value.status == (404 if ending == "filled" else 500)


@pytest.fixture
async def alone(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the guide on a port of its own."""
    transport = httpx.ASGITransport(
        served_alone("guide", world.desk, Settings(), Gateway(world.desk))
    )
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as one:
        yield one


async def test_alone_on_its_port_the_guide_is_at_the_root_with_its_documentation(
    alone: httpx.AsyncClient,
) -> None:
    sent = await place(alone, "limit", limit_price=1.5)
    assert [row["permId"] for row in await pending(alone)] == [sent["permId"]]
    for page in ("/docs", "/redoc"):
        assert (await alone.get(page)).headers["content-type"] == "text/html; charset=utf-8"
    described = (await alone.get("/openapi.json")).json()
    assert len(described["paths"]) == 9
    assert "/order/bracket" in described["paths"]
    nothing = await alone.get("/v1/orders")
    assert (nothing.status_code, list(nothing.json())) == (404, ["detail"])


async def test_below_its_base_the_guide_s_documentation_leads_to_itself(
    client: httpx.AsyncClient,
) -> None:
    described = (await client.get("/openapi.json")).json()
    assert "/guide/order/bracket" in described["paths"]
    assert described["components"]["schemas"]["Account"]["properties"]["cash"]["type"] == "number"
    assert '"/guide/openapi.json"' in (await client.get("/docs/assets/docs.js")).text
    assert '"/guide/openapi.json"' in (await client.get("/redoc")).text
