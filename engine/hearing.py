"""Listening to a broker that may err: reports taken, and what a person must see raised.

A fill always counts. One that comes after its order ended, or goes beyond what was asked for, is
not a fault of the books but of the broker, and opens an alarm that somebody has to clear.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine import events as ev
from engine import intake
from engine.alarms import AlarmKind, alarm_id
from engine.reports import Corrected, Filled, Report
from engine.values import FINAL, Status

if TYPE_CHECKING:
    from engine.core import Engine
    from engine.orders import Order


def hear(engine: Engine, report: Report) -> None:
    """Take a report; OrderNotFound when it speaks of an order that is not known here."""
    if not isinstance(report, Filled | Corrected):
        engine.report(report)
        return
    order = intake.find(engine, report)
    status, filled = order.status, order.filled
    engine.report(report)
    if order.filled <= filled:
        return
    if status in FINAL and status is not Status.FILLED:
        text = f"order {order.id} traded after it was {status}: {order.filled} in all"
        alarm(engine, order, AlarmKind.ORDER_FILLED_LATE, text)
    if order.filled > order.quantity:
        text = f"order {order.id} is for {order.quantity} and traded {order.filled}"
        alarm(engine, order, AlarmKind.ORDER_OVERFILLED, text)


def alarm(engine: Engine, order: Order, kind: AlarmKind, text: str) -> bool:
    """Open an alarm about an order; says whether it was news."""
    name = alarm_id(kind, order.id)
    if name in engine.state.doubts.alarms:
        return False
    engine.write(order.account, ev.AlarmRaised(name, kind, text, order.symbol, order.id))
    return True
