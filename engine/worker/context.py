"""``ctx``: everything that a worker is given, in one object that every callback receives.

It is the same in a backtest and live; only the clock behind it and the line to the engine differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from engine.worker.broker import Broker
from engine.worker.clock import Clock, moment
from engine.worker.ibkr import Ibkr
from engine.worker.ibkr_line import NOT_CONNECTED
from engine.worker.memory import Memory
from engine.worker.words import interval_ns

MetricValue = int | float | Decimal | str


class Listener(Protocol):
    """Who hears what a worker says of itself."""

    def log(self, ts: int, level: str, message: str) -> None:
        """A line: its time in ns UTC, its level (``info``), its text."""

    def metric(self, ts: int, name: str, value: MetricValue) -> None:
        """A figure has a new value."""


class Log:
    """``ctx.log``: lines for people. Arguments fill ``%`` places, as with the standard logging."""

    def __init__(self, clock: Clock, listener: Listener) -> None:
        self._clock = clock
        self._listener = listener

    def debug(self, message: object, *arguments: object) -> None:
        """Say a detail."""
        self._say("debug", message, arguments)

    def info(self, message: object, *arguments: object) -> None:
        """Say what happens."""
        self._say("info", message, arguments)

    def warning(self, message: object, *arguments: object) -> None:
        """Say what is odd."""
        self._say("warning", message, arguments)

    warn = warning

    def error(self, message: object, *arguments: object) -> None:
        """Say what is wrong."""
        self._say("error", message, arguments)

    def _say(self, level: str, message: object, arguments: tuple[object, ...]) -> None:
        text = str(message) % arguments if arguments else str(message)
        self._listener.log(self._clock.time_ns(), level, text)


class Monitor:
    """``ctx.monitor``: figures for people, by name; the newest value of each is in ``values``."""

    def __init__(self, clock: Clock, listener: Listener) -> None:
        self._clock = clock
        self._listener = listener
        self.values: dict[str, MetricValue] = {}

    def metric(self, name: str, value: MetricValue) -> None:
        """Show ``value`` under ``name`` from now on."""
        self.values[name] = value
        self._listener.metric(self._clock.time_ns(), name, value)


class Context:
    """What a worker is given."""

    def __init__(
        self,
        broker: Broker,
        state: Memory,
        clock: Clock,
        listener: Listener,
        params: Mapping[str, Any],
    ) -> None:
        self.broker = broker
        self.state = state
        self.log = Log(clock, listener)
        self.monitor = Monitor(clock, listener)
        self.params = params
        """What was set for this run, read-only."""
        self._clock = clock
        self._periods: dict[tuple[str, int], int] = {}
        self._ibkr: Ibkr | None = None
        self.ibkr_maker: Callable[[], Ibkr] | None = None
        """What makes ``ibkr`` when it is first asked for; None where nothing is connected."""

    @property
    def ibkr(self) -> Ibkr:
        """The IBKR Web API as calls; RuntimeError where nothing is connected."""
        if self._ibkr is None:
            if self.ibkr_maker is None:
                raise RuntimeError(NOT_CONNECTED)
            self._ibkr = self.ibkr_maker()
        return self._ibkr

    @property
    def now(self) -> datetime:
        """The time, UTC: simulated in a backtest, the machine's in live use."""
        return moment(self._clock.time_ns())

    @property
    def now_ns(self) -> int:
        """The same in ns since 1970, exact."""
        return self._clock.time_ns()

    def every(self, interval: str | float | timedelta, name: str = "") -> bool:
        """Whether this is the first time it is asked in the present interval.

        Intervals are aligned: ``every("5m")`` is true once from 10:00 on, once from 10:05 on. Two
        places that share an interval give themselves names, or one would answer for the other.
        """
        length = interval_ns(interval)
        period = self._clock.time_ns() // length
        asked = (name, length)
        if self._periods.get(asked) == period:
            return False
        self._periods[asked] = period
        return True
