"""The faults in force: how often and for how long each strikes, by a clock that never jumps.

Synchronous; whoever answers a call, sends a message or takes an order asks here whether something
goes wrong. The oldest fault that fits strikes first. With none in force a call costs a look at an
empty list.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import count
from typing import Any

import msgspec

from api.webapi.faults.kinds import AFTER, AT_BROKER, STRIKES, Calls, Kind, Rest, of_call
from api.webapi.questions import Question
from engine.mishaps import InParts, Mishap, TurnedDown
from engine.orders import Order
from engine.values import NANOSECONDS

REASON = "a fault was asked for"
ASKED = "This question was asked for, {number} of its kind.\nAre you sure?"
FAULTS_MAX = 100
"""Most faults in force at once."""


class Terms(msgspec.Struct, frozen=True):
    """What a fault does where there is a choice."""

    status: int = 503
    delay_s: float = 1.0
    percent: int = 50
    rest: Rest = Rest.LATER
    reason: str = REASON


class Fault(msgspec.Struct):
    """One fault. ``times`` is how often it strikes yet, 0 without end; ``until_s`` when it ends."""

    id: int
    kind: Kind
    calls: Calls
    times: int
    until_s: float | None
    terms: Terms
    struck: int = 0

    def shown(self, now_s: float) -> dict[str, Any]:
        """The fault as the control API tells it."""
        left = None if self.until_s is None else round(max(self.until_s - now_s, 0), 3)
        return {
            "id": self.id,
            "kind": self.kind,
            "calls": self.calls,
            "times": self.times,
            "status": self.terms.status,
            "delay_ms": round(self.terms.delay_s * 1000),
            "percent": self.terms.percent,
            "rest": self.terms.rest,
            "reason": self.terms.reason,
            "seconds": left,
            "struck": self.struck,
        }


USUAL = Terms()


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
        terms: Terms = USUAL,
    ) -> Fault:
        """Have something go wrong; the oldest fault makes room where there are too many."""
        until_s = None if seconds is None else self.now_s() + seconds
        meant = calls or STRIKES.get(kind, Calls.ALL)
        if kind is Kind.LATE_CANCEL:
            meant = Calls.CANCELLING
        fault = Fault(next(self._numbers), kind, meant, times, until_s, terms)
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

    def server_asks(self) -> str | None:
        """Why a server asks about the order that was just taken; None if it does not."""
        fault = self.find(Kind.SERVER_PROMPT) if self._faults else None
        if fault is None:
            return None
        self.strike(fault)
        return fault.terms.reason

    def mishap(self, order: Order) -> Mishap | None:
        """What befalls an order that the broker takes now; None if nothing does."""
        if not self._faults:
            return None
        fault = next((one for one in self.active() if one.kind in AT_BROKER), None)
        if fault is None:
            return None
        self.strike(fault)
        terms = fault.terms
        delay_ns = int(terms.delay_s * NANOSECONDS)
        if fault.kind is not Kind.PARTIAL_FILLS:
            return TurnedDown(delay_ns, terms.reason, fault.kind is Kind.UNASKED_CANCEL)
        share = Decimal(terms.percent) / 100
        return InParts(share, delay_ns if terms.rest is Rest.LATER else None)

    def idle_s(self) -> float | None:
        """After how long without a call sessions end, where that is a fault."""
        found = self.find(Kind.SHORT_IDLE)
        return None if found is None else found.terms.delay_s

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
