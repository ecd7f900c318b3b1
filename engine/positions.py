"""A position: what is held of one instrument, what it cost, and what closing parts of it has
earned.

Cost is kept whole, as money signed like the quantity, and the average price is derived from it, so
that nothing is lost to rounding: the cost a partial close takes out is rounded to ten decimals and
the rest stays in the position. Hence cash plus positions at cost always equals deposits plus
realized profit minus commissions, to the last digit.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.slots import set_directly
from engine.values import (
    ONE,
    ZERO,
    MarginMode,
    PositionSide,
    exact_difference,
    exact_negation,
    exact_product,
    exact_share,
    exact_sum,
)

_COST_STEP = Decimal("1E-10")


@set_directly
class Position(msgspec.Struct, gc=False, omit_defaults=True):
    """An open position. ``quantity`` and ``cost`` are positive when long, negative when short."""

    id: str
    account: str
    symbol: str
    opened_at: int
    updated_at: int
    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    realized: Decimal = ZERO
    currency: str = "USD"
    multiplier: Decimal = ONE
    leverage: Decimal = ONE
    margin_mode: MarginMode | None = None

    @property
    def side(self) -> PositionSide:
        """LONG or SHORT."""
        return PositionSide.LONG if self.quantity > 0 else PositionSide.SHORT

    @property
    def average_price(self) -> Decimal:
        """Cost of one unit, in price: the weighted mean of the fills that built what is left."""
        return self.cost / (self.quantity * self.multiplier)


def opening(position: Position, quantity: Decimal) -> Decimal:
    """How much of a signed ``quantity`` would open or add to ``position`` rather than close it,
    unsigned.
    """
    held = position.quantity
    if (held > ZERO) is (quantity > ZERO) or not held:
        return abs(quantity)
    beyond = abs(quantity) - abs(held)
    return beyond if beyond > ZERO else ZERO


def worth(position: Position, quantity: Decimal, price: Decimal) -> Decimal:
    """What ``quantity`` of the position's instrument comes to at ``price``, in its currency."""
    value = exact_product(quantity, price)
    multiplier = position.multiplier
    return value if multiplier is ONE else exact_product(value, multiplier)


def add(position: Position, quantity: Decimal, value: Decimal) -> None:
    """Open or add a signed ``quantity`` that cost ``value``, signed alike."""
    position.quantity += quantity
    position.cost = exact_sum(position.cost, value)


def reduce(position: Position, quantity: Decimal, value: Decimal) -> Decimal:
    """Close a signed ``quantity``, opposite to what is held and no larger, worth ``value``, signed
    alike; gives the profit in money.
    """
    left = position.quantity + quantity
    cost = position.cost
    if left:
        removed = exact_share(cost, -quantity, position.quantity, _COST_STEP)
        position.cost = exact_difference(cost, removed)
    else:
        removed, position.cost = cost, ZERO
    position.quantity = left
    profit = exact_negation(exact_sum(value, removed))
    position.realized = exact_sum(position.realized, profit)
    return profit


def split(position: Position, ratio: Decimal) -> None:
    """Turn every old unit into ``ratio`` new ones at the same total cost."""
    position.quantity *= ratio
