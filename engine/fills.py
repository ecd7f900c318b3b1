"""How a fill enters the books: into the position it belongs to, in two parts when it crosses zero.

A fill larger than the position it meets closes that position and opens a new one with the rest, at
one price. Where positions net there is one for each symbol; where they hedge, an order opens its
own unless it names another.
"""

from __future__ import annotations

from decimal import Decimal

from engine.accounts import Account, build, close
from engine.instruments import Instrument
from engine.orders import Order
from engine.positions import Position
from engine.values import ZERO, PositionMode

_NETTING = PositionMode.NETTING


def take(
    account: Account,
    instrument: Instrument,
    order: Order,
    quantity: Decimal,
    price: Decimal,
    seq: int,
    ts: int,
    named: str | None,
    opens: str | None = None,
) -> str:
    """Book a signed ``quantity`` at ``price`` and give the id of the position it ended in.

    ``seq`` and ``ts`` are the fill's place and time on the tape; ``named`` is the position it is
    meant for, in an account that hedges; ``opens`` the id of a position it opens, by default told
    by its place.
    """
    if account.position_mode is _NETTING:
        position = account.positions.get(instrument.symbol)
    else:
        position = account.held(instrument.symbol, named)
    if position is not None:
        held = position.quantity
        if (held > ZERO) is (quantity > ZERO):
            build(account, position, quantity, price)
            position.updated_at = ts
            return position.id
        if abs(quantity) <= abs(held):
            close(account, position, quantity, price)
            _touch(account, position, ts)
            return position.id
        close(account, position, -held, price)
        _touch(account, position, ts)
        quantity += held
    position = open_at(account, instrument, opens or "pos_" + str(seq).zfill(10), ts)
    request = order.request
    if request.leverage is not None:
        position.leverage = request.leverage
    if request.margin_mode is not None:
        position.margin_mode = request.margin_mode
    build(account, position, quantity, price)
    return position.id


def open_at(account: Account, instrument: Instrument, position_id: str, ts: int) -> Position:
    """An empty position, on the account's books."""
    symbol = instrument.symbol
    position = Position(
        position_id,
        account.id,
        symbol,
        ts,
        ts,
        ZERO,
        ZERO,
        ZERO,
        instrument.currency,
        instrument.multiplier,
        account.leverage,
    )
    account.positions[symbol if account.position_mode is _NETTING else position_id] = position
    return position


def _touch(account: Account, position: Position, ts: int) -> None:
    position.updated_at = ts
    if not position.quantity:
        del account.positions[key_of(account, position)]


def adjust(account: Account, position: Position, quantity: Decimal, cost: Decimal, ts: int) -> None:
    """Add to a position what came otherwise than by a trade, and drop it when nothing is left."""
    position.quantity += quantity
    position.cost += cost
    _touch(account, position, ts)


def key_of(account: Account, position: Position) -> str:
    """Where ``position`` stands in the account's positions."""
    return position.symbol if account.position_mode is _NETTING else position.id
