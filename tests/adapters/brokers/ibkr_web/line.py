"""The adapter before the test's gateway, on a real port, with its line open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from adapters.brokers.ibkr_web.broker import IbkrWebBroker
from adapters.brokers.ibkr_web.options import Options
from api.certificate import certificate
from api.server import listen, serve
from api.settings import Settings
from engine.orders import Order, new_order
from engine.ports import Cancel, Modify, Submit
from engine.reports import Report
from engine.requests import OrderChange
from engine.values import OrderType
from tests import builders
from tests.adapters.brokers.ibkr_web.gateway import ACCOUNT, BASE, Gateway, until

QUICK: dict[str, Any] = {
    "account": ACCOUNT,
    "pace": 0.001,
    "timeout_s": 2.0,
    "connect_timeout_s": 1.0,
    "poll_s": 30.0,
}
ORDER_ID = "ord_0000000042"


@asynccontextmanager
async def served(gateway: Gateway, pem: Path | None = None) -> AsyncIterator[tuple[str, str]]:
    """The gateway on a free port, over TLS if there is a place for its certificate; gives the
    address, and the certificate's fingerprint.
    """
    listener = listen("127.0.0.1", 0)
    if pem is not None:
        listener.certificate = certificate(pem, "127.0.0.1")
    stop, ready = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(serve(gateway.app(), listener, Settings(), stop, ready.set))
    try:
        async with asyncio.timeout(5):
            await ready.wait()
        print_ = listener.certificate.fingerprint if listener.certificate else ""
        yield listener.url + BASE, print_
    finally:
        await gateway.hang_up()
        stop.set()
        await asyncio.wait([serving], timeout=5)
        listener.close()


class Line:
    """One adapter, its line driven by the test."""

    def __init__(self, broker: IbkrWebBroker) -> None:
        self.broker = broker
        self.reports: list[Report] = []
        self.opened = asyncio.Event()
        self.running: asyncio.Task[None] | None = None

    async def open(self) -> Line:
        """Open it, and wait until it is."""
        self.running = asyncio.create_task(self.broker.run(self.opened.set, self.reports.append))
        waiting = asyncio.create_task(self.opened.wait())
        async with asyncio.timeout(5):
            await asyncio.wait({self.running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self.running.done():
            self.running.result()
        return self

    async def ended(self) -> BaseException | None:
        """Wait until the line is lost, and give what ended it."""
        assert self.running is not None
        await until(self.running.done, "the line is lost")
        return self.running.exception()

    async def close(self) -> None:
        """Let go of it."""
        if self.running is not None:
            self.running.cancel()
            await asyncio.wait([self.running])
            if not self.running.cancelled():
                self.running.exception()

    async def heard(self, kind: type[Report], count: int = 1) -> list[Any]:
        """Wait for so many reports of a kind."""
        await until(lambda: len(self._of(kind)) >= count, f"{count} of {kind.__name__}")
        return self._of(kind)

    def _of(self, kind: type[Report]) -> list[Any]:
        return [one for one in self.reports if isinstance(one, kind)]

    async def submit(self, order: Order) -> list[Report]:
        """Send an order."""
        return list(await self.broker.send(Submit(order)))

    async def modify(self, order: Order, **values: Any) -> list[Report]:
        """Change one."""
        exact = {name: Decimal(value) for name, value in values.items()}
        return list(await self.broker.send(Modify(order, OrderChange(**exact))))

    async def cancel(self, order: Order) -> list[Report]:
        """Cancel one."""
        return list(await self.broker.send(Cancel(order)))


@asynccontextmanager
async def line(gateway: Gateway, **options: Any) -> AsyncIterator[Line]:
    """An open line to ``gateway``."""
    async with served(gateway) as (url, _):
        made = Line(IbkrWebBroker("ibkr", Options(**{**QUICK, "url": url, **options})))
        try:
            yield await made.open()
        finally:
            await made.close()


def an_order(order_id: str = ORDER_ID, *, broker_id: str = "", **fields: Any) -> Order:
    """An order of ours as the engine hands it over."""
    values = {"limit_price": "90", **fields}
    if values.get("order_type") is OrderType.MARKET:
        del values["limit_price"]
    made = new_order(order_id, ACCOUNT, builders.order(**values), 1)
    if broker_id:
        made.broker_ids = (broker_id,)
    return made
