"""How often the gateway may be asked: its limits for all calls together and for single paths.

A call waits until it may go; it does not fail for being early. Cancels and whatever continues an
order that is under way are urgent: they may use the share that `engine.pacing` sets aside, and go
before everything that waits. When the gateway says 429 nothing goes out for the penalty, and longer
the next time, because who goes on is shut out for ever; calls then fail at once, untaken.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable

from engine.pacing import Bucket
from engine.ports import Throttled
from engine.values import NANOSECONDS

PER_SECOND = 9
"""Calls a second, of the ten that are allowed: clocks differ."""
_FIVE_S, _MINUTE_S = 5.0, 60.0
INTERVALS_S: tuple[tuple[str, int, float], ...] = (
    (r"GET /iserver/account/orders", 1, _FIVE_S),
    (r"GET /iserver/account/trades", 1, _FIVE_S),
    (r"GET /iserver/account/pnl/partitioned", 1, _FIVE_S),
    (r"GET /portfolio/accounts", 1, _FIVE_S),
    (r"GET /portfolio/subaccounts", 1, _FIVE_S),
    (r"(GET|POST) /tickle", 1, 1.0),
    (r"GET /sso/validate", 1, _MINUTE_S),
    (r"GET /iserver/marketdata/history", 45, _MINUTE_S),
)
"""Paths with limits of their own: how many calls in how many seconds."""
CALM_S = 600.0
"""Time without a 429 after which the next penalty is short again."""


class Pacing:
    """The buckets of one username. ``pace`` stretches every interval."""

    def __init__(
        self,
        pace: float = 1.0,
        penalty_s: float = 60.0,
        penalty_longest_s: float = 600.0,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._clock = clock_ns
        now = clock_ns()
        second = int(pace * NANOSECONDS) or 1
        self._second = second
        self._all = Bucket(PER_SECOND, second, now)
        self._paths = [
            (re.compile(pattern), Bucket(calls, int(seconds * second) or 1, now))
            for pattern, calls, seconds in INTERVALS_S
        ]
        self._penalty_s = penalty_s
        self._penalty_longest_s = penalty_longest_s
        self._penalties = 0
        self._stopped_until = now
        self._hurried = 0

    async def wait(self, method: str, path: str, *, is_urgent: bool = False) -> None:
        """Return when the call may go; it is counted then. Throttled while the penalty lasts."""
        self._hurried += is_urgent
        try:
            while True:
                left = self._left(method, path, is_urgent)
                if not left:
                    break
                await asyncio.sleep(left / NANOSECONDS)
        finally:
            self._hurried -= is_urgent
        for bucket in self._meant(method, path):
            bucket.take(self._clock())

    def throttled(self) -> int:
        """The gateway said 429: stop everything, and give the ns until calls go again."""
        now = self._clock()
        if now > self._stopped_until + int(CALM_S * NANOSECONDS):
            self._penalties = 0
        if now >= self._stopped_until:
            penalty = min(self._penalty_s * 2**self._penalties, self._penalty_longest_s)
            self._penalties = min(self._penalties + 1, 16)
            self._stopped_until = now + int(penalty * NANOSECONDS)
        return self._stopped_until - now

    def _left(self, method: str, path: str, is_urgent: bool) -> int:
        now = self._clock()
        if now < self._stopped_until:
            left = self._stopped_until - now
            raise Throttled(f"{method} {path}: not sent, the gateway was asked too often", left)
        buckets = self._meant(method, path)
        waits = [bucket.wait(now, is_urgent) for bucket in buckets]
        if self._hurried and not is_urgent:
            waits.append(self._second // PER_SECOND)
        return max(waits)

    def _meant(self, method: str, path: str) -> list[Bucket]:
        asked = f"{method} {path.rstrip('/')}"
        own = [bucket for pattern, bucket in self._paths if pattern.fullmatch(asked)]
        return [self._all, *own]
