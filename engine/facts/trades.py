"""Executions, and what a broker later said of them."""

from __future__ import annotations

from decimal import Decimal

from engine.facts.fact import Fact
from engine.values import ZERO


class TradeFilled(Fact, frozen=True, tag="trade_filled"):
    """Part or all of an order traded. ``executed_at`` is the broker's time, ``execution_id`` its
    own id.

    ``position_id`` names the position meant in a hedging account; empty where positions net.
    """

    trade_id: str
    order_id: str
    execution_id: str
    quantity: Decimal
    price: Decimal
    executed_at: int
    commission: Decimal = ZERO
    commission_currency: str = ""
    is_maker: bool = False
    position_id: str = ""


class TradeCorrected(Fact, frozen=True, tag="trade_corrected"):
    """The broker changed an execution it had reported; the fold takes the difference."""

    trade_id: str
    quantity: Decimal
    price: Decimal
    commission: Decimal = ZERO
    revision: int = 0


class TradeBusted(Fact, frozen=True, tag="trade_busted"):
    """The broker took an execution back."""

    trade_id: str
    reason: str


class ExecutionVoided(Fact, frozen=True, tag="execution_voided"):
    """The broker took back an execution that was never seen here: should it still come, it does not
    count.
    """

    execution_id: str
    reason: str
