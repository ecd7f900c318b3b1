"""What a run's equity says about it: drawdown and Sharpe ratio, each by one written definition.

Equity goes in sample by sample, in order of time, and only what the figures need is kept: the peak,
the deepest fall below it, and the last equity of each day. So a run of a million steps costs a
comparison a step. Money stays exact; the two ratios are floats, because a square root is. The
definitions stand in `docs/reference/statistics.md`.
"""

from __future__ import annotations

from decimal import Decimal
from math import sqrt

from engine.values import NANOSECONDS, ZERO

DAY_NS = 86_400 * NANOSECONDS
TRADING_DAYS = 252
"""Days in a year that has weekends off; a market that trades through them has 365."""
CALENDAR_DAYS = 365
_EPOCH_WEEKDAY = 3
_SATURDAY = 5


class EquityCurve:
    """Equity as sampled from `start` on; a sample at midnight belongs to the day that ends."""

    __slots__ = ("_closes", "_days", "_drawdown", "_last", "_peak", "start")

    def __init__(self, start: Decimal) -> None:
        self.start = start
        self._peak = start
        self._last = start
        self._drawdown = ZERO
        self._days: list[int] = []
        self._closes: list[Decimal] = []

    def sample(self, ts: int, equity: Decimal) -> None:
        """Take the equity at `ts`, ns UTC; samples come in order of time."""
        day = (ts - 1) // DAY_NS
        if self._days and self._days[-1] == day:
            self._closes[-1] = equity
        else:
            self._days.append(day)
            self._closes.append(equity)
        if equity == self._last:
            return
        self._last = equity
        if equity > self._peak:
            self._peak = equity
        elif self._peak > 0:
            self._drawdown = max(self._drawdown, 1 - equity / self._peak)

    @property
    def last(self) -> Decimal:
        """The newest equity, or the starting one before the first sample."""
        return self._last

    @property
    def max_drawdown(self) -> float:
        """The deepest fall below an earlier peak, as a fraction of that peak: 0.25 is a quarter."""
        return float(self._drawdown)

    @property
    def daily(self) -> list[tuple[int, Decimal]]:
        """The last equity of each day that was sampled, with the day's start in ns UTC."""
        return [(day * DAY_NS, close) for day, close in zip(self._days, self._closes, strict=True)]

    @property
    def days_per_year(self) -> int:
        """365 if a weekend was ever sampled, else 252."""
        weekend = any((day + _EPOCH_WEEKDAY) % 7 >= _SATURDAY for day in self._days)
        return CALENDAR_DAYS if weekend else TRADING_DAYS

    @property
    def sharpe(self) -> float | None:
        """Annualised ratio of mean to deviation of daily returns; None where they do not vary."""
        return sharpe(daily_returns(self.start, self._closes), self.days_per_year)


def daily_returns(start: Decimal, closes: list[Decimal]) -> list[float]:
    """The relative change of each day on the one before; they end at an equity of zero or less."""
    returns = []
    previous = start
    for close in closes:
        if previous <= 0:
            break
        returns.append(float(close / previous - 1))
        previous = close
    return returns


def sharpe(returns: list[float], periods_per_year: int) -> float | None:
    """Mean over sample deviation of `returns`, times the root of the periods in a year; the rate
    without risk counts as zero. None for fewer than two returns, or returns that are all the same.
    """
    count = len(returns)
    if count < 2:
        return None
    mean = sum(returns) / count
    variance = sum((each - mean) ** 2 for each in returns) / (count - 1)
    if variance <= 0:
        return None
    return mean / sqrt(variance) * sqrt(periods_per_year)
