"""What the server says of itself: capabilities, connection, probes, breakers, figures."""

from __future__ import annotations

import httpx
import pytest

from engine.ports import Capabilities, RateLimits
from engine.values import OrderType, PositionMode
from tests.api.world import World, limit

pytestmark = pytest.mark.anyio


async def test_capabilities_are_the_brokers_and_what_the_engine_adds() -> None:
    limits = RateLimits(orders_per_second=5)
    world = World(
        Capabilities(order_types=frozenset({OrderType.MARKET, OrderType.STOP}), rate_limits=limits),
        PositionMode.HEDGING,
    )
    async with world.client() as client:
        assert (await client.get("/capabilities")).json() == {
            "supported_asset_classes": ["STOCK"],
            "supported_order_types": ["MARKET", "STOP", "TRAILING_STOP"],
            "position_mode": "HEDGING",
            "features": ["bracket_orders", "oco", "trailing_stop", "short_selling", "hedging"],
            "max_leverage": "1",
            "rate_limits": {
                "orders_per_second": 5,
                "orders_per_day": None,
                "requests_per_minute": None,
            },
        }


async def test_the_status_is_that_of_the_line_to_the_broker(client: httpx.AsyncClient) -> None:
    status = (await client.get("/v1/status")).json()
    assert status == {
        "connected": True,
        "latency_ms": 0,
        "last_heartbeat": "2025-01-15T12:01:00Z",
    }


@pytest.mark.parametrize("path", ["/health", "/livez", "/v1/health", "/v1/livez"])
async def test_a_living_process_says_so(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/ready", "/readyz", "/v1/ready"])
async def test_a_server_is_ready_while_it_has_a_provider_and_is_not_stopping(
    client: httpx.AsyncClient, world: World, path: str
) -> None:
    ready = {"ready": True, "providers": ["simulator"], "provider_count": 1}
    assert (await client.get(path)).json() == ready
    world.desk.hub.is_closing = True
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["message"]) == (503, "Shutting down")


async def test_a_server_without_accounts_is_not_ready(
    client: httpx.AsyncClient, world: World
) -> None:
    world.engine.state.accounts.clear()
    answer = await client.get("/ready")
    assert answer.status_code == 503
    assert answer.json() == {
        "ready": False,
        "providers": [],
        "provider_count": 0,
        "message": "No providers configured",
    }


async def test_breakers_are_shown_and_reset_but_not_twice_in_a_moment(
    client: httpx.AsyncClient,
) -> None:
    closed = {"state": "closed", "failure_count": 0}
    shown = {"adapter": closed, "exit_order": closed}
    assert (await client.get("/circuit-breakers")).json() == shown
    assert (await client.post("/circuit-breakers/reset")).json() == shown
    answer = await client.post("/circuit-breakers/reset")
    assert (answer.status_code, answer.json()["code"]) == (409, "RESET_COOLDOWN")


async def test_figures_tell_of_orders_and_of_the_tape(
    client: httpx.AsyncClient, world: World
) -> None:
    await client.post("/orders", json=limit("90"))
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'onetape_orders{status="OPEN"} 1\n' in answer.text
    assert f"onetape_tape_head {world.engine.tape.head}\n" in answer.text
    assert 'method="POST",route="/orders",status="201"' in answer.text
