"""Whether a working order may become larger.

More of an order is new risk, and judged like a new one: by the state of trading, what is in doubt,
what the broker can do and what the account carries. An order that only reduces may not outgrow its
position, and a protective leg not what the other legs of its role leave uncovered.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from engine import caution, exits, intent
from engine.errors import InvalidRequest, OrderNotModifiable, TradingHalted
from engine.orders import Order
from engine.session import HALTED

if TYPE_CHECKING:
    from engine.core import Engine


def check(engine: Engine, order: Order, quantity: Decimal) -> None:
    """Raise InvalidRequest, OrderNotModifiable, UnsupportedOperation or TradingHalted unless
    ``order`` may have ``quantity`` in all, which is more than it has.
    """
    if engine.takes_no_risk():
        raise TradingHalted(HALTED)
    state, account = engine.state, engine.state.accounts[order.account]
    more = quantity - order.quantity
    objection = caution.objection(state, account, order.symbol, order.side, more)
    if objection is not None:
        raise OrderNotModifiable(order.id, order.status, objection)
    if order.request.reduce_only:
        most = order.filled + engine.closable(order) - _covered_beside(engine, order)
        if quantity > most:
            expected = f"at most {most}, as the order only reduces"
            raise InvalidRequest("quantity", str(quantity), expected)
        return
    capabilities = engine.capabilities[order.account]
    rest = msgspec.structs.replace(order.request, quantity=quantity - order.filled)
    if not capabilities.flips:
        intent.check_flip(account, rest)
    if not capabilities.short_selling:
        refusal = intent.short(account, rest)
        if refusal is not None:
            raise OrderNotModifiable(order.id, order.status, refusal.message)
    mark = engine.prices_of(order.account).mark
    price = order.limit_price or order.stop_price or mark(order.symbol)
    if price is not None and not engine.affords(order, quantity - order.filled, price):
        why = f"the account can not carry {quantity} at {price}"
        raise OrderNotModifiable(order.id, order.status, why)


def _covered_beside(engine: Engine, order: Order) -> Decimal:
    """How much of what a leg protects other legs of its role do; zero for an order that is none."""
    legs = exits.at_work(engine.state.legs(order.account, order.symbol))
    return exits.covered(
        leg
        for leg in legs
        if leg is not order
        and leg.role is order.role
        and leg.request.position_id == order.request.position_id
    )
