"""The target API as its clients see it: every field, every status, every refusal."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import httpx
import pytest

from api.endpoints import Call
from api.guards import GuardRules
from api.keyring import KeyRing
from api.keys import new_key
from api.targets.routes import BATCHES_MAX, Targets
from api.waiting import until
from engine.batching import begin
from engine.reports import Cancelled
from engine.targets import Target
from engine.values import PositionMode
from tests.api.world import World

pytestmark = pytest.mark.anyio


def target(quantity: Any, symbol: str = "AAPL", /, **prices: Any) -> dict[str, Any]:
    return {"symbol": symbol, "quantity": quantity, **prices}


async def submit(client: httpx.AsyncClient, *orders: Any, **fields: Any) -> httpx.Response:
    return await client.post("/api/v1/orders", json={"orders": list(orders), **fields})


async def accepted(client: httpx.AsyncClient, *orders: Any, **fields: Any) -> Any:
    answer = await submit(client, *orders, **fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_health_needs_no_key_and_tells_of_every_account(world: World) -> None:
    async with world.client() as stranger:
        answer = await stranger.get("/api/v1/health")
    assert answer.json() == {"status": "ok", "accounts": {"A": True, "B": True}}


async def test_an_account_that_no_broker_serves_is_not_connected(
    world: World, client: httpx.AsyncClient
) -> None:
    del world.engine.capabilities["B"]
    answer = await client.get("/api/v1/health")
    assert answer.json()["accounts"] == {"A": True, "B": False}


async def test_a_target_is_ordered_as_the_difference_to_what_is_held(
    world: World, client: httpx.AsyncClient
) -> None:
    await accepted(client, target(50))
    world.step()
    batch = await accepted(client, target(100))
    assert set(batch) == {"batch_id", "account_id", "submitted_at", "results"}
    assert batch["account_id"] == "A"
    assert batch["submitted_at"] == "2025-01-15T12:02:00+00:00"
    (result,) = batch["results"]
    number = result.pop("ibkr_order_id")
    assert type(number) is int
    assert result == {
        "symbol": "AAPL",
        "current_pos": 50,
        "desired_pos": 100,
        "delta": 50,
        "action": "BUY",
        "qty": 50,
        "order_type": "MKT",
        "status": "Submitted",
    }
    world.step()
    stands = (await client.get(f"/api/v1/orders/{batch['batch_id']}")).json()
    assert stands["orders"] == [
        {
            "symbol": "AAPL",
            "ibkr_order_id": number,
            "status": "Filled",
            "filled_qty": 50,
            "avg_fill_price": 100.2,
            "commission": 0.0,
            "delta": 50,
            "action": "BUY",
        }
    ]


@pytest.mark.parametrize(
    ("prices", "order_type", "limit_price"),
    [
        ({}, "MKT", None),
        ({"limit_price": 150.50}, "LMT", "150.5"),
        ({"expected_price": 150.00, "tolerance_pct": 0.5}, "LMT", "150.75"),
        ({"expected_price": 33.33, "tolerance_pct": 0.5}, "LMT", "33.49"),
        ({"limit_price": 9, "expected_price": 150.00, "tolerance_pct": 0.5}, "LMT", "9"),
    ],
)
async def test_the_prices_given_decide_the_type(
    world: World,
    client: httpx.AsyncClient,
    prices: dict[str, float],
    order_type: str,
    limit_price: str | None,
) -> None:
    batch = await accepted(client, target(10, **prices))
    assert batch["results"][0]["order_type"] == order_type
    (order,) = world.engine.state.working("A")
    assert order.limit_price == (None if limit_price is None else Decimal(limit_price))


async def test_what_is_held_already_is_no_change_and_what_fails_fails_alone(
    client: httpx.AsyncClient,
) -> None:
    batch = await accepted(client, target(0), target(1, "NOPE"), target(-5, "MSFT"))
    none, failed, short = batch["results"]
    assert (none["status"], none["delta"], none["qty"]) == ("no_change", 0, 0)
    assert none["action"] is none["order_type"] is none["ibkr_order_id"] is None
    assert "error" not in none
    assert (failed["status"], failed["error"]) == ("error", "Symbol not found: NOPE")
    assert (short["status"], short["action"], short["qty"]) == ("Submitted", "SELL", 5)
    stands = (await client.get(f"/api/v1/orders/{batch['batch_id']}")).json()["orders"]
    assert [one["status"] for one in stands] == ["no_change", "error", "Submitted"]
    assert stands[1]["error"] == "Symbol not found: NOPE"


async def test_an_order_that_is_refused_is_inactive_and_says_why(client: httpx.AsyncClient) -> None:
    batch = await accepted(client, target(1_000_000))
    (result,) = batch["results"]
    assert result["status"] == "Inactive"
    assert "margin" in result["error"]
    assert type(result["ibkr_order_id"]) is int


async def test_a_flip_is_one_order(world: World, client: httpx.AsyncClient) -> None:
    await accepted(client, target(50))
    world.step()
    batch = await accepted(client, target(-50))
    assert batch["results"][0]["delta"] == -100
    world.step()
    held = (await client.get("/api/v1/positions")).json()["positions"]
    assert held[0]["quantity"] == -50


async def test_fifty_identical_batches_at_once_trade_the_difference_once(
    world: World, client: httpx.AsyncClient
) -> None:
    answers = await asyncio.gather(*(submit(client, target(100)) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {201}
    numbers = {answer.json()["results"][0]["ibkr_order_id"] for answer in answers}
    assert len(numbers) == 1
    assert len({answer.json()["batch_id"] for answer in answers}) == 50
    world.step(3)
    assert [trade.quantity for trade in world.engine.state.trades.values()] == [100]
    again = await accepted(client, target(100))
    assert again["results"][0]["status"] == "no_change"


async def test_the_newest_hundred_batches_are_listed_with_their_client(
    client: httpx.AsyncClient,
) -> None:
    ids = [(await accepted(client, target(n % 3)))["batch_id"] for n in range(BATCHES_MAX + 2)]
    listed = (await client.get("/api/v1/orders")).json()["batches"]
    assert [one["batch_id"] for one in listed] == ids[:1:-1]
    assert listed[0] == {
        "batch_id": ids[-1],
        "account_id": "A",
        "client": "owner",
        "submitted_at": "2025-01-15T12:01:00+00:00",
    }


async def test_positions_have_contract_numbers_and_the_value_of_the_account(
    world: World, client: httpx.AsyncClient
) -> None:
    await accepted(client, target(100), target(-10, "EUR/USD"))
    world.step()
    answer = (await client.get("/api/v1/positions")).json()
    assert answer == {
        "account_id": "A",
        "positions": [
            {"symbol": "AAPL", "quantity": 100, "avg_cost": 100.1, "conid": 265598},
            {"symbol": "EUR/USD", "quantity": -10, "avg_cost": 1.001, "conid": 12087792},
        ],
        "net_liquidation": 1000009.99,
        "updated_at": "2025-01-15T12:02:00+00:00",
    }
    other = await client.get("/api/v1/positions", params={"account_id": "B"})
    assert (other.json()["account_id"], other.json()["positions"]) == ("B", [])


async def test_cancelling_a_batch_cancels_what_works_and_says_so_every_time(
    world: World, client: httpx.AsyncClient
) -> None:
    batch = await accepted(client, target(10), target(5, "MSFT", limit_price=1.0))
    world.step()
    path = f"/api/v1/orders/{batch['batch_id']}"
    first = (await client.delete(path)).json()
    numbers = [result["ibkr_order_id"] for result in batch["results"]]
    assert first == {
        "batch_id": batch["batch_id"],
        "results": [
            {"ibkr_order_id": numbers[0], "cancelled": False},
            {"ibkr_order_id": numbers[1], "cancelled": True},
        ],
    }
    assert (await client.delete(path)).json() == first
    stands = (await client.get(path)).json()["orders"]
    assert [one["status"] for one in stands] == ["Filled", "Cancelled"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("{}", "orders"),
        ('{"orders": []}', "orders"),
        ('{"orders": {}}', "orders"),
        ('{"orders": [5]}', "orders[0]"),
        ('{"orders": [{"quantity": 1}]}', "orders[0].symbol"),
        ('{"orders": [{"symbol": "AAPL"}]}', "orders[0].quantity"),
        ('{"orders": [{"symbol": "AAPL", "quantity": 1.5}]}', "orders[0].quantity"),
        ('{"orders": [{"symbol": "AAPL", "quantity": "1"}]}', "orders[0].quantity"),
        ('{"orders": [{"symbol": "AAPL", "quantity": NaN}]}', "orders[0].quantity"),
        ('{"orders": [{"symbol": "AAPL", "quantity": 1e99}]}', "orders[0].quantity"),
        ('{"orders": [{"symbol": "AAPL", "quantity": 1, "limit_price": 0}]}', "limit_price"),
        ('{"orders": [{"symbol": "AAPL", "quantity": 1, "limit_price": -1.5}]}', "limit_price"),
        ('{"orders": [{"symbol": "AAPL", "quantity": 1, "limit_price": NaN}]}', "limit_price"),
        ('{"orders": [{"symbol": "AAPL", "quantity": 1, "limit_price": Infinity}]}', "limit_price"),
        ('{"orders": [{"symbol": "AAPL", "quantity": 1, "expected_price": 5}]}', "tolerance_pct"),
        ('{"orders": [{"symbol": "AAPL", "quantity": 1, "price": 5}]}', "orders[0].price"),
        (
            '{"orders": [{"symbol": "AAPL", "quantity": 1}, {"symbol": "AAPL", "quantity": 1}]}',
            "orders[1].symbol",
        ),
        ('{"account_id": "nobody", "orders": [{"symbol": "AAPL", "quantity": 1}]}', "account"),
        ("not json", "body"),
    ],
)
async def test_a_bad_request_names_the_field_and_leaves_no_trace(
    world: World, client: httpx.AsyncClient, body: str, field: str
) -> None:
    head = world.engine.tape.head
    headers = {"Content-Type": "application/json"}
    answer = await client.post("/api/v1/orders", content=body, headers=headers)
    assert answer.status_code == 400
    assert list(answer.json()) == ["detail"]
    assert field in answer.json()["detail"].partition(" is ")[0]
    assert world.engine.tape.head == head


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/orders"),
        ("POST", "/api/v1/orders"),
        ("GET", "/api/v1/orders/a1b2c3d4e5f67890"),
        ("DELETE", "/api/v1/orders/a1b2c3d4e5f67890"),
        ("GET", "/api/v1/positions"),
    ],
)
async def test_everything_else_needs_a_key_even_where_none_are_set(
    world: World, method: str, path: str
) -> None:
    body = {"orders": [target(1)]} if method == "POST" else None
    async with world.client() as stranger:
        answer = await stranger.request(method, path, json=body)
    assert answer.status_code == 401
    assert "X-API-Key" in answer.json()["detail"]


async def test_a_key_gives_the_batch_its_client_and_opens_its_accounts_alone() -> None:
    world = World()
    secret, kept = new_key("client1", ("trade",), accounts=("B",))
    reader, readers = new_key("reader", ("read",))
    async with world.client(GuardRules(keys=KeyRing([kept, readers]))) as client:
        headers = {"X-API-Key": secret.reveal()}
        batch = (
            await client.post("/api/v1/orders", json={"orders": [target(1)]}, headers=headers)
        ).json()
        assert batch["account_id"] == "B", "the key's own account is its default"
        listed = (await client.get("/api/v1/orders", headers=headers)).json()["batches"]
        assert [one["client"] for one in listed] == ["client1"]
        other = {"account_id": "A", "orders": [target(1)]}
        refused = await client.post("/api/v1/orders", json=other, headers=headers)
        assert (refused.status_code, list(refused.json())) == (403, ["detail"])
        reading = {"X-API-Key": reader.reveal()}
        seen = await client.get(f"/api/v1/orders/{batch['batch_id']}", headers=reading)
        assert seen.status_code == 200
        denied = await client.delete(f"/api/v1/orders/{batch['batch_id']}", headers=reading)
        assert denied.status_code == 403
        wrong = await client.get("/api/v1/orders", headers={"X-API-Key": "guess"})
        assert (wrong.status_code, list(wrong.json())) == (401, ["detail"])
        assert (await client.get("/api/v1/health")).status_code == 200


async def test_a_batch_of_an_account_that_the_key_does_not_open_is_not_found(world: World) -> None:
    batch = begin(world.engine, "A", "client1", [Target("AAPL", Decimal(1))]).batch
    secret, kept = new_key("other", ("trade",), accounts=("B",))
    async with world.client(GuardRules(keys=KeyRing([kept]))) as other:
        other.headers["X-API-Key"] = secret.reveal()
        assert (await other.get(f"/api/v1/orders/{batch.id}")).status_code == 404
        assert (await other.get("/api/v1/orders")).json() == {"batches": []}


async def test_what_is_not_there_is_answered_in_this_api_s_shape(client: httpx.AsyncClient) -> None:
    missing = await client.get("/api/v1/orders/a1b2c3d4e5f67890")
    assert missing.status_code == 404
    assert missing.json() == {"detail": "Batch not found: a1b2c3d4e5f67890"}
    for method, path, status in (("GET", "/api/v1/x", 404), ("PUT", "/api/v1/orders", 405)):
        answer = await client.request(method, path)
        assert (answer.status_code, list(answer.json())) == (status, ["detail"])


async def test_an_account_that_hedges_takes_no_targets() -> None:
    world = World(mode=PositionMode.HEDGING)
    async with world.client() as client:
        client.headers["X-API-Key"] = "any"
        answer = await submit(client, target(1))
    assert answer.status_code == 400
    assert "positions net" in answer.json()["detail"]


async def test_a_broker_that_can_not_be_reached_is_500(
    world: World, client: httpx.AsyncClient
) -> None:
    world.engine.tape.close()
    answer = await submit(client, target(1))
    assert answer.status_code == 500
    assert answer.json()["detail"].startswith("Broker connection error")


async def test_a_cancel_behind_a_line_is_awaited_and_then_the_rest_is_ordered(
    world: World, client: httpx.AsyncClient
) -> None:
    await accepted(client, target(100, limit_price=1.0))
    (order,) = world.engine.state.working("A")
    far = world.engine.local.pop("A")
    waiting = asyncio.create_task(submit(client, target(40)))
    assert await until(world.engine, lambda: bool(world.engine.outbox), 5)
    world.engine.local["A"] = far
    world.engine.report(Cancelled(order.id))
    answer = await asyncio.wait_for(waiting, 5)
    assert answer.json()["results"][0]["qty"] == 40


async def test_a_cancel_that_is_never_confirmed_is_reported_in_limited_time(world: World) -> None:
    impatient = Targets(world.desk, cancel_timeout_s=0.05)
    async with world.client() as client:
        client.headers["X-API-Key"] = "any"
        await accepted(client, target(100, limit_price=1.0))
        world.engine.local.pop("A")
        body = b'{"orders": [{"symbol": "AAPL", "quantity": 40}]}'
        answer = await impatient.submit(Call({"query_string": b"", "headers": []}, body))
    (result,) = answer.results
    assert result.status == "error"
    assert "not confirmed within 0.05 seconds" in str(result.error)
