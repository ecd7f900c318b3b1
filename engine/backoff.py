"""How long to wait before trying again: full jitter below a ceiling that doubles.

The wait before attempt *n* is drawn evenly from nothing to the ceiling, so that many clients that
lost one broker together do not return together. The ceiling grows from the first to the longest and
stays there: an attempt is never the last. Chance is passed in, so a run can be repeated.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.values import NANOSECONDS

FIRST_NS = NANOSECONDS
LONGEST_NS = 60 * NANOSECONDS


class Backoff:
    """The waits of one endeavour. ``chance`` gives numbers from 0 up to, not including, 1."""

    def __init__(
        self,
        chance: Callable[[], float],
        first_ns: int = FIRST_NS,
        longest_ns: int = LONGEST_NS,
    ) -> None:
        self._chance = chance
        self._first = first_ns
        self._longest = longest_ns
        self.attempts = 0
        """Failures since the last success."""

    @property
    def ceiling_ns(self) -> int:
        """The longest that the next wait can be."""
        doublings = min(self.attempts, 62)
        return min(self._first << doublings, self._longest)

    def failed(self) -> int:
        """Count a failure, and give the wait in ns before the next attempt."""
        wait = int(self.ceiling_ns * self._chance())
        self.attempts += 1
        return wait

    def succeeded(self) -> None:
        """Begin anew."""
        self.attempts = 0
