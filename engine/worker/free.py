"""A worker living through a backtest, as fast as both can go, in one thread.

Each step of the timeline: orders are matched; what came of it is told (``on_order``, ``on_trade``);
then the rows that became visible (``on_bar``, ``on_quote``), in the order of the series; then
``tick``, if a multiple of its interval has passed since the last one. Callbacks never nest. A
worker that sleeps moves time on: steps are taken, orders fill, and all that it would have been told
meanwhile is told in order when its callback has returned. Ticks that were due while nothing was to
be seen, or while it slept, are one tick.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from engine.backtest import Backtest, OnRow
from engine.market.bars import Bars
from engine.market.quotes import Quotes
from engine.values import NANOSECONDS
from engine.worker.broker import Broker
from engine.worker.context import Context, Listener
from engine.worker.errors import WorkerStopped
from engine.worker.inbox import Inbox
from engine.worker.line import Line
from engine.worker.memory import Memory
from engine.worker.script import Callback, Script
from engine.worker.views import View, view_of

TICK_NS = 60 * NANOSECONDS
"""The usual interval between two calls of ``tick``."""
_NEVER = 2**63 - 1


class FreeRun:
    """One worker in one backtest. ``run`` it, then ``stop`` it."""

    def __init__(
        self,
        backtest: Backtest,
        account: str,
        source: str,
        path: str,
        params: Mapping[str, Any],
        listener: Listener,
        tick_ns: int = TICK_NS,
    ) -> None:
        engine = backtest.engine
        self._backtest = backtest
        self._engine = engine
        self._tick_ns = tick_ns
        self.line = Line()
        """How the worker reaches the engine; put another ``call`` here to move it elsewhere."""
        self._queue: deque[tuple[Callback, Any]] = deque()
        """What the worker is still to be told: a callback and what to hand it beside ``ctx``."""
        self.script = Script(source, path, self)
        """The worker; WorkerError if its file can not be run."""
        self.ctx = Context(
            Broker(engine, backtest.board, account, self.line),
            Memory(engine, account, self.script.name, self.line),
            self,
            listener,
            MappingProxyType(dict(params)),
        )
        self._seats = {one: self._seat(one) for one in backtest.board.series}
        self._taken = 0
        """Steps whose rows sleep has taken over from the loop: those below this one."""
        tick = self.script.callback("tick")
        self._tick = tick or _nothing_due
        self._next_tick = _NEVER if tick is None else self._after(engine.now)
        self._listen(account)

    def run(self) -> None:
        """Set the worker up and live through what is left of the timeline; raises WorkerError for
        what it raises, and WorkerStopped after ``interrupt``.
        """
        with self.script.blamed():
            setup = self.script.callback("setup")
            if setup is not None:
                setup(self.ctx)
            self._tell()
            ear = self._ear if self._next_tick == _NEVER else self._ticking_ear
            self._backtest.run(*(ear(series) for series in self._seats))

    def stop(self) -> None:
        """Let the worker take its leave; the market has nothing more to show it."""
        on_stop = self.script.callback("on_stop")
        if on_stop is not None:
            with self.script.blamed():
                on_stop(self.ctx)

    def interrupt(self) -> None:
        """Have ``run`` end before the next callback, with everything in order; may be called from
        a signal handler or another thread.
        """
        self._queue.append((_give_up, None))

    def time_ns(self) -> int:
        """The simulated time."""
        return self._engine.now

    def sleep_ns(self, duration: int) -> None:
        """Move simulated time on, with all that happens meanwhile."""
        self.line.call(self._advance, self._engine.now + duration)

    def _listen(self, account: str) -> None:
        on_order, on_trade = self._later("on_order"), self._later("on_trade")
        if on_order or on_trade:
            inbox = Inbox(self._engine.state, account, on_order, on_trade)
            self._engine.listeners.append(inbox.hear)

    def _later(self, name: str) -> Callable[[object], None] | None:
        """What puts an event in the queue for a callback, if the worker has it."""
        callback, queue = self.script.callback(name), self._queue
        if callback is None:
            return None
        return lambda event: queue.append((callback, event))

    def _seat(self, one: Bars | Quotes) -> tuple[View, Callback]:
        name = "on_bar" if isinstance(one, Bars) else "on_quote"
        return view_of(one), self.script.callback(name) or _ignore

    def _ear(self, series: Bars | Quotes) -> OnRow:
        """What the loop calls with each row of a series, and nothing in it that is not needed."""
        queue, tell, ctx = self._queue, self._tell, self.ctx
        view, callback = self._seats[series]

        def on_row(_one: Bars | Quotes, i: int) -> None:
            if queue:
                tell()
            if view.row < i:  # else sleep was there first
                view.row = i
                callback(ctx, view)
                if queue:
                    tell()

        return on_row

    def _ticking_ear(self, series: Bars | Quotes) -> OnRow:
        """An ear that also calls ``tick`` when a step's last row was told."""
        engine, listen = self._engine, self._ear(series)

        def on_row(one: Bars | Quotes, i: int) -> None:
            listen(one, i)
            if engine.now >= self._next_tick and self._is_step_told(one, i):
                self._on_tick()

        return on_row

    def _show(self, ctx: Context, row: tuple[Bars | Quotes, int]) -> None:
        """Give the worker a row, unless it has it already: sleep may have been there first."""
        view, callback = self._seats[row[0]]
        if view.row < row[1]:
            view.row = row[1]
            callback(ctx, view)

    def _tell(self) -> None:
        """Make the calls that wait, and those that come of them."""
        queue, ctx = self._queue, self.ctx
        while queue:
            callback, news = queue.popleft()
            callback(ctx, news)

    def _on_tick(self) -> None:
        self._next_tick = self._after(self._engine.now)
        self._tick(self.ctx)
        self._tell()

    def _after(self, now: int) -> int:
        """The first multiple of the tick's interval after ``now``."""
        return now - now % self._tick_ns + self._tick_ns

    def _is_step_told(self, one: Bars | Quotes, i: int) -> bool:
        """Whether row ``i`` was the last of the present step."""
        taken = self._backtest.position
        if self._taken == taken:
            return True
        timeline = self._backtest.timeline
        last = timeline.steps[taken] - 1
        return timeline.row[last] == i and timeline.series[timeline.source[last]] is one

    def _advance(self, until: int) -> None:
        """Take every step up to ``until``, and leave its rows in the queue."""
        backtest = self._backtest
        timeline, total = backtest.timeline, backtest.total
        if self._taken < backtest.position:
            self._take_over(backtest.position - 1)
        while (k := backtest.position) < total and timeline.visible[timeline.steps[k]] <= until:
            backtest.advance()
            self._take_over(k)
        backtest.idle(until)

    def _take_over(self, step: int) -> None:
        """Queue the rows of a step; those that the worker has are passed over in ``_show``."""
        timeline = self._backtest.timeline
        for j in range(timeline.steps[step], timeline.steps[step + 1]):
            row = timeline.series[timeline.source[j]], timeline.row[j]
            self._queue.append((self._show, row))
        self._taken = step + 1


def _ignore(_ctx: Context, _view: View) -> None:
    """What stands for a callback that the worker lacks."""


def _nothing_due(_ctx: Context) -> None:
    """What stands for the tick of a worker that has none."""


def _give_up(_ctx: Context, _nothing: None) -> None:
    raise WorkerStopped("interrupted")
