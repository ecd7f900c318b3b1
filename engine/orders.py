"""The order: a client's request, and what became of it.

An :class:`Order` is written only by the fold, through ``apply_*`` functions that take one fact
each; everybody else reads it. It starts with the request's values and keeps the current ones beside
the request, because a change replaces values while the request stays what was asked.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.lifecycle import TABLE, Step, next_status
from engine.requests import OrderChange, OrderRequest
from engine.slots import set_directly
from engine.values import (
    FINAL,
    ZERO,
    Holder,
    OrderType,
    Origin,
    RejectReason,
    Role,
    Side,
    Status,
    exact_product,
    exact_sum,
)

# The hot path of a backtest names these thousands of times a second; as globals they cost nothing.
_PENDING, _ENDED_FULL = Status.PENDING, Status.FILLED
_FILLED, _PARTLY_FILLED, _MODIFIED = Step.FILLED, Step.PARTLY_FILLED, Step.MODIFIED
_CANCEL_REQUESTED = Step.CANCEL_REQUESTED
_STOP_LOSS, _TAKE_PROFIT = Role.STOP_LOSS, Role.TAKE_PROFIT


@set_directly
class Order(msgspec.Struct, gc=False, omit_defaults=True):
    """One order as it stands. Times are ns UTC; ``notional`` is the sum of quantity times price
    over its fills; ``sought`` is the total quantity that a change still unanswered asks for, and
    ``asked`` how many changes are unanswered. ``leaving`` is why a cancel was asked for, until one
    is turned down. ``ended_ids`` are those of the ``broker_ids`` under which it works no more,
    ``ended`` how the broker said that it ended, if it did. ``yielded`` is what a protective leg was
    made to cover no more, each with the number of the fact that it gave way to; what another leg
    covers in its place since counts negative. ``is_restated`` says whether a fill was corrected.
    """

    id: str
    account: str
    request: OrderRequest
    created_at: int
    updated_at: int
    quantity: Decimal
    status: Status = Status.PENDING
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    trailing_distance: Decimal | None = None
    filled: Decimal = ZERO
    notional: Decimal = ZERO
    role: Role = Role.ENTRY
    holder: Holder = Holder.BROKER
    parent_order_id: str | None = None
    position_id: str | None = None
    broker_ids: tuple[str, ...] = ()
    triggered: bool = False
    sought: Decimal | None = None
    reject_reason: RejectReason | None = None
    message: str = ""
    origin: Origin = Origin.CLIENT
    asked: int = 0
    leaving: str = ""
    ended: Status | None = None
    ended_ids: tuple[str, ...] = ()
    yielded: tuple[tuple[int, Decimal], ...] = ()
    is_restated: bool = False

    @property
    def symbol(self) -> str:
        """The instrument's symbol."""
        return self.request.symbol

    @property
    def side(self) -> Side:
        """BUY or SELL."""
        return self.request.side

    @property
    def order_type(self) -> OrderType:
        """The type asked for."""
        return self.request.order_type

    @property
    def remaining(self) -> Decimal:
        """Quantity not filled; never negative, even when a broker over-fills."""
        left = self.quantity - self.filled
        return left if left > 0 else ZERO

    @property
    def prospect(self) -> Decimal:
        """What will be left to fill once a change still unanswered holds."""
        left = (self.quantity if self.sought is None else self.sought) - self.filled
        return left if left > 0 else ZERO

    @property
    def is_final(self) -> bool:
        """Whether nothing more is expected of it."""
        return self.status in FINAL

    @property
    def working_type(self) -> OrderType:
        """The type it works as now: a triggered stop is a market order, a triggered stop-limit a
        limit.
        """
        kind = self.request.order_type
        if not self.triggered:
            return kind
        return OrderType.LIMIT if kind is OrderType.STOP_LIMIT else OrderType.MARKET

    @property
    def live_ids(self) -> tuple[str, ...]:
        """The broker's ids under which it may still work."""
        return tuple(each for each in self.broker_ids if each not in self.ended_ids)

    @property
    def is_exit(self) -> bool:
        """Whether it is a protective leg of a bracket."""
        return self.role is _STOP_LOSS or self.role is _TAKE_PROFIT

    @property
    def average_fill_price(self) -> Decimal | None:
        """Mean price of its fills, or None before the first."""
        return self.notional / self.filled if self.filled else None


def new_order(
    order_id: str,
    account: str,
    request: OrderRequest,
    ts: int,
    role: Role = Role.ENTRY,
    holder: Holder = Holder.BROKER,
    parent_order_id: str | None = None,
) -> Order:
    """The order that ``request`` becomes when it is submitted at ``ts``."""
    return Order(
        order_id,
        account,
        request,
        ts,
        ts,
        request.quantity,
        _PENDING,
        request.limit_price,
        request.stop_price,
        request.stop_loss,
        request.take_profit,
        request.trailing_distance,
        ZERO,
        ZERO,
        role,
        holder,
        parent_order_id,
        request.position_id,
    )


def move(order: Order, step: Step, ts: int) -> None:
    """Take ``order`` through ``step`` of its life at ``ts``; raises IllegalTransition where it can
    not happen.
    """
    # The table is asked here, where it costs no call; ``next_status`` raises for what it lacks.
    order.status = TABLE[order.status].get(step) or next_status(order.id, order.status, step)
    order.updated_at = ts


def fill(order: Order, quantity: Decimal, price: Decimal, ts: int) -> None:
    """Add one fill. More than was asked for is a fact too: the order is then full, and ``filled``
    says by how much.
    """
    before, value = order.filled, exact_product(quantity, price)
    filled = before + quantity if before else quantity
    step = _FILLED if filled >= order.quantity else _PARTLY_FILLED
    order.status = TABLE[order.status].get(step) or next_status(order.id, order.status, step)
    order.updated_at = ts
    order.filled = filled
    order.notional = exact_sum(order.notional, value) if before else value


def change(order: Order, values: OrderChange, ts: int) -> None:
    """Take over every value of ``values`` that is not None."""
    move(order, _MODIFIED, ts)
    if values.quantity is not None:
        order.quantity = values.quantity
        if order.sought == values.quantity:
            order.sought = None
        weigh(order, ts)
    if values.limit_price is not None:
        order.limit_price = values.limit_price
    if values.stop_price is not None:
        order.stop_price = values.stop_price
    if values.stop_loss is not None:
        order.stop_loss = values.stop_loss
    if values.take_profit is not None:
        order.take_profit = values.take_profit
    if values.trailing_distance is not None:
        order.trailing_distance = values.trailing_distance


def weigh(order: Order, ts: int) -> None:
    """Bring the status in line with what is filled, after a correction of either side: a full order
    is FILLED, one no longer full is at work again, unless the broker ended it.
    """
    if order.filled >= order.quantity:
        if order.status is not Status.FILLED:
            move(order, _FILLED, ts)
    elif order.status is Status.FILLED:
        move(order, Step.REOPENED_PARTIAL if order.filled else Step.REOPENED, ts)
        if order.ended is not None:
            move(order, _ENDS[order.ended], ts)
    elif order.status is Status.PARTIALLY_FILLED and not order.filled:
        move(order, Step.REOPENED, ts)


_ENDS = {
    Status.CANCELLED: Step.CANCELLED,
    Status.EXPIRED: Step.EXPIRED,
    Status.REJECTED: Step.REJECTED,
}


def end(
    order: Order, status: Status, message: str, ts: int, reason: RejectReason | None = None
) -> None:
    """The broker is done with what was not filled: it ends as ``status``, unless it is full."""
    if order.status is not _ENDED_FULL:
        move(order, _ENDS[status], ts)
    order.ended = status
    order.message = message
    order.reject_reason = reason


def reopen(order: Order, ts: int) -> None:
    """The broker works it after all."""
    move(order, Step.REOPENED_PARTIAL if order.filled else Step.REOPENED, ts)
    order.ended = None
    order.message = ""
    order.reject_reason = None


def ask_to_leave(order: Order, reason: str, ts: int, cause: int) -> None:
    """A cancel was asked for, in answer to the fact numbered ``cause`` if that is not 0."""
    if cause and order.is_exit and not order.leaving:
        order.yielded += ((cause, order.prospect),)
    move(order, _CANCEL_REQUESTED, ts)
    order.leaving = reason


def ask_to_change(order: Order, quantity: Decimal | None, cause: int) -> None:
    """A change was asked for, in answer to the fact numbered ``cause`` if that is not 0."""
    order.asked += 1
    if quantity is None:
        return
    before, order.sought = order.prospect, quantity
    if cause and order.is_exit and order.prospect < before:
        order.yielded += ((cause, before - order.prospect),)


def stand_in(leg: Order, other: Order, cause: int) -> None:
    """``other`` covers in the place of ``leg`` what that gave up to the fact numbered ``cause``."""
    leg.yielded += ((cause, -other.quantity),)


def put_back(order: Order, ts: int) -> None:
    """A cancel was turned down: the order works again."""
    move(order, Step.RETURNED_PARTIAL if order.filled else Step.RETURNED, ts)


def is_in_flight(order: Order) -> bool:
    """Whether something was, or will be, sent about the order and no outcome is known."""
    if order.holder is Holder.ENGINE:
        if not order.triggered:
            return False
        if order.status is Status.OPEN and not order.broker_ids:
            return True  # sent on as a market order, and not acknowledged
    asked = order.asked > 0 and not order.is_final
    return asked or order.status is _PENDING or order.status is Status.PENDING_CANCEL


def end_ids(order: Order, *broker_ids: str) -> None:
    """Note ids under which the order works no more."""
    order.ended_ids += tuple(one for one in broker_ids if one and one not in order.ended_ids)
