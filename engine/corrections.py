"""Executions that a broker changed or took back, in whatever order it tells of them.

A correction carries the whole execution, so one that overtakes its fill is the fill; a bust that
overtakes its fill voids it in advance. A bust is for good: no correction brings the trade back.
Where the broker counts its corrections, an older one that comes late changes nothing. Protective
legs follow the position, as it shrinks by it and as it grows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine import events as ev
from engine import exits, restored, unprotected
from engine.errors import InvalidRequest
from engine.reports import Busted, Corrected, Filled

if TYPE_CHECKING:
    from engine.core import Engine
    from engine.orders import Order


def correct(
    engine: Engine, order: Order, report: Corrected, fill: Callable[[Engine, Filled], None]
) -> None:
    """Give an execution the figures it has now; ``fill`` takes one that was never seen."""
    if report.quantity < 0:
        raise InvalidRequest("quantity", str(report.quantity), "what is left of an execution")
    if not report.quantity:
        reason = "corrected to nothing"
        bust(engine, order, Busted(order.id, report.execution_id, reason))
        return
    known = engine.state.execution(order.account, report.execution_id)
    if known == "":
        return
    if known is None:
        fill(engine, _as_fill(order, report))
        known = engine.state.execution(order.account, report.execution_id)
    if known is None:
        return  # it is in what the books began with
    trade = engine.state.trades[known]
    told = (trade.quantity, trade.price, trade.commission, trade.revision)
    news = (report.quantity, report.price, report.commission, report.revision)
    if trade.quantity and told != news and report.revision >= trade.revision:
        _restate(engine, order, ev.TradeCorrected(trade.id, *news))


def _as_fill(order: Order, report: Corrected) -> Filled:
    return Filled(
        order.id,
        report.execution_id,
        report.quantity,
        report.price,
        report.executed_at,
        report.commission,
        report.commission_currency,
        report.is_maker,
    )


def bust(engine: Engine, order: Order, report: Busted) -> None:
    """Take an execution back, or void it before it comes."""
    known = engine.state.execution(order.account, report.execution_id)
    if known is None:
        engine.write(order.account, ev.ExecutionVoided(report.execution_id, report.reason))
    elif known and engine.state.trades[known].quantity:
        _restate(engine, order, ev.TradeBusted(known, report.reason))


def _restate(engine: Engine, order: Order, fact: ev.TradeCorrected | ev.TradeBusted) -> None:
    """Write what a trade is now; its position stays covered as it was, within what it holds."""
    state, trade = engine.state, engine.state.trades[fact.trade_id]
    account = state.accounts[order.account]
    before, told = restored.holdings(account, order.symbol), trade.quantity
    record = engine.write(order.account, fact)
    outer, engine.cause = engine.cause, record.seq
    try:
        if told > trade.quantity:
            exits.uncover(engine, state, order, told - trade.quantity)
        exits.fit(engine, state, account, order.symbol)
        restored.after(engine, state, account, trade, before, told - trade.quantity)
        restored.settle(engine)
        unprotected.settle(engine)
    finally:
        engine.cause = outer
