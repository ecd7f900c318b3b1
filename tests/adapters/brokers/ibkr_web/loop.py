"""The loop closed: an engine whose account is behind the adapter, before the Web API that another
engine serves with its simulator.

Both engines are whole, and between them are real sockets. The far market moves when the test says
so; `agree` holds both tapes against each other, order by order.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import httpx
from starlette.types import ASGIApp

from adapters.brokers.ibkr_web.broker import IbkrWebBroker
from adapters.brokers.ibkr_web.options import Options
from api.app import application
from api.desk import Desk
from api.guards import GuardRules
from api.lines.driver import Driver
from api.settings import Settings, WebApi
from engine.core import Engine
from engine.instruments import guess
from engine.line import LineState
from engine.market.board import Board
from engine.orders import Order
from engine.requests import OrderRequest
from engine.tape import MemoryTape
from engine.values import Status
from tests.api.serving import served
from tests.api.world import World, bars
from tests.builders import order as a_request

ACCOUNT = "A"
TIMEOUT_S = 12.0
QUICK: dict[str, Any] = {"pace": 0.001, "poll_s": 0.3, "timeout_s": 3.0}


class Far(World):
    """The far engine, with everything that is served of it: the control of faults too."""

    def app(self, rules: GuardRules | None = None) -> ASGIApp:
        """The whole application, by its settings."""
        return application(self.desk, self.desk.settings or Settings())


class Near:
    """The engine on this side, and a hand on the market of the far one."""

    def __init__(self, far: Far, url: str, **options: Any) -> None:
        self.far = far
        self.url = url
        series = [bars("AAPL", 10_000, 2), bars("MSFT", 10_000, 2)]
        board = Board([*series], "bundled")
        for source in range(len(series)):
            board.show(source, 0)
        self.engine = Engine(MemoryTape(), board)
        self.engine.start("live", "test")
        for one in series:
            self.engine.list_instrument(guess(one.symbol, one.price_scale))
        chosen = {"account": ACCOUNT, "url": f"{url}/v1/api", **QUICK, **options}
        self.broker = IbkrWebBroker("ibkr", Options(**chosen))
        self.engine.serve_remotely(ACCOUNT, self.broker, "USD")
        self.desk = Desk(self.engine, board)
        self.driver: Driver = self.desk.lines.add(self.broker, [ACCOUNT], chance=lambda: 0.02)
        self.http = httpx.AsyncClient(base_url=url, timeout=TIMEOUT_S)

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something is true here, in limited time."""
        if not await self.driver.until(holds, TIMEOUT_S):
            raise AssertionError(f"not in time: {what}; line: {self.driver.line.why}")

    async def connected(self) -> None:
        """Wait until orders are taken."""
        await self.until(lambda: self.driver.line.state is LineState.CONNECTED, "connected")

    async def step(self, count: int = 1) -> None:
        """Move the far market on."""
        (await self.http.post("/clock/step", json={"steps": count})).raise_for_status()

    async def trouble(self, kind: str, **terms: Any) -> None:
        """Have something go wrong at the far gateway."""
        answer = await self.http.post("/webapi/faults", json={"kind": kind, **terms})
        assert answer.status_code == 200, answer.text

    async def peace(self) -> None:
        """End whatever goes wrong."""
        (await self.http.delete("/webapi/faults")).raise_for_status()

    def submit(self, request: OrderRequest | None = None, **fields: Any) -> Order:
        """Place an order here."""
        return self.engine.submit(ACCOUNT, request or a_request(**fields))

    async def reached(self, order: Order, *statuses: Status) -> Order:
        """Wait until an order stands like this here."""
        if not await self.driver.until(lambda: order.status in statuses, TIMEOUT_S):
            raise AssertionError(f"{order.id} is {order.status} ({order.message!r})")
        return order

    def theirs(self, order: Order) -> Order:
        """The far engine's order for one of ours."""
        (found,) = (
            one
            for one in self.far.engine.state.orders.values()
            if one.request.client_order_id == order.id
        )
        return found

    async def agree(self) -> None:
        """Wait until both sides say the same of every order, position and trade."""
        await self.until(lambda: not self.differences(), f"{self.differences()}")
        assert self.differences() == []

    def differences(self) -> list[str]:
        """Where the two tapes differ, in words."""
        here, there = self.engine.state, self.far.engine.state
        found = []
        theirs = [one for one in there.orders.values() if one.account == ACCOUNT]
        by_reference = {one.request.client_order_id or one.id: one for one in theirs}
        ours = {one.id: one for one in here.orders.values() if one.broker_ids}
        sent = {one.id for one in ours.values() if one.id in by_reference}
        if len(theirs) != len(ours):
            found.append(f"{len(ours)} orders here, {len(theirs)} there")
        for order_id in sorted(sent):
            mine, other = ours[order_id], by_reference[order_id]
            if (mine.status, mine.filled, mine.notional) != (
                other.status,
                other.filled,
                other.notional,
            ):
                found.append(f"{order_id}: {mine.status} {mine.filled}, {other.status}")
        held = _held(self.engine), _held(self.far.engine)
        if held[0] != held[1]:
            found.append(f"positions {held}")
        trades = [
            len([t for t in s.trades.values() if t.account == ACCOUNT]) for s in (here, there)
        ]
        if trades[0] != trades[1]:
            found.append(f"trades {trades}")
        return found


def _held(engine: Engine) -> dict[str, Decimal]:
    positions = engine.account(ACCOUNT).positions.values()
    return {one.symbol: one.quantity for one in positions if one.quantity}


@asynccontextmanager
async def loop(manner: str = "friendly", **options: Any) -> AsyncIterator[Near]:
    """Both engines, connected, and shut down in good order at the end."""
    far = Far()
    chosen = WebApi.model_validate({"manner": manner, "faults": True})
    far.desk.settings = Settings(webapi=chosen)
    entered = served(far)
    url = await asyncio.to_thread(entered.__enter__)
    try:
        near = Near(far, url, **options)
        await near.desk.start()
        running = asyncio.create_task(near.desk.lines.run())
        try:
            await near.connected()
            yield near
        finally:
            await near.desk.lines.close(1.0)
            running.cancel()
            await asyncio.wait([running])
            await near.http.aclose()
            await near.desk.close()
            if not running.cancelled():
                running.result()
    finally:
        await asyncio.to_thread(entered.__exit__, None, None, None)
