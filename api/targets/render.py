"""From batches and orders to the target API's answers: its words for states, its numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import UNSET, UnsetType

from api.amounts import money, shares, stamp
from api.targets import wire
from engine.conids import conid
from engine.order_numbers import number
from engine.targets import Outcome
from engine.valuation import summary
from engine.values import ZERO, OrderType, Side, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.accounts import Account
    from engine.batches import Batch
    from engine.core import Engine
    from engine.events import TargetAnswered
    from engine.orders import Order
    from engine.targets import Target

STATUS = {
    Status.PENDING: "PreSubmitted",
    Status.UNKNOWN: "PreSubmitted",
    Status.OPEN: "Submitted",
    Status.PARTIALLY_FILLED: "Submitted",
    Status.PENDING_CANCEL: "Submitted",
    Status.FILLED: "Filled",
    Status.CANCELLED: "Cancelled",
    Status.REJECTED: "Inactive",
    Status.EXPIRED: "Inactive",
}
"""The API's word for each state of an order."""
_TYPE = {OrderType.MARKET: "MKT", OrderType.LIMIT: "LMT"}
_WITHOUT_ORDER = {Outcome.NO_CHANGE: "no_change", Outcome.FAILED: "error"}


def submitted(engine: Engine, batch: Batch) -> wire.Submitted:
    """A batch with what each target led to."""
    results = [_result(*each) for each in _answers(engine, batch)]
    return wire.Submitted(batch.id, batch.account, stamp(batch.submitted_at), results)


def batch(engine: Engine, batch: Batch) -> wire.Batch:
    """A batch as it stands."""
    commissions = _commissions(engine, batch)
    orders = [_order(*each, commissions) for each in _answers(engine, batch)]
    return wire.Batch(batch.id, batch.account, stamp(batch.submitted_at), orders)


def listed(batch: Batch) -> wire.Listed:
    """A batch in the list."""
    return wire.Listed(batch.id, batch.account, batch.client, stamp(batch.submitted_at))


def positions(engine: Engine, account: Account, now: int) -> wire.Positions:
    """What an account holds."""
    held = [
        wire.Position(
            position.symbol,
            shares(position.quantity),
            money(position.cost / position.quantity),
            conid(engine.instrument(position.symbol)),
        )
        for position in account.positions.values()
        if position.quantity
    ]
    worth = summary(account, engine.prices_of(account.id)).equity
    return wire.Positions(account.id, held, money(worth), stamp(now))


def withdrawn(batch: Batch, orders: list[Order]) -> wire.Withdrawn:
    """What became of a batch's orders."""
    results = [wire.Cancelled(number(order), order.status is Status.CANCELLED) for order in orders]
    return wire.Withdrawn(batch.id, results)


def _answers(engine: Engine, batch: Batch) -> list[tuple[Target, TargetAnswered, Order | None]]:
    """Each target with its answer and its order, if it has one; one that waits is left out."""
    found = []
    for target in batch.targets:
        answer = batch.answers.get(target.symbol)
        if answer is not None:
            order = engine.state.order(answer.order_id) if answer.order_id else None
            found.append((target, answer, order))
    return found


def _result(target: Target, answer: TargetAnswered, order: Order | None) -> wire.Result:
    delta = target.quantity - answer.held
    return wire.Result(
        target.symbol,
        shares(answer.held),
        shares(target.quantity),
        shares(delta),
        _action(delta),
        shares(abs(delta)),
        None if order is None else _TYPE.get(order.order_type, order.order_type.value),
        None if order is None else number(order),
        _status(answer, order),
        _error(answer, order),
    )


def _order(
    target: Target,
    answer: TargetAnswered,
    order: Order | None,
    commissions: Mapping[str, Decimal],
) -> wire.Order:
    delta = target.quantity - answer.held
    average = None if order is None else order.average_fill_price
    return wire.Order(
        target.symbol,
        None if order is None else number(order),
        _status(answer, order),
        shares(ZERO if order is None else order.filled),
        None if average is None else money(average),
        money(commissions.get(answer.order_id, ZERO)),
        shares(delta),
        _action(delta),
        _error(answer, order),
    )


def _action(delta: Decimal) -> str | None:
    if not delta:
        return None
    return (Side.BUY if delta > 0 else Side.SELL).value


def _status(answer: TargetAnswered, order: Order | None) -> str:
    return _WITHOUT_ORDER[answer.outcome] if order is None else STATUS[order.status]


def _error(answer: TargetAnswered, order: Order | None) -> str | UnsetType:
    if order is not None and order.status is Status.REJECTED:
        return order.message
    return answer.message if answer.outcome is Outcome.FAILED else UNSET


def _commissions(engine: Engine, batch: Batch) -> dict[str, Decimal]:
    """What each order of the batch has cost, by its id."""
    wanted = set(batch.order_ids())
    if not wanted:
        return {}
    # Ids sort by age, and no order traded before it existed.
    oldest = min(wanted).replace("ord_", "trd_")
    found: dict[str, Decimal] = {}
    for trade in reversed(engine.state.trades.values()):
        if trade.id < oldest:
            break
        if trade.order_id in wanted:
            found[trade.order_id] = found.get(trade.order_id, ZERO) + trade.commission
    return found
