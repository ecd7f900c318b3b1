"""A worker whose trading is done by a gateway: `ctx.ibkr` over HTTPS, and no engine of its own.

There is no market here and no account, so only `setup`, `tick` and `on_stop` can be called. What
the worker keeps is on a tape of its own, which one process at a time may have open: the same worker
can not run twice on one. Time is the gateway's if that is a stepped backtest, else the machine's.
It lives in the thread that runs it; an interrupt ends its sleep, or comes between two callbacks.
"""

from __future__ import annotations

import secrets
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from threading import Event
from types import MappingProxyType
from typing import Any

from api.compose import open_tape
from api.errands import Errands
from api.gateway_time import GatewayTime
from engine.core import Engine
from engine.market.board import Board
from engine.worker.broker import Broker
from engine.worker.context import Context, Listener
from engine.worker.errors import WorkerError, WorkerStopped
from engine.worker.ibkr import Ibkr
from engine.worker.line import Line
from engine.worker.memory import Memory
from engine.worker.script import Script

CALLED = ("setup", "tick", "on_stop")
INTERRUPTED = "interrupted"
AT_THE_END = "the data is at its end"
_NO_BROKER = "ctx.broker trades an account of this engine, and here a gateway trades; use ctx.ibkr"
_NONCE_BYTES = 16


class GatewayWorker:
    """One worker on the wall clock; a ``Clock``. `run` it once."""

    def __init__(
        self,
        source: str,
        path: str,
        params: Mapping[str, Any],
        listener: Listener,
        tick_ns: int,
        stop_timeout_s: float,
        tape: Path,
        ibkr: Callable[[], Ibkr],
        time: GatewayTime,
    ) -> None:
        self._tick_ns = tick_ns
        self._stop_timeout_s = stop_timeout_s
        self._time = time
        self._asked_to_leave = Event()
        self._is_leaving = False
        self._path = path
        self._script = Script(source, path, self)
        for name in ("on_bar", "on_quote", "on_order", "on_trade"):
            if self._script.callback(name) is not None:
                known = ", ".join(CALLED)
                raise WorkerError(f"{path}: {name} is not called with a gateway; only {known} are")
        self._tape = open_tape(tape)
        self._engine = Engine(self._tape, Board([]))
        self._line = Line(self._call)
        memory = Memory(self._engine, "", self._script.name, self._line)
        broker = _NoBroker()
        context = Context(broker, memory, self, listener, MappingProxyType(dict(params)))
        context.ibkr_maker = ibkr
        self._context = context

    def run(self) -> None:
        """Live until interrupted; WorkerError for what the worker does wrong."""
        ended = INTERRUPTED
        try:
            self._call(self._begin)
            with _interruptible(self._asked_to_leave):
                if self._live():
                    ended = AT_THE_END
                self._leave()
                self._time.end()
        except WorkerError as error:
            ended = f"the worker failed: {error}"
            raise
        finally:
            self._line.call = self._call
            self._call(self._engine.stop, ended)
            self._tape.close()

    def time_ns(self) -> int:
        """The time that is the worker's."""
        return self._time.now_ns()

    def sleep_ns(self, duration: int) -> None:
        """Wait; being asked to leave ends the wait and the callback that waits."""
        self._time.sleep_ns(duration, Event() if self._is_leaving else self._asked_to_leave)

    def _begin(self) -> None:
        self._engine.start("gateway", version("onetape"), secrets.token_hex(_NONCE_BYTES))

    def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Make a call of the worker's, and put what it wrote on the disk."""
        self._engine.now = max(self._engine.now, self.time_ns())
        result = function(*arguments)
        self._tape.commit()
        return result

    def _live(self) -> bool:
        """Set up, then tick whenever it is due; whether time came to its end, before anybody asked
        the worker to leave.
        """
        setup, tick = self._script.callback("setup"), self._script.callback("tick")
        with self._script.blamed():
            try:
                if setup is not None:
                    setup(self._context)
                for _ in self._time.ticks(self._tick_ns, self._asked_to_leave):
                    if tick is not None:
                        tick(self._context)
            except WorkerStopped:
                return False
        return True

    def _leave(self) -> None:
        """Let the worker take its leave, in limited time."""
        on_stop = self._script.callback("on_stop")
        if on_stop is None:
            return
        self._is_leaving = True
        errands = Errands()
        self._line.call = errands.call

        def leave() -> None:
            with self._script.blamed():
                on_stop(self._context)

        if not errands.attend(leave, self._stop_timeout_s):
            cut = f"on_stop had not ended after {self._stop_timeout_s:g} s and was cut off"
            raise WorkerError(f"{self._path}: {cut}")


class _NoBroker(Broker):
    """Stands where an engine's account would be."""

    def __init__(self) -> None:
        """Nothing is behind it."""

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_"):
            return super().__getattribute__(name)
        raise RuntimeError(_NO_BROKER)


@contextmanager
def _interruptible(asked_to_leave: Event) -> Iterator[None]:
    """Have Ctrl-C or SIGTERM ask to leave; a second one does what it did before."""

    def ask(number: int, _frame: object) -> None:
        signal.signal(number, before[number])
        asked_to_leave.set()

    before: dict[int, Any] = {
        int(number): signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
