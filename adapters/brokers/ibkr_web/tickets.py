"""Our orders as the gateway's tickets.

A ticket is whole every time, also for a change, since what is left out is taken for its default.
`price` holds the limit, but for a plain stop it holds the stop, and `auxPrice` the stop of a
stop-limit.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.orders import Order
from engine.requests import OrderChange
from engine.values import OrderType, TimeInForce, TrailingType

Ticket = dict[str, Any]

TYPES = {
    OrderType.MARKET: "MKT",
    OrderType.LIMIT: "LMT",
    OrderType.STOP: "STP",
    OrderType.STOP_LIMIT: "STOP_LIMIT",
    OrderType.TRAILING_STOP: "TRAIL",
}
TIMES = {TimeInForce.DAY: "DAY", TimeInForce.GTC: "GTC", TimeInForce.IOC: "IOC"}
TRAILING = {TrailingType.ABSOLUTE: "amt", TrailingType.PERCENT: "%"}
REFERENCE_CHARACTERS_MAX = 64


def ticket(
    order: Order, conid: int, account: str, reference: str, change: OrderChange | None = None
) -> Ticket:
    """The ticket of ``order`` as it stands, with the values of ``change`` over it."""
    new = change or OrderChange()
    request = order.request
    written: Ticket = {
        "acctId": account,
        "conid": conid,
        "cOID": reference,
        "orderType": TYPES[request.order_type],
        "side": request.side.value,
        "tif": TIMES[request.time_in_force],
        "quantity": new.quantity or order.quantity,
        "outsideRTH": False,
    }
    limit = new.limit_price or order.limit_price
    stop = new.stop_price or order.stop_price
    match request.order_type:
        case OrderType.LIMIT:
            written["price"] = limit
        case OrderType.STOP:
            written["price"] = stop
        case OrderType.STOP_LIMIT:
            written |= {"price": limit, "auxPrice": stop}
        case OrderType.TRAILING_STOP:
            kind = request.trailing_type or TrailingType.ABSOLUTE
            distance = new.trailing_distance or order.trailing_distance
            written |= {"trailingAmt": distance, "trailingType": TRAILING[kind]}
    return written


def prices(written: Ticket) -> dict[str, Decimal]:
    """The prices that a ticket names, by field."""
    return {name: written[name] for name in ("price", "auxPrice") if written.get(name) is not None}
