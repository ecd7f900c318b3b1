"""Time in the simulated world: what happens next, and what the engine's clock shows meanwhile.

Two times. `now` is the world's own and only moves forward; everything is scheduled in it. `wall` is
what a process reads from its machine: the same, but somebody may set it forward or back. What is
due at one instant happens in the order in which it was asked for, so one seed gives one history.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush

from engine.values import NANOSECONDS

START_NS = 1_750_000_000 * NANOSECONDS
Happening = Callable[[], None]


def nanoseconds(seconds: float) -> int:
    """A span of time as the engine counts it."""
    return int(seconds * NANOSECONDS)


class Clock:
    """The world's time and its agenda."""

    def __init__(self) -> None:
        self.now = START_NS
        self.skew = 0
        self.on_move: Callable[[int], None] = lambda _now: None
        self._asked = 0
        self._agenda: list[tuple[int, int, Happening]] = []

    @property
    def wall(self) -> int:
        """What a process reads from its machine, in ns UTC."""
        return self.now + self.skew

    def jump(self, seconds: float) -> None:
        """Set the machine's clock forward, or back."""
        self.skew += nanoseconds(seconds)

    def after(self, seconds: float, happening: Happening) -> None:
        """Let something happen in a while."""
        self.at(self.now + nanoseconds(seconds), happening)

    def at(self, when: int, happening: Happening) -> None:
        """Let something happen at a time in ns; at once if that has passed."""
        self._asked += 1
        heappush(self._agenda, (max(when, self.now), self._asked, happening))

    def step(self, until: int) -> bool:
        """Let the next thing happen, unless it is due after `until`; whether anything did."""
        if not self._agenda or self._agenda[0][0] > until:
            self.now = max(self.now, until)
            self.on_move(self.now)
            return False
        when, _, happening = heappop(self._agenda)
        self.now = when
        self.on_move(when)
        happening()
        return True
