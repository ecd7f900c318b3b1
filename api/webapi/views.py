"""Orders as clients of the gateway see them: by number, and the legs of a bracket from the start.

The engine makes a bracket's exits orders when the entry fills. Clients placed them, so they are
told of them at once: as orders of their own that wait for their parent. A `View` is either an order
or such a leg; rows, states, acknowledgements and the stream of orders are all written from views.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING

from api.webapi.reading import numeral
from engine.exits import group_of
from engine.market.resample import bucket_start
from engine.market.timeframes import DAY_NS
from engine.order_numbers import entry_number, leg_number, named_by_permanent, number, permanent
from engine.values import ZERO, OrderType, Role, Side, Status, TimeInForce, opposite

if TYPE_CHECKING:
    from engine.core import Engine
    from engine.orders import Order

SCAN_MAX = 10_000
"""Newest orders looked through for those that ended today."""
_STOPS = (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP)
_WORD = {
    Status.PENDING: "PendingSubmit",
    Status.UNKNOWN: "PendingSubmit",
    Status.OPEN: "Submitted",
    Status.PARTIALLY_FILLED: "Submitted",
    Status.PENDING_CANCEL: "PendingCancel",
    Status.FILLED: "Filled",
    Status.CANCELLED: "Cancelled",
    Status.EXPIRED: "Cancelled",
    Status.REJECTED: "Inactive",
}
"""The gateway's word for each state of an order."""
HELD = "PreSubmitted"
"""The word for a stop that was not triggered, and for a leg whose parent has not filled."""
LEGS = (Role.STOP_LOSS, Role.TAKE_PROFIT)


@dataclass(frozen=True)
class View:
    """An order, or with a ``role`` that leg of it which is no order yet."""

    order: Order
    role: Role | None = None

    @property
    def number(self) -> int:
        """The order's number on this wire."""
        if self.role is None:
            return permanent(number(self.order))
        return permanent(leg_number(self.order.id, self.role))

    @property
    def parent(self) -> int | None:
        """The number of the order that it protects."""
        if self.role is not None:
            return permanent(number(self.order))
        entry = self.order.parent_order_id if self.order.is_exit else None
        return permanent(entry_number(entry)) if entry else None

    @property
    def group(self) -> str | None:
        """The group of which only one order fills."""
        return group_of(self.order.id) if self.role else self.order.request.oco_group_id

    @property
    def side(self) -> Side:
        """Whether it buys or sells."""
        return self.order.side if self.role is None else opposite(self.order.side)

    @property
    def kind(self) -> OrderType:
        """Its type."""
        if self.role is None:
            return self.order.order_type
        return OrderType.STOP if self.role is Role.STOP_LOSS else OrderType.LIMIT

    @property
    def limit_price(self) -> Decimal | None:
        """Its limit."""
        if self.role is None:
            return self.order.limit_price
        return self.order.take_profit if self.role is Role.TAKE_PROFIT else None

    @property
    def stop_price(self) -> Decimal | None:
        """Its stop."""
        if self.role is None:
            return self.order.stop_price
        return self.order.stop_loss if self.role is Role.STOP_LOSS else None

    @property
    def time_in_force(self) -> TimeInForce:
        """How long it works; a leg until it is cancelled."""
        return self.order.request.time_in_force if self.role is None else TimeInForce.GTC

    @property
    def filled(self) -> Decimal:
        """How much of it has traded."""
        return self.order.filled if self.role is None else ZERO

    @property
    def remaining(self) -> Decimal:
        """How much has not."""
        return self.order.remaining if self.role is None else self.order.quantity

    @property
    def is_final(self) -> bool:
        """Whether nothing more will come of it."""
        return self.order.is_final

    @property
    def status(self) -> str:
        """Where it stands, in the gateway's word."""
        order = self.order
        if self.role is not None:
            return "Cancelled" if order.is_final else HELD
        if order.status is Status.OPEN and order.working_type in _STOPS:
            return HELD
        return _WORD[order.status]


def views(engine: Engine, account: str) -> list[View]:
    """The account's orders that work or ended today, newest first, each followed by its legs."""
    state = engine.state
    today = bucket_start(engine.now, DAY_NS)
    found = {
        order.id: order
        for order in islice(reversed(state.orders.values()), SCAN_MAX)
        if order.account == account and (not order.is_final or order.updated_at >= today)
    }
    for order in reversed(state.working(account)):
        found.setdefault(order.id, order)
    return [view for order in found.values() for view in (View(order), *waiting(engine, order))]


def waiting(engine: Engine, entry: Order) -> Iterator[View]:
    """The legs of an entry that are no orders yet."""
    for role in LEGS:
        if _has(entry, role) and not _legs(engine, entry, role):
            yield View(entry, role)


def find(engine: Engine, order_id: str) -> View | None:
    """What an order's number names; None where it names nothing."""
    named = named_by_permanent(numeral(order_id))
    order = engine.state.order(named.order_id) if named is not None else None
    if named is None or order is None:
        return None
    if named.role is None:
        return View(order)
    legs = _legs(engine, order, named.role)
    if legs:
        return View(next((leg for leg in reversed(legs) if not leg.is_final), legs[-1]))
    return View(order, named.role) if _has(order, named.role) else None


def leg(engine: Engine, entry: Order, role: Role) -> View:
    """The leg of an entry, whether or not it is an order yet."""
    legs = _legs(engine, entry, role)
    return View(legs[-1]) if legs else View(entry, role)


def _has(entry: Order, role: Role) -> bool:
    return (entry.stop_loss if role is Role.STOP_LOSS else entry.take_profit) is not None


def _legs(engine: Engine, entry: Order, role: Role) -> list[Order]:
    """The orders that the entry's leg of this role has become, oldest first."""
    members = engine.state.group(entry.account, group_of(entry.id))
    return [one for one in members if one.role is role]
