"""What an order would do to its account, in the words of the gateway's preview; nothing is placed.

Commissions are the broker's to say when it fills, so none is told before.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from api.webapi import figures
from engine.values import ZERO, signed

if TYPE_CHECKING:
    from api.webapi.contracts import Contract
    from api.webapi.worth import Worth
    from engine.requests import OrderRequest

_UNIT = {"STK": "Shares"}


def preview(
    worth: Worth, contract: Contract, request: OrderRequest, objection: str | None
) -> dict[str, Any]:
    """The account before and after an order that fills whole at its price, or at the market's."""
    account, sums = worth.account, worth.sums
    price = request.limit_price or request.stop_price or worth.market.mark(request.symbol) or ZERO
    multiplier, currency = contract.instrument.multiplier, contract.instrument.currency
    amount = price * request.quantity * multiplier
    held = account.held(request.symbol, request.position_id)
    before = held.quantity if held is not None else ZERO
    after = before + signed(request.side, request.quantity)
    leverage = request.leverage or (held.leverage if held is not None else account.leverage)
    change = (abs(after) - abs(before)) * abs(price) * multiplier / leverage
    margin = worth.converted(change, currency)
    count = f"{figures.text(request.quantity)} {_UNIT.get(contract.kind, 'Units')}"
    return {
        "amount": {
            "amount": f"{figures.money(amount, currency)} ({count})",
            "commission": None,
            "total": figures.money(amount, currency),
        },
        "equity": _moved(sums.equity, ZERO, account.currency),
        "initial": _moved(sums.margin_used, margin, account.currency),
        "maintenance": _moved(sums.margin_used, margin, account.currency),
        "position": {
            "current": figures.text(before),
            "change": figures.text(after - before),
            "after": figures.text(after),
        },
        "warn": None,
        "error": objection,
    }


def _moved(current: Decimal, change: Decimal, currency: str) -> dict[str, str]:
    return {
        "current": figures.money(current, currency),
        "change": figures.money(change, currency),
        "after": figures.money(current + change, currency),
    }
