"""The small broker's books in the engine's words: what an adapter would make of them."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine import reports
from engine.reports import Report
from engine.requests import OrderChange
from engine.statements import BrokerOrder, Execution, Holding, Lookup, Snapshot
from engine.values import FINAL, ZERO, RejectReason, Status, signed
from tests.simulation.broker import CURRENCY, Told, Venue, VenueExecution, VenueOrder


def order(one: VenueOrder) -> BrokerOrder:
    """An order as the venue shows it now."""
    request = msgspec.structs.replace(
        one.request,
        quantity=one.quantity,
        limit_price=one.limit_price,
        stop_price=one.stop_price,
        client_order_id=None,
        stop_loss=None,
        take_profit=None,
        oco_group_id=None,
        position_id=None,
    )
    return BrokerOrder(
        one.broker_id,
        one.client_id,
        request,
        one.status,
        one.filled,
        triggered=one.triggered,
        message=one.message,
    )


def incarnations(one: VenueOrder) -> tuple[BrokerOrder, ...]:
    """An order under every id that it ever had: it works, or ended, under the last of them."""
    now = order(one)
    gone = msgspec.structs.replace(now, status=Status.CANCELLED, filled=ZERO, message="renumbered")
    return (*(msgspec.structs.replace(gone, broker_id=each) for each in one.past_ids), now)


def execution(one: VenueExecution) -> Execution:
    """A trade as the venue shows it now."""
    return Execution(
        one.id,
        one.broker_id,
        one.symbol,
        one.side,
        one.quantity,
        one.price,
        one.executed_at,
        one.client_id,
        one.commission,
        CURRENCY,
        revision=one.revision,
        busted=one.is_busted,
    )


def report(told: Told) -> Report | None:
    """News or an answer as the report that the engine takes; None for what settles nothing."""
    one = told.order
    if one is None:
        return _about_nothing(told)
    if told.execution is not None:
        return _execution_report(told, told.execution)
    order_id = one.client_id or ""
    broker_id, account = one.broker_id, one.account
    match told.what:
        case "accepted" if one.client_id is None:
            return reports.ForeignOrder(account, order(one))
        case "accepted":
            return reports.Accepted(order_id, broker_id)
        case "rejected":
            reason = RejectReason.UNKNOWN
            return reports.Rejected(order_id, reason, told.message, broker_id, account)
        case "changed":
            return reports.Modified(order_id, told.change or OrderChange(), broker_id, account)
        case "change rejected":
            return reports.ModifyRejected(order_id, told.message)
        case "cancel rejected":
            return reports.CancelRejected(order_id, told.message)
        case "cancelled":
            return reports.Cancelled(order_id, "client", broker_id, account)
        case "expired":
            return reports.Expired(order_id, broker_id, account)
    return None


def _about_nothing(told: Told) -> Report | None:
    """An answer about an order that the venue does not have; `message` is our id for it."""
    if told.what == "nothing to cancel":
        return reports.CancelRejected(told.message, "no such order")
    return reports.ModifyRejected(told.message, "no such order")


def _execution_report(told: Told, one: VenueExecution) -> Report:
    order_id = one.client_id or ""
    if told.what == "busted":
        return reports.Busted(order_id, one.id, told.message, one.broker_id, one.account)
    kind = reports.Corrected if told.what == "corrected" else reports.Filled
    news = kind(
        order_id,
        one.id,
        one.quantity,
        one.price,
        one.executed_at,
        one.commission,
        CURRENCY,
        broker_id=one.broker_id,
        account=one.account,
    )
    if isinstance(news, reports.Corrected):
        return msgspec.structs.replace(news, revision=one.revision)
    return news


def lookup(venue: Venue, account: str, order_id: str) -> Lookup:
    """Everything the venue knows of an order of ours."""
    found = venue.find(account, order_id)
    if found is None:
        return Lookup(order_id)
    traded = [execution(one) for one in venue.traded(account) if one.client_id == order_id]
    return Lookup(order_id, incarnations(found), tuple(traded))


def snapshot(venue: Venue, account: str, reach_back_ns: int | None = None) -> Snapshot:
    """An account whole, or only as far back as the venue remembers."""
    since = 0 if reach_back_ns is None else venue.now - reach_back_ns
    recent = [one for one in venue.of(account) if not one.is_final or one.changed_at >= since]
    orders = [each for one in recent for each in incarnations(one)]
    return Snapshot(
        account,
        tuple(one for one in orders if one.status not in FINAL),
        tuple(one for one in orders if one.status in FINAL),
        tuple(execution(one) for one in venue.traded(account) if one.executed_at >= since),
        {
            symbol: Holding(quantity, _cost(venue, account, symbol))
            for symbol, quantity in venue.positions(account).items()
            if quantity
        },
        {CURRENCY: venue.cash_of(account)},
        venue.now,
        since,
    )


def _cost(venue: Venue, account: str, symbol: str) -> Decimal | None:
    """What a position cost on average; a venue that was handed units does not say."""
    if (account, symbol) in venue.transfers:
        return None
    held = cost = ZERO
    for one in venue.traded(account):
        if one.symbol != symbol:
            continue
        moved = signed(one.side, one.quantity)
        after = held + moved
        if held * moved >= 0:
            cost += moved * one.price
        elif held * after > 0:
            cost -= cost * abs(moved) / abs(held)
        else:
            cost = after * one.price
        held = after
    return cost
