"""What closes owe: the protection that made way for them, of what they did not close.

The legs of a position that is closed whole are withdrawn in the name of the close, once its intent
is on the tape: each remembers what it gave up, and to whom (``Order.yielded``), and the close is in
debt (``Doubts.debts``). It owes nothing while it may still close, nor while the cancel of a leg may
still fail. Then what it left open is due: no more than its legs covered, than it did not close, and
than is bare now of the position it was for. A leg that a client cancelled besides is not owed.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine import exits
from engine.facts.orders import BY_CLIENT
from engine.orders import Order
from engine.values import ZERO, PositionMode, Role, Side

if TYPE_CHECKING:
    from engine.positions import Position
    from engine.state import State


def number_of(close: Order) -> int:
    """The number of the fact that told of a close: to it legs give way."""
    return int(close.id[4:])


def gave_way(state: State, leg: Order, cause: int) -> None:
    """Fold that ``leg`` is to leave because of the fact numbered ``cause``, if that is a close."""
    close = state.books.get(leg.account, {}).get(leg.symbol, {}).get(f"ord_{cause:010d}")
    if close is not None and close.role is Role.CLOSE:
        state.doubts.debts[close.id] = (*state.doubts.debts.get(close.id, ()), leg.id)


def reopen(state: State, close: Order) -> None:
    """Fold that a fill of ``close`` is another than was told: it may owe again."""
    legs = tuple(one.id for one in state.orders.values() if one.is_exit and _gave(one, close))
    if legs:
        state.doubts.debts[close.id] = legs


def is_due(state: State, close: Order) -> bool:
    """Whether it is certain what ``close`` owes: it has ended, and so have the legs that were to
    leave, unless they stay after all. Where nothing is held any more, by other trades, that can
    change as long as these can be taken back.
    """
    legs = (state.known(each) for each in state.doubts.debts[close.id])
    if not close.is_final or any(leg.leaving and not leg.is_final for leg in legs):
        return False
    return not _left(close) or _held(state, close) is not None


def next_due(state: State, close: Order) -> tuple[Order, Decimal] | None:
    """A leg that must be placed anew and for how many units, or None where nothing is due: a
    stop-loss first, of the youngest leg.
    """
    position = _held(state, close)
    if position is None or int(position.id[4:]) > number_of(close):
        return None  # gone, or another one
    legs = map(state.known, reversed(state.doubts.debts.get(close.id, ())))
    gone = [leg for leg in legs if _is_gone(leg, position)]
    for role in exits.ROLES:
        own = [leg for leg in gone if leg.role is role]
        owed = min(sum((_gave(leg, close) for leg in own), ZERO), _left(close))
        owed -= sum((_returned(leg, close) for leg in own), ZERO)
        owed = min(owed, abs(position.quantity) - _covered(state, position, role))
        for leg in own:
            units = min(owed, _gave(leg, close) - _returned(leg, close))
            if units > 0:
                return leg, units
    return None


def _held(state: State, close: Order) -> Position | None:
    """What is held where ``close`` would trade."""
    return state.accounts[close.account].held(close.symbol, close.request.position_id)


def _left(close: Order) -> Decimal:
    """What ``close`` has not closed of all it was for."""
    return max(ZERO, close.request.quantity - close.filled)


def _is_gone(leg: Order, position: Position) -> bool:
    """Whether a leg that could protect ``position`` went, and no client wished it so."""
    closes = (position.quantity > 0) is (leg.side is Side.SELL)
    return closes and leg.is_final and leg.leaving != BY_CLIENT


def _gave(leg: Order, close: Order) -> Decimal:
    """What a leg gave up to ``close``, less what it traded on its way out."""
    told = (units for cause, units in leg.yielded if cause == number_of(close) and units > 0)
    return min(sum(told, ZERO), leg.prospect)


def _returned(leg: Order, close: Order) -> Decimal:
    """What other legs cover of that in its place."""
    told = (units for cause, units in leg.yielded if cause == number_of(close) and units < 0)
    return -sum(told, ZERO)


def _covered(state: State, position: Position, role: Role) -> Decimal:
    """What the legs of a role at work cover of ``position``."""
    hedging = state.accounts[position.account].position_mode is PositionMode.HEDGING
    return exits.covered(
        leg
        for leg in exits.at_work(state.legs(position.account, position.symbol))
        if leg.role is role and (not hedging or leg.position_id == position.id)
    )
