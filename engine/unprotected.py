"""Positions that lost protection without anybody asking: an alarm for each leg, until it is back.

A protective leg that its broker turns down, ends or will not let grow leaves a position open to
what the leg was for. Nobody may miss that, so it is an alarm, which names the position, the leg and
the reason. It settles by itself: when legs of that role, taken by the broker, cover what was lost,
or when the position is closed. A leg that its broker ends after taking back one of its fills is
placed anew instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from engine import events as ev
from engine import exits, restored
from engine.alarms import Alarm, AlarmKind, alarm_id
from engine.orders import Order
from engine.values import ZERO, PositionMode, Role, Side, Status

if TYPE_CHECKING:
    from engine.core import Engine
    from engine.positions import Position
    from engine.session import Session

_KIND = AlarmKind.POSITION_UNPROTECTED
_STANDING = (Status.OPEN, Status.PARTIALLY_FILLED)


def cover(order: Order) -> Decimal:
    """How much an order would still trade, and so covers if it is a leg."""
    return ZERO if order.is_final else order.prospect


def lapsed(session: Session, leg: Order, covered: Decimal, reason: str = "") -> None:
    """Raise an alarm if an order is a leg that covers less than ``covered`` now, as it did or was
    asked to, and nobody wished it so.
    """
    position, lost = _protected(session, leg), covered - cover(leg)
    if position is None or leg.leaving or lost <= 0:
        return
    held, now = abs(position.quantity), exits.covered(_legs(session, leg))
    if now < held:
        known = [one.quantity for one in _open(session, position, leg.role)]
        needed = min(held, max([now, *known]) + lost)
        role = "stop-loss" if leg.role is Role.STOP_LOSS else "take-profit"
        what = f"is {leg.status}: {leg.message}" if leg.is_final else f"did not grow: {reason}"
        text = (
            f"position {position.id} of {position.quantity} {leg.symbol} has no {role} for "
            f"{needed - now} of it, because leg {leg.id} {what}"
        )
        name = alarm_id(_KIND, leg.id)
        fact = ev.AlarmRaised(name, _KIND, text, leg.symbol, leg.id, position.id, needed)
        session.write(leg.account, fact)


def ended(engine: Engine, leg: Order, covered: Decimal) -> None:
    """As ``lapsed``, for an order that its broker ended: a leg of which it took back a fill is
    placed anew.
    """
    position = _protected(engine, leg)
    if position is None or leg.leaving:
        return
    if leg.is_restated:
        missing = abs(position.quantity) - exits.covered(_legs(engine, leg))
        units = min(covered, missing)
        if units > 0:
            restored.place_anew(engine, leg, units)
    else:
        lapsed(engine, leg, covered)


def settle(session: Session) -> None:
    """Settle the alarms whose positions are covered again, or closed."""
    if not session.state.doubts.alarms:
        return
    for alarm in list(session.state.doubts.alarms.values()):
        leg = session.state.order(alarm.order_id)
        if alarm.kind is not _KIND or leg is None:
            continue
        position = _protected(session, leg)
        if position is None or position.id != alarm.position_id:
            session.write(alarm.account, ev.AlarmCleared(alarm.id, "the position is closed"))
            continue
        standing = (one for one in _legs(session, leg) if one.status in _STANDING)
        covered = sum((min(one.remaining, one.prospect) for one in standing), ZERO)
        if covered >= min(alarm.quantity, abs(position.quantity)):
            session.write(alarm.account, ev.AlarmCleared(alarm.id, "it is covered again"))


def _protected(session: Session, leg: Order) -> Position | None:
    """The position that an order protects, if it is a leg and there is one."""
    if not leg.is_exit:
        return None
    position = session.state.accounts[leg.account].held(leg.symbol, leg.position_id)
    closes = position is not None and (position.quantity > 0) is (leg.side is Side.SELL)
    return position if closes else None


def _legs(session: Session, leg: Order) -> list[Order]:
    """The legs at work for the same position in the same role."""
    mode = session.state.accounts[leg.account].position_mode
    hedging = mode is PositionMode.HEDGING
    return exits.at_work(
        one
        for one in session.state.legs(leg.account, leg.symbol)
        if one.role is leg.role
        and one.side is leg.side
        and (not hedging or one.position_id == leg.position_id)
    )


def _open(session: Session, position: Position, role: Role) -> Iterator[Alarm]:
    """The alarms that are open about a position and a role."""
    for alarm in session.state.doubts.alarms.values():
        leg = session.state.order(alarm.order_id)
        if alarm.position_id == position.id and leg is not None and leg.role is role:
            yield alarm
