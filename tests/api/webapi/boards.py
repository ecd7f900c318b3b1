"""Boards of a few days for what the world's single morning can not show."""

from __future__ import annotations

from engine.market.bars import Bars
from engine.market.board import Board
from engine.market.quotes import Quotes
from engine.market.timeframes import DAY_NS, HOUR_NS

MONDAY_NS = 1_736_726_400_000_000_000
"""2025-01-13T00:00:00Z."""


def hourly(days: int, skip: tuple[int, ...] = ()) -> Bars:
    """Bars of every hour from 14 to 20 on so many days, some left out; the close is the day's
    number in hundreds plus the hour.
    """
    bars = Bars("AAPL", HOUR_NS, 2, 0)
    for day in range(days):
        for hour in range(14, 21):
            if day not in skip:
                price = (day + 1) * 10_000 + hour * 100
                ts = MONDAY_NS + day * DAY_NS + hour * HOUR_NS
                bars.append(ts, price - 50, price + 100, price - 100, price, 10)
    return bars


def daily(days: int) -> Bars:
    """Bars of whole days, one after the other; the close is the day's number."""
    bars = Bars("AAPL", DAY_NS, 2, 0)
    for day in range(days):
        price = (day + 1) * 100
        bars.append(MONDAY_NS + day * DAY_NS, price, price, price, price, 1)
    return bars


def quotes(ts: int) -> Quotes:
    """One quote with sizes."""
    made = Quotes("AAPL", 2)
    made.append(ts, 9_990, 10_010, 1_300, 700)
    return made


def at(now: int, *series: Bars | Quotes) -> Board:
    """A board that shows of each series what is complete at ``now``."""
    board = Board(list(series))
    board.now = now
    for k, one in enumerate(series):
        ends = [one.end(i) if isinstance(one, Bars) else one.ts[i] for i in range(len(one))]
        board.show(k, sum(end <= now for end in ends) - 1)
    return board
