"""Whether an account can carry what an order would do to it.

Only exposure is weighed: an order that closes or shrinks a position always passes. What opens or
adds must leave equity at or above the margin of everything held afterwards, at the price given.
Working orders reserve nothing; the question is asked again when an order is about to fill.
"""

from __future__ import annotations

from decimal import Decimal

from engine.accounts import Account
from engine.instruments import Instrument
from engine.ports import Prices
from engine.positions import Position
from engine.requests import OrderRequest
from engine.valuation import convert, free_margin, margin
from engine.values import ONE, ZERO, Side, signed

_BUY = Side.BUY


def closable(account: Account, request: OrderRequest, position_id: str | None) -> Decimal:
    """How much of a position an order on ``request``'s side could close: zero if it could only open
    or add.
    """
    position = account.held(request.symbol, position_id)
    if position is None or (position.quantity > 0) is (signed(request.side, Decimal(1)) > 0):
        return ZERO
    return abs(position.quantity)


def only_closes(position: Position | None, request: OrderRequest, quantity: Decimal) -> bool:
    """Whether ``quantity`` of an order would but close what is held: that never lacks margin."""
    if position is None:
        return False
    held = position.quantity
    return (held < ZERO) is (request.side is _BUY) and quantity <= abs(held)


def shortfall(
    account: Account,
    instrument: Instrument,
    position: Position | None,
    request: OrderRequest,
    quantity: Decimal,
    price: Decimal,
    prices: Prices,
    reserved: Decimal = ZERO,
) -> Decimal:
    """How much margin is missing, in the account's currency, to fill ``quantity`` at ``price``;
    zero if none is. ``reserved`` is margin that is spoken for beside what positions tie up.
    """
    exposure, own = quantity, ZERO
    leverage = request.leverage or account.leverage
    if position is not None:
        if only_closes(position, request, quantity):
            return ZERO
        change, held = signed(request.side, quantity), position.quantity
        exposure = abs(held + change)
        if (held > ZERO) is (change > ZERO):
            leverage = position.leverage  # what is added to keeps its own
        own = convert(margin(position, prices), position.currency, account.currency, prices)
    needed = exposure * price
    if instrument.multiplier is not ONE:
        needed = abs(needed * instrument.multiplier)  # a contract's price may be below zero
    if leverage is not ONE:
        needed /= leverage
    if instrument.currency != account.currency:
        needed = convert(needed, instrument.currency, account.currency, prices)
    missing = needed - free_margin(account, prices)
    if reserved or own:
        missing += reserved - own
    return missing if missing > ZERO else ZERO
