"""Positions over REST: shown, closed in parts or whole, and protected."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from engine.reports import OutcomeUnknown
from engine.values import PositionMode
from tests.api.world import World, limit, order

pytestmark = pytest.mark.anyio


async def held(client: httpx.AsyncClient, world: World, **fields: Any) -> dict[str, Any]:
    """The newest position after an order has filled."""
    answer = await client.post("/orders", json=order(**fields))
    assert answer.status_code == 201, answer.text
    world.step()
    position: dict[str, Any] = (await client.get("/positions")).json()[0]
    return position


async def test_a_position_says_what_it_cost_and_what_it_is_worth(
    client: httpx.AsyncClient, world: World
) -> None:
    position = await held(client, world)
    assert position["id"].startswith("pos_")
    figures = {name: position[name] for name in position if name not in ("id", "leverage")}
    assert figures == {
        "symbol": "AAPL",
        "side": "LONG",
        "quantity": "10",
        "average_entry_price": "100.10",
        "current_price": "100.20",
        "unrealized_pnl": "1.00",
        "realized_pnl": "0",
        "opened_at": "2025-01-15T12:02:00Z",
        "updated_at": "2025-01-15T12:02:00Z",
    }
    assert (await client.get(f"/v1/positions/{position['id']}")).json() == position


async def test_a_short_position_has_a_side_and_no_sign(
    client: httpx.AsyncClient, world: World
) -> None:
    position = await held(client, world, side="SELL")
    assert (position["side"], position["quantity"]) == ("SHORT", "10")


async def test_positions_are_narrowed_to_a_symbol(client: httpx.AsyncClient, world: World) -> None:
    await held(client, world)
    await held(client, world, symbol="EUR/USD")
    for symbol, count in (("AAPL", 1), ("C:EURUSD", 1), ("MSFT", 0), ("NOPE", 0)):
        assert len((await client.get(f"/positions?symbol={symbol}")).json()) == count
    assert len((await client.get("/positions")).json()) == 2


@pytest.mark.parametrize("content", [b"", b"{}", b'{"quantity": null}'])
async def test_a_position_is_closed_whole_where_nothing_else_is_said(
    client: httpx.AsyncClient, world: World, content: bytes
) -> None:
    position = await held(client, world)
    headers = {"content-type": "application/json"}
    path = f"/positions/{position['id']}"
    answer = await client.request("DELETE", path, content=content, headers=headers)
    assert answer.status_code == 200
    assert set(answer.json()) == {"id", "status", "client_order_id", "correlation_id"}
    world.step()
    assert (await client.get("/positions")).json() == []


async def test_a_part_is_closed_and_the_profit_is_realized(
    client: httpx.AsyncClient, world: World
) -> None:
    position = await held(client, world)
    path = f"/positions/{position['id']}"
    await client.request("DELETE", path, json={"quantity": "4"})
    world.step()
    left = (await client.get(path)).json()
    assert (left["quantity"], left["realized_pnl"]) == ("6", "0.4000000000")


async def test_a_position_is_closed_at_a_limit(client: httpx.AsyncClient, world: World) -> None:
    position = await held(client, world)
    body = {"order_type": "limit", "limit_price": "200", "cancel_associated_orders": False}
    handle = (await client.request("DELETE", f"/positions/{position['id']}", json=body)).json()
    shown = (await client.get(f"/orders/{handle['id']}")).json()
    assert (shown["order_type"], shown["limit_price"], shown["side"]) == ("LIMIT", "200", "SELL")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"order_type": "LIMIT"}, "limit_price"),
        ({"limit_price": "5"}, "limit_price"),
        ({"order_type": "STOP"}, "order_type"),
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "11"}, "quantity"),
        ({"quantity": 1.5}, "quantity"),
        ({"side": "SELL"}, "side"),
    ],
)
async def test_a_close_that_can_mean_nothing_is_refused(
    client: httpx.AsyncClient, world: World, body: dict[str, Any], field: str
) -> None:
    position = await held(client, world)
    head = world.engine.tape.head
    answer = await client.request("DELETE", f"/positions/{position['id']}", json=body)
    assert answer.status_code == 400
    assert answer.json()["details"]["field"] == field
    assert world.engine.tape.head == head


@pytest.mark.parametrize(
    ("method", "body"), [("GET", None), ("DELETE", {}), ("PATCH", {"stop_loss": "9"})]
)
async def test_a_position_that_is_not_there_is_not_found(
    client: httpx.AsyncClient, method: str, body: Any
) -> None:
    answer = await client.request(method, "/positions/pos_0", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "POSITION_NOT_FOUND")


async def test_all_positions_or_those_of_a_symbol_are_closed(
    client: httpx.AsyncClient, world: World
) -> None:
    await held(client, world)
    await held(client, world, symbol="MSFT", side="SELL")
    assert len((await client.delete("/positions?symbol=MSFT")).json()) == 1
    world.step()
    assert [one["symbol"] for one in (await client.get("/positions")).json()] == ["AAPL"]
    assert len((await client.delete("/positions")).json()) == 1
    world.step()
    assert (await client.delete("/positions")).json() == []
    assert (await client.delete("/positions?symbol=NOPE")).status_code == 404


async def test_one_position_that_can_not_be_closed_keeps_no_other_open(
    client: httpx.AsyncClient, world: World
) -> None:
    stuck = await held(client, world)
    closing = await held(client, world, symbol="MSFT")
    lost = (await client.post("/orders", json=limit("150.00", side="SELL"))).json()["id"]
    world.engine.report(OutcomeUnknown(lost, "no answer"))
    answer = await client.delete("/positions")
    assert (answer.status_code, answer.json()["code"]) == (422, "ORDER_REJECTED")
    details = answer.json()["details"]
    assert set(details) == {stuck["id"], closing["id"]}
    assert lost in details[stuck["id"]]
    assert details[closing["id"]].startswith("closed by ord_")
    world.step()
    assert [one["id"] for one in (await client.get("/positions")).json()] == [stuck["id"]]


async def test_exits_are_given_moved_and_named_by_their_orders(
    client: httpx.AsyncClient, world: World
) -> None:
    position = await held(client, world)
    path = f"/positions/{position['id']}"
    both = (await client.patch(path, json={"stop_loss": "95", "take_profit": "120"})).json()
    assert both["position_id"] == position["id"]
    assert both["stop_loss"]["trigger_price"] == "95"
    moved = (await client.patch(path, json={"stop_loss": "96"})).json()
    assert moved["stop_loss"]["order_ids"] == both["stop_loss"]["order_ids"]
    assert "take_profit" not in moved
    [leg] = both["stop_loss"]["order_ids"]
    shown = (await client.get(f"/orders/{leg}")).json()
    assert (shown["order_type"], shown["stop_price"]) == ("STOP", "96")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"stop_loss": None}, "body"),
        ({"stop_loss": "0"}, "stop_loss"),
        ({"x": 1}, "x"),
    ],
)
async def test_exits_that_can_mean_nothing_are_refused(
    client: httpx.AsyncClient, world: World, body: dict[str, Any], field: str
) -> None:
    position = await held(client, world)
    answer = await client.patch(f"/positions/{position['id']}", json=body)
    assert answer.status_code == 400
    assert answer.json()["details"]["field"] == field


async def test_a_hedging_account_holds_both_sides_at_once() -> None:
    world = World(mode=PositionMode.HEDGING)
    async with world.client() as client:
        long = await held(client, world)
        short = await held(client, world, side="SELL")
        assert {long["side"], short["side"]} == {"LONG", "SHORT"}
        assert len((await client.get("/positions")).json()) == 2
        body = limit("200", side="SELL", position_id=long["id"])
        placed = (await client.post("/orders", json=body)).json()
        shown = (await client.get(f"/orders/{placed['id']}")).json()
        assert shown["position_id"] == long["id"]
