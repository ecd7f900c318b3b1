"""Corrections: the books of one symbol told again, with a trade as the broker now says it was.

Average cost depends on the order of fills, so a corrected or busted trade can not be undone by its
opposite. The trade's figures are changed in place, the cash difference is settled, and the symbol's
positions and realized profit are folded anew from its trades and adjustments. The result is what a
tape without the mistake would have given, except that a position keeps the id it was known by, even
if the trade that opened it is gone.
"""

from __future__ import annotations

from decimal import Decimal

from engine.accounts import Account, charge, settle
from engine.events import PositionAdjusted
from engine.fills import adjust, open_at, take
from engine.instruments import Instrument
from engine.orders import Order
from engine.positions import split
from engine.trades import Trade
from engine.values import PositionMode, exact_difference, exact_product, exact_sum, signed


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
    before = exact_product(signed(trade.side, trade.quantity), trade.price)
    after = exact_product(signed(trade.side, quantity), price)
    difference = exact_product(exact_difference(before, after), instrument.multiplier)
    settle(account, instrument.currency, difference)
    charge(account, trade.commission_currency or account.currency, commission - trade.commission)
    order.is_restated = True
    order.filled += quantity - trade.quantity
    order.notional = exact_sum(order.notional, exact_product(quantity, price))
    order.notional = exact_difference(order.notional, exact_product(trade.quantity, trade.price))
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
    meant = {trade.order_id: orders[trade.order_id].request.position_id for trade in trades}
    opened: set[str] = set()
    pending = list(adjustments)
    for trade in trades:
        seq = trade.seq
        while pending and pending[0][0] < seq:
            _readjust(scratch, instrument, *pending.pop(0))
        if not trade.quantity:
            continue
        trade.position_id = take(
            scratch,
            instrument,
            orders[trade.order_id],
            signed(trade.side, trade.quantity),
            trade.price,
            seq,
            trade.recorded_at,
            meant[trade.order_id],
            None if trade.position_id in opened else trade.position_id,
        )
        opened.add(trade.position_id)
        meant[trade.order_id] = orders[trade.order_id].position_id = trade.position_id
    for rest in pending:
        _readjust(scratch, instrument, *rest)
    symbol = instrument.symbol
    for key in [k for k, position in account.positions.items() if position.symbol == symbol]:
        del account.positions[key]
    account.positions.update(scratch.positions)
    account.realized.pop(symbol, None)
    account.realized.update(scratch.realized)


def _readjust(
    account: Account, instrument: Instrument, _seq: int, ts: int, fact: PositionAdjusted
) -> None:
    """Adjust the position again that ``fact`` was about, if the retelling still has it."""
    position = account.position(fact.position_id)
    if position is None and account.position_mode is PositionMode.NETTING:
        position = account.positions.get(fact.symbol)
    if position is None and fact.quantity:
        position = open_at(account, instrument, fact.position_id, ts)
    if position is not None:
        split(position, fact.ratio)
        adjust(account, position, fact.quantity, fact.cost, ts)
