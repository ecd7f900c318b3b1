"""Corrections: the books of one symbol told again, with a trade as the broker now says it was.

Average cost depends on the order of fills, so a corrected or busted trade can not be undone by its
opposite. The trade's figures are changed in place, the cash difference is settled, and the symbol's
positions and realized profit are folded anew from its trades and adjustments. The result is what a
tape without the mistake would have given.
"""

from __future__ import annotations

from decimal import Decimal

from engine.accounts import Account, charge, settle
from engine.events import PositionAdjusted
from engine.fills import adjust, take
from engine.instruments import Instrument
from engine.orders import Order
from engine.positions import split
from engine.trades import Trade
from engine.values import PositionMode, signed


def correct(
    account: Account,
    instrument: Instrument,
    order: Order,
    trade: Trade,
    quantity: Decimal,
    price: Decimal,
    commission: Decimal,
) -> None:
    """Give ``trade`` its corrected figures, and move cash, commission and the order by the
    difference.
    """
    before = signed(trade.side, trade.quantity) * trade.price
    after = signed(trade.side, quantity) * price
    settle(account, instrument.currency, (before - after) * instrument.multiplier)
    charge(account, trade.commission_currency or account.currency, commission - trade.commission)
    order.filled += quantity - trade.quantity
    order.notional += quantity * price - trade.quantity * trade.price
    trade.quantity, trade.price, trade.commission = quantity, price, commission


def refold(
    account: Account,
    instrument: Instrument,
    trades: list[Trade],
    orders: dict[str, Order],
    adjustments: list[tuple[int, int, PositionAdjusted]],
) -> None:
    """Rebuild the positions and realized profit of one symbol from its trades and adjustments."""
    scratch = Account(
        account.id, account.currency, account.broker, account.position_mode, account.leverage
    )
    pending = list(adjustments)
    hedging = account.position_mode is PositionMode.HEDGING
    for trade in trades:
        seq = int(trade.id[4:])
        while pending and pending[0][0] < seq:
            _readjust(scratch, *pending.pop(0))
        if trade.quantity:
            named = trade.position_id if hedging else None
            quantity = signed(trade.side, trade.quantity)
            order = orders[trade.order_id]
            place = (seq, trade.executed_at)
            trade.position_id = take(
                scratch, instrument, order, quantity, trade.price, place, named
            )
    for rest in pending:
        _readjust(scratch, *rest)
    symbol = instrument.symbol
    for key in [k for k, position in account.positions.items() if position.symbol == symbol]:
        del account.positions[key]
    account.positions.update(scratch.positions)
    account.realized.pop(symbol, None)
    account.realized.update(scratch.realized)


def _readjust(account: Account, _seq: int, ts: int, fact: PositionAdjusted) -> None:
    for position in list(account.positions.values()):
        if position.symbol == fact.symbol:
            split(position, fact.ratio)
            adjust(account, position, fact.quantity, fact.cost, ts)
