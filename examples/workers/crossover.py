"""A worker: hold what rises. Buys when a fast average crosses above a slow one, closes below.

    onetape backtest --strategy examples/workers/crossover.py --demo-data
    onetape backtest --strategy examples/workers/crossover.py --param fast=5 --data AAPL=aapl.csv
    onetape worker examples/workers/crossover.py

Prices are compared as scaled integers (``close_ticks``), which is exact and fast. In live use the
averages start from the bars that there are, so nothing has to warm up.
"""

from __future__ import annotations

from collections import deque
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING

from engine.errors import OrderRefused

if TYPE_CHECKING:
    from engine.worker.context import Context
    from engine.worker.views import BarView


class Averages:
    """The last closes of a symbol, and the sums of the newest few and of all."""

    def __init__(self, fast: int, slow: int) -> None:
        self.fast, self.slow = fast, slow
        self.closes: deque[int] = deque(maxlen=slow)
        self.sum_fast = self.sum_slow = 0
        self.is_above: bool | None = None

    def add(self, close: int) -> bool | None:
        """Take a close in. True when the fast average has just crossed above the slow one, False
        when below, else None.
        """
        closes = self.closes
        if len(closes) >= self.fast:
            self.sum_fast -= closes[-self.fast]
        if len(closes) == self.slow:
            self.sum_slow -= closes[0]
        closes.append(close)
        self.sum_fast += close
        self.sum_slow += close
        if len(closes) < self.slow:
            return None
        before, self.is_above = self.is_above, self.sum_fast * self.slow > self.sum_slow * self.fast
        return self.is_above if before is not None and before != self.is_above else None


averages: dict[str, Averages] = {}


def begin(ctx: Context, bar: BarView) -> Averages:
    """The averages of a symbol seen for the first time, from the bars before this one."""
    made = Averages(int(ctx.params.get("fast", 10)), int(ctx.params.get("slow", 30)))
    for known in ctx.broker.bars(bar.symbol, limit=made.slow + 1)[:-1]:
        made.add(int(known.close.scaleb(bar.scale)))
    averages[bar.symbol] = made
    return made


def on_bar(ctx: Context, bar: BarView) -> None:
    """Trade when the averages cross."""
    crossed = (averages.get(bar.symbol) or begin(ctx, bar)).add(bar.close_ticks)
    if crossed is None:
        return
    held = ctx.broker.position(bar.symbol)
    if held is not None and not crossed:
        ctx.broker.close(held)
    elif held is None and crossed:
        budget = Decimal(ctx.params.get("budget", 100_000))
        quantity = (budget / bar.close).quantize(Decimal("0.01"), ROUND_DOWN)
        try:
            ctx.broker.submit(bar.symbol, "BUY", quantity)
        except OrderRefused as error:
            ctx.log.warning("%s: %s", bar.symbol, error)
