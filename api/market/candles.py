"""The newest one-minute bars of a remote broker's market, for streams and workers that hear bars.

Brokers have bars to be asked for, not to be told of. So shortly after each minute has ended its bar
is asked for, of the symbols in use, a few at most: bars share the broker's limits with whoever asks
for history. It is asked for together with those before it that did not come yet. While nobody
listens nothing is asked, and what ended meanwhile is nobody's.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.market.bars import Bar
from engine.market.timeframes import MINUTE_NS
from engine.values import NANOSECONDS

if TYPE_CHECKING:
    from api.desk import Desk
    from api.market.remote import Remote

SYMBOLS_MAX = 20
LATE_MAX = 60
"""Bars of a symbol that are told at once, the newest, where those of many minutes came late."""
DELAY_NS = 3 * NANOSECONDS
"""How long after the end of a minute its bar is asked for."""

log = logging.getLogger("onetape.market")


class Candles:
    """The bars of one market that end after ``since`` (ns UTC; from now on if None)."""

    def __init__(self, desk: Desk, remote: Remote, since: int | None = None) -> None:
        self.listeners: list[Callable[[Bar], None]] = []
        """Told of every bar, once."""
        self._desk = desk
        self._remote = remote
        self._told: dict[str, int] = {}
        self._since = time.time_ns() if since is None else since

    async def run(self) -> None:
        """Ask after each minute, until cancelled."""
        while True:
            left = MINUTE_NS - (time.time_ns() - DELAY_NS) % MINUTE_NS
            await asyncio.sleep(left / NANOSECONDS)
            await self.look()

    async def look(self) -> None:
        """Ask for the bars since the last one told, if anybody listens, and tell them."""
        if not self._are_heard:
            self._told.clear()
            self._since = time.time_ns()
            return
        market = self._remote.market
        shown = set(market.symbols)
        for symbol in [one for one in market.wanted() if one in shown][:SYMBOLS_MAX]:
            try:
                since = self._last(symbol) + 1
                bars = await self._remote.bars(symbol, MINUTE_NS, since, limit=LATE_MAX)
            except EngineError as error:
                log.info("bars: %s", error.message)
                continue
            for bar in bars:
                self._tell(bar)

    def _tell(self, bar: Bar) -> None:
        if bar.ts <= self._last(bar.symbol):
            return
        self._told[bar.symbol] = bar.ts
        self._desk.publish_bar(bar, self._remote)
        for hear in self.listeners:
            hear(bar)

    def _last(self, symbol: str) -> int:
        """When the newest bar began that needs no telling any more, ns UTC."""
        return self._told.get(symbol, self._since - MINUTE_NS)

    @property
    def _are_heard(self) -> bool:
        accounts = self._remote.accounts
        return bool(self.listeners) or any(
            subscriber.account in accounts for subscriber in self._desk.hub.subscribers
        )
