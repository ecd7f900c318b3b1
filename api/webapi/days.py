"""The day so far of every symbol: opened at, high, low, volume, kept up bar by bar.

Bars that exist never change, so each is looked at once, however often the day is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.market.resample import bucket_start
from engine.market.timeframes import DAY_NS
from engine.values import ZERO

if TYPE_CHECKING:
    from engine.market.bars import Bar
    from engine.ports import Market


@dataclass
class Day:
    """One day of a symbol; ``last_volume`` is that of its newest bar, ``seen`` the bar's start."""

    midnight: int
    open: Decimal
    high: Decimal
    low: Decimal
    volume: Decimal = ZERO
    last_volume: Decimal = ZERO
    seen: int = 0

    def add(self, bar: Bar) -> None:
        """Take in the next bar."""
        self.high, self.low = max(self.high, bar.high), min(self.low, bar.low)
        self.volume += bar.volume
        self.last_volume, self.seen = bar.volume, bar.ts


class Days:
    """The present day of each symbol of a market."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._days: dict[str, Day] = {}

    def of(self, symbol: str) -> Day | None:
        """The day so far; None before its first bar is complete, or where there are no bars."""
        midnight = bucket_start(self._market.now, DAY_NS)
        day = self._days.get(symbol)
        if day is not None and day.midnight != midnight:
            day = None
        try:
            length = self._market.timeframe_ns(symbol)
            fresh = self._market.bars(symbol, length, midnight if day is None else day.seen + 1)
        except EngineError:
            return None  # quotes alone
        for bar in fresh:
            if day is None:
                day = Day(midnight, bar.open, bar.high, bar.low)
            day.add(bar)
        if day is not None:
            self._days[symbol] = day
        return day
