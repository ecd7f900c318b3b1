"""Sending instructions over one line: which may go now, which wait, and what became of them.

Instructions about one order go one after another, never two at once. New orders and changes go only
over a line in order: connected, breaker closed, outside maintenance, within the broker's limits
less what is set aside. A cancel needs no more than a line, and goes before everything else. An
order that was never sent is cancelled here. Nothing is sent for an order of unknown outcome except
its cancel, and nothing is ever sent twice but a cancel: one that the broker can be shown not to
have made is asked for again, because that can do no harm.

An instruction is *under way* from ``Send`` until a report answers it, by whichever road. One that
stays unanswered leaves its order's outcome unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec

from engine.actions import Send, Timing
from engine.breaker import Breaker
from engine.core import Engine
from engine.maintenance import ends_at
from engine.orders import Order
from engine.pacing import Pacing
from engine.ports import Cancel, Capabilities, Instruction, Modify, Submit
from engine.reports import (
    Accepted,
    Cancelled,
    CancelRejected,
    Expired,
    Filled,
    Modified,
    ModifyRejected,
    OutcomeUnknown,
    Rejected,
    Report,
)
from engine.values import Status

_ENDS = (Rejected, Cancelled, Expired)
_ANSWERS: dict[type, tuple[type[Report], ...]] = {
    Submit: (Accepted, Filled, *_ENDS),
    Modify: (Modified, ModifyRejected, *_ENDS),
    Cancel: (CancelRejected, *_ENDS),
}
"""The reports that tell what became of each kind of instruction."""


class Flight(msgspec.Struct, frozen=True):
    """An instruction under way since ``sent_at``."""

    instruction: Instruction
    sent_at: int


class Dispatch:
    """The instructions of one line's accounts."""

    def __init__(
        self,
        engine: Engine,
        accounts: Collection[str],
        capabilities: Capabilities,
        breaker: Breaker,
        pacing: Pacing,
        timing: Timing,
    ) -> None:
        self._engine = engine
        self._accounts = accounts
        self._windows = capabilities.maintenance
        self._breaker = breaker
        self._pacing = pacing
        self._timing = timing
        self._queue: list[Instruction] = []
        self.flights: dict[str, Flight] = {}
        """What is under way, by order."""
        self._paced_until: int | None = None

    @property
    def unsent(self) -> set[str]:
        """Orders that the broker was never told of."""
        return {one.order.id for one in self._queue if isinstance(one, Submit)}

    def pump(self, now: int, is_open: bool) -> Iterator[Send]:
        """Take what the engine wants sent, and give what may go now. Only cancels pass unless
        ``is_open``; the caller asks only while there is a line.
        """
        self._queue += self._engine.collect(self._accounts)
        self._settle_here()
        self._queue.sort(key=lambda one: not isinstance(one, Cancel))  # stable: by age otherwise
        self._paced_until = None
        is_open = is_open and self._breaker.passes and ends_at(self._windows, now) is None
        kept: list[Instruction] = []
        held: set[str] = set()
        for one in self._queue:
            order, is_cancel = one.order, isinstance(one, Cancel)
            if order.id in self.flights or order.id in held or not (is_open or is_cancel):
                kept.append(one)
                held.add(order.id)
                continue
            wait = self._pacing.wait(now, is_order=True, is_urgent=is_cancel)
            if wait:
                kept.append(one)
                held.add(order.id)
                until = now + wait
                self._paced_until = min(self._paced_until or until, until)
                continue
            self._pacing.take(now, is_order=True)
            self.flights[order.id] = Flight(one, now)
            yield Send(one)
        self._queue = kept

    def _settle_here(self) -> None:
        """Take out of the queue what need not, or must not, be sent."""
        unsent = self.unsent
        kept: list[Instruction] = []
        for one in self._queue:
            order = one.order
            if order.is_final:
                continue
            if isinstance(one, Cancel) and order.id in unsent:
                self._engine.report(Cancelled(order.id, one.reason))
                kept = [each for each in kept if each.order is not order]
            elif isinstance(one, Cancel) and self._is_leaving(order, kept):
                continue  # asked for twice; once is enough
            elif isinstance(one, Modify) and order.status in _UNSURE:
                why = f"the order is {order.status}"
                self._engine.report(ModifyRejected(order.id, why))
            elif isinstance(one, Submit) and order.status is Status.UNKNOWN:
                continue
            else:
                kept.append(one)
        self._queue = kept

    def _is_leaving(self, order: Order, queue: list[Instruction]) -> bool:
        """Whether a cancel of an order is under way, or in a queue."""
        flight = self.flights.get(order.id)
        under_way = flight is not None and isinstance(flight.instruction, Cancel)
        return under_way or any(isinstance(one, Cancel) and one.order is order for one in queue)

    def heard(self, report: Report) -> None:
        """Note a report: it may answer what is under way."""
        order_id = getattr(report, "order_id", "")
        flight = self.flights.get(order_id)
        if flight is not None and (
            isinstance(report, _ANSWERS[type(flight.instruction)])
            or flight.instruction.order.is_final
        ):
            del self.flights[order_id]

    def unanswered(self, instruction: Instruction, why: str) -> None:
        """An instruction got no answer that settles it; an earlier word of it stands."""
        if self.is_under_way(instruction):
            del self.flights[instruction.order.id]
            if not instruction.order.is_final:
                self._engine.report(OutcomeUnknown(instruction.order.id, why))

    def is_under_way(self, instruction: Instruction) -> bool:
        """Whether nothing has settled an instruction since it was given out, an unknown outcome
        included.
        """
        flight = self.flights.get(instruction.order.id)
        return flight is not None and flight.instruction is instruction

    def overdue(self, now: int) -> list[Instruction]:
        """What has been under way for too long."""
        limit = self._timing.answer_ns
        return [one.instruction for one in self.flights.values() if now - one.sent_at >= limit]

    def lost(self, why: str) -> None:
        """The line is gone, and with it the answers to all that is under way."""
        for flight in list(self.flights.values()):
            self.unanswered(flight.instruction, why)

    def wake_at(self, now: int) -> Iterator[int]:
        """When something may have to be done."""
        for flight in self.flights.values():
            yield flight.sent_at + self._timing.answer_ns
        if self._paced_until is not None:
            yield self._paced_until
        closing = ends_at(self._windows, now)
        if closing is not None:
            yield closing


_UNSURE = (Status.UNKNOWN, Status.PENDING_CANCEL)
