"""Time for timers: nanoseconds since 1970 that never jump, whatever is done to the machine's clock.

It starts as the machine's time and runs on by the monotonic clock, so what is due in five seconds
is due in five seconds. Facts are labelled by the machine's clock instead.
"""

from __future__ import annotations

import time


class SteadyClock:
    """Call it for the time in ns."""

    def __init__(self) -> None:
        self._offset = time.time_ns() - time.monotonic_ns()

    def __call__(self) -> int:
        """Now."""
        return self._offset + time.monotonic_ns()
