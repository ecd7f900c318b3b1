"""The account's money and its fills over REST."""

from __future__ import annotations

import httpx
import pytest

from api.guards import GuardRules
from api.metrics import Metrics
from api.service import service
from api.trading import routes as trading
from engine.line import LineState
from tests.api.lines.far_end import ACCOUNT, FarEnd, rig
from tests.api.world import URL, World, order

pytestmark = pytest.mark.anyio


async def test_the_account_shows_balance_equity_and_margin(
    client: httpx.AsyncClient, world: World
) -> None:
    await client.post("/orders", json=order())
    world.step()
    assert (await client.get("/account")).json() == {
        "balance": "1000000.00",
        "equity": "1000001.00",
        "margin_used": "1002.00",
        "margin_available": "998999.00",
        "unrealized_pnl": "1.00",
        "currency": "USD",
    }


@pytest.mark.parametrize("path", ["/account", "/positions"])
async def test_what_a_broker_elsewhere_did_not_tell_yet_is_unavailable_and_not_zero(
    path: str,
) -> None:
    far = FarEnd(hangs={"snapshot"})
    async with rig(far) as made:
        routes = trading.routes(made.desk)
        app = service(routes, GuardRules(), "1.2.3", Metrics(), lambda: False, [])
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
            answer = await client.get(path, headers={"X-Account-ID": ACCOUNT})
            assert (answer.status_code, answer.json()["code"]) == (503, "PROVIDER_UNAVAILABLE")
            assert "far did not tell yet" in answer.json()["message"]
            status = (await client.get("/status", headers={"X-Account-ID": ACCOUNT})).json()
            assert not status["connected"]
            assert not status["last_heartbeat"].startswith("1970")
            far.hangs.clear()
            await made.until(lambda: made.driver.line.state is LineState.CONNECTED)
            answer = await client.get(path, headers={"X-Account-ID": ACCOUNT})
            assert answer.status_code == 200


async def test_a_fill_is_shown_whole(client: httpx.AsyncClient, world: World) -> None:
    placed = (await client.post("/orders", json=order())).json()
    world.step()
    [trade] = (await client.get("/v1/trades")).json()
    assert trade.pop("id").startswith("trd_")
    assert trade == {
        "order_id": placed["id"],
        "symbol": "AAPL",
        "side": "BUY",
        "quantity": "10",
        "price": "100.10",
        "commission": "0",
        "commission_currency": "USD",
        "is_maker": False,
        "timestamp": "2025-01-15T12:01:00Z",
    }


async def test_fills_are_newest_first_and_each_filter_narrows_them(
    client: httpx.AsyncClient, world: World
) -> None:
    placed = []
    for symbol in ("AAPL", "MSFT", "AAPL"):
        placed.append((await client.post("/orders", json=order(symbol=symbol))).json()["id"])
        world.step()

    async def orders(query: str) -> list[str]:
        answer = await client.get(f"/trades?{query}")
        return [trade["order_id"] for trade in answer.json()]

    assert await orders("") == placed[::-1]
    assert await orders("limit=1") == [placed[2]]
    assert await orders("limit=0") == []
    assert await orders("symbol=S:MSFT") == [placed[1]]
    assert await orders(f"order_id={placed[0]}") == [placed[0]]
    # Fills are at the start of the bars of 12:01, 12:02 and 12:03.
    assert await orders("since=2025-01-15T12:02:00Z") == [placed[2], placed[1]]
    assert await orders("until=2025-01-15T12:02:00Z") == [placed[0]]
