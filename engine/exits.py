"""Brackets and one-cancels-other, held by the engine, as ordinary orders and facts.

Theory. A request may carry a stop-loss and a take-profit. When it fills, the part that opened a
position gets two legs: a STOP and a LIMIT of that quantity on the other side, in one group; later
fills make the legs grow. When a leg fills, its sibling shrinks by as much, and dies with the last
of it. When anything else reduces the position, legs are taken back, oldest first, until they cover
no more than what is held; a flat position keeps none. Orders that a client linked by an
``oco_group_id`` of its own end with the first fill of any of them.

Everything done here is done through the engine, so it is on the tape and needs no memory of its
own: after a restart the groups are found again in the state.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Protocol

from engine.ledger import Ledger
from engine.orders import Order
from engine.positions import Position
from engine.requests import OrderChange, OrderRequest
from engine.values import ZERO, OrderType, Role, Side, opposite

GROUP_PREFIX = "exits:"
"""Opens the group id of a pair of legs; clients' own groups may not begin with it."""

_PARTNER = {Role.STOP_LOSS: Role.TAKE_PROFIT, Role.TAKE_PROFIT: Role.STOP_LOSS}


class OrderDesk(Protocol):
    """What this module needs of the engine."""

    def place_exit(
        self, account: str, request: OrderRequest, role: Role, parent_order_id: str | None
    ) -> None:
        """Submit a leg."""

    def change_exit(self, order: Order, change: OrderChange) -> None:
        """Give a working leg a new quantity or price."""

    def withdraw(self, order: Order, reason: str) -> None:
        """Cancel a working order."""


def group_of(owner_id: str) -> str:
    """The group of the legs that protect what ``owner_id`` (an order or a position) opened."""
    return f"{GROUP_PREFIX}{owner_id}"


def after_fill(
    desk: OrderDesk,
    ledger: Ledger,
    order: Order,
    opened: Decimal,
    position: Position | None,
    hedging: bool,
) -> None:
    """Bring legs and linked orders in line with a fill of ``order`` that opened ``opened`` units.

    ``position`` is what the fill left, None if that is nothing. Where positions hedge, only the
    legs of the filled order's own position are touched.
    """
    group = order.request.oco_group_id
    if group is not None:
        _settle_group(desk, ledger.group(order.account, group), order)
    if opened and (order.stop_loss is not None or order.take_profit is not None):
        _cover(desk, ledger, order, opened, order.position_id if hedging else None)
    book = ledger.books.get((order.account, order.request.symbol))
    if book:
        legs = [
            leg
            for leg in book.values()
            if leg.is_exit and (not hedging or leg.position_id == order.position_id)
        ]
        if legs:
            _fit(desk, legs, position)


def _settle_group(desk: OrderDesk, group: Iterable[Order], filled: Order) -> None:
    """Cancel the others of a group, or shrink a leg's siblings to what the leg has left."""
    for other in list(group):
        if other is filled or other.is_final or (filled.is_exit and other.role is filled.role):
            continue
        if filled.is_exit and not filled.is_final:
            total = other.filled + filled.remaining
            if total < other.quantity:
                desk.change_exit(other, OrderChange(quantity=total))
        else:
            desk.withdraw(other, "oco")


def _cover(
    desk: OrderDesk, ledger: Ledger, entry: Order, quantity: Decimal, position_id: str | None
) -> None:
    """Give ``quantity`` more units of ``entry`` their legs: grow those at work, or place some."""
    group = group_of(entry.id)
    at_work = {leg.role: leg for leg in ledger.group(entry.account, group) if not leg.is_final}
    prices = {Role.STOP_LOSS: entry.stop_loss, Role.TAKE_PROFIT: entry.take_profit}
    for role, price in prices.items():
        leg = at_work.get(role)
        if leg is not None:
            desk.change_exit(leg, OrderChange(quantity=leg.quantity + quantity))
        elif price is not None:
            request = leg_request(
                entry.symbol, opposite(entry.side), role, quantity, price, group, position_id
            )
            desk.place_exit(entry.account, request, role, entry.id)


def _fit(desk: OrderDesk, legs: list[Order], position: Position | None) -> None:
    """Take legs back, oldest first, until each role covers no more than the position holds."""
    for role in _PARTNER:
        excess = -abs(position.quantity) if position is not None else ZERO
        of_role = [leg for leg in legs if leg.role is role and not leg.is_final]
        if position is not None:
            closing = Side.SELL if position.quantity > 0 else Side.BUY
            for leg in [leg for leg in of_role if leg.side is not closing]:
                desk.withdraw(leg, "position closed")
            of_role = [leg for leg in of_role if not leg.is_final]
        excess += sum((leg.remaining for leg in of_role), ZERO)
        for leg in of_role:
            if excess <= 0:
                break
            taken = min(leg.remaining, excess)
            excess -= taken
            if taken == leg.remaining:
                desk.withdraw(leg, "position closed" if position is None else "position reduced")
            else:
                desk.change_exit(leg, OrderChange(quantity=leg.quantity - taken))


def leg_request(
    symbol: str,
    side: Side,
    role: Role,
    quantity: Decimal,
    price: Decimal,
    group: str,
    position_id: str | None,
) -> OrderRequest:
    """The order that a leg is: a STOP for a stop-loss, a LIMIT for a take-profit."""
    stop = role is Role.STOP_LOSS
    return OrderRequest(
        symbol,
        side,
        quantity,
        OrderType.STOP if stop else OrderType.LIMIT,
        limit_price=None if stop else price,
        stop_price=price if stop else None,
        reduce_only=True,
        oco_group_id=group,
        position_id=position_id,
    )


def reprice(
    desk: OrderDesk,
    legs: list[Order],
    position: Position,
    role: Role,
    price: Decimal,
    position_id: str | None,
) -> None:
    """Make the ``role`` legs of ``position`` stand at ``price`` and cover all of it.

    ``legs`` are its legs at work; ``position_id`` is what new ones name, None where positions net.
    """
    working = [leg for leg in legs if not leg.is_final]
    same = [leg for leg in working if leg.role is role]
    key = "stop_price" if role is Role.STOP_LOSS else "limit_price"
    for leg in same:
        desk.change_exit(leg, OrderChange(**{key: price}))
    missing = abs(position.quantity) - sum((leg.remaining for leg in same), ZERO)
    paired = {leg.request.oco_group_id for leg in same}
    side = Side.SELL if position.quantity > 0 else Side.BUY
    single = [
        leg
        for leg in working
        if leg.role is _PARTNER[role] and leg.request.oco_group_id not in paired
    ]
    for partner in single:
        quantity = min(partner.remaining, missing)
        if quantity > 0:
            missing -= quantity
            group = partner.request.oco_group_id or group_of(position.id)
            request = leg_request(
                position.symbol, side, role, quantity, price, group, partner.position_id
            )
            desk.place_exit(position.account, request, role, partner.parent_order_id)
    if missing > 0:
        group = group_of(position.id)
        request = leg_request(position.symbol, side, role, missing, price, group, position_id)
        desk.place_exit(position.account, request, role, None)
