"""Where the market of some accounts comes from: what it shows now, and what must be waited for."""

from __future__ import annotations

from typing import Protocol

from api.streams.freshness import Freshness
from engine.market.bars import Bar
from engine.market.board import Board
from engine.market.quotes import Quote
from engine.ports import Market

BARS_MAX = 10_000
"""Most bars in one answer, and how many there are when no limit is given."""


class Source(Protocol):
    """A market at this edge."""

    freshness: Freshness
    """When each symbol was last heard."""

    @property
    def market(self) -> Market:
        """What is known of it now."""

    async def quote(self, symbol: str) -> Quote:
        """The newest quote; SymbolNotFound, or ProviderUnavailable where there is none in time."""

    async def bars(
        self,
        symbol: str,
        timeframe_ns: int,
        start: int | None = None,
        end: int | None = None,
        limit: int | None = None,
    ) -> list[Bar]:
        """Closed bars that began between ``start`` and ``end``, ascending, the newest ``limit``.

        SymbolNotFound; InvalidRequest for a timeframe that can not be made; ProviderUnavailable
        where nobody answers.
        """


class Here:
    """The market of this process: the data of a backtest, or the synthetic feed."""

    def __init__(self, board: Board, freshness: Freshness) -> None:
        self.market = board
        self.freshness = freshness

    async def quote(self, symbol: str) -> Quote:
        """The visible quote."""
        return self.market.quote(symbol)

    async def bars(
        self,
        symbol: str,
        timeframe_ns: int,
        start: int | None = None,
        end: int | None = None,
        limit: int | None = None,
    ) -> list[Bar]:
        """What the board shows of them."""
        most = BARS_MAX if limit is None else limit
        return self.market.bars(symbol, timeframe_ns, start, end, most)
