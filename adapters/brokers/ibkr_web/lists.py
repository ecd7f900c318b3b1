"""The gateway's two lists that tell the truth, of orders and of trades, asked for no more often
than it allows.

Both may be asked for once in five seconds, and many want them: everybody who comes before a call
leaves shares its answer, so nobody is given what was read before they asked. A first answer may be
empty because the gateway's own cache is; it says so and is asked again. The lists are always whole:
to filter at the gateway would silence its stream of orders.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from adapters.brokers.ibkr_web.errors import NotConnected
from adapters.brokers.ibkr_web.rows import Row, account_of
from adapters.brokers.ibkr_web.transport import Transport, as_list, as_object

TRADE_DAYS = 7
_TRIES = 3

Leaving = Callable[[], None]


class Shared:
    """One fetch for everybody who asks before it leaves."""

    def __init__(self, fetch: Callable[[Leaving], Awaitable[list[Row]]]) -> None:
        self._fetch = fetch
        self._coming: asyncio.Task[list[Row]] | None = None
        self._tasks: set[asyncio.Task[list[Row]]] = set()

    async def get(self) -> list[Row]:
        """The rows that a fetch gave which left after this call."""
        if self._coming is None:
            task = asyncio.get_running_loop().create_task(self._run())
            self._coming = task
            self._tasks.add(task)
            task.add_done_callback(self._done)
        task = self._coming
        await asyncio.wait({task})
        if task.cancelled():
            raise NotConnected("the line was let go while a list was asked for")
        return task.result()

    def cancel(self) -> None:
        """Ask no more."""
        for task in self._tasks:
            task.cancel()

    async def _run(self) -> list[Row]:
        me = asyncio.current_task()
        try:
            return await self._fetch(self._left)
        finally:
            if self._coming is me:
                self._coming = None

    def _left(self) -> None:
        if self._coming is asyncio.current_task():
            self._coming = None

    def _done(self, task: asyncio.Task[list[Row]]) -> None:
        self._tasks.discard(task)
        if self._coming is task:
            self._coming = None
        if not task.cancelled():
            task.exception()  # whoever waited has it; if nobody did, it need not be told


class Lists:
    """The lists of one account."""

    def __init__(self, transport: Transport, account: str) -> None:
        self._transport = transport
        self._account = account
        self._orders = Shared(self._fetch_orders)
        self._trades = Shared(self._fetch_trades)

    async def orders(self) -> list[Row]:
        """The account's orders of this day, at work and ended."""
        return await self._orders.get()

    async def trades(self) -> list[Row]:
        """The account's executions of the last seven days."""
        return await self._trades.get()

    async def prime(self) -> None:
        """Make the gateway fill its caches; what it answers now may be empty."""
        await self._transport.get("/iserver/account/orders", self._orders_query())
        await self._transport.get("/iserver/account/trades", self._trades_query())

    def cancel(self) -> None:
        """Ask no more."""
        self._orders.cancel()
        self._trades.cancel()

    def _orders_query(self) -> dict[str, str | int]:
        return {"accountId": self._account}

    def _trades_query(self) -> dict[str, str | int]:
        return {"days": TRADE_DAYS, "accountId": self._account}

    async def _fetch_orders(self, leaving: Leaving) -> list[Row]:
        for left in range(_TRIES - 1, -1, -1):
            answer = await self._transport.call(
                "GET", "/iserver/account/orders", query=self._orders_query(), leaving=leaving
            )
            told = as_object(answer, "orders")
            listed = told.get("orders") or []
            if listed or told.get("snapshot") is not False or not left:
                break
        return self._own(listed)

    async def _fetch_trades(self, leaving: Leaving) -> list[Row]:
        answer = await self._transport.call(
            "GET", "/iserver/account/trades", query=self._trades_query(), leaving=leaving
        )
        return self._own(as_list(answer, "trades"))

    def _own(self, listed: list[Any]) -> list[Row]:
        """The rows of this account; a username may see several."""
        rows = [one for one in listed if isinstance(one, dict)]
        return [one for one in rows if account_of(one) in (self._account, "")]
