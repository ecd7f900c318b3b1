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

from engine.accounts import Account
from engine.ledger import Ledger
from engine.orders import Order
from engine.positions import Position
from engine.requests import OrderChange, OrderRequest
from engine.values import ZERO, OrderType, PositionMode, Role, Side, Status, opposite

GROUP_PREFIX = "exits:"
"""Opens the group id of a pair of legs; clients' own groups may not begin with it."""

ROLES = (Role.STOP_LOSS, Role.TAKE_PROFIT)
_PARTNER = {Role.STOP_LOSS: Role.TAKE_PROFIT, Role.TAKE_PROFIT: Role.STOP_LOSS}


class OrderDesk(Protocol):
    """What this module needs of the engine."""

    def place_exit(
        self,
        account: str,
        request: OrderRequest,
        role: Role,
        parent_order_id: str | None,
        replaces: str = "",
    ) -> None:
        """Submit a leg, in the place of another that is gone where it ``replaces`` one."""

    def change_exit(self, order: Order, change: OrderChange) -> None:
        """Give a working leg a new quantity or price."""

    def withdraw(self, order: Order, reason: str) -> None:
        """Cancel a working order."""


def group_of(owner_id: str) -> str:
    """The group of the legs that protect what ``owner_id`` (an order or a position) opened."""
    return f"{GROUP_PREFIX}{owner_id}"


def may_follow(ledger: Ledger, order: Order) -> bool:
    """Whether a fill of ``order`` can concern any leg or group; of most it can not."""
    return (
        order.stop_loss is not None
        or order.take_profit is not None
        or order.request.oco_group_id is not None
        or ledger.is_guarded(order.account, order.request.symbol)
    )


def after_fill(
    desk: OrderDesk,
    ledger: Ledger,
    account: Account,
    order: Order,
    quantity: Decimal,
    opened: Decimal,
) -> None:
    """Bring legs and linked orders in line with a fill of ``quantity``, ``opened`` units of which
    opened or added.
    """
    group = order.request.oco_group_id
    if group is not None:
        if order.is_exit:
            _settle_legs(desk, ledger.group(account.id, group), order, quantity)
        else:
            _end_group(desk, ledger.group(account.id, group), order)
    hedging = account.position_mode is PositionMode.HEDGING
    if opened and (order.stop_loss is not None or order.take_profit is not None):
        cover(desk, ledger, order, opened, order.position_id if hedging else None)
    fit(desk, ledger, account, order.request.symbol)


def fit(desk: OrderDesk, ledger: Ledger, account: Account, symbol: str) -> None:
    """Take back the legs of ``symbol`` that cover more than is held of it now."""
    legs = ledger.legs(account.id, symbol)
    if not legs:
        return
    if account.position_mode is PositionMode.HEDGING:
        for position_id in dict.fromkeys(leg.position_id for leg in legs):
            own = [leg for leg in legs if leg.position_id == position_id]
            _fit(desk, own, account.held(symbol, position_id))
    else:
        _fit(desk, legs, account.held(symbol))


def at_work(orders: Iterable[Order]) -> list[Order]:
    """Those of ``orders`` that protect: not ended, and not on their way out."""
    return [one for one in orders if not one.is_final and one.status is not Status.PENDING_CANCEL]


def covered(legs: Iterable[Order]) -> Decimal:
    """How much ``legs`` of one role protect together."""
    return sum((leg.prospect for leg in legs), ZERO)


def _end_group(desk: OrderDesk, group: Iterable[Order], filled: Order) -> None:
    """Cancel the other orders of a client's group."""
    for other in list(group):
        if other is not filled and not other.is_final:
            desk.withdraw(other, "oco")


def _settle_legs(desk: OrderDesk, group: Iterable[Order], filled: Order, quantity: Decimal) -> None:
    """Take ``quantity``, which one leg filled, out of what its siblings of the other role cover.

    What a group protects is what its larger role covers: after a change by hand they may differ.
    """
    legs = at_work(group)
    alike = [leg for leg in legs if leg.role is filled.role]
    siblings = [leg for leg in legs if leg.role is not filled.role]
    protected = max(covered(alike) + quantity, covered(siblings))
    _trim(desk, siblings, protected - quantity, "oco")


def cover(
    desk: OrderDesk, ledger: Ledger, entry: Order, quantity: Decimal, position_id: str | None
) -> None:
    """Give ``quantity`` more units of ``entry`` their legs: grow those at work, or place some."""
    group = group_of(entry.id)
    own = {
        leg.role: leg
        for leg in at_work(ledger.group(entry.account, group))
        if leg.request.position_id == position_id
    }
    prices = {Role.STOP_LOSS: entry.stop_loss, Role.TAKE_PROFIT: entry.take_profit}
    for role, price in prices.items():
        leg = own.get(role)
        if leg is not None:
            total = leg.filled + leg.prospect + quantity
            desk.change_exit(leg, OrderChange(quantity=total))
        elif price is not None:
            request = leg_request(
                entry.symbol, opposite(entry.side), role, quantity, price, group, position_id
            )
            desk.place_exit(entry.account, request, role, entry.id)


def uncover(desk: OrderDesk, ledger: Ledger, entry: Order, quantity: Decimal) -> None:
    """Let the legs of ``entry`` cover ``quantity`` less, which it did not fill after all: they do
    not pass to what is held beside.
    """
    own = at_work(ledger.group(entry.account, group_of(entry.id)))
    for role in ROLES:
        legs = [leg for leg in own if leg.role is role]
        _trim(desk, legs, covered(legs) - quantity, "entry taken back")


def _fit(desk: OrderDesk, legs: list[Order], position: Position | None) -> None:
    """Take legs back until each role is on the closing side and covers no more than is held."""
    if position is None:
        for leg in legs:
            desk.withdraw(leg, "position closed")
        return
    closing = Side.SELL if position.quantity > 0 else Side.BUY
    for leg in legs:
        if leg.side is not closing:
            desk.withdraw(leg, "position closed")
    held = abs(position.quantity)
    for role in ROLES:
        right = [leg for leg in at_work(legs) if leg.role is role and leg.side is closing]
        _trim(desk, right, held, "position reduced")


def _trim(desk: OrderDesk, legs: list[Order], most: Decimal, reason: str) -> None:
    """Take legs back, oldest first, until they cover no more than ``most``."""
    excess = covered(legs) - most
    for leg in legs:
        if excess <= 0:
            return
        covers = leg.prospect
        if covers <= excess:
            desk.withdraw(leg, reason)
        else:
            desk.change_exit(leg, OrderChange(quantity=leg.filled + covers - excess))
        excess -= covers


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
    most: Decimal,
    position_id: str | None,
) -> None:
    """Make the ``role`` ones among ``legs`` stand at ``price``, and place more until they cover
    ``most`` of ``position``; new ones name ``position_id``, which is None where positions net.
    """
    working = at_work(legs)
    same = [leg for leg in working if leg.role is role]
    key = "stop_price" if role is Role.STOP_LOSS else "limit_price"
    for leg in same:
        desk.change_exit(leg, OrderChange(**{key: price}))
    missing = most - covered(same)
    paired = {leg.request.oco_group_id for leg in same}
    side = Side.SELL if position.quantity > 0 else Side.BUY
    single = [
        leg
        for leg in working
        if leg.role is _PARTNER[role] and leg.request.oco_group_id not in paired
    ]
    for partner in single:
        quantity = min(partner.prospect, missing)
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
