"""Circuit breakers: after several outages in a short time, a line is left alone until it is reset.

Pure logic over times that are passed in. The line to a simulator never fails, so its breakers stay
closed; brokers behind a real line count their outages here.
"""

from __future__ import annotations

from collections import deque

from api.refusals import Refusal, retry_after

FAILURES_MAX = 3
WINDOW_S = 60.0
COOLDOWN_S = 10.0


class Breaker:
    """Opens at the third failure within a minute, and stays open until it is reset."""

    def __init__(self) -> None:
        self._failures: deque[float] = deque()
        self.is_open = False

    def failed(self, now_s: float) -> None:
        """Count one outage."""
        self._failures.append(now_s)
        if self.failure_count(now_s) >= FAILURES_MAX:
            self.is_open = True

    def failure_count(self, now_s: float) -> int:
        """Outages within the last minute."""
        while self._failures and now_s - self._failures[0] > WINDOW_S:
            self._failures.popleft()
        return len(self._failures)

    def reset(self) -> None:
        """Close, and forget every failure."""
        self._failures.clear()
        self.is_open = False


class Breakers:
    """The breaker of the provider's line, and that of exit orders that could not be placed."""

    def __init__(self) -> None:
        self.adapter = Breaker()
        self.exit_order = Breaker()
        self._reset_at: float | None = None

    def reset(self, now_s: float) -> None:
        """Close both; a 409 refusal when the last reset was a moment ago."""
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
        self.adapter.reset()
        self.exit_order.reset()
