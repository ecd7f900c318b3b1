"""Bars of a remote broker, for the answers of this gateway: asked of it as a wish needs them, and
shown on a board of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.webapi.history import History
from api.webapi.periods import MONTH, POINTS_MAX, bar_ns
from engine.market.bars import Bars
from engine.market.board import Board
from engine.market.timeframes import DAY_NS

if TYPE_CHECKING:
    from api.market.source import Source
    from api.webapi.history import Wish

_CLOSED_DAYS = 7
"""More days than a market is ever closed."""


async def fetched(source: Source, symbol: str, wish: Wish) -> History:
    """The history that a wish is answered from; raises like ``source.bars``."""
    market = source.market
    length = DAY_NS if wish.bar == MONTH else bar_ns(wish.bar)
    end = market.now if wish.anchor is None else min(wish.anchor, market.now)
    limit: int | None = POINTS_MAX
    if wish.forward:
        start, end, limit = end, min(wish.period.after(end), market.now), None
    elif wish.period.unit == "d":  # days that the contract traded on
        start = end - (2 * wish.period.units + _CLOSED_DAYS) * DAY_NS
    else:
        start = wish.period.before(end)
    bars = await source.bars(symbol, length, start, end - length, limit)
    board = Board([Bars.of(bars)] if bars else [], market.provider)
    board.now = market.now
    if bars:
        board.show(0, len(bars) - 1)
    return History(board)
