"""The little broker as a bench of the broker contract: its server on a socket of this process, and
a market that meets its orders.

The broker knows no market: it trades when it is told to. Here it is told by the same bars that the
other benches live through, so that the same cases hold for a broker that holds nothing but limits,
stops and markets, and renumbers what is changed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal

from api.desk import Desk
from engine.core import Engine
from engine.instruments import guess
from engine.line import LineState
from engine.market.board import Board
from engine.tape import MemoryTape
from engine.trailing import is_held
from engine.values import OrderType, Side, Status, TimeInForce
from tests.api.world import bars
from tests.contract.bench import SYMBOL, RemoteBench
from tests.remote.broker import LoopbackBroker
from tests.remote.edge import FAST, TIMEOUT_S
from tests.remote.server import Server
from tests.remote.wire import ACCOUNT, LINE_BYTES_MAX, Ask
from tests.simulation.broker import VenueOrder

CENT = Decimal("0.01")


class LittleBench(RemoteBench):
    """An engine, a line, and the little broker at its other end."""

    account = ACCOUNT

    def __init__(self, server: Server, port: int) -> None:
        self.server = server
        self._bars = bars(SYMBOL, 10_000, 2)
        self._row = 0
        self._board = Board([self._bars], "bundled")
        self._board.show(0, 0)
        self.engine = Engine(MemoryTape(), self._board)
        self.engine.start("live", "test")
        self.engine.list_instrument(guess(SYMBOL, 2))
        broker = LoopbackBroker(port)
        self.engine.serve_remotely(ACCOUNT, broker, "USD")
        self.desk = Desk(self.engine, self._board)
        self.driver = self.desk.lines.add(broker, [ACCOUNT], FAST, chance=lambda: 0.02)

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something is true of the engine."""
        if not await self.driver.until(holds, TIMEOUT_S):
            raise AssertionError(f"not in time: {what}; line: {self.driver.line.why}")

    async def rise(self, steps: int = 1) -> None:
        """Show one bar after the other to the broker's orders, then to the stops held here."""
        for _ in range(steps):
            self._row += 1
            self._board.show(0, self._row)
            low, high = (CENT * each[self._row] for each in (self._bars.low, self._bars.high))
            for order in self.server.venue.of(ACCOUNT):
                self._meet(order, CENT * self._bars.open[self._row], low, high)
            self.engine.watch(SYMBOL, low, high)
            await self.until(self._is_sent, "what the market released has arrived")

    async def agree(self) -> None:
        """Wait until the broker's books say the same as ours."""
        await self.until(lambda: self._theirs() == self._ours(), "both books say the same")

    async def cut(self) -> None:
        """Break the line."""
        self.server.cut(Ask(0, "cut"))
        line = self.driver.line
        await self.until(lambda: line.state is not LineState.CONNECTED, "the line is lost")

    def _is_sent(self) -> bool:
        working = self.engine.state.working(ACCOUNT)
        return all(one.broker_ids for one in working if not is_held(one))

    def _meet(self, order: VenueOrder, opened: Decimal, low: Decimal, high: Decimal) -> None:
        if order.is_final:
            return
        venue = self.server.venue
        venue.now = time.time_ns()
        price = price_of(order, opened, low, high)
        if price is not None:
            venue.trade(order, order.remaining, price)
        elif order.request.time_in_force in (TimeInForce.IOC, TimeInForce.FOK):
            venue.end(order, Status.EXPIRED)

    def _theirs(self) -> tuple[object, ...]:
        venue = self.server.venue
        held = venue.position(ACCOUNT, SYMBOL)
        return {one.client_id: (one.status, one.filled) for one in venue.of(ACCOUNT)}, held

    def _ours(self) -> tuple[object, ...]:
        sent = [one for one in self.engine.state.orders.values() if one.broker_ids]
        return {one.id: (one.status, one.filled) for one in sent}, self.position


def price_of(order: VenueOrder, opened: Decimal, low: Decimal, high: Decimal) -> Decimal | None:
    """What an order trades at in a bar, None if the bar does not reach it. A trailing stop comes
    here only when the engine has released it, as an order at the market.
    """
    worse, better = (max, min) if order.request.side is Side.BUY else (min, max)
    furthest, nearest = (high, low) if order.request.side is Side.BUY else (low, high)
    price, stop, limit = opened, order.stop_price, order.limit_price
    if order.request.order_type is OrderType.TRAILING_STOP:
        return price
    if stop is not None:
        if worse(furthest, stop) != furthest:
            return None
        price = worse(price, stop)
    elif limit is not None:
        if better(nearest, limit) != nearest:
            return None
        price = better(price, limit)
    return price if limit is None or better(price, limit) == price else None


@asynccontextmanager
async def little_bench() -> AsyncIterator[LittleBench]:
    """A bench that is connected, and shut down in good order at the end."""
    server = Server()
    listening = await asyncio.start_server(server.attend, "127.0.0.1", 0, limit=LINE_BYTES_MAX)
    async with listening:
        made = LittleBench(server, listening.sockets[0].getsockname()[1])
        await made.desk.start()
        running = asyncio.create_task(made.desk.lines.run())
        try:
            line = made.driver.line
            await made.until(lambda: line.state is LineState.CONNECTED, "connected")
            yield made
        finally:
            await made.desk.lines.close(1.0)
            running.cancel()
            await asyncio.wait([running])
            await made.desk.close()
            if not running.cancelled():
                running.result()
