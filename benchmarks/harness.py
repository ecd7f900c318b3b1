"""How a figure is measured and shown: beside its peer, in the same run, medians of several rounds.

Ours and the peer take turns, so that a machine that slows down slows both. A line prints the two
figures, what was asked for, and their ratio last. Garbage is collected between measurements and not
during them, for both alike.
"""

import gc
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

ROUNDS = 5


@dataclass(frozen=True)
class Line:
    """One figure: `ours` against `peer` in the same `unit`, and the ratio that is wanted.

    The ratio must be at least `target`, or at most where `at_most` is set (latencies).
    """

    name: str
    ours: float
    peer: float
    unit: str
    peer_name: str
    target: float
    at_most: bool = False

    @property
    def ratio(self) -> float:
        """Ours over the peer's."""
        return self.ours / self.peer

    @property
    def holds(self) -> bool:
        """Whether the ratio is what is wanted."""
        return self.ratio <= self.target if self.at_most else self.ratio >= self.target

    def __str__(self) -> str:
        wanted = f"{'≤' if self.at_most else '≥'} {self.target:g}"
        mark = "" if self.holds else "  missed"
        return (
            f"{self.name:<44} {self.ours:>12,.6g} {self.unit:<10}"
            f" {self.peer_name:>28} {self.peer:>12,.6g}   {wanted:>7}   {self.ratio:6.2f}{mark}"
        )


def rate(count: int, job: Callable[[], object], clock: Callable[[], float] = perf_counter) -> float:
    """How many of `count` things a second the job does, in one run."""
    return count / seconds(job, clock)


def seconds(job: Callable[[], object], clock: Callable[[], float] = perf_counter) -> float:
    """How long one run of the job takes, by the clock on the wall or by another.

    Work that waits for nothing is timed by `process_time`, which other work does not disturb. What
    the job made is let go after the clock has stopped.
    """
    gc.collect()
    gc.disable()
    try:
        begun = clock()
        made = job()
        taken = clock() - begun
        del made
        return taken
    finally:
        gc.enable()


def side_by_side(
    ours: Callable[[], float], peer: Callable[[], float], rounds: int = ROUNDS
) -> tuple[float, float]:
    """The medians of two measurements that take turns."""
    pairs = [(ours(), peer()) for _ in range(rounds)]
    return statistics.median(one for one, _ in pairs), statistics.median(two for _, two in pairs)
