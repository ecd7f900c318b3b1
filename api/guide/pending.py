"""The orders that the guide lists, and the order that a permanent id names.

The exits of a bracket are known to clients from the start, while the engine makes them orders when
the entry fills. Until then they are listed from their entry: as orders that are held back.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from api.amounts import money, shares
from api.guide import wire
from engine.exits import group_of
from engine.order_numbers import leg_number, named_by_permanent, number, permanent
from engine.values import OrderType, Role, Status, opposite

if TYPE_CHECKING:
    from engine.core import Engine
    from engine.orders import Order

DASH = "—"
STATUS = {
    Status.PENDING: "PENDINGSUBMIT",
    Status.OPEN: "SUBMITTED",
    Status.PARTIALLY_FILLED: "SUBMITTED",
    Status.PENDING_CANCEL: "SUBMITTED",
    Status.UNKNOWN: "APIPENDING",
}
"""The guide's word for each state of an order that is not final."""
HELD = "PRESUBMITTED"
"""The word for a stop that was not triggered yet, and for an exit whose entry has not filled."""
TYPE = {
    OrderType.MARKET: "MKT",
    OrderType.LIMIT: "LMT",
    OrderType.STOP: "STP",
    OrderType.STOP_LIMIT: "STP LMT",
    OrderType.TRAILING_STOP: "TRAIL",
}
_STOPS = (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP)


class Found(NamedTuple):
    """What a permanent id names: an order, or an exit that still waits for this entry."""

    order: Order
    is_waiting_leg: bool


def pending(engine: Engine, account: str) -> list[wire.Order]:
    """Every order of the account that is not final, and every exit that waits for its entry."""
    rows: list[wire.Order] = []
    for order in engine.state.working(account):
        rows.append(_row(order))
        rows += _waiting(engine, order)
    return rows


def find(engine: Engine, account: str, perm_id: int) -> Found | None:
    """What a permanent id names in the account; None where it names nothing."""
    named = named_by_permanent(perm_id)
    order = engine.state.order(named.order_id) if named is not None else None
    if named is None or order is None or order.account != account:
        return None
    if named.role is None:
        return Found(order, False)
    legs = _legs(engine, order, named.role)
    if legs:
        return Found(next((leg for leg in reversed(legs) if not leg.is_final), legs[-1]), False)
    return Found(order, True) if _exit_price(order, named.role) is not None else None


def _row(order: Order) -> wire.Order:
    plain = number(order)
    is_held = order.status is Status.OPEN and order.working_type in _STOPS
    trigger = _trigger(order)
    return wire.Order(
        plain,
        permanent(plain),
        order.symbol,
        order.side.value,
        shares(order.quantity),
        TYPE[order.order_type],
        DASH if trigger is None else money(trigger),
        HELD if is_held else STATUS[order.status],
    )


def _trigger(order: Order) -> Decimal | None:
    """The price that the order waits for."""
    if order.order_type in _STOPS and not order.triggered:
        return order.stop_price
    return order.limit_price


def _waiting(engine: Engine, entry: Order) -> Iterator[wire.Order]:
    """The exits of an entry that are no orders yet."""
    for role, kind in ((Role.STOP_LOSS, "STP"), (Role.TAKE_PROFIT, "LMT")):
        price = _exit_price(entry, role)
        if price is not None and not _legs(engine, entry, role):
            plain = leg_number(entry.id, role)
            yield wire.Order(
                plain,
                permanent(plain),
                entry.symbol,
                opposite(entry.side).value,
                shares(entry.quantity),
                kind,
                money(price),
                HELD,
            )


def _exit_price(entry: Order, role: Role) -> Decimal | None:
    return entry.stop_loss if role is Role.STOP_LOSS else entry.take_profit


def _legs(engine: Engine, entry: Order, role: Role) -> list[Order]:
    """The orders that the entry's exit of this role has become, oldest first."""
    members = engine.state.group(entry.account, group_of(entry.id))
    return [leg for leg in members if leg.role is role]
