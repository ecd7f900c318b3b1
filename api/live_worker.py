"""A worker in live use: in a thread of its own, beside the server of the same engine.

The engine stays with the event loop: every call of the worker is carried there, and comes back when
what it wrote is durable. What the worker is told waits in its mailbox, so a slow worker holds up
nobody. It ends with the server, in limited time, and a worker that fails ends the server.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from inspect import isawaitable
from threading import Event, Thread
from types import MappingProxyType
from typing import Any

from api.errands import break_off
from api.live import SHUT_DOWN, Live
from api.mailbox import Mailbox
from api.market.worker import RemoteBroker
from engine.market.bars import Bars
from engine.market.quotes import Quotes
from engine.values import NANOSECONDS
from engine.worker.broker import Broker
from engine.worker.context import Context, Listener
from engine.worker.errors import WorkerError, WorkerStopped
from engine.worker.ibkr import Ibkr
from engine.worker.inbox import Inbox
from engine.worker.line import Line
from engine.worker.memory import Memory
from engine.worker.script import Script
from engine.worker.views import view_of

FOREVER_S = 3_600.0


class LiveWorker:
    """One worker for one account of a live engine; a ``Companion`` and a ``Clock``."""

    def __init__(
        self,
        live: Live,
        account: str,
        source: str,
        path: str,
        params: Mapping[str, Any],
        listener: Listener,
        tick_ns: int,
        stop_timeout_s: float,
    ) -> None:
        self.error: str | None = None
        """What went wrong, with the worker's file and line where it was the worker."""
        self._live = live
        self._account = account
        self._source, self._path = source, path
        self._params = MappingProxyType(dict(params))
        self._listener = listener
        self._tick_ns = tick_ns
        self._stop_timeout_s = stop_timeout_s
        self._mail = Mailbox()
        self._asked_to_leave = Event()
        self._is_leaving = False
        self._sees_feed = True
        self._is_over = Event()
        self._script: Script | None = None
        self._thread = Thread(target=self._work, name="worker", daemon=True)
        self._loop: asyncio.AbstractEventLoop
        self._stop: Callable[[], None]

    # For the event loop

    def start(self, stop: Callable[[], None]) -> None:
        """Begin; ``stop`` is called when the worker ends before it is asked to leave."""
        self._loop = asyncio.get_running_loop()
        self._stop = stop
        self._thread.start()

    def row(self, one: Bars | Quotes, i: int) -> None:
        """Tell the worker of a row of the feed, if that is its market."""
        if self._sees_feed:
            self._tell(one, i)

    def _tell(self, one: Bars | Quotes, i: int) -> None:
        """Tell the worker of a row, if it listens."""
        if self._script is None:
            return
        name = "on_bar" if isinstance(one, Bars) else "on_quote"
        callback = self._script.callback(name)
        if callback is None:
            return
        view = view_of(one)
        view.row = i
        if isinstance(one, Bars):
            self._mail.put((callback, view))
        else:
            self._mail.put_newest(one.symbol, (callback, view))

    async def leave(self) -> str:
        """Have the worker take its leave, and cut it off when its time is up."""
        if self._thread.ident is None:
            return SHUT_DOWN
        self._asked_to_leave.set()
        self._mail.put((_nothing, None))
        await asyncio.to_thread(self._thread.join, self._stop_timeout_s)
        self._is_over.set()
        if self._thread.is_alive():
            self.error = f"{self._path} had not ended after {self._stop_timeout_s:g} s; cut off"
            break_off(self._thread)
        return SHUT_DOWN if self.error is None else f"the worker failed: {self.error}"

    async def _carry(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """Make one call of the worker's, now, and wait until what it wrote is durable."""
        if self._is_over.is_set():
            raise WorkerError("the worker was cut off")
        engine = self._live.engine
        engine.now = max(engine.now, time.time_ns())
        result = function(*arguments)
        if isawaitable(result):  # a remote broker is asked
            result = await result
        await self._live.desk.settled()
        return result

    def _listen(self, script: Script) -> None:
        """Hear what happens to the account's orders, if the worker wants to."""
        on_order, on_trade = self._post(script, "on_order"), self._post(script, "on_trade")
        if on_order or on_trade:
            engine = self._live.engine
            inbox = Inbox(engine.state, self._account, on_order, on_trade)
            engine.listeners.append(inbox.hear)
        remote = self._live.desk.markets.theirs(self._account)
        self._sees_feed = remote is None
        if remote is not None and script.callback("on_quote") is not None:
            remote.listeners.append(lambda quote: self._tell(Quotes.of(quote), 0))
        if remote is not None and script.callback("on_bar") is not None:
            remote.candles.listeners.append(lambda bar: self._tell(Bars.of([bar]), 0))
        self._script = script

    def _post(self, script: Script, name: str) -> Callable[[object], None] | None:
        callback = script.callback(name)
        return None if callback is None else lambda event: self._mail.put((callback, event))

    # For the worker's thread

    def time_ns(self) -> int:
        """The machine's time."""
        return time.time_ns()

    def sleep_ns(self, duration: int) -> None:
        """Wait; being asked to leave ends the wait and the callback that waits."""
        signal = self._is_over if self._is_leaving else self._asked_to_leave
        if signal.wait(duration / NANOSECONDS):
            raise WorkerStopped("asked to leave")

    def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        carried = self._carry(function, arguments)
        return asyncio.run_coroutine_threadsafe(carried, self._loop).result()

    def _work(self) -> None:
        """The whole life of the worker."""
        try:
            self._live_on()
        except WorkerStopped:
            return
        except WorkerError as error:
            self.error = self.error or str(error)
        except Exception as error:  # noqa: BLE001  a fault of ours ends the process just as clearly
            self.error = f"{type(error).__name__}: {error}"
        finally:
            if not self._asked_to_leave.is_set():
                self._loop.call_soon_threadsafe(self._stop)

    def _live_on(self) -> None:
        line = Line(self._call)
        script = Script(self._source, self._path, self)
        engine = self._live.engine
        context = Context(
            self._broker(line),
            Memory(engine, self._account, script.name, line),
            self,
            self._listener,
            self._params,
        )
        context.ibkr_maker = lambda: self._ibkr(line)
        line.call(self._listen, script)
        with script.blamed():
            try:
                self._react(script, context)
            except WorkerStopped:
                self._is_leaving = True
            on_stop = script.callback("on_stop")
            if on_stop is not None:
                on_stop(context)

    def _broker(self, line: Line) -> Broker:
        live, account = self._live, self._account
        remote = live.desk.markets.theirs(account)
        if remote is None:
            return Broker(live.engine, live.board, account, line)
        return RemoteBroker(live.engine, remote, account, line)

    def _ibkr(self, line: Line) -> Ibkr:
        """The Web API of this engine, made for the workers that ask for it, which most do not."""
        from api.ibkr.in_process import in_process

        live = self._live
        markets = live.desk.markets
        return in_process(live.engine, live.board, live.settings, self._account, line, markets)

    def _react(self, script: Script, context: Context) -> None:
        """Set up, then call back whenever there is news or a tick is due, until asked to leave."""
        setup, tick = script.callback("setup"), script.callback("tick")
        if setup is not None:
            setup(context)
        due = self._after(time.time_ns())
        while True:
            wait_s = (due - time.time_ns()) / NANOSECONDS if tick is not None else FOREVER_S
            news = self._mail.get(max(wait_s, 0.0))
            if self._asked_to_leave.is_set():
                raise WorkerStopped("asked to leave")
            if news is not None:
                news[0](context, news[1])
            if tick is not None and time.time_ns() >= due:
                due = self._after(time.time_ns())
                tick(context)

    def _after(self, now: int) -> int:
        """The first multiple of the tick's interval after ``now``."""
        return now - now % self._tick_ns + self._tick_ns


def _nothing(_context: Context, _news: None) -> None:
    """What wakes the worker to see that it should leave."""
