"""A remote broker that does what the test says, and a desk with an account behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal

from api.desk import Desk
from api.lines.driver import Driver
from engine.actions import Timing
from engine.core import Engine
from engine.instruments import Instrument
from engine.market.board import Board
from engine.orders import Order
from engine.ports import Cancel, Capabilities, Instruction, Modify
from engine.reports import Accepted, Cancelled, Modified, Report
from engine.requests import OrderRequest
from engine.statements import Lookup, Snapshot
from engine.tape import MemoryTape
from engine.values import NANOSECONDS, OrderType, Side

ACCOUNT = "R1"
PATIENCE_S = 5.0
TENTH_NS = NANOSECONDS // 10
TIMING = Timing(open_ns=TENTH_NS, answer_ns=TENTH_NS, snapshot_ns=TENTH_NS, lookup_ns=TENTH_NS)


@dataclass
class FarEnd:
    """Answers at once and truthfully, except where a hook says otherwise."""

    name: str = "far"
    capabilities: Capabilities = field(default_factory=Capabilities)
    sent: list[Instruction] = field(default_factory=list)
    connections: int = 0
    looked_up: int = 0
    ended: list[str] = field(default_factory=list)
    """What was cut off before it had an answer."""
    on_connect: Callable[[], None] = lambda: None
    on_send: Callable[[Instruction], None] = lambda _instruction: None
    on_snapshot: Callable[[], None] = lambda: None
    hangs: set[str] = field(default_factory=set)
    """The operations that never answer."""
    tell: Callable[[Report], None] = lambda _report: None
    cut: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, opened: Callable[[], None], reports: Callable[[Report], None]) -> None:
        """Stand until it is cut."""
        self.connections += 1
        self.on_connect()
        await self._maybe_hang("run")
        self.tell = reports
        self.cut.clear()
        opened()
        await self.cut.wait()
        raise ConnectionError("it was cut")

    async def send(self, instruction: Instruction) -> Iterable[Report]:
        """Take everything."""
        self.sent.append(instruction)
        self.on_send(instruction)
        order = instruction.order
        await self._maybe_hang("send")
        await self._maybe_hang(order.symbol)
        if isinstance(instruction, Modify):
            return [Modified(order.id, instruction.change)]
        if isinstance(instruction, Cancel):
            return [Cancelled(order.id)]
        return [Accepted(order.id, f"b-{order.id}")]

    async def lookup(self, order: Order) -> Lookup:
        """Know nothing."""
        self.looked_up += 1
        await self._maybe_hang("lookup")
        return Lookup(order.id, complete=False)

    async def snapshot(self, account: str) -> Snapshot:
        """Hold nothing but cash."""
        self.on_snapshot()
        await self._maybe_hang("snapshot")
        return Snapshot(account, (), (), (), {}, {"USD": Decimal(1_000_000)}, 1)

    async def _maybe_hang(self, what: str) -> None:
        if what in self.hangs:
            try:
                await asyncio.Event().wait()
            finally:
                self.ended.append(what)


class Rig:
    """A desk whose account `R1` is behind a far end; connected unless the far end is in the way."""

    def __init__(self, far: FarEnd, timing: Timing = TIMING, patience_s: float = 0.0) -> None:
        self.far = far
        self.engine = Engine(MemoryTape(), Board([]))
        self.engine.start("live", "test")
        for symbol in ("AAPL", "MSFT"):
            self.engine.list_instrument(Instrument(symbol))
        self.engine.serve_remotely(ACCOUNT, far, "USD")
        self.desk = Desk(self.engine, Board([]))
        self.driver: Driver = self.desk.lines.add(
            far, [ACCOUNT], timing, patience_s=patience_s, chance=lambda: 0.02
        )
        self.running: asyncio.Task[None] | None = None

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something is true, in limited time."""
        assert await self.driver.until(holds, PATIENCE_S), self.driver.line.state

    def order(self, symbol: str = "AAPL") -> Order:
        """Place an order that rests."""
        price = Decimal(90)
        request = OrderRequest(symbol, Side.BUY, Decimal(1), OrderType.LIMIT, limit_price=price)
        return self.engine.submit(ACCOUNT, request)


@asynccontextmanager
async def rig(
    far: FarEnd, timing: Timing = TIMING, *, patience_s: float = 0.0, close_s: float = 0.1
) -> AsyncIterator[Rig]:
    """A rig whose lines run until the block is left."""
    made = Rig(far, timing, patience_s)
    await made.desk.start()
    made.running = asyncio.create_task(made.desk.lines.run())
    await asyncio.sleep(0)
    try:
        yield made
    finally:
        await made.desk.lines.close(close_s)
        made.running.cancel()
        await asyncio.wait([made.running])
        await made.desk.close()
