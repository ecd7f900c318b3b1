"""A trade: one fill as it stands after any correction, and the ledger of all of them.

Trades are kept in the order they reached the tape. A correction or a bust changes the trade's
figures in place and leaves its identity; the facts that did it stay on the tape.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.events import TradeFilled
from engine.orders import Order
from engine.values import ZERO, Side


class Trade(msgspec.Struct, gc=False, omit_defaults=True):
    """One fill. ``executed_at`` is ns UTC by the broker, ``recorded_at`` when it reached the tape.

    A busted trade has quantity zero; ``revision`` counts what the broker corrected, if it
    counts; ``restated`` are the numbers of the facts that did.
    """

    id: str
    order_id: str
    account: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    executed_at: int
    recorded_at: int
    commission: Decimal = ZERO
    commission_currency: str = ""
    is_maker: bool = False
    position_id: str = ""
    execution_id: str = ""
    revision: int = 0
    restated: tuple[int, ...] = ()

    @property
    def seq(self) -> int:
        """The number of the fact that told of it."""
        return int(self.id[4:])


def new_trade(order: Order, fact: TradeFilled, position_id: str, ts: int) -> Trade:
    """The trade that ``fact`` records for ``order`` at ``ts``."""
    request = order.request
    return Trade(
        fact.trade_id,
        order.id,
        order.account,
        request.symbol,
        request.side,
        fact.quantity,
        fact.price,
        fact.executed_at,
        ts,
        fact.commission,
        fact.commission_currency,
        fact.is_maker,
        position_id,
        fact.execution_id,
    )
