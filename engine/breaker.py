"""The circuit breaker of one broker: when it seems to be down, orders stop before they are sent.

Only failures of outage class count: no answer, a lost line, a server error. An answer of any kind,
a rejection or a limit reached included, shows that the broker lives. Three failures within a minute
open the breaker; after a rest it is half open, and one *read* probes the broker, never an order.
Cancels do not ask the breaker at all.
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum

from engine.values import NANOSECONDS

FAILURES_MAX = 3
WITHIN_NS = 60 * NANOSECONDS
REST_NS = 15 * NANOSECONDS


class BreakerState(StrEnum):
    """CLOSED lets orders pass, OPEN lets nothing pass, HALF_OPEN lets one read pass."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


class Breaker:
    """Counts outages, and says whether orders may be sent."""

    def __init__(
        self,
        failures_max: int = FAILURES_MAX,
        within_ns: int = WITHIN_NS,
        rest_ns: int = REST_NS,
    ) -> None:
        self._most = failures_max
        self._within = within_ns
        self._rest = rest_ns
        self._failures: deque[int] = deque(maxlen=failures_max)
        self._opened_at: int | None = None

    def state(self, now: int) -> BreakerState:
        """How it stands at ``now``."""
        if self._opened_at is None:
            return BreakerState.CLOSED
        rested = now - self._opened_at >= self._rest
        return BreakerState.HALF_OPEN if rested else BreakerState.OPEN

    @property
    def probe_at(self) -> int | None:
        """When a read may probe the broker; None while closed."""
        return None if self._opened_at is None else self._opened_at + self._rest

    @property
    def failures(self) -> int:
        """How many of the latest outages are counted."""
        return len(self._failures)

    @property
    def passes(self) -> bool:
        """Whether an order may be sent."""
        return self._opened_at is None

    def failed(self, now: int) -> None:
        """Count an outage; a probe that fails opens the breaker for another rest."""
        if self._opened_at is not None:
            if self.state(now) is BreakerState.HALF_OPEN:
                self._opened_at = now
            return
        self._failures.append(now)
        if len(self._failures) == self._most and now - self._failures[0] <= self._within:
            self._opened_at = now

    def answered(self, now: int, is_read: bool) -> None:
        """Note an answer: a read's closes a breaker that is half open, nothing else does."""
        if is_read and self.state(now) is BreakerState.HALF_OPEN:
            self.reset()

    def reset(self) -> None:
        """Close it, whatever happened."""
        self._opened_at = None
        self._failures.clear()
