"""Changes to a working order: what may be changed, on which order, to what.

A change is judged as the order it would make: the request with the new values must itself be valid.
Protective prices belong to the engine; everything else of a working order belongs to its holder.
"""

from __future__ import annotations

import msgspec

from engine.errors import InvalidRequest, OrderNotModifiable
from engine.instruments import Instrument, check_increments
from engine.orders import Order
from engine.requests import OrderChange, check_change, check_order
from engine.values import OrderType, Status

_PRICES = ("limit_price", "stop_price", "stop_loss", "take_profit")
_NO_PRICES = (None, None, None, None)
_WORKING = frozenset({Status.OPEN, Status.PARTIALLY_FILLED})
_BELONGS = {
    "limit_price": (OrderType.LIMIT, OrderType.STOP_LIMIT),
    "stop_price": (OrderType.STOP, OrderType.STOP_LIMIT),
    "trailing_distance": (OrderType.TRAILING_STOP,),
}


def check(order: Order, change: OrderChange, instrument: Instrument) -> None:
    """Raise InvalidRequest or OrderNotModifiable unless ``order`` can take ``change``."""
    check_change(change)
    if order.status not in _WORKING:
        raise OrderNotModifiable(order.id, order.status)
    kind = order.order_type
    for field, kinds in _BELONGS.items():
        value = getattr(change, field)
        if value is not None and kind not in kinds:
            raise InvalidRequest(field, str(value), f"no such field on a {kind} order")
    if order.triggered and (change.stop_price or change.trailing_distance):
        raise OrderNotModifiable(order.id, order.status, "its stop price was reached already")
    quantity = change.quantity
    if quantity is not None and quantity < order.filled:
        raise InvalidRequest(
            "quantity", str(quantity), f"at least {order.filled}, which is filled already"
        )
    _check_result(order, change, instrument)


def _check_result(order: Order, change: OrderChange, instrument: Instrument) -> None:
    """Judge the order that the change would make by the rules for new ones."""
    prices = (order.stop_loss, order.take_profit, change.stop_loss, change.take_profit)
    alone = order.request.display_quantity is None and prices == _NO_PRICES
    if not (alone and order.order_type is OrderType.LIMIT):  # whose price stands by itself
        _check_together(order, change)
    if instrument.tick is not None or instrument.lot is not None:
        check_increments(
            instrument, change.quantity, {name: getattr(change, name) for name in _PRICES}
        )


def _check_together(order: Order, change: OrderChange) -> None:
    fields = ("quantity", *_PRICES)
    values = {name: getattr(change, name) or getattr(order, name) for name in fields}
    if order.order_type is OrderType.TRAILING_STOP:
        values["stop_price"] = None
        values["trailing_distance"] = change.trailing_distance or order.trailing_distance
    if order.request.display_quantity is not None:
        values["display_quantity"] = min(order.request.display_quantity, values["quantity"])
    check_order(msgspec.structs.replace(order.request, **values))


def is_ours(change: OrderChange) -> bool:
    """Whether the change touches nothing but protective prices, which the engine holds."""
    return (
        change.quantity is None
        and change.limit_price is None
        and change.stop_price is None
        and change.trailing_distance is None
    )
