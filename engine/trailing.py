"""Trailing stops for brokers that have none, kept by the engine.

The stop follows the best price seen since the order was taken and never retreats; when the market
reaches it, the order is triggered and sent on as a market order. Each move is a fact, so a restart
resumes from the last level. Between a trigger and its fill lies the broker's own way: with bars,
the open of the next one.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from engine.orders import Order
from engine.values import Holder, OrderType, Side, TrailingType


class TrailingDesk(Protocol):
    """What this module needs of the engine."""

    def trail(self, order: Order, stop_price: Decimal) -> None:
        """Record a new stop price."""

    def release(self, order: Order) -> None:
        """Record the trigger and send the order as a market order."""


def stop_from(order: Order, best: Decimal) -> Decimal:
    """The stop price at the order's distance behind ``best``; a percentage is not rounded."""
    distance = order.trailing_distance or Decimal(0)
    if order.request.trailing_type is TrailingType.PERCENT:
        distance = best * distance / 100
    return best - distance if order.side is Side.SELL else best + distance


def is_held(order: Order) -> bool:
    """Whether the engine is keeping this order's trailing stop."""
    return (
        order.holder is Holder.ENGINE
        and order.request.order_type is OrderType.TRAILING_STOP
        and not order.triggered
        and not order.is_final
    )


def follow(desk: TrailingDesk, order: Order, low: Decimal, high: Decimal) -> None:
    """Show ``order`` a stretch of market between ``low`` and ``high``, the adverse end first."""
    sells = order.side is Side.SELL
    stop = order.stop_price
    if stop is not None and (low <= stop if sells else high >= stop):
        desk.release(order)
        return
    moved = stop_from(order, high if sells else low)
    if stop is None or (moved > stop if sells else moved < stop):
        desk.trail(order, moved)
