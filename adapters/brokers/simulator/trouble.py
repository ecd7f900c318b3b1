"""Mishaps as a ticket bears them: a cap on each of its fills, or a fixed end without any.

A ticket knows nothing of mishaps beyond its own fields, and a restart forgets them: what is left of
an order then fills as the market has it.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

from adapters.brokers.simulator.ticket import NEVER, Ticket
from engine.mishaps import InParts, Mishap, TurnedDown
from engine.reports import Cancelled, Rejected
from engine.values import ONE, RejectReason


def befall(ticket: Ticket, mishap: Mishap, now: int) -> None:
    """Have ``ticket``, which is about to be entered, suffer ``mishap``."""
    match mishap:
        case InParts():
            ticket.portion = _lots(ticket, mishap)
            ticket.pause = NEVER if mishap.pause_ns is None else mishap.pause_ns
        case TurnedDown():
            ticket.live_at = NEVER
            ticket.expires = now + mishap.after_ns
            ticket.verdict = _verdict(ticket.order.id, mishap)


def _lots(ticket: Ticket, mishap: InParts) -> Decimal:
    """The share in whole lots (whole units where none is declared), and at least one of them."""
    lot = ticket.instrument.lot or ONE
    lots = (ticket.remaining * mishap.share / lot).to_integral_value(ROUND_FLOOR)
    return max(lots, ONE) * lot


def _verdict(order_id: str, mishap: TurnedDown) -> Cancelled | Rejected:
    if mishap.is_cancel:
        return Cancelled(order_id, mishap.message)
    return Rejected(order_id, RejectReason.UNKNOWN, mishap.message)
