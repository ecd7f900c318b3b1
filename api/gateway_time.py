"""Whose time it is for a worker at a gateway: the machine's, or that of a backtest behind it.

A gateway that is an engine's stepped backtest shows its clock beside the Web API. A worker there
moves that clock as one in the same process does: a step, then a tick if one is due, and what it
sleeps passes in simulated time. So both leave the same facts. Any other gateway is on the wall
clock.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol

from engine.values import NANOSECONDS
from engine.worker.clock import EPOCH
from engine.worker.errors import WorkerError, WorkerStopped
from engine.worker.ibkr_line import ERROR_STATUS_MIN, IbkrAPIError, error_of

if TYPE_CHECKING:
    from api.ibkr.over_https import OverHttps

CLOCK = "/clock"
_STEPPED = "stepped"
_DIGITS = 9
_MICROSECOND = timedelta(microseconds=1)
_LEAVING = "asked to leave"
_STUCK = "the backtest's clock can not be moved"


class GatewayTime(Protocol):
    """Time as it passes for one worker. ``leave`` is set when the worker is to go."""

    def now_ns(self) -> int:
        """The time, ns UTC."""

    def sleep_ns(self, duration: int, leave: Event) -> None:
        """Come back when so much time has passed; WorkerStopped if ``leave`` is set before."""

    def ticks(self, every_ns: int, leave: Event) -> Iterator[None]:
        """Come back whenever a tick is due, as long as time goes on; WorkerStopped as above."""

    def end(self) -> None:
        """The worker has gone."""


class WallTime:
    """The machine's."""

    def now_ns(self) -> int:
        """The machine's time."""
        return time.time_ns()

    def sleep_ns(self, duration: int, leave: Event) -> None:
        """Wait."""
        if leave.wait(duration / NANOSECONDS):
            raise WorkerStopped(_LEAVING)

    def ticks(self, every_ns: int, leave: Event) -> Iterator[None]:
        """At every multiple of the interval, for ever."""
        while True:
            self.sleep_ns(every_ns - time.time_ns() % every_ns, leave)
            yield

    def end(self) -> None:
        """Nobody is told."""


class SteppedTime:
    """That of a stepped backtest, moved by hand. Nobody else may move it meanwhile."""

    def __init__(self, line: OverHttps, shown: dict[str, Any]) -> None:
        self._line = line
        self._take(shown)

    def now_ns(self) -> int:
        """The simulated time, to the microsecond."""
        return self._now

    def sleep_ns(self, duration: int, leave: Event) -> None:
        """Let simulated time pass."""
        if leave.is_set():
            raise WorkerStopped(_LEAVING)
        seconds, rest = divmod(duration, NANOSECONDS)
        self._move({"seconds": f"{seconds}.{rest:0{_DIGITS}d}", "keep_open": True})

    def ticks(self, every_ns: int, leave: Event) -> Iterator[None]:
        """After every step in which one has come due, until the data is at its end."""
        due = _following(self._now, every_ns)
        while not self._is_over:
            if leave.is_set():
                raise WorkerStopped(_LEAVING)
            self._move({"steps": 1, "keep_open": True})
            if self._now >= due:
                due = _following(self._now, every_ns)
                yield

    def end(self) -> None:
        """Complete the run if the data is at its end; otherwise another may go on with it."""
        if self._is_over:
            self._move({"steps": 1})

    def _move(self, how: dict[str, Any]) -> None:
        """Move the clock; WorkerError where that is refused, or nobody answers: time stands still
        then, which no worker can make up for.
        """
        try:
            reply = self._line.beside("POST", f"{CLOCK}/step", how)
        except IbkrAPIError as error:
            raise WorkerError(f"{_STUCK}: {error.msg}") from error
        refused = error_of(reply)
        if refused is not None:
            raise WorkerError(f"{_STUCK}: {refused.msg}")
        self._take(reply.value)

    def _take(self, shown: dict[str, Any]) -> None:
        moment = datetime.fromisoformat(shown["now"]).astimezone(UTC)
        self._now = (moment - EPOCH) // _MICROSECOND * 1_000
        self._is_over = shown["step"] >= shown["steps_total"]


def time_at(line: OverHttps) -> GatewayTime:
    """Whose time it is at the gateway of ``line``; the machine's where it does not say, or does not
    answer.
    """
    try:
        reply = line.beside("GET", CLOCK)
    except IbkrAPIError:
        return WallTime()
    shown = reply.value
    is_clock = reply.status < ERROR_STATUS_MIN and isinstance(shown, dict)
    if is_clock and shown.get("mode") == _STEPPED:
        return SteppedTime(line, shown)
    return WallTime()


def _following(now: int, every_ns: int) -> int:
    """The first multiple of an interval after ``now``."""
    return now - now % every_ns + every_ns
