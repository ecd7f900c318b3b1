"""Reports from brokers, checked and turned into facts.

A report is believed only as far as the order's life allows, and what it says twice is told once:
in whatever order a broker's reports of one order arrive, the order ends the same. The same
execution twice changes nothing, and a fill always counts, even late, because money moved. An order
that stands at the broker under several ids ends with the last of them. Each function here takes one
kind of report; ``TAKERS`` has them by type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from engine import adoption, corrections, exits, reports, restored, unprotected
from engine import events as ev
from engine.errors import InvalidRequest, OrderNotFound
from engine.lifecycle import TABLE, Step, can
from engine.orders import Order
from engine.positions import opening
from engine.values import FINAL, ZERO, Origin, Role, Status, signed

if TYPE_CHECKING:
    from engine.core import Engine


_PENDING, _UNKNOWN = Status.PENDING, Status.UNKNOWN
_FILLED_UP, _CANCELLED = Status.FILLED, Status.CANCELLED
_MODIFIED = Step.MODIFIED
_EXTERNAL, _ENTRY = Origin.EXTERNAL, Role.ENTRY
Named = (
    reports.Rejected
    | reports.Filled
    | reports.Triggered
    | reports.Modified
    | reports.Cancelled
    | reports.Expired
    | reports.Corrected
    | reports.Busted
)
"""Reports that may name their order by the broker's id alone."""


Ending = ev.OrderRejected | ev.OrderCancelled | ev.OrderExpired


def find(engine: Engine, report: Named) -> Order:
    """The order that a report speaks of, by our id or by the broker's; OrderNotFound if none."""
    if report.order_id:
        return engine.state.known(report.order_id)
    named = engine.state.by_broker_id(report.account, report.broker_id)
    working = [order for order in named if not order.is_final]
    if not named or len(working) > 1:
        raise OrderNotFound(report.broker_id)
    return (working or named)[-1]


def _accepted(engine: Engine, report: reports.Accepted) -> None:
    order = engine.state.known(report.order_id)
    status, broker_id = order.status, report.broker_id
    if status is not _PENDING:
        if broker_id in order.broker_ids:
            return  # an acknowledgement told before proves nothing about what was asked since
        if not (broker_id or status is _UNKNOWN or order.triggered):
            return
    engine.write(order.account, ev.OrderAccepted(order.id, broker_id))


def _rejected(engine: Engine, report: reports.Rejected) -> None:
    order = find(engine, report)
    fact = ev.OrderRejected(order.id, report.reason, report.message)
    _end(engine, order, fact, report.broker_id)


def _end(engine: Engine, order: Order, fact: Ending, broker_id: str) -> None:
    """Write that an order ended at the broker, or that one of those it stands as did."""
    if order.status is _FILLED_UP:
        if order.ended is None:
            engine.write(order.account, _part_ended(order, fact, broker_id))
    elif order.status not in FINAL:
        live = order.live_ids if order.broker_ids else ()
        if len(live) > 1 and not broker_id:
            why = f"it ended at the broker as one of {', '.join(live)}, which was not said"
            engine.write(order.account, ev.OrderOutcomeUnknown(order.id, why))
        elif broker_id and any(each != broker_id for each in live):
            if broker_id not in order.ended_ids:
                engine.write(order.account, _part_ended(order, fact, broker_id))
        else:
            covered = ZERO if order.role is _ENTRY else unprotected.cover(order)
            engine.write(order.account, fact)
            if covered:
                unprotected.ended(engine, order, covered)
            if engine.state.doubts.debts:
                restored.settle(engine)


def _part_ended(order: Order, fact: Ending, broker_id: str) -> ev.BrokerOrderEnded:
    """What became of one of the orders that an order stands as at its broker."""
    if isinstance(fact, ev.OrderCancelled):
        return ev.BrokerOrderEnded(order.id, broker_id, _CANCELLED, fact.reason)
    if isinstance(fact, ev.OrderRejected):
        status, message, reason = Status.REJECTED, fact.message, fact.reason
        return ev.BrokerOrderEnded(order.id, broker_id, status, message, reason)
    return ev.BrokerOrderEnded(order.id, broker_id, Status.EXPIRED)


def _triggered(engine: Engine, report: reports.Triggered) -> None:
    order = find(engine, report)
    if can(order.status, Step.TRIGGERED) and not order.triggered:
        engine.write(order.account, ev.OrderTriggered(order.id))


def _trailed(engine: Engine, report: reports.Trailed) -> None:
    order = engine.state.known(report.order_id)
    if not order.is_final and order.stop_price != report.stop_price:
        engine.write(order.account, ev.OrderTrailed(order.id, report.stop_price))


def _modified(engine: Engine, report: reports.Modified) -> None:
    order = engine.state.known(report.order_id) if report.order_id else find(engine, report)
    if _MODIFIED not in TABLE[order.status] or not (order.asked or _is_news(order, report)):
        return
    quantity = report.change.quantity
    if quantity is None or quantity >= order.filled or not order.is_final:
        engine.write(order.account, ev.OrderModified(order.id, report.change, report.broker_id))
        if order.status in FINAL:
            restored.settle(engine)


def _is_news(order: Order, report: reports.Modified) -> bool:
    """Whether a change brings new terms, or a new id."""
    if report.broker_id and report.broker_id not in order.broker_ids:
        return True
    change = report.change
    values = ((getattr(change, name), getattr(order, name)) for name in change.__struct_fields__)
    return any(new is not None and new != old for new, old in values)


def _modify_rejected(engine: Engine, report: reports.ModifyRejected) -> None:
    order = engine.state.known(report.order_id)
    covered = unprotected.cover(order)
    engine.write(order.account, ev.OrderModifyRejected(order.id, report.message))
    unprotected.lapsed(engine, order, covered, report.message)


def _cancelled(engine: Engine, report: reports.Cancelled) -> None:
    order = engine.state.known(report.order_id) if report.order_id else find(engine, report)
    _end(engine, order, ev.OrderCancelled(order.id, report.reason), report.broker_id)


def _cancel_rejected(engine: Engine, report: reports.CancelRejected) -> None:
    order = engine.state.known(report.order_id)
    if not order.is_final:
        engine.write(order.account, ev.OrderCancelRejected(order.id, report.message))
        restored.settle(engine)


def _expired(engine: Engine, report: reports.Expired) -> None:
    order = find(engine, report)
    _end(engine, order, ev.OrderExpired(order.id), report.broker_id)


def _unknown(engine: Engine, report: reports.OutcomeUnknown) -> None:
    order = engine.state.known(report.order_id)
    if can(order.status, Step.LOST_SIGHT):
        engine.write(order.account, ev.OrderOutcomeUnknown(order.id, report.message))


def _filled(engine: Engine, report: reports.Filled) -> None:
    state = engine.state
    order = engine.state.known(report.order_id) if report.order_id else find(engine, report)
    if report.execution_id and state.execution(order.account, report.execution_id) is not None:
        return
    if report.quantity <= ZERO:
        raise InvalidRequest("quantity", str(report.quantity), "an execution of more than nothing")
    if order.origin is _EXTERNAL and adoption.is_opening(engine, order, report.executed_at):
        return
    fact = ev.TradeFilled(
        "trd_" + str(state.seq + 1).zfill(10),
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
        restored.settle(engine)
        unprotected.settle(engine)
    finally:
        engine.cause = outer


def _corrected(engine: Engine, report: reports.Corrected) -> None:
    corrections.correct(engine, find(engine, report), report, _filled)


def _busted(engine: Engine, report: reports.Busted) -> None:
    corrections.bust(engine, find(engine, report), report)


def _foreign(engine: Engine, report: reports.ForeignOrder) -> None:
    adoption.adopt(engine, engine.account(report.account), report.order)


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


TAKERS: dict[type, Callable[[Engine, Any], None]] = {
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
    reports.Corrected: _corrected,
    reports.Busted: _busted,
    reports.ForeignOrder: _foreign,
    reports.CashMoved: _cash_moved,
    reports.PositionSplit: _split,
}
"""What writes a report of each kind down as a fact, and acts on it; OrderNotFound if we never sent
such an order.
"""
