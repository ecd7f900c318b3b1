"""Listening to a broker that may err: reports taken, and what a person must see raised.

A fill always counts. One that comes after its order ended, or goes beyond what was asked for, is
not a fault of the books but of the broker, and opens an alarm that somebody has to clear.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine import events as ev
from engine import intake
from engine.alarms import AlarmKind, alarm_id
from engine.reports import (
    CashMoved,
    Corrected,
    Filled,
    ForeignOrder,
    Modified,
    PositionSplit,
    Report,
)
from engine.values import FINAL, Status

if TYPE_CHECKING:
    from engine.core import Engine
    from engine.orders import Order


def hear(engine: Engine, report: Report) -> None:
    """Take a report; OrderNotFound when it speaks of an order that is not known here."""
    if not isinstance(report, Filled | Corrected | Modified):
        engine.report(report)
        return
    order = intake.find(engine, report)
    status, filled = order.status, order.filled
    engine.report(report)
    if order.filled > filled and status in FINAL and status is not Status.FILLED:
        text = f"order {order.id} traded after it was {status}: {order.filled} in all"
        alarm(engine, order, AlarmKind.ORDER_FILLED_LATE, text)
    weigh(engine, order)


def weigh(engine: Engine, order: Order) -> None:
    """Open an alarm about an order that traded more than it is for."""
    if order.filled > order.quantity:
        text = f"order {order.id} is for {order.quantity} and traded {order.filled}"
        alarm(engine, order, AlarmKind.ORDER_OVERFILLED, text)


def concern(engine: Engine, report: Report) -> tuple[str, str] | None:
    """The account and symbol that a report is about, where it is about one that is known here."""
    if isinstance(report, ForeignOrder):
        return report.account, report.order.request.symbol
    if isinstance(report, CashMoved | PositionSplit):
        return (report.account, report.symbol) if report.symbol else None
    order = engine.state.order(getattr(report, "order_id", ""))
    if order is None and isinstance(report, intake.Named) and not report.order_id:
        named = engine.state.by_broker_id(report.account, report.broker_id)
        order = named[-1] if named else None
    return None if order is None else (order.account, order.symbol)


def alarm(engine: Engine, order: Order, kind: AlarmKind, text: str) -> bool:
    """Open an alarm about an order; says whether it was news."""
    name = alarm_id(kind, order.id)
    if name in engine.state.doubts.alarms:
        return False
    engine.write(order.account, ev.AlarmRaised(name, kind, text, order.symbol, order.id))
    return True
