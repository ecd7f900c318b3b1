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
_FIELDS = ("limit_price", "stop_price", "trailing_distance")


def objection(ticket: Ticket, change: OrderChange) -> str | None:
    """Why ``change`` can not be made, or None."""
    order = ticket.order
    for field in _FIELDS:
        if getattr(change, field) is None:
            continue
        if field not in _HAVE[order.order_type]:
            return f"{field}: no such field on a {order.order_type} order"
        if field not in _HAVE[ticket.kind]:
            return f"{field}: the stop of order {order.id} was reached already"
    return None
