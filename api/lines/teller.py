"""What a line has to tell that is no fact: that it tries, that it fails, that limits are near.

The tape tells of connections that stood or fell; the narrator makes messages of that. What is here
passes, has no place on the tape, and is not told again from history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from api.streams.event import Event, event_of
from api.streams.messages import Connection, ConnectionEvent, Message, RateLimit, RateLimitEvent
from api.trading import render
from engine.line import LineState

if TYPE_CHECKING:
    from api.lines.driver import Driver

_TRYING = frozenset({LineState.CONNECTING, LineState.LOST})


class Teller:
    """Looks at one line after each turn of it, and tells what has changed."""

    def __init__(self, publish: Callable[[list[Event]], None], clock: Callable[[], int]) -> None:
        self._publish = publish
        self._clock = clock
        self._told = 0
        self._was_up = False
        self._has_failed = False
        self._limit: RateLimitEvent | None = None

    def look(self, driver: Driver) -> None:
        """Tell what has changed since the last look."""
        now = self._clock()
        said = [*self._connection(driver, now), *self._rate(driver, now)]
        if said:
            self._publish([event_of(each) for each in said])

    def _connection(self, driver: Driver, now: int) -> Iterator[Message]:
        line = driver.line
        if line.state in _TRYING and self._was_up:
            self._was_up = False
            yield self._line_message(driver, now, "RECONNECTING")
        elif line.state in {LineState.CONNECTED, LineState.DEGRADED}:
            self._was_up = True
        failed = line.has_failed(now)
        if failed and not self._has_failed:
            yield self._line_message(driver, now, "BROKER_CONNECTION_FAILED")
        self._has_failed = failed

    def _line_message(self, driver: Driver, now: int, event: ConnectionEvent) -> Message:
        return Connection(
            timestamp=render.moment(now),
            event_id=self._name(driver),
            event=event,
            broker=driver.line.broker,
            error=driver.line.why or None,
        )

    def _rate(self, driver: Driver, now: int) -> Iterator[Message]:
        pacing = driver.line.pacing
        left = pacing.left(now)
        limit: RateLimitEvent | None = None
        if left is not None and left <= 0:
            limit = "RATE_LIMIT_HIT"
        elif pacing.is_low(now):
            limit = "RATE_LIMIT_WARNING"
        before, self._limit = self._limit, limit
        if limit is not None and before not in {limit, "RATE_LIMIT_HIT"}:
            yield RateLimit(
                timestamp=render.moment(now),
                event_id=self._name(driver),
                event=limit,
                requests_remaining=max(0, left or 0),
                reset_at=render.moment(pacing.reset_at(now)),
            )

    def _name(self, driver: Driver) -> str:
        self._told += 1
        return f"lin_{driver.line.broker}_{self._told}"
