"""The evidence that an order never reached its broker: when silence may be believed.

One order that "can not be found" proves nothing: the broker may be slow to show it, or the search
may have seen half of its books. Never reached is proven only by three searches that succeeded, saw
everything, and found nothing, over ten seconds or more, all of them after the broker's own delay in
showing what it took. An order that the broker ever acknowledged or filled did reach it, and no
number of searches proves otherwise: that is for a person to decide.

One :class:`Search` is kept for each unknown order. It lives in memory: after a restart the proof
begins anew.
"""

from __future__ import annotations

from engine.backoff import Backoff
from engine.values import NANOSECONDS

LOOKUPS_MIN = 3
OVER_NS = 10 * NANOSECONDS
SPACING_NS = 5 * NANOSECONDS


class Search:
    """The lookups for one order since its fate became unknown, at ``since``."""

    def __init__(self, since: int, visibility_delay_ns: int, backoff: Backoff) -> None:
        self.next_at = since + visibility_delay_ns
        """When to look (again)."""
        self.is_asking = False
        """Whether a lookup is on its way."""
        self._visible_at = self.next_at
        self._backoff = backoff
        self._first: int | None = None
        self._last = 0
        self._blanks = 0

    def asked(self) -> None:
        """A lookup was sent."""
        self.is_asking = True

    def found_nothing(self, asked_at: int, now: int, complete: bool) -> None:
        """A lookup that was sent at ``asked_at`` succeeded and found nothing."""
        self.is_asking = False
        if complete and asked_at >= self._visible_at:
            self._first = asked_at if self._first is None else self._first
            self._last = asked_at
            self._blanks += 1
        wait = SPACING_NS if self._blanks < LOOKUPS_MIN else self._backoff.failed()
        self.next_at = now + max(SPACING_NS, wait)

    def failed(self, now: int) -> None:
        """A lookup got no answer, or found the order but not its end: that proves nothing."""
        self.is_asking = False
        self.next_at = now + max(NANOSECONDS, self._backoff.failed())

    @property
    def is_proven(self) -> bool:
        """Whether the lookups so far prove that the order never reached the broker."""
        return self._blanks >= LOOKUPS_MIN and self._last - (self._first or 0) >= OVER_NS

    def __str__(self) -> str:
        """The evidence in words."""
        seconds = (self._last - (self._first or 0)) / NANOSECONDS
        return f"{self._blanks} complete lookups over {seconds:.1f} s found nothing"
