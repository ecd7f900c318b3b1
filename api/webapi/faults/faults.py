"""The faults in force: how often and for how long each strikes, by a clock that never jumps.

Synchronous; whoever answers a call or sends a message asks here whether something goes wrong. The
oldest fault that fits strikes first. With none in force a call costs a look at an empty list.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import msgspec

from api.webapi.faults.kinds import AFTER, STRIKES, Calls, Kind, of_call
from api.webapi.questions import Question

ASKED = "This question was asked for, {number} of its kind.\nAre you sure?"
FAULTS_MAX = 100
"""Most faults in force at once."""


class Fault(msgspec.Struct):
    """One fault. ``times`` is how often it strikes yet, 0 without end; ``until_s`` when it ends."""

    id: int
    kind: Kind
    calls: Calls
    times: int
    status: int
    delay_s: float
    until_s: float | None
    struck: int = 0

    def shown(self, now_s: float) -> dict[str, Any]:
        """The fault as the control API tells it."""
        left = None if self.until_s is None else round(max(self.until_s - now_s, 0), 3)
        return {
            "id": self.id,
            "kind": self.kind,
            "calls": self.calls,
            "times": self.times,
            "status": self.status,
            "delay_ms": round(self.delay_s * 1000),
            "seconds": left,
            "struck": self.struck,
        }


class Faults:
    """What goes wrong at one gateway."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self.now_s = now_s
        self._faults: list[Fault] = []
        self._numbers = count(1)

    def add(
        self,
        kind: Kind,
        calls: Calls | None = None,
        times: int = 1,
        seconds: float | None = None,
        status: int = 503,
        delay_s: float = 1.0,
    ) -> Fault:
        """Have something go wrong; the oldest fault makes room where there are too many."""
        until_s = None if seconds is None else self.now_s() + seconds
        meant = calls or STRIKES.get(kind, Calls.ALL)
        if kind is Kind.LATE_CANCEL:
            meant = Calls.CANCELLING
        fault = Fault(next(self._numbers), kind, meant, times, status, delay_s, until_s)
        self._faults = [*self._faults[1 - FAULTS_MAX :], fault]
        return fault

    def active(self) -> list[Fault]:
        """The faults in force, oldest first."""
        if self._faults:
            now_s = self.now_s()
            self._faults = [
                one for one in self._faults if one.until_s is None or now_s < one.until_s
            ]
        return self._faults

    def clear(self, number: int | None = None) -> int:
        """End one fault, or all of them; how many that were."""
        before = len(self.active())
        self._faults = [one for one in self._faults if number not in (None, one.id)]
        return before - len(self._faults)

    def find(self, kind: Kind) -> Fault | None:
        """The oldest fault of this kind in force, without striking."""
        return next((one for one in self.active() if one.kind is kind), None)

    def meant_for(self, method: str, path: str) -> Fault | None:
        """The oldest fault that can strike this call."""
        if not self._faults:
            return None
        meant = (Calls.ALL, of_call(method, path))
        return next(
            (one for one in self.active() if one.kind in STRIKES and one.calls in meant), None
        )

    def questions(self) -> Iterator[Question]:
        """What every order is asked beside all else."""
        asking = self.find(Kind.QUESTIONS)
        if asking is None:
            return
        for number in range(1, asking.times + 1) if asking.times else count(1):
            yield Question(f"o9{number:04d}", ASKED.format(number=number))

    def strike(self, fault: Fault) -> None:
        """Note that a fault has struck; it ends with its last time."""
        fault.struck += 1
        if fault.times:
            fault.times -= 1
            if not fault.times:
                self._faults = [one for one in self._faults if one is not fault]


def waits_for_ack(fault: Fault) -> bool:
    """Whether the fault strikes what an order's placing is answered with, and not a question."""
    return fault.kind in AFTER and fault.calls is Calls.PLACING
