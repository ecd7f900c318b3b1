"""Reports from brokers, checked and turned into facts.

A report is believed only as far as the order's life allows: the same execution twice changes
nothing, an acknowledgement that arrives after the end tells nothing new, and a fill always counts,
even late, because money moved. Each function here takes one kind of report; ``take`` finds it by
type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from engine import events as ev
from engine import exits, reports
from engine.errors import InvalidRequest, OrderNotFound
from engine.lifecycle import Step, can
from engine.orders import Order
from engine.positions import opening
from engine.values import signed

if TYPE_CHECKING:
    from engine.core import Engine


_ACCEPTED = Step.ACCEPTED


def take(engine: Engine, report: reports.Report) -> None:
    """Write what ``report`` says as a fact, and act on it. OrderNotFound if we never sent such an
    order.
    """
    _TAKERS[type(report)](engine, report)


def _order(engine: Engine, order_id: str) -> Order:
    order = engine.state.order(order_id)
    if order is None:
        raise OrderNotFound(order_id)
    return order


def _accepted(engine: Engine, report: reports.Accepted) -> None:
    order = _order(engine, report.order_id)
    if can(order.status, _ACCEPTED):
        engine.write(order.account, ev.OrderAccepted(order.id, report.broker_id))


def _rejected(engine: Engine, report: reports.Rejected) -> None:
    order = _order(engine, report.order_id)
    if can(order.status, Step.REJECTED):
        engine.write(order.account, ev.OrderRejected(order.id, report.reason, report.message))


def _triggered(engine: Engine, report: reports.Triggered) -> None:
    order = _order(engine, report.order_id)
    if can(order.status, Step.TRIGGERED) and not order.triggered:
        engine.write(order.account, ev.OrderTriggered(order.id))


def _trailed(engine: Engine, report: reports.Trailed) -> None:
    order = _order(engine, report.order_id)
    if not order.is_final and order.stop_price != report.stop_price:
        engine.write(order.account, ev.OrderTrailed(order.id, report.stop_price))


def _modified(engine: Engine, report: reports.Modified) -> None:
    order = _order(engine, report.order_id)
    if can(order.status, Step.MODIFIED):
        engine.write(order.account, ev.OrderModified(order.id, report.change, report.broker_id))


def _modify_rejected(engine: Engine, report: reports.ModifyRejected) -> None:
    order = _order(engine, report.order_id)
    engine.write(order.account, ev.OrderModifyRejected(order.id, report.message))


def _cancelled(engine: Engine, report: reports.Cancelled) -> None:
    order = _order(engine, report.order_id)
    if not order.is_final:
        engine.write(order.account, ev.OrderCancelled(order.id, report.reason))


def _cancel_rejected(engine: Engine, report: reports.CancelRejected) -> None:
    order = _order(engine, report.order_id)
    if not order.is_final:
        engine.write(order.account, ev.OrderCancelRejected(order.id, report.message))


def _expired(engine: Engine, report: reports.Expired) -> None:
    order = _order(engine, report.order_id)
    if not order.is_final:
        engine.write(order.account, ev.OrderExpired(order.id))


def _unknown(engine: Engine, report: reports.OutcomeUnknown) -> None:
    order = _order(engine, report.order_id)
    if can(order.status, Step.LOST_SIGHT):
        engine.write(order.account, ev.OrderOutcomeUnknown(order.id, report.message))


def _filled(engine: Engine, report: reports.Filled) -> None:
    state = engine.state
    order = _order(engine, report.order_id)
    if report.execution_id and state.execution(order.account, report.execution_id) is not None:
        return
    if report.quantity <= 0:
        raise InvalidRequest("quantity", str(report.quantity), "an execution of more than nothing")
    fact = ev.TradeFilled(
        f"trd_{state.seq + 1:010d}",
        order.id,
        report.execution_id,
        report.quantity,
        report.price,
        report.executed_at,
        report.commission,
        report.commission_currency,
        report.is_maker,
        (order.request.position_id and order.position_id) or "",
    )
    if exits.may_follow(state, order):
        _filled_with_exits(engine, order, fact)
    else:
        engine.write(order.account, fact)


def _filled_with_exits(engine: Engine, order: Order, fact: ev.TradeFilled) -> None:
    """Write a fill that may call for legs to be placed, changed or withdrawn, and do that."""
    request, quantity = order.request, fact.quantity
    account = engine.state.accounts[order.account]
    position = account.held(request.symbol, order.position_id)
    opened = quantity if position is None else opening(position, signed(request.side, quantity))
    record = engine.write(order.account, fact)
    outer, engine.cause = engine.cause, record.seq
    try:
        exits.after_fill(engine, engine.state, account, order, quantity, opened)
    finally:
        engine.cause = outer


def _cash_moved(engine: Engine, report: reports.CashMoved) -> None:
    engine.write(
        engine.account(report.account).id,
        ev.CashAdjusted(report.amount, report.currency, report.kind, report.symbol),
    )


def _split(engine: Engine, report: reports.PositionSplit) -> None:
    account = engine.account(report.account)
    for position in list(account.positions.values()):
        if position.symbol == report.symbol:
            engine.write(
                report.account,
                ev.PositionAdjusted(position.id, report.symbol, "split", ratio=report.ratio),
            )


_TAKERS: dict[type, Callable[[Engine, Any], None]] = {
    reports.Accepted: _accepted,
    reports.Rejected: _rejected,
    reports.Triggered: _triggered,
    reports.Trailed: _trailed,
    reports.Modified: _modified,
    reports.ModifyRejected: _modify_rejected,
    reports.Cancelled: _cancelled,
    reports.CancelRejected: _cancel_rejected,
    reports.Expired: _expired,
    reports.OutcomeUnknown: _unknown,
    reports.Filled: _filled,
    reports.CashMoved: _cash_moved,
    reports.PositionSplit: _split,
}
