"""A remote broker with a market that the test moves, and a desk with an account before it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal

from api.desk import Desk
from api.market.remote import Remote
from api.streams.freshness import Freshness
from engine.core import Engine
from engine.line import LineState
from engine.market.bars import Bar, Bars
from engine.market.board import Board
from engine.market.live import LiveBoard
from engine.market.quotes import Quote
from engine.tape import MemoryTape
from engine.values import NANOSECONDS
from tests.api.lines.far_end import ACCOUNT, PATIENCE_S, TIMING, FarEnd
from tests.builders import PaperBroker

LOCAL = "L1"


@dataclass
class QuotingEnd(FarEnd):
    """A far end that quotes what the test says, and has the bars that the test gives it."""

    wanted: list[str] = field(default_factory=list)
    bars_asked: list[tuple[str, int, int, int | None, int | None]] = field(default_factory=list)
    shown: Callable[[Quote], None] = lambda _quote: None
    lacks: Callable[[str], None] = lambda _symbol: None
    on_want: Callable[[str], object] = lambda _symbol: None
    on_bars: Callable[[str], list[Bar]] = lambda _symbol: []

    def follow(self, shown: Callable[[Quote], None], lacks: Callable[[str], None]) -> None:
        """Tell these."""
        self.shown, self.lacks = shown, lacks

    def want(self, symbols: Sequence[str]) -> None:
        """Note what is wanted."""
        self.wanted = list(symbols)
        for symbol in self.wanted:
            self.on_want(symbol)

    async def bars(
        self,
        symbol: str,
        timeframe_ns: int,
        limit: int,
        end: int | None = None,
        start: int | None = None,
    ) -> list[Bar]:
        """Give what the test laid out."""
        self.bars_asked.append((symbol, timeframe_ns, limit, end, start))
        await self._maybe_hang("bars")
        return self.on_bars(symbol)


class Stall:
    """A desk with an account behind the far end, whose market it sees, and one of this process."""

    def __init__(self, far: FarEnd, always: Sequence[str] = ()) -> None:
        here = Board([Bars("AAPL", 60 * NANOSECONDS, 2, 0)], "here")
        self.engine = Engine(MemoryTape(), here)
        self.engine.start("live", "test")
        self.board = LiveBoard(far.name, lambda: self.engine.now)
        self.engine.serve_remotely(ACCOUNT, far, "USD", market=self.board)
        self.engine.open_account(LOCAL, PaperBroker(), "USD", Decimal(1_000))
        self.desk = Desk(self.engine, here, default_account=ACCOUNT)
        self.driver = self.desk.lines.add(far, [ACCOUNT], TIMING, chance=lambda: 0.02)
        freshness = Freshness(30 * NANOSECONDS, self.desk.lines.now, far.name)
        self.remote = Remote(self.desk, self.driver, self.board, freshness, always)
        self.desk.markets.add(self.remote)

    def quote(self, symbol: str = "AAPL", bid: str = "99", ask: str = "101") -> Quote:
        """A quote of this moment."""
        return Quote(symbol, self.engine.now, Decimal(bid), Decimal(ask))

    async def connected(self) -> None:
        """Wait until the line stands."""
        line = self.driver.line
        assert await self.driver.until(lambda: line.state is LineState.CONNECTED, PATIENCE_S)

    async def fallen(self) -> None:
        """Wait until it does not."""
        line = self.driver.line
        assert await self.driver.until(lambda: line.state is not LineState.CONNECTED, PATIENCE_S)


@asynccontextmanager
async def stall(far: FarEnd, always: Sequence[str] = ()) -> AsyncIterator[Stall]:
    """A stall whose market runs, and whose line stands."""
    made = Stall(far, always)
    await made.desk.start()
    running = [
        asyncio.create_task(made.desk.lines.run()),
        asyncio.create_task(made.remote.run()),
    ]
    try:
        await made.connected()
        yield made
    finally:
        await made.desk.lines.close(0.1)
        for task in running:
            task.cancel()
        await asyncio.wait(running)
        await made.desk.close()
