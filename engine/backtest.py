"""Driving an engine through recorded markets, one simulated time after another.

Each step is the rows that become visible at one time. In it the broker tries its working orders
against every row, then the board shows the rows, then whoever drives acts; what they place is first
tried in the next row. That order is all there is to it, and it is the same whether a server
advances step by step as its clients acknowledge, or ``run`` goes through the whole timeline in one
loop. Both take their steps from one iterator, so a callback of ``run`` may itself ``advance`` (a
strategy sleeps): the loop goes on behind it. Rows without working orders cost the loop nothing but
their callback.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import length_hint
from typing import NamedTuple, Protocol

from engine.core import Engine
from engine.market.bars import Bars
from engine.market.board import Board
from engine.market.merge import Timeline
from engine.market.quotes import Quotes
from engine.ports import LocalBroker

OnRow = Callable[[Bars | Quotes, int], None]
"""A strategy's ear: the columns of a series and the row that just became visible."""


class MatchingBroker(LocalBroker, Protocol):
    """A local broker that fills orders against market data it is shown."""

    next_due: int
    """When ``step_done`` next has something to do, in ns."""

    def works(self, symbol: str) -> bool:
        """Whether any order of ``symbol`` is working."""

    def match_bar(self, bars: Bars, i: int) -> None:
        """Try the working orders of ``bars.symbol`` against row ``i``."""

    def match_quote(self, quotes: Quotes, i: int) -> None:
        """Try the working orders of ``quotes.symbol`` against row ``i``."""

    def step_done(self, now: int) -> None:
        """Do what is due by ``now``: expiries, carry, corporate actions."""


class Step(NamedTuple):
    """One simulated time: its ns UTC and the rows it made visible, as (series, row)."""

    time: int
    rows: list[tuple[int, int]]


class Backtest:
    """An engine, the broker that fills its orders, and the timeline they live through."""

    def __init__(
        self, engine: Engine, broker: MatchingBroker, board: Board, timeline: Timeline
    ) -> None:
        self.engine = engine
        self.broker = broker
        self.board = board
        self.timeline = timeline
        self._steps = iter(range(len(timeline)))
        """The steps not yet taken."""

    @property
    def position(self) -> int:
        """How many steps have been taken."""
        return len(self.timeline) - length_hint(self._steps)

    @property
    def total(self) -> int:
        """How many steps there are."""
        return len(self.timeline)

    @property
    def is_done(self) -> bool:
        """Whether the timeline is at its end."""
        return self.position >= len(self.timeline)

    def advance(self) -> Step | None:
        """Take one step, or give None at the end."""
        k = next(self._steps, None)
        if k is None:
            return None
        timeline = self.timeline
        lo, hi = timeline.steps[k], timeline.steps[k + 1]
        rows = [(timeline.source[j], timeline.row[j]) for j in range(lo, hi)]
        now = timeline.visible[lo]
        self._show(now, rows)
        return Step(now, rows)

    def _show(self, now: int, rows: list[tuple[int, int]]) -> None:
        """Match, then show, then do what is due."""
        engine, broker, board = self.engine, self.broker, self.board
        engine.now = board.now = now
        for source, i in rows:
            one = board.series[source]
            if broker.works(one.symbol):
                if isinstance(one, Bars):
                    broker.match_bar(one, i)
                else:
                    broker.match_quote(one, i)
        for source, i in rows:
            board.rows[source] = i
            one = board.series[source]
            if engine.trailing_held and one.symbol in engine.trailing_held:
                self._trail(one, i)
        if now >= broker.next_due:
            broker.step_done(now)

    def _trail(self, one: Bars | Quotes, i: int) -> None:
        """Show the trailing stops that the engine holds what the row spans."""
        if isinstance(one, Bars):
            low, high = one.low[i], one.high[i]
        else:
            low, high = one.bid[i], one.ask[i]
        self.engine.watch(one.symbol, one.price(low), one.price(high))

    def run(self, on_row: OnRow) -> None:
        """Go through the rest of the timeline, calling ``on_row`` for each row after its step was
        matched. ``on_row`` is not told of steps that it took by ``advance``.
        """
        timeline = self.timeline
        series, rows = self.board.series, self.board.rows
        engine, broker, board = self.engine, self.broker, self.board
        works = broker.works
        steps, visible, source, row = (
            timeline.steps,
            timeline.visible,
            timeline.source,
            timeline.row,
        )
        for k in self._steps:
            lo, hi = steps[k], steps[k + 1]
            now = visible[lo]
            if hi - lo == 1 and not engine.trailing_held:
                s, i = source[lo], row[lo]
                one = series[s]
                engine.now = board.now = now
                if works(one.symbol):
                    if isinstance(one, Bars):
                        broker.match_bar(one, i)
                    else:
                        broker.match_quote(one, i)
                rows[s] = i
                if now >= broker.next_due:
                    broker.step_done(now)
                on_row(one, i)
                continue
            shown = [(source[j], row[j]) for j in range(lo, hi)]
            self._show(now, shown)
            for s, i in shown:
                on_row(series[s], i)
