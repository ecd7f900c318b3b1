"""Changes to a working order: what may be changed, on which order, to what.

A change is judged as the order it would make: the request with the new values must itself be valid.
Protective prices belong to the engine; everything else of a working order belongs to its holder.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.errors import InvalidRequest, OrderNotModifiable
from engine.instruments import Instrument, check_increments
from engine.orders import Order
from engine.requests import OrderChange, check_change, check_order
from engine.values import OrderType, Status

_PRICES = ("limit_price", "stop_price", "stop_loss", "take_profit")
_WORKING = frozenset({Status.OPEN, Status.PARTIALLY_FILLED})
_LIMIT, _STOP, _STOP_LIMIT = OrderType.LIMIT, OrderType.STOP, OrderType.STOP_LIMIT
_TRAILING_STOP = OrderType.TRAILING_STOP


def check(order: Order, change: OrderChange, instrument: Instrument) -> None:
    """Raise InvalidRequest or OrderNotModifiable unless ``order`` can take ``change``."""
    check_change(change)
    if order.status not in _WORKING:
        raise OrderNotModifiable(order.id, order.status)
    kind = order.request.order_type
    if change.limit_price is not None and kind is not _LIMIT and kind is not _STOP_LIMIT:
        raise _lacks(kind, "limit_price", change.limit_price)
    if change.stop_price is not None and kind is not _STOP and kind is not _STOP_LIMIT:
        raise _lacks(kind, "stop_price", change.stop_price)
    if change.trailing_distance is not None and kind is not _TRAILING_STOP:
        raise _lacks(kind, "trailing_distance", change.trailing_distance)
    if order.triggered and (change.stop_price or change.trailing_distance):
        raise OrderNotModifiable(order.id, order.status, "its stop price was reached already")
    quantity = change.quantity
    if quantity is not None and quantity < order.filled:
        raise InvalidRequest(
            "quantity", str(quantity), f"at least {order.filled}, which is filled already"
        )
    if kind is not _LIMIT or not _stands_alone(order, change):
        _check_together(order, change)
    if instrument.tick is not None or instrument.lot is not None:
        check_increments(
            instrument, change.quantity, {name: getattr(change, name) for name in _PRICES}
        )


def _lacks(kind: OrderType, field: str, value: Decimal) -> InvalidRequest:
    return InvalidRequest(field, str(value), f"no such field on a {kind} order")


def _stands_alone(order: Order, change: OrderChange) -> bool:
    """Whether the limit price need not be judged together with anything else."""
    return (
        order.stop_loss is None
        and order.take_profit is None
        and change.stop_loss is None
        and change.take_profit is None
        and order.request.display_quantity is None
    )


def _check_together(order: Order, change: OrderChange) -> None:
    """Judge the order that the change would make by the rules for new ones."""
    fields = ("quantity", *_PRICES)
    values = {name: getattr(change, name) or getattr(order, name) for name in fields}
    if order.order_type is _TRAILING_STOP:
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
