"""Protection of what comes back to a position: by a correction or a bust, or from a failed close.

A position grows without an order when a fill that opened it was larger than told, or one that
reduced it was smaller. The first is covered like any fill of its entry. The second had made legs
give way, and their orders remember to which fill (``Order.yielded``): what they gave up is covered
again, by the legs that are left or by new ones at the same price in the same group, the youngest
first. A busted fill of a leg brings the leg itself back to work; where its broker had ended it,
another takes its place. What was never protected is not protected by this, and a leg that a client
cancelled stays away.

A close that ends without closing all it was for leaves what ``debts`` says is due: it is covered by
new legs at the old prices in the old groups, also where the market has gone through a stop by now,
which then triggers at once.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine import debts, exits
from engine import events as ev
from engine.accounts import Account
from engine.facts.orders import BY_CLIENT
from engine.ledger import Ledger
from engine.orders import Order
from engine.positions import Position
from engine.requests import OrderChange
from engine.trades import Trade
from engine.values import ZERO, PositionMode, Role, Side

if TYPE_CHECKING:
    from engine.core import Engine

Holdings = dict[str, Decimal]
"""Signed quantities by position."""


def holdings(account: Account, symbol: str) -> Holdings:
    """What the account holds of a symbol."""
    held = account.positions.values()
    return {one.id: one.quantity for one in held if one.symbol == symbol}


def after(
    desk: exits.OrderDesk,
    ledger: Ledger,
    account: Account,
    trade: Trade,
    before: Holdings,
    taken_back: Decimal,
) -> None:
    """Cover what grew beyond ``before`` now that ``trade`` is less by ``taken_back``, or more where
    that is negative.
    """
    entry = ledger.orders[trade.order_id]
    hedging = account.position_mode is PositionMode.HEDGING
    for position in list(account.positions.values()):
        if position.symbol != trade.symbol:
            continue
        grown = _growth(before.get(position.id, ZERO), position.quantity)
        if not grown:
            continue
        if (position.quantity > 0) is (trade.side is Side.BUY):
            if entry.stop_loss is not None or entry.take_profit is not None:
                exits.cover(desk, ledger, entry, grown, position.id if hedging else None)
            continue
        for role in exits.ROLES:
            legs = _legs(ledger, position, role, hedging)
            _give_back(desk, legs, trade, min(grown, _uncovered(position, legs)), taken_back)


def _growth(before: Decimal, now: Decimal) -> Decimal:
    """How many more units are held on the side of ``now``."""
    was = before if now > 0 else -before
    return max(ZERO, abs(now) - max(ZERO, was))


def _legs(ledger: Ledger, position: Position, role: Role, hedging: bool) -> list[Order]:
    """Every leg of a role that ever protected the position's side of the symbol, youngest first."""
    closing = Side.SELL if position.quantity > 0 else Side.BUY
    found = [
        one
        for one in ledger.orders.values()
        if one.role is role
        and one.account == position.account
        and one.symbol == position.symbol
        and one.side is closing
        and (not hedging or one.position_id == position.id)
    ]
    return found[::-1]


def _uncovered(position: Position, legs: list[Order]) -> Decimal:
    return abs(position.quantity) - exits.covered(exits.at_work(legs))


def _give_back(
    desk: exits.OrderDesk, legs: list[Order], trade: Trade, missing: Decimal, taken_back: Decimal
) -> None:
    """Let ``legs`` cover again what they gave up to ``trade``, ``missing`` units at most."""
    causes = {trade.seq, *trade.restated}
    for leg in legs:
        if leg.leaving == BY_CLIENT:
            continue
        lost = sum((units for cause, units in leg.yielded if cause in causes), ZERO)
        is_working = bool(exits.at_work([leg]))
        if leg.id == trade.order_id and not is_working:
            lost += taken_back
        units = min(lost, missing)
        if units <= 0:
            continue
        missing -= units
        if is_working:
            desk.change_exit(leg, OrderChange(quantity=leg.filled + leg.prospect + units))
        else:
            place_anew(desk, leg, units)


def settle(engine: Engine) -> None:
    """Pay what closes owe, where that is certain by now. After a restart it must be asked for once,
    when orders can be placed again.
    """
    state = engine.state
    for order_id in list(state.doubts.debts):
        close = state.known(order_id)
        if close.account in engine.capabilities and debts.is_due(state, close):
            _repay(engine, close)


def _repay(engine: Engine, close: Order) -> None:
    """Place anew what made way for ``close`` and is due. A leg may trade as it is placed."""
    outer, engine.cause = engine.cause, debts.number_of(close)
    try:
        while (owed := debts.next_due(engine.state, close)) is not None:
            place_anew(engine, *owed)
        if close.id in engine.state.doubts.debts:
            engine.write(close.account, ev.CloseSettled(close.id))
    finally:
        engine.cause = outer


def place_anew(desk: exits.OrderDesk, leg: Order, units: Decimal) -> None:
    """Put an order for ``units`` in the place of a leg that is gone."""
    request = leg.request
    price = leg.stop_price if leg.role is Role.STOP_LOSS else leg.limit_price
    if price is None or request.oco_group_id is None:
        raise ValueError(f"leg {leg.id} has no price or no group")
    new = exits.leg_request(
        leg.symbol, leg.side, leg.role, units, price, request.oco_group_id, request.position_id
    )
    desk.place_exit(leg.account, new, leg.role, leg.parent_order_id, leg.id)
