"""The life of an order, whole, in one table.

Two laws. Every move an order can make is in ``TABLE`` and nowhere else; and this module knows
nothing of brokers, clients or quantities: whoever reports a step has already decided which step it
is.

Theory. An order is *in flight* (PENDING) from the moment its intent is durable until the broker
answers. It then works (OPEN, or PARTIALLY_FILLED once some of it traded), may be on its way out
(PENDING_CANCEL), and ends FILLED, CANCELLED, REJECTED or EXPIRED. When the broker does not answer,
the order is UNKNOWN: any evidence moves it on, nothing else does. A fill may arrive after the end,
because a broker's messages race each other; the trade counts, and the order stays ended unless it
is now full. A cancel that is turned down puts the order back to work, in part filled or not: two
steps, RETURNED and RETURNED_PARTIAL, since the table counts no shares.
"""

from __future__ import annotations

from enum import StrEnum, auto

from engine.errors import IllegalTransition
from engine.values import Status


class Step(StrEnum):
    """What can happen to an order."""

    ACCEPTED = auto()
    REFUSED = auto()
    REJECTED = auto()
    TRIGGERED = auto()
    MODIFIED = auto()
    PARTLY_FILLED = auto()
    FILLED = auto()
    CANCEL_REQUESTED = auto()
    RETURNED = auto()
    RETURNED_PARTIAL = auto()
    CANCELLED = auto()
    EXPIRED = auto()
    LOST_SIGHT = auto()
    NEVER_REACHED = auto()
    REOPENED = auto()
    REOPENED_PARTIAL = auto()


_PENDING, _OPEN, _PARTIAL = Status.PENDING, Status.OPEN, Status.PARTIALLY_FILLED
_LEAVING, _UNKNOWN = Status.PENDING_CANCEL, Status.UNKNOWN
_FILLED, _CANCELLED, _REJECTED, _EXPIRED = (
    Status.FILLED,
    Status.CANCELLED,
    Status.REJECTED,
    Status.EXPIRED,
)

TABLE: dict[Status, dict[Step, Status]] = {
    _PENDING: {
        Step.ACCEPTED: _OPEN,
        Step.REFUSED: _REJECTED,
        Step.REJECTED: _REJECTED,
        Step.TRIGGERED: _PENDING,
        Step.MODIFIED: _PENDING,
        Step.PARTLY_FILLED: _PARTIAL,
        Step.FILLED: _FILLED,
        Step.CANCEL_REQUESTED: _LEAVING,
        Step.CANCELLED: _CANCELLED,
        Step.EXPIRED: _EXPIRED,
        Step.LOST_SIGHT: _UNKNOWN,
    },
    _OPEN: {
        Step.ACCEPTED: _OPEN,
        Step.REJECTED: _REJECTED,
        Step.TRIGGERED: _OPEN,
        Step.MODIFIED: _OPEN,
        Step.PARTLY_FILLED: _PARTIAL,
        Step.FILLED: _FILLED,
        Step.CANCEL_REQUESTED: _LEAVING,
        Step.CANCELLED: _CANCELLED,
        Step.EXPIRED: _EXPIRED,
        Step.LOST_SIGHT: _UNKNOWN,
    },
    _PARTIAL: {
        Step.ACCEPTED: _PARTIAL,
        Step.REJECTED: _REJECTED,
        Step.REOPENED: _OPEN,
        Step.TRIGGERED: _PARTIAL,
        Step.MODIFIED: _PARTIAL,
        Step.PARTLY_FILLED: _PARTIAL,
        Step.FILLED: _FILLED,
        Step.CANCEL_REQUESTED: _LEAVING,
        Step.CANCELLED: _CANCELLED,
        Step.EXPIRED: _EXPIRED,
        Step.LOST_SIGHT: _UNKNOWN,
    },
    _LEAVING: {
        Step.ACCEPTED: _LEAVING,
        Step.REJECTED: _REJECTED,
        Step.TRIGGERED: _LEAVING,
        Step.MODIFIED: _LEAVING,
        Step.PARTLY_FILLED: _LEAVING,
        Step.FILLED: _FILLED,
        Step.CANCEL_REQUESTED: _LEAVING,
        Step.RETURNED: _OPEN,
        Step.RETURNED_PARTIAL: _PARTIAL,
        Step.CANCELLED: _CANCELLED,
        Step.EXPIRED: _EXPIRED,
        Step.LOST_SIGHT: _UNKNOWN,
    },
    _UNKNOWN: {
        Step.ACCEPTED: _OPEN,
        Step.REJECTED: _REJECTED,
        Step.MODIFIED: _UNKNOWN,
        Step.TRIGGERED: _UNKNOWN,
        Step.PARTLY_FILLED: _PARTIAL,
        Step.FILLED: _FILLED,
        Step.CANCEL_REQUESTED: _UNKNOWN,
        Step.CANCELLED: _CANCELLED,
        Step.EXPIRED: _EXPIRED,
        Step.LOST_SIGHT: _UNKNOWN,
        Step.NEVER_REACHED: _REJECTED,
        Step.REOPENED: _OPEN,
        Step.REOPENED_PARTIAL: _PARTIAL,
    },
    _FILLED: {
        Step.ACCEPTED: _FILLED,
        Step.TRIGGERED: _FILLED,
        Step.MODIFIED: _FILLED,
        Step.PARTLY_FILLED: _FILLED,
        Step.FILLED: _FILLED,
        Step.REOPENED: _OPEN,
        Step.REOPENED_PARTIAL: _PARTIAL,
    },
    _CANCELLED: {
        Step.ACCEPTED: _CANCELLED,
        Step.TRIGGERED: _CANCELLED,
        Step.MODIFIED: _CANCELLED,
        Step.CANCELLED: _CANCELLED,
        Step.PARTLY_FILLED: _CANCELLED,
        Step.FILLED: _FILLED,
        Step.REOPENED: _OPEN,
        Step.REOPENED_PARTIAL: _PARTIAL,
    },
    _REJECTED: {
        Step.ACCEPTED: _REJECTED,
        Step.PARTLY_FILLED: _REJECTED,
        Step.FILLED: _FILLED,
        Step.REOPENED: _OPEN,
        Step.REOPENED_PARTIAL: _PARTIAL,
    },
    _EXPIRED: {
        Step.ACCEPTED: _EXPIRED,
        Step.TRIGGERED: _EXPIRED,
        Step.MODIFIED: _EXPIRED,
        Step.EXPIRED: _EXPIRED,
        Step.PARTLY_FILLED: _EXPIRED,
        Step.FILLED: _FILLED,
        Step.REOPENED: _OPEN,
        Step.REOPENED_PARTIAL: _PARTIAL,
    },
}
"""State, then step, gives the next state. What is absent can not happen."""


def next_status(order_id: str, status: Status, step: Step) -> Status:
    """Where ``step`` takes an order from ``status``; raises :class:`IllegalTransition` where it can
    not happen.
    """
    following = TABLE[status].get(step)
    if following is None:
        raise IllegalTransition(order_id, status.value, step.name)
    return following


def can(status: Status, step: Step) -> bool:
    """Whether ``step`` can happen to an order in ``status``."""
    return step in TABLE[status]


def diagram() -> str:
    """The table as a Mermaid state diagram, for the documentation. Steps that change nothing are
    left out.
    """
    lines = ["stateDiagram-v2", "    [*] --> PENDING: SUBMITTED"]
    for status, moves in TABLE.items():
        arrows: dict[Status, list[str]] = {}
        for step, target in moves.items():
            if target is not status:
                arrows.setdefault(target, []).append(step.name)
        lines += [
            f"    {status.value} --> {target.value}: {', '.join(steps)}"
            for target, steps in arrows.items()
        ]
    return "\n".join(lines)
