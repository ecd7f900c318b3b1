"""A month of a market that moves enough to trade: one-minute bars of AAPL in stock hours."""

from __future__ import annotations

from pathlib import Path

from adapters.market_files.saving import save
from adapters.market_files.synthetic import MONDAY_NS, RECIPES, make
from engine.market.timeframes import DAY_NS, HOUR_NS, MINUTE_NS

SYMBOL = "AAPL"
WEEK_DAYS = 5
BARS_A_DAY = 390
_VOLATILITY = 170
"""Twice that of the bundled week, so that a percent beside an average is reached."""


def write(file: Path, days: int = 22) -> int:
    """Write the bars of so many trading days; how many there are."""
    calendar_days = [day for day in range(2 * days) if day % 7 < WEEK_DAYS][:days]
    open_ns, close_ns = 14 * HOUR_NS + 30 * MINUTE_NS, 21 * HOUR_NS
    sessions = tuple(
        (MONDAY_NS + day * DAY_NS + open_ns, MONDAY_NS + day * DAY_NS + close_ns)
        for day in calendar_days
    )
    recipe = next(one for one in RECIPES if one.symbol == SYMBOL)
    bars = make(recipe._replace(sessions=sessions, volatility=_VOLATILITY))
    save(bars, file)
    return len(bars)
