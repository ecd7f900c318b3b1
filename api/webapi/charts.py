"""The bars that a wish is answered from. Those of this process are at hand and go on by themselves;
those of a remote broker are asked of it, and shown on a board of their own.

A `Chart` of a remote market is asked for whole once, and then, shortly after each bar has ended,
from its last bar on. A broker that does not answer then is asked again later; the bars that are
here stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.webapi.history import History
from api.webapi.periods import MONTH, POINTS_MAX, bar_ns, month_start
from engine.market.bars import Bars
from engine.market.board import Board
from engine.market.resample import bucket_start
from engine.market.timeframes import DAY_NS
from engine.values import NANOSECONDS

if TYPE_CHECKING:
    from api.market.source import Source
    from api.webapi.history import Wish
    from engine.market.bars import Bar
    from engine.ports import Market

_CLOSED_DAYS = 7
"""More days than a market is ever closed."""
DELAY_NS = 5 * NANOSECONDS
"""How long after the end of a bar it is asked for; brokers take a moment to have it."""
AGAIN_NS = 30 * NANOSECONDS
"""When a broker that did not answer is asked again."""


class Chart:
    """The bars of a wish, now and as time goes on."""

    def __init__(self, source: Source, here: Market, symbol: str, wish: Wish) -> None:
        self._source = source
        self._symbol = symbol
        self._wish = wish
        self._is_here = source.market is here
        self._shown = here if self._is_here else Board([], source.market.provider)
        self._last: int | None = None
        self._due = 0
        self._is_again = False

    @property
    def history(self) -> History:
        """The bars, as far as they are at hand."""
        return History(self._shown)

    @property
    def now(self) -> int:
        """The time up to which they are: when it has not moved, no bar has changed."""
        return self._shown.now

    @property
    def is_ready(self) -> bool:
        """Whether they were asked for, where that is needed."""
        return self._is_here or self._due > 0

    @property
    def is_due(self) -> bool:
        """Whether there is something to ask for."""
        return not self._is_here and self._source.market.now >= self._due

    async def fetch(self) -> None:
        """Ask for what is due; raises like ``source.bars``."""
        market, length = self._source.market, _length(self._wish)
        now = market.now
        self._due = now + AGAIN_NS if self._due else 0
        bars = await _asked(self._source, self._symbol, self._wish, self._since)
        if bars or self._last is None:
            self._shown = _board(bars, market.provider, now)
        if bars:
            self._last = bars[-1].ts
        begun = bucket_start(now, length)
        is_late = self._last is None or self._last < begun - length
        self._is_again = is_late and not self._is_again  # looked for once more, then as usual
        self._due = now + AGAIN_NS if self._is_again else begun + length + DELAY_NS

    @property
    def _since(self) -> int | None:
        """From when on bars may be news: from the last one, or from the start of its month."""
        if self._last is None or self._wish.bar != MONTH:
            return self._last
        return month_start(self._last)


async def fetched(source: Source, symbol: str, wish: Wish) -> History:
    """The history that a wish is answered from; raises like ``source.bars``."""
    bars = await _asked(source, symbol, wish)
    return History(_board(bars, source.market.provider, source.market.now))


async def _asked(source: Source, symbol: str, wish: Wish, since: int | None = None) -> list[Bar]:
    """The bars that a wish needs, or those of them that began at ``since`` or later."""
    market, length = source.market, _length(wish)
    end = market.now if wish.anchor is None else min(wish.anchor, market.now)
    limit: int | None = POINTS_MAX
    if since is not None:
        start = since
    elif wish.forward:
        start, end, limit = end, min(wish.period.after(end), market.now), None
    elif wish.period.unit == "d":  # days that the contract traded on
        start = end - (2 * wish.period.units + _CLOSED_DAYS) * DAY_NS
    else:
        start = wish.period.before(end)
    return await source.bars(symbol, length, start, end - length, limit)


def _length(wish: Wish) -> int:
    """How long the bars are that are asked for: months are made of days."""
    return DAY_NS if wish.bar == MONTH else bar_ns(wish.bar)


def _board(bars: list[Bar], provider: str, now: int) -> Board:
    board = Board([Bars.of(bars)] if bars else [], provider)
    board.now = now
    if bars:
        board.show(0, len(bars) - 1)
    return board
