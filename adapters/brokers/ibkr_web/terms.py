"""The terms of a contract, read from what the gateway tells of it and of the rules of its orders.

Nothing is filled in: a contract whose currency is not told, or of which one unit of price may be
worth any amount (a future, an option), has no terms here until the gateway tells them. Where prices
are written in pence or cents, the rules say by how much (`priceMagnifier`), and the multiplier is
that much smaller. IBKR tells no lot that every order must keep to.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from adapters.brokers.ibkr_web.errors import NotTold
from adapters.brokers.ibkr_web.numerals import amount
from engine.conids import BROKER
from engine.instruments import Instrument
from engine.values import ONE, AssetClass

Details = dict[str, Any]
CLASSES = {
    "STK": AssetClass.STOCK,
    "FUND": AssetClass.STOCK,
    "CASH": AssetClass.FOREX,
    "CRYPTO": AssetClass.CRYPTO,
    "FUT": AssetClass.FUTURES,
}
"""The engine's words for IBKR's kinds; a contract of any other kind is shown as a stock."""
_PLAIN = ("STK", "FUND", "CASH", "CRYPTO")
"""Kinds of which one unit is worth its price where no multiplier is told."""
_ALIAS = f"{BROKER}_name"
_SCALE_LEAST = 2


class Increment(msgspec.Struct, frozen=True):
    """From ``lower_edge`` on, prices are multiples of ``step``."""

    lower_edge: Decimal
    step: Decimal


def terms(symbol: str, conid: int, details: Details, alias: str = "") -> Instrument:
    """The instrument that ``details`` describe, which may go by ``alias`` as well; NotTold names
    what they leave out.
    """
    rules = details.get("rules")
    if not isinstance(rules, dict) or rules.get("error"):
        raise NotTold(f"IBKR does not tell the rules of {symbol}, contract {conid}")
    tick = _tick(increments(rules))
    return Instrument(
        symbol,
        CLASSES.get(str(details.get("instrument_type")), AssetClass.STOCK),
        _currency(symbol, conid, details),
        tick,
        multiplier=_multiplier(symbol, conid, details) / (amount(rules.get("priceMagnifier")) or 1),
        price_scale=_scale(tick),
        ids={BROKER: str(conid)} | ({_ALIAS: alias} if alias else {}),
    )


def increments(rules: Any) -> tuple[Increment, ...]:
    """The steps of prices, from low to high; none where none are told."""
    told = rules if isinstance(rules, dict) else {}
    steps = [
        Increment(amount(one.get("lowerEdge")) or Decimal(0), step)
        for one in told.get("incrementRules") or []
        if (step := amount(one.get("increment"))) is not None
    ]
    return tuple(sorted(steps, key=lambda one: one.lower_edge))


def off_step(price: Decimal, steps: tuple[Increment, ...]) -> Decimal | None:
    """The step that ``price`` misses, or None if it is on one, or none is known."""
    fitting = [one.step for one in steps if one.lower_edge <= price]
    return fitting[-1] if fitting and price % fitting[-1] else None


def _currency(symbol: str, conid: int, details: Details) -> str:
    currency = details.get("currency")
    if not currency:
        raise NotTold(f"IBKR does not tell the currency of {symbol}, contract {conid}")
    return str(currency)


def _multiplier(symbol: str, conid: int, details: Details) -> Decimal:
    told = amount(details.get("multiplier"))
    if told is None and details.get("instrument_type") not in _PLAIN:
        raise NotTold(f"IBKR does not tell the multiplier of {symbol}, contract {conid}")
    return told or ONE


def _tick(steps: tuple[Increment, ...]) -> Decimal | None:
    """The step that every price is a multiple of, at whatever price; None where there is none. What
    is coarser from some price on is held against each order as it leaves.
    """
    finest = min((one.step for one in steps), default=None)
    if finest is None or any(one.step % finest for one in steps):
        return None
    return finest


def _scale(tick: Decimal | None) -> int:
    exponent = 0 if tick is None else tick.normalize().as_tuple().exponent
    return max(_SCALE_LEAST, -exponent if isinstance(exponent, int) else 0)
