"""The desk: where the synchronous engine meets everything that waits.

One desk serves one engine on one event loop; only that loop's thread touches the engine. The desk
knows when facts are durable (``settled``), who listens (``hub``), what moves time (``stepper``, or
a feed that calls ``publish_quote`` and ``publish_bar``), and that the tape has failed (``halted``),
after which the process should end. It takes the tape through its port: whoever builds a durable one
connects ``committed`` and ``tape_failed`` to it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from api.grouping import Grouping
from api.keyring import KeyRing
from api.lines.lines import Lines
from api.market.markets import Markets
from api.market.source import Here
from api.steady import SteadyClock
from api.stepping.stepper import Stepper
from api.streams import market
from api.streams.freshness import Freshness
from api.streams.hub import Hub
from api.streams.limits import GOING_AWAY, StreamLimits
from api.streams.resume import History, nothing_kept
from api.trading.render import moment
from engine.errors import TradingHalted
from engine.values import NANOSECONDS

if TYPE_CHECKING:
    from api.auth import Principal
    from api.market.source import Source
    from api.settings import Settings
    from api.streams.resume import Kept
    from api.streams.subscriber import Subscriber
    from engine.backtest import Backtest
    from engine.core import Engine
    from engine.market.bars import Bar
    from engine.market.board import Board
    from engine.market.quotes import Quote

log = logging.getLogger("onetape.desk")


LOOK_S = 1.0
"""Time between two looks at what a moving market has changed: margins, and what has fallen silent.
"""

WhenSettled = Callable[[TradingHalted | None], object]
"""Told that facts are durable, or why they never will be."""


def _wake(waiter: asyncio.Future[None], error: TradingHalted | None) -> None:
    """Let a task go on that waits for facts to be durable, unless it was cancelled meanwhile."""
    if waiter.done():
        return
    if error is None:
        waiter.set_result(None)
    else:
        waiter.set_exception(error)


def _nothing() -> None:
    """What a tape in memory needs to become durable."""


class Desk:
    """The engine of one process, with its streams and its clock.

    ``commit`` asks the tape to make durable what was appended, and returns at once. ``backtest``
    makes the clock a stepped one. ``kept`` gives the states that history may begin with.
    """

    def __init__(
        self,
        engine: Engine,
        board: Board,
        *,
        backtest: Backtest | None = None,
        settings: Settings | None = None,
        limits: StreamLimits | None = None,
        default_account: str = "",
        keys: KeyRing | None = None,
        commit: Callable[[], object] = _nothing,
        kept: Kept = nothing_kept,
    ) -> None:
        self.engine = engine
        self.board = board
        """The market of this process; `markets` knows who sees it."""
        self.backtest = backtest
        self.settings = settings
        self.limits = limits or (StreamLimits.of(settings) if settings else StreamLimits())
        self.default_account = default_account or next(iter(engine.state.accounts), "")
        self.keys = KeyRing() if keys is None else keys
        self._grouping = Grouping(lambda: engine.tape.head, commit)
        self.hub = Hub(engine, self.limits, self._grouping.ask)
        self.history = History(engine, kept)
        self.lines = Lines(self, self.hub)
        self.stepper = None if backtest is None else Stepper(backtest, self.hub)
        stale_after_ns = int(self.limits.stale_after_s * NANOSECONDS)
        freshness = Freshness(stale_after_ns, SteadyClock(), board.provider)
        self.markets = Markets(engine, Here(board, freshness))
        self.halted = asyncio.Event()
        """Set when the tape has failed: nothing more will be durable in this process."""
        self.failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._heartbeat: asyncio.TimerHandle | None = None
        self._look: asyncio.TimerHandle | None = None
        self._waiting: deque[tuple[int, WhenSettled]] = deque()
        self._is_told = False
        self._shown = 0

    async def start(self) -> None:
        """Listen to the engine from here on; call it on the loop that will serve."""
        self._loop = asyncio.get_running_loop()
        self.engine.listeners.append(self.hub.on_record)
        self._schedule_heartbeat()
        if self.backtest is None:
            self._schedule_look()

    async def close(self) -> None:
        """Tell every client that this server is leaving and see them out, in limited time."""
        for timer in (self._heartbeat, self._look):
            if timer is not None:
                timer.cancel()
        self.hub.say_goodbye(self.timestamp(), GOING_AWAY, "the server is shutting down")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.limits.close_timeout_s):
                await self.hub.is_empty.wait()
        self.history.close()
        if self.hub.on_record in self.engine.listeners:
            self.engine.listeners.remove(self.hub.on_record)

    @property
    def is_stopping(self) -> bool:
        """Whether no new work is taken."""
        return self.hub.is_closing

    def timestamp(self) -> str:
        """The engine's time as text; the machine's before the engine has one."""
        return moment(self.engine.now or time.time_ns())

    # Durability

    @property
    def is_settled(self) -> bool:
        """Whether everything on the tape now is durable."""
        tape = self.engine.tape
        return tape.durable >= tape.head and self.failure is None

    async def settled(self) -> None:
        """Wait until everything on the tape now is durable; raises TradingHalted if it never will.

        Costs nothing where it already is.
        """
        if self.is_settled:
            return
        waiter = asyncio.get_running_loop().create_future()
        self.when_settled(partial(_wake, waiter))
        await waiter

    def when_settled(self, tell: WhenSettled) -> None:
        """Have ``tell`` called, on the loop, when everything on the tape now is durable: with None,
        or with the error that it never will be. It must raise nothing.
        """
        if self.failure is not None:
            tell(self._halt())
            return
        self._waiting.append((self.engine.tape.head, tell))
        self._grouping.ask()

    async def settled_if_alive(self) -> None:
        """Wait like ``settled``, but let pass what only ever reduces risk once the tape is dead."""
        try:
            await self.settled()
        except TradingHalted:
            log.error("a command that reduces risk was carried out but could not be written down")

    def committed(self, _seq: int) -> None:
        """More of the tape is durable. May be called by any thread, after every commit."""
        loop = self._loop
        if loop is None or self._is_told or loop.is_closed():
            return
        self._is_told = True
        loop.call_soon_threadsafe(self._release)

    def tape_failed(self, error: BaseException) -> None:
        """The tape is dead. May be called by any thread."""
        self.failure = error
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._fail)

    def _release(self) -> None:
        self._is_told = False
        durable = self.engine.tape.durable
        waiting = self._waiting
        while waiting and waiting[0][0] <= durable:
            waiting.popleft()[1](None)
        self.hub.flush()
        if self.stepper is not None:
            self.stepper.move()

    def _fail(self) -> None:
        self._release()
        while self._waiting:
            self._waiting.popleft()[1](self._halt())
        self.halted.set()

    def _halt(self) -> TradingHalted:
        return TradingHalted(f"facts can not be kept any more: {self.failure}")

    # Clients and the market

    def part(self, subscriber: Subscriber, *, is_goodbye: bool) -> None:
        """A stream has ended."""
        self.hub.leave(subscriber)
        if self.stepper is not None:
            self.stepper.part(subscriber, is_goodbye=is_goodbye)

    def dismiss(self, admits: Callable[[Principal], bool]) -> None:
        """Close the streams of everybody whose key does not open this server any more."""
        for subscriber in (*self.hub.subscribers, *self.hub.opening):
            if not admits(subscriber.caller):
                subscriber.revoke()

    def publish_quote(self, quote: Quote, source: Source | None = None) -> None:
        """Show a live quote to those who see its market, which is the one of this process where
        none is named; a client that is behind gets the newest of each symbol alone.
        """
        source = source or self.markets.here
        source.freshness.heard(quote.symbol)
        if self.hub.subscribers:
            self._shown += 1
            name = f"mkt_{self._shown}_0"
            event = market.quote(quote, moment(quote.ts), name, source.market.provider)
            self.hub.publish_latest(quote.symbol, event, self.markets.audience(source))

    def publish_bar(self, bar: Bar, source: Source | None = None) -> None:
        """Show a live bar that is complete, likewise."""
        source = source or self.markets.here
        if self.hub.subscribers:
            self._shown += 1
            ended, name = moment(bar.ts + bar.timeframe_ns), f"mkt_{self._shown}_0"
            event = market.candle(bar, ended, name, source.market.provider)
            self.hub.publish(self.markets.addressed(source, [event]))

    def _schedule_heartbeat(self) -> None:
        if self._loop is not None:
            self._heartbeat = self._loop.call_later(self.limits.heartbeat_s, self._beat)

    def _schedule_look(self) -> None:
        if self._loop is not None:
            self._look = self._loop.call_later(LOOK_S, self._look_around)

    def _look_around(self) -> None:
        """Tell what the market did, or left undone, since the last look."""
        self.hub.watch_margin()
        for source in self.markets:
            told = list(source.freshness.changes())
            if told and self.hub.subscribers:
                self.hub.publish(self.markets.addressed(source, told))
        self._schedule_look()

    def _beat(self) -> None:
        if self.hub.subscribers:
            self.hub.beat(moment(time.time_ns()))
        self._schedule_heartbeat()
