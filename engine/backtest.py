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

from bisect import bisect_left
from collections.abc import Callable, Mapping
from operator import length_hint
from typing import Any, NamedTuple, Protocol

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
    """An engine, the broker that fills its orders, and the timeline they live through, which is
    that of the board's series.
    """

    def __init__(
        self, engine: Engine, broker: MatchingBroker, board: Board, timeline: Timeline
    ) -> None:
        self.engine = engine
        self.broker = broker
        self.board = board
        self.timeline = timeline
        self._all = list(range(len(board.series)))
        self._symbols = [one.symbol for one in board.series]
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
        sources, rows = self._rows(k)
        self._show(now, sources, rows)
        return Step(now, list(zip(sources, rows, strict=True)))

    def idle(self, until: int) -> None:
        """Let it be ``until``, between the last step and the next: what falls due does."""
        self.engine.now = self.board.now = until
        if until >= self.broker.next_due:
            self.broker.step_done(until)

    def _rows(self, k: int) -> tuple[list[int], list[int]]:
        """The rows of step ``k``: the series they are of, and their numbers there."""
        timeline = self.timeline
        if timeline.is_even:
            return self._all, [k] * len(self._all)
        first, end = timeline.steps[k], timeline.steps[k + 1]
        return timeline.source[first:end].tolist(), timeline.row[first:end].tolist()

    def _show(self, now: int, sources: list[int], rows: list[int]) -> None:
        """Match, then show, then do what is due."""
        engine, broker, board = self.engine, self.broker, self.board
        engine.now = board.now = now
        series, watched = board.series, broker.watched
        if watched:
            symbols = self._symbols
            for source, i in zip(sources, rows, strict=True):
                if symbols[source] in watched:
                    self._match(series[source], i)
        shown = board.rows
        if self.timeline.is_even:
            shown[:] = rows
        else:
            for source, i in zip(sources, rows, strict=True):
                shown[source] = i
        if engine.trailing_held:
            for source, i in zip(sources, rows, strict=True):
                if series[source].symbol in engine.trailing_held:
                    self._trail(series[source], i)
        if now >= broker.next_due:
            broker.step_done(now)

    def _match(self, one: Bars | Quotes, i: int) -> None:
        """Try the working orders of a watched symbol, where a row may do anything to one."""
        if self.broker.watched[one.symbol].is_touched(one, i):
            self._match_of(one)(one, i)

    def _match_of(self, one: Bars | Quotes) -> Callable[[Any, int], None]:
        """What matches the rows of a series."""
        return self.broker.match_bar if isinstance(one, Bars) else self.broker.match_quote

    def _trail(self, one: Bars | Quotes, i: int) -> None:
        """Show the trailing stops that the engine holds what the row spans."""
        if isinstance(one, Bars):
            low, high = one.low[i], one.high[i]
        else:
            low, high = one.bid[i], one.ask[i]
        self.engine.watch(one.symbol, one.price(low), one.price(high))

    def run(self, *ears: OnRow) -> None:
        """Go through the rest of the timeline, calling a series' ear for each of its rows after its
        step was matched; ValueError unless there is one for each series, in their order. They are
        not told of steps that one of them took by ``advance``.
        """
        series = self.board.series
        if len(ears) != len(series):
            raise ValueError(f"ears: {len(ears)}, expected one for each of {len(series)} series")
        seats = list(zip(ears, series, strict=True))
        if self.timeline.is_even:
            if len(seats) == 1:
                self._run_alone(*seats[0])
            else:
                self._run_even(seats)
            return
        for k, now in self._steps:
            sources, rows = self._rows(k)
            self._show(now, sources, rows)
            for source, i in zip(sources, rows, strict=True):
                on_row, one = seats[source]
                on_row(one, i)

    def _run_even(self, seats: list[tuple[OnRow, Bars | Quotes]]) -> None:
        """``run`` for series that have a row each in every step, all of the step's number."""
        for k, now in self._steps:
            self._show(now, *self._rows(k))
            for on_row, one in seats:
                on_row(one, k)

    def _run_alone(self, on_row: OnRow, one: Bars | Quotes) -> None:
        """``run`` for a single series whose every row is a step: most backtests are that, so what
        ``_show`` does is spelled out for it.
        """
        engine, broker, board = self.engine, self.broker, self.board
        symbol, shown, watched, held = one.symbol, board.rows, broker.watched, engine.trailing_held
        match = self._match_of(one)
        due, due_row = broker.next_due, self._step_at(broker.next_due)
        for i, now in self._steps:
            engine.now = board.now = now
            if watched:
                watch = watched.get(symbol)
                if watch is not None and watch.is_touched(one, i):
                    match(one, i)
            shown[0] = i
            if held and symbol in held:
                self._trail(one, i)
            if broker.next_due is not due:  # another number, that is, or the same once more
                due, due_row = broker.next_due, self._step_at(broker.next_due)
            if i >= due_row:  # two small numbers are compared faster than two times
                broker.step_done(now)
            on_row(one, i)

    def _step_at(self, time: int) -> int:
        """The first step at ``time`` or later."""
        return bisect_left(self.timeline.times, time)
