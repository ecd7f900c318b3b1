"""A client of the gateway in one manner or the other, over a whole server without a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx

from api.guards import GuardRules
from api.metrics import Metrics
from api.service import service
from api.settings import Settings, WebApi
from api.webapi.gateway import Gateway
from api.webapi.manners import MANNERS
from api.webapi.routes import dialects_of
from tests.api.world import URL, World

BASE = "/v1/api"
AAPL, MSFT, EURUSD = 265598, 272093, 12087792
FRIENDLY: dict[str, Any] = {"manner": "friendly"}
STRICT: dict[str, Any] = {"manner": "strict"}


class Gate:
    """Speaks to the gateway and gives what it answers, status checked."""

    def __init__(self, client: httpx.AsyncClient, world: World, gateway: Gateway) -> None:
        self.client = client
        self.world = world
        self.gateway = gateway
        self.base = BASE

    async def get(self, path: str, status: int = 200, **query: Any) -> Any:
        """The answer to GET."""
        return _read(await self.client.get(self.base + path, params=query or None), status)

    async def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        """The answer to POST, without a body if there is none."""
        return _read(await self.client.post(self.base + path, json=body), status)

    async def delete(self, path: str, status: int = 200) -> Any:
        """The answer to DELETE."""
        return _read(await self.client.delete(self.base + path), status)

    async def place(self, *tickets: dict[str, Any], status: int = 200, account: str = "A") -> Any:
        """Place orders in one request."""
        body = {"orders": list(tickets)}
        return await self.post(f"/iserver/account/{account}/orders", body, status)

    async def reply(self, question: Any, confirmed: Any = True, status: int = 200) -> Any:
        """Answer the one question that was asked."""
        path = f"/iserver/reply/{question[0]['id']}"
        return await self.post(path, {"confirmed": confirmed}, status)

    async def orders(self, **query: Any) -> list[dict[str, Any]]:
        """The list of orders."""
        rows: list[dict[str, Any]] = (await self.get("/iserver/account/orders", **query))["orders"]
        return rows

    def facts(self) -> list[str]:
        """The types of all facts on the tape."""
        return [type(record.event).__name__ for record in self.world.engine.tape.records()]

    async def warm_up(self) -> None:
        """Make the calls that a strict gateway wants first."""
        await self.get("/iserver/accounts")
        await self.get("/portfolio/accounts")
        await self.get("/iserver/account/orders")


@asynccontextmanager
async def gate(
    webapi: dict[str, Any],
    rules: GuardRules | None = None,
    world: World | None = None,
    *,
    paced: bool = False,
) -> AsyncIterator[Gate]:
    """A world, a fresh one if none is given, behind a gateway with these settings; a strict one
    counts calls only if ``paced``, since tests call faster than anybody may.
    """
    world = world or World()
    world.metrics = Metrics()
    world.desk.settings = Settings(webapi=WebApi(**webapi))
    manner = MANNERS[world.desk.settings.webapi.manner]
    gateway = Gateway(world.desk, replace(manner, paced=manner.paced and paced))
    served = dialects_of(gateway, "1.2.3", world.metrics)
    app = service(world.routes(), rules or GuardRules(), "1.2.3", world.metrics, dialects=served)
    await world.desk.start()
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
        yield Gate(client, world, gateway)
    await world.desk.close()


def ticket(**fields: Any) -> dict[str, Any]:
    """A ticket for ten AAPL at the market, or with other fields; None leaves one out."""
    whole = {"conid": AAPL, "orderType": "MKT", "side": "BUY", "quantity": 10, "tif": "DAY"}
    return {name: value for name, value in (whole | fields).items() if value is not None}


def limit(price: Any, **fields: Any) -> dict[str, Any]:
    """A ticket with a limit."""
    return ticket(**{"orderType": "LMT", "price": price, "tif": "GTC"} | fields)


def _read(response: httpx.Response, status: int) -> Any:
    assert response.status_code == status, response.text
    return response.json() if response.content else None
