"""Which changes to a working order make sense; ``objection`` says what is wrong with one."""

from __future__ import annotations

from adapters.brokers.simulator.ticket import Ticket
from engine.requests import OrderChange
from engine.values import OrderType

_HAVE = {
    OrderType.MARKET: (),
    OrderType.LIMIT: ("limit_price",),
    OrderType.STOP: ("stop_price",),
    OrderType.STOP_LIMIT: ("limit_price", "stop_price"),
    OrderType.TRAILING_STOP: ("trailing_distance",),
}


def objection(ticket: Ticket, change: OrderChange) -> str | None:
    """Why ``change`` can not be made, or None."""
    if change.limit_price is not None and "limit_price" not in _HAVE[ticket.kind]:
        return _lacks(ticket, "limit_price")
    if change.stop_price is not None and "stop_price" not in _HAVE[ticket.kind]:
        return _lacks(ticket, "stop_price")
    if change.trailing_distance is not None and "trailing_distance" not in _HAVE[ticket.kind]:
        return _lacks(ticket, "trailing_distance")
    return None


def _lacks(ticket: Ticket, field: str) -> str:
    """Why ``field`` of a ticket can not be changed: it has none, or has none any more."""
    order = ticket.order
    if field in _HAVE[order.order_type]:
        return f"{field}: the stop of order {order.id} was reached already"
    return f"{field}: no such field on a {order.order_type} order"
