"""What a contender reports, and how it is started; shared with peers, so it imports no product."""

import json
import resource
import sys
from time import perf_counter, process_time

FAST, SLOW = 10, 30
SIZE = 10
CASH = 1_000_000
EVERY = 10
"""Of limit orders: one every so many quotes."""
BELOW_CENTS = 3_000
"""How far below the market they are: none fills."""
NEAR = 1e-7
"""Means of prices in cents that differ by less are equal; floats may not see it."""


class Stopwatch:
    """Seconds between `start` and `stop`: of the clock, and of this process at work."""

    def __init__(self) -> None:
        self.seconds = self.work_seconds = 0.0
        self._begun = self._work_begun = 0.0

    def start(self) -> None:
        """Begin."""
        self._begun, self._work_begun = perf_counter(), process_time()

    def stop(self) -> None:
        """End."""
        self.seconds = perf_counter() - self._begun
        self.work_seconds = process_time() - self._work_begun


def options() -> tuple[str, dict[str, str]]:
    """The data file and the options of the command line."""
    return sys.argv[1], dict(one.split("=", 1) for one in sys.argv[2:])


def show(watch: Stopwatch, orders: int, fills: int, equity: float | str) -> None:
    """Print the outcome, with the most memory that this process ever held."""
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        json.dumps(
            {
                "seconds": watch.seconds,
                "work_seconds": watch.work_seconds,
                "orders": orders,
                "fills": fills,
                "equity": f"{float(equity):.2f}",
                "peak_mb": peak_kb / 1024,
            }
        )
    )
