"""What a broker states of one order, explained as facts: executions first, then terms, then status.

Nothing is inferred that was not stated. An order that the broker calls filled, with executions that
we have not all seen, has an unknown outcome, not invented trades. An order stands at the broker as
one or more incarnations and has ended only when none of them works. What agrees with our books
writes nothing, so explaining the same statement twice adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from engine import events as ev
from engine import restored, unprotected
from engine.alarms import AlarmKind
from engine.findings import Findings
from engine.hearing import alarm, hear, weigh
from engine.lifecycle import Step, can
from engine.orders import Order
from engine.reports import Busted, Corrected, Filled
from engine.requests import OrderChange, OrderRequest
from engine.statements import BrokerOrder, Execution, execution_key
from engine.values import FINAL, ZERO, OrderType, RejectReason, Status

_TERMS = ("quantity", "limit_price", "stop_price", "trailing_distance")
_AT_WORK = (Status.OPEN, Status.PARTIALLY_FILLED)
_OTHER_TERMS = "the broker works it on other terms"


def explain_execution(findings: Findings, order: Order, stated: Execution) -> None:
    """Bring our books in line with one execution of ``order``."""
    state = findings.engine.state
    key = execution_key(order.account, stated)
    known = state.execution(order.account, key)
    if known == "" or (known is None and stated.busted):
        return
    theirs = f"{stated.quantity} at {stated.price}"
    if known is None:
        with findings.difference("execution", "none", theirs, order.symbol, order.id):
            hear(findings.engine, _filled(order, stated, key))
        return
    trade = state.trades[known]
    ours = f"{trade.quantity} at {trade.price}"
    if not trade.quantity:
        return
    if stated.busted:
        with findings.difference("execution", ours, "taken back", order.symbol, order.id):
            findings.engine.report(Busted(order.id, key, "the broker took it back"))
        return
    same = (trade.quantity, trade.price, trade.commission, trade.revision) == (
        stated.quantity,
        stated.price,
        stated.commission,
        stated.revision,
    )
    if not same and stated.revision >= trade.revision:
        with findings.difference("execution", ours, theirs, order.symbol, order.id):
            hear(findings.engine, _corrected(order, stated, key))


def _filled(order: Order, stated: Execution, key: str) -> Filled | Corrected:
    if stated.revision:
        return _corrected(order, stated, key)
    return Filled(
        order.id,
        key,
        stated.quantity,
        stated.price,
        stated.executed_at,
        stated.commission,
        stated.commission_currency,
        stated.is_maker,
    )


def _corrected(order: Order, stated: Execution, key: str) -> Corrected:
    return Corrected(
        order.id,
        key,
        stated.quantity,
        stated.price,
        stated.executed_at,
        stated.commission,
        stated.commission_currency,
        stated.is_maker,
        stated.revision,
    )


def explain_order(
    findings: Findings, order: Order, stated: Sequence[BrokerOrder], taken_at: int
) -> None:
    """Bring one of our orders in line with every incarnation the broker states of it, once its
    executions are in the books. ``taken_at`` is when the broker was asked, by the clock that
    labels facts.
    """
    working = [one for one in stated if one.status not in FINAL]
    if working and order.status is not Status.UNKNOWN:
        _explain_names(findings, order, stated)
    triggered = any(one.triggered for one in stated) and not order.triggered
    if triggered and can(order.status, Step.TRIGGERED):
        with findings.difference("trigger", "no", "yes", order.symbol, order.id):
            findings.engine.write(order.account, ev.OrderTriggered(order.id))
    _explain_terms(findings, order, stated[-1].request)
    if working:
        _explain_work(findings, order, working, taken_at)
    else:
        _explain_end(findings, order, stated)
    if order.status is not Status.UNKNOWN:
        _explain_names(findings, order, stated)
        _explain_parts(findings, order, stated)
    weigh(findings.engine, order)
    restored.settle(findings.engine)


def _explain_names(findings: Findings, order: Order, stated: Sequence[BrokerOrder]) -> None:
    """Learn the ids the broker knows the order by."""
    for one in stated:
        if one.broker_id and one.broker_id not in order.broker_ids:
            with findings.difference("broker id", "none", one.broker_id, order.symbol, order.id):
                fact = ev.OrderAccepted(order.id, one.broker_id)
                findings.engine.write(order.account, fact)


def _explain_parts(findings: Findings, order: Order, stated: Sequence[BrokerOrder]) -> None:
    """Note which incarnations of an order that works have ended, and whether too many work."""
    if order.is_final:
        return
    working = [one.broker_id for one in stated if one.status not in FINAL]
    if len(working) > 1:
        times = f"{len(working)} times: {', '.join(working)}"
        text = f"order {order.id} works at the broker {times}"
        alarm(findings.engine, order, AlarmKind.ORDER_DOUBLED, text)
    for one in stated:
        if one.status in FINAL and one.broker_id in order.live_ids:
            with findings.difference(
                "incarnation", "works", f"{one.broker_id}, {one.status}", order.symbol, order.id
            ):
                fact = ev.BrokerOrderEnded(order.id, one.broker_id, one.status, one.message)
                findings.engine.write(order.account, fact)


def _explain_work(
    findings: Findings, order: Order, working: Sequence[BrokerOrder], taken_at: int
) -> None:
    """The broker works the order."""
    shown = working[-1]
    if order.is_final:
        delay = findings.engine.capabilities[order.account].visibility_delay_ns
        if order.updated_at + delay < taken_at:
            _explain_revival(findings, order, shown)
        return
    engine, account, theirs = findings.engine, order.account, shown.status
    answers: dict[Status, ev.Event] = {
        Status.UNKNOWN: ev.OrderResolved(order.id, True, findings.source, shown.broker_id),
        Status.PENDING: ev.OrderAccepted(order.id, shown.broker_id),
    }
    answer = answers.get(order.status)
    if answer is not None:
        with findings.difference("status", order.status, theirs, order.symbol, order.id):
            engine.write(account, answer)
    if order.leaving:
        _explain_cancel(findings, order, theirs, taken_at)


def _explain_cancel(findings: Findings, order: Order, theirs: Status, taken_at: int) -> None:
    """An order that was to be cancelled works at the broker: the cancel is under way there, or was
    never heard, or its refusal was not heard here. But for the first it is sent again, which does
    no harm; unless the statement may be older than the cancel.
    """
    if theirs is not Status.PENDING_CANCEL:
        delay = findings.engine.capabilities[order.account].visibility_delay_ns
        if order.status is Status.PENDING_CANCEL and order.updated_at + delay >= taken_at:
            return
        with findings.difference("cancel", "asked for", "not made", order.symbol, order.id):
            findings.engine.withdraw(order, order.leaving, again=True)
    elif order.status in _AT_WORK:
        with findings.difference("cancel", "asked for", "under way", order.symbol, order.id):
            fact = ev.OrderCancelRequested(order.id, order.leaving)
            findings.engine.write(order.account, fact)


def _explain_revival(findings: Findings, order: Order, shown: BrokerOrder) -> None:
    """The broker works an order that had ended here."""
    text = f"order {order.id} is {order.status} here, and the broker works it"
    if order.status is Status.FILLED:
        alarm(findings.engine, order, AlarmKind.ENDED_ORDER_WORKS, text)
        return
    with findings.difference("status", order.status, shown.status, order.symbol, order.id):
        fact = ev.OrderResolved(order.id, True, findings.source, shown.broker_id)
        findings.engine.write(order.account, fact)
        alarm(findings.engine, order, AlarmKind.ENDED_ORDER_WORKS, text)


def _explain_terms(findings: Findings, order: Order, stated: OrderRequest) -> None:
    """The broker works the order on its own terms, whatever we asked for."""
    if not can(order.status, Step.MODIFIED):
        return
    values = {}
    for name in _TERMS:
        theirs = getattr(stated, name)
        is_moving = name == "stop_price" and order.order_type is OrderType.TRAILING_STOP
        if theirs is not None and theirs != getattr(order, name) and not is_moving:
            values[name] = theirs
    engine, account, covered = findings.engine, order.account, unprotected.cover(order)
    if values:
        ours = ", ".join(f"{name} {getattr(order, name)}" for name in values)
        news = ", ".join(f"{name} {value}" for name, value in values.items())
        with findings.difference("terms", ours, news, order.symbol, order.id):
            engine.write(account, ev.OrderModified(order.id, OrderChange(**values)))
    while order.asked and not order.is_final:
        with findings.difference("change", "asked for", "not made", order.symbol, order.id):
            engine.write(account, ev.OrderModifyRejected(order.id, _OTHER_TERMS))
    unprotected.lapsed(engine, order, covered, _OTHER_TERMS)


def _explain_end(findings: Findings, order: Order, stated: Sequence[BrokerOrder]) -> None:
    """The broker works none of the order's incarnations."""
    if order.is_final:
        return
    told = {one.broker_id for one in stated}
    hidden = [each for each in order.live_ids if each not in told]
    if hidden:
        if order.status is not Status.UNKNOWN:
            _explain_parts(findings, order, stated)
            why = f"the broker does not show {', '.join(hidden)}, as which it stands there"
            findings.engine.write(order.account, ev.OrderOutcomeUnknown(order.id, why))
        return
    engine, account = findings.engine, order.account
    last = stated[-1]
    traded = sum((one.filled for one in stated), ZERO)
    expected = order.quantity if last.status is Status.FILLED else traded
    if order.filled < min(expected, order.quantity) or last.status is Status.FILLED:
        if order.status is not Status.UNKNOWN:
            theirs = f"{last.status}, {traded} filled"
            with findings.difference("fills", order.filled, theirs, order.symbol, order.id):
                why = f"the broker says {theirs}; executions are known for {order.filled}"
                engine.write(account, ev.OrderOutcomeUnknown(order.id, why))
        return
    with findings.difference("status", order.status, last.status, order.symbol, order.id):
        covered = unprotected.cover(order)
        engine.write(account, _end(order, last, findings.source))
        unprotected.ended(engine, order, covered)


def _end(
    order: Order, last: BrokerOrder, source: str
) -> ev.OrderCancelled | ev.OrderExpired | ev.OrderRejected:
    why = last.message or f"ended at the broker ({source})"
    if last.status is Status.EXPIRED:
        return ev.OrderExpired(order.id)
    if last.status is Status.REJECTED:
        return ev.OrderRejected(order.id, RejectReason.UNKNOWN, why)
    return ev.OrderCancelled(order.id, why)


def quantity_of(executions: Iterable[Execution]) -> Decimal:
    """What executions that stand come to."""
    return sum((one.quantity for one in executions if not one.busted), ZERO)
