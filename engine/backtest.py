"""Driving an engine through recorded markets, one simulated time after another.

Each step is the rows that become visible at one time. In it the broker tries its working orders
against every row, then the board shows the rows, then whoever drives acts; what they place is first
tried in the next row. That order is all there is to it, and it is the same whether a server
advances step by step as its clients acknowledge, or ``run`` goes through the whole timeline in one
loop. Both take their steps from one iterator, so a callback of ``run`` may itself ``advance`` (a
strategy sleeps): the loop goes on behind it. A row costs the loop nothing but its callback where no
order works, and one look where none of them is near.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


class Watch(Protocol):
    """The working orders of one symbol, as far as a run through its rows must know them."""

    def is_touched(self, one: Bars | Quotes, i: int) -> bool:
        """Whether row ``i`` of a series of the symbol may do anything to one of them."""


class MatchingBroker(LocalBroker, Protocol):
    """A local broker that fills orders against market data it is shown."""

    next_due: int
    """When ``step_done`` next has something to do, in ns."""

    @property
    def watched(self) -> Mapping[str, Watch]:
        """What to ask of a symbol's rows whether they must be matched, always the same mapping; the
        rows of other symbols need not be.
        """

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
        self._numbers = iter(range(len(timeline)))
        self._steps = zip(self._numbers, timeline.times, strict=False)
        """The steps not yet taken: number and time."""

    @property
    def position(self) -> int:
        """How many steps have been taken."""
        return len(self.timeline) - length_hint(self._numbers)

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
        step = next(self._steps, None)
        if step is None:
            return None
        k, now = step
        rows = self._rows(k)
        self._show(now, rows)
        return Step(now, rows)

    def idle(self, until: int) -> None:
        """Let it be ``until``, between the last step and the next: what falls due does."""
        self.engine.now = self.board.now = until
        if until >= self.broker.next_due:
            self.broker.step_done(until)

    def _rows(self, k: int) -> list[tuple[int, int]]:
        """The rows of step ``k``, as (series, row)."""
        timeline = self.timeline
        source, row = timeline.source, timeline.row
        first, end = timeline.steps[k], timeline.steps[k + 1]
        if end - first == 1:
            return [(source[first], row[first])]
        return list(zip(source[first:end], row[first:end], strict=True))

    def _show(self, now: int, rows: list[tuple[int, int]]) -> None:
        """Match, then show, then do what is due."""
        engine, broker, board = self.engine, self.broker, self.board
        engine.now = board.now = now
        series, watched = board.series, broker.watched
        if watched:
            for source, i in rows:
                one = series[source]
                watch = watched.get(one.symbol)
                if watch is not None and watch.is_touched(one, i):
                    self._match(one, i)
        shown = board.rows
        for source, i in rows:
            shown[source] = i
        if engine.trailing_held:
            for source, i in rows:
                if series[source].symbol in engine.trailing_held:
                    self._trail(series[source], i)
        if now >= broker.next_due:
            broker.step_done(now)

    def _match(self, one: Bars | Quotes, i: int) -> None:
        if isinstance(one, Bars):
            self.broker.match_bar(one, i)
        else:
            self.broker.match_quote(one, i)

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
        series = self.board.series
        if len(series) == 1 and len(series[0]) == len(self.timeline):
            self._run_alone(series[0], on_row)
            return
        for k, now in self._steps:
            rows = self._rows(k)
            self._show(now, rows)
            for source, i in rows:
                on_row(series[source], i)

    def _run_alone(self, one: Bars | Quotes, on_row: OnRow) -> None:
        """``run`` for a single series whose every row is a step: most backtests are that, so what
        ``_show`` does is spelled out for it.
        """
        engine, broker, board = self.engine, self.broker, self.board
        symbol, shown, watched, held = one.symbol, board.rows, broker.watched, engine.trailing_held
        for i, now in self._steps:
            engine.now = board.now = now
            if watched:
                watch = watched.get(symbol)
                if watch is not None and watch.is_touched(one, i):
                    self._match(one, i)
            shown[0] = i
            if held and symbol in held:
                self._trail(one, i)
            if now >= broker.next_due:
                broker.step_done(now)
            on_row(one, i)
