"""A market, an engine with the simulator, and workers written as text."""

from __future__ import annotations

from decimal import Decimal
from textwrap import dedent
from typing import Any

from engine.market.bars import Bars
from engine.market.quotes import Quotes
from engine.worker.context import MetricValue
from engine.worker.free import TICK_NS, FreeRun
from tests.adapters.brokers.simulator.kit import Market, bars_of

PATH = "strategy.py"


class Heard:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.levels: list[str] = []
        self.metrics: list[tuple[int, str, MetricValue]] = []

    def log(self, ts: int, level: str, message: str) -> None:
        """A line."""
        self.lines.append(message)
        self.levels.append(level)

    def metric(self, ts: int, name: str, value: MetricValue) -> None:
        """A figure."""
        self.metrics.append((ts, name, value))


class Trial(Market):
    """A market with one worker in it."""

    def __init__(
        self,
        source: str,
        rows: list[str] | Bars | Quotes | list[Bars | Quotes],
        *,
        params: dict[str, Any] | None = None,
        tick_ns: int = TICK_NS,
        **options: Any,
    ) -> None:
        super().__init__(rows, **options)
        self.heard = Heard()
        self.run = FreeRun(
            self.backtest, self.account, dedent(source), PATH, params or {}, self.heard, tick_ns
        )

    @property
    def said(self) -> list[str]:
        """What the worker logged."""
        return self.heard.lines

    def live(self) -> Trial:
        """Run to the end and stop."""
        self.run.run()
        self.run.stop()
        return self


def prices(*closes: int | str, symbol: str = "AAPL") -> Bars:
    """Flat one-minute bars at these prices."""
    return bars_of([f"{price} {price} {price} {price}" for price in closes], symbol)


def money(text: str) -> Decimal:
    """A decimal."""
    return Decimal(text)


def series(*given: Bars | Quotes) -> list[Bars | Quotes]:
    """Several series."""
    return list(given)
