"""What a ticket would change of a working order: only terms, never what the order is.

The gateway wants the whole ticket again with the new terms in it; fields that are left out stay as
they are. A leg that waits for its parent is changed through the parent.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.errors import InvalidRequest, UnsupportedOperation
from engine.requests import OrderChange
from engine.values import OrderType, Role

if TYPE_CHECKING:
    from api.webapi.contracts import Contracts
    from api.webapi.tickets import Ticket
    from api.webapi.views import View


def change_of(view: View, ticket: Ticket, contracts: Contracts) -> OrderChange:
    """What is new in a ticket for the order of a view; raises for what can not change."""
    _check_same(view, ticket, contracts)
    given = ticket.given
    limit, stop, distance = _prices(view, ticket)
    quantity = given.get("quantity")
    if view.role is not None:
        if quantity not in (None, view.order.quantity):
            raise InvalidRequest("quantity", str(quantity), "the quantity of its parent")
        if view.role is Role.STOP_LOSS:
            return OrderChange(stop_loss=_news(stop, view.stop_price))
        return OrderChange(take_profit=_news(limit, view.limit_price))
    return OrderChange(
        quantity=_news(quantity, view.order.quantity),
        limit_price=_news(limit, view.limit_price),
        stop_price=_news(stop, view.stop_price),
        trailing_distance=_news(distance, view.order.trailing_distance),
    )


def _check_same(view: View, ticket: Ticket, contracts: Contracts) -> None:
    given = ticket.given
    if "side" in given and ticket.side is not view.side:
        raise InvalidRequest("side", str(given["side"]), f"{view.side}, as the order has")
    if any(name in given for name in ("conid", "conidex")):
        contract = ticket.contract(contracts)
        if contract.instrument.symbol != view.order.symbol:
            raise InvalidRequest("conid", str(contract.conid), "the contract of the order")
    if "orderType" in given and ticket.kind is not view.kind:
        raise UnsupportedOperation("order_types", "the type of a working order can not change here")
    if "tif" in given and view.role is None and ticket.time_in_force is not view.time_in_force:
        raise UnsupportedOperation(
            "times_in_force", "the time in force of a working order can not change here"
        )


def _prices(view: View, ticket: Ticket) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """The limit, the stop and the trailing distance that a ticket gives an order of this type."""
    price, aux = ticket.given.get("price"), ticket.given.get("auxPrice")
    kind = view.kind
    if kind is OrderType.LIMIT:
        return price, None, None
    if kind is OrderType.STOP:
        return None, price or aux, None
    if kind is OrderType.STOP_LIMIT:
        return price, aux, None
    if kind is OrderType.TRAILING_STOP:
        return None, None, ticket.given.get("trailingAmt")
    return None, None, None


def _news(value: Decimal | None, known: Decimal | None) -> Decimal | None:
    return None if value == known else value
