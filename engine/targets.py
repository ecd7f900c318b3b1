"""The arithmetic of target positions: what must be ordered so that a position becomes what is
wanted.

A target names a position, not an order: negative is short, zero is flat. What to order is the
difference to what is held, at a price by one table: ``limit_price`` is used as it is;
``expected_price`` with ``tolerance_pct`` gives a limit as far from it as the tolerance allows,
rounded to the price step on the safe side; neither gives a market order. Pure functions; nothing is
written here.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

import msgspec

from engine.errors import InvalidRequest
from engine.orders import Order
from engine.requests import QUANTITY_DIGITS_MAX, OrderRequest, check_number
from engine.values import (
    ONE,
    ZERO,
    OrderType,
    Side,
    Status,
    exact_difference,
    exact_product,
    exact_sum,
)

_HUNDRED = Decimal(100)
_AT_WORK = (Status.PENDING, Status.OPEN, Status.PARTIALLY_FILLED)


class Target(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A position that is wanted: ``quantity`` is whole and signed, prices are in the instrument's
    currency, the tolerance is in percent.
    """

    symbol: str
    quantity: Decimal
    limit_price: Decimal | None = None
    expected_price: Decimal | None = None
    tolerance_pct: Decimal | None = None


class Outcome(StrEnum):
    """What became of a target."""

    PLACED = "PLACED"
    KEPT = "KEPT"
    NO_CHANGE = "NO_CHANGE"
    FAILED = "FAILED"


class Ask(NamedTuple):
    """What is to be ordered."""

    side: Side
    quantity: Decimal
    order_type: OrderType
    limit_price: Decimal | None


class Plan(NamedTuple):
    """How a target is to be reached: what must be ordered (None: it is reached), the earlier order
    that asks for exactly this and stays, and those that must be gone first.
    """

    ask: Ask | None
    kept: Order | None
    superseded: list[Order]


def check_target(target: Target, place: str = "") -> None:
    """Raise InvalidRequest, its field opened by ``place``, for a target that can mean nothing."""
    quantity = target.quantity
    if not quantity.is_finite() or quantity != quantity.to_integral_value():
        raise InvalidRequest(f"{place}quantity", str(quantity), "a whole number of units")
    if quantity.adjusted() >= QUANTITY_DIGITS_MAX:
        raise InvalidRequest(
            f"{place}quantity", str(quantity), f"at most {QUANTITY_DIGITS_MAX} digits"
        )
    for field in ("limit_price", "expected_price"):
        price = getattr(target, field)
        if price is not None:
            check_number(f"{place}{field}", price)
    tolerance = target.tolerance_pct
    if tolerance is not None:
        if not (tolerance.is_finite() and ZERO <= tolerance < _HUNDRED):
            raise InvalidRequest(
                f"{place}tolerance_pct", str(tolerance), "a percentage from 0 to below 100"
            )
        if tolerance:
            check_number(f"{place}tolerance_pct", tolerance)
    if target.limit_price is None and (target.expected_price is None) is not (tolerance is None):
        missing, given = "tolerance_pct", "expected_price"
        if tolerance is not None:
            missing, given = given, missing
        raise InvalidRequest(f"{place}{missing}", None, f"a number, as {given} is given")


def ask(held: Decimal, target: Target, step: Decimal) -> Ask | None:
    """What brings a position of ``held`` to the target, None when it is there. ``step`` is what
    prices are multiples of.
    """
    delta = exact_difference(target.quantity, held)
    if not delta:
        return None
    side = Side.BUY if delta > 0 else Side.SELL
    price = _limit(target, side, step)
    return Ask(side, abs(delta), OrderType.MARKET if price is None else OrderType.LIMIT, price)


def plan(held: Decimal, earlier: Iterable[Order], target: Target, step: Decimal) -> Plan:
    """How to reach the target from ``held`` while orders that ``earlier`` targets placed work."""
    wanted = ask(held, target, step)
    orders = [order for order in earlier if not order.is_final]
    kept = None
    if wanted is not None:
        kept = next((order for order in orders if asks_for(order, wanted)), None)
    return Plan(wanted, kept, [order for order in orders if order is not kept])


def asks_for(order: Order, wanted: Ask) -> bool:
    """Whether what is left of a working order is exactly ``wanted``, and it is sure to stay so."""
    return (
        order.status in _AT_WORK
        and order.sought is None
        and order.side is wanted.side
        and order.order_type is wanted.order_type
        and order.remaining == wanted.quantity
        and order.limit_price == wanted.limit_price
        and order.stop_loss is None
        and order.take_profit is None
    )


def request(symbol: str, wanted: Ask, client_order_id: str) -> OrderRequest:
    """``wanted`` as an order."""
    return OrderRequest(
        symbol,
        wanted.side,
        wanted.quantity,
        wanted.order_type,
        limit_price=wanted.limit_price,
        client_order_id=client_order_id,
    )


def _limit(target: Target, side: Side, step: Decimal) -> Decimal | None:
    """The limit price by the table, None for a market order."""
    if target.limit_price is not None:
        return target.limit_price
    expected, tolerance = target.expected_price, target.tolerance_pct
    if expected is None or tolerance is None:
        return None
    share = tolerance.scaleb(-2)
    factor = exact_sum(ONE, share) if side is Side.BUY else exact_difference(ONE, share)
    price = exact_product(expected, factor)
    # A buy must not pay more than the tolerance allows, a sale must not get less.
    beyond = price % step
    rounded = exact_difference(price, beyond)
    if beyond and side is Side.SELL:
        rounded = exact_sum(rounded, step)
    if rounded <= 0:
        raise InvalidRequest(
            "expected_price", str(expected), f"a price of at least one step of {step}"
        )
    return rounded
