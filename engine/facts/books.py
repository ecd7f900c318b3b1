"""Money and positions that moved otherwise than by a trade."""

from __future__ import annotations

from decimal import Decimal

from engine.facts.fact import Fact
from engine.values import ONE, ZERO


class CashAdjusted(Fact, frozen=True, tag="cash_adjusted"):
    """Money came or went otherwise than by a trade: ``kind`` is deposit, dividend, financing,
    borrow or fee.
    """

    amount: Decimal
    currency: str
    kind: str
    symbol: str = ""


class PositionAdjusted(Fact, frozen=True, tag="position_adjusted"):
    """A position changed otherwise than by a trade: a split (its ``ratio`` of new to old units), or
    a quantity and cost that the broker states and a person accepted. Cost is signed like quantity,
    in the instrument's currency.
    """

    position_id: str
    symbol: str
    reason: str
    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    ratio: Decimal = ONE
