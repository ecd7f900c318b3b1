"""Circuit breakers over REST: those of the lines taken together, and when they may be reset.

Each line to a broker has a breaker of its own (`engine.breaker`); a broker in this process has no
line and none. What is shown is the worst of them. Exit orders are sent over the same lines and have
no breaker of their own: theirs is always closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.refusals import Refusal, retry_after
from engine.breaker import Breaker, BreakerState

if TYPE_CHECKING:
    from collections.abc import Iterable

COOLDOWN_S = 10.0


class Resets:
    """Lets the breakers be reset, but not again at once."""

    def __init__(self) -> None:
        self._reset_at: float | None = None

    def reset(self, breakers: Iterable[Breaker], now_s: float) -> None:
        """Close all of them; a 409 refusal when the last reset was a moment ago."""
        if self._reset_at is not None:
            left = self._reset_at + COOLDOWN_S - now_s
            if left > 0:
                raise Refusal(
                    409,
                    "RESET_COOLDOWN",
                    f"the breakers were reset a moment ago; try again in {left:.1f} seconds",
                    {"cooldown_s": f"{COOLDOWN_S:g}"},
                    retry_after(left),
                )
        self._reset_at = now_s
        for breaker in breakers:
            breaker.reset()


def worst(breakers: Iterable[Breaker], now: int) -> tuple[str, int]:
    """``open`` if any of them lets no order through, else ``closed``; and the most failures that
    one has counted.
    """
    state, failures = "closed", 0
    for breaker in breakers:
        failures = max(failures, breaker.failures)
        if breaker.state(now) is not BreakerState.CLOSED:
            state = "open"
    return state, failures
