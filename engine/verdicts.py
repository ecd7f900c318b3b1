"""What only a person can decide, each with a reason that stays on the tape.

The broker's position is accepted though no execution explains it; an order whose fate can not be
proven is given up for ended; an alarm is settled. Nothing here touches the broker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine import adoption, restored, unprotected
from engine import events as ev
from engine.errors import InvalidRequest, OrderNotModifiable
from engine.values import Status

if TYPE_CHECKING:
    from engine.core import Engine
    from engine.orders import Order


def accept_position(engine: Engine, account_id: str, symbol: str, reason: str) -> None:
    """Take the broker's word for a position in dispute: adjust ours, take back the legs that cover
    more than that, and let the symbol trade.

    Raises InvalidRequest where nothing is in dispute, or without a reason.
    """
    account = engine.account(account_id)
    _check_reason(reason)
    dispute = engine.state.doubts.dispute(account_id, symbol)
    if dispute is None:
        raise InvalidRequest("symbol", symbol, "a symbol whose position is in dispute")
    adoption.adjust(
        engine, account, symbol, f"accepted: {reason}", dispute.difference, dispute.cost
    )
    record = engine.write(account_id, ev.PositionAgreed(symbol, reason))
    engine.fit_exits(record, symbol)


def give_up(engine: Engine, account_id: str, order_id: str, reason: str) -> Order:
    """Say that an order of unknown outcome has ended: that it never reached the broker, or if some
    of it traded, that the rest is cancelled. Should it trade after all, the trade counts.

    Raises OrderNotFound, OrderNotModifiable where its fate is known, InvalidRequest.
    """
    order = engine.order(account_id, order_id)
    _check_reason(reason)
    if order.status is not Status.UNKNOWN:
        raise OrderNotModifiable(order_id, order.status, "its fate is known")
    covered = unprotected.cover(order)
    if order.filled or order.broker_ids:
        engine.write(account_id, ev.OrderCancelled(order_id, f"given up: {reason}"))
    else:
        engine.write(account_id, ev.OrderResolved(order_id, False, f"given up: {reason}"))
    unprotected.lapsed(engine, order, covered)
    restored.settle(engine)
    return order


def clear_alarm(engine: Engine, alarm_id: str, reason: str) -> None:
    """Settle an alarm; InvalidRequest where none is open by this id, or where it closes only with
    what it is about.
    """
    _check_reason(reason)
    alarm = engine.state.doubts.alarms.get(alarm_id)
    if alarm is None:
        raise InvalidRequest("alarm_id", alarm_id, "an open alarm that a person clears")
    engine.write(alarm.account, ev.AlarmCleared(alarm_id, reason))


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidRequest("reason", reason, "why this is so")
