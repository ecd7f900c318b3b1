"""What a request for orders comes to: single orders, a bracket, or a group of which one fills.

The tickets of one request belong together. A bracket's parent becomes one order of the engine
that carries both exits; a child for an order placed before becomes an exit of that order. What a
bracket can not be here (a leg of another size, a leg that trails) is named; whether the rest then
goes ahead is for the manner to say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from api.webapi import tickets, views
from api.webapi.tickets import Ticket
from engine.errors import EngineError, InvalidRequest, UnsupportedOperation
from engine.orders import Order
from engine.requests import OrderChange, OrderRequest
from engine.values import OrderType, Role

if TYPE_CHECKING:
    from api.webapi.contracts import Contract, Contracts
    from api.webapi.views import View
    from engine.core import Engine

ORDERS_MAX = 20
"""Most tickets in one request."""
_ROLE = {OrderType.STOP: Role.STOP_LOSS, OrderType.LIMIT: Role.TAKE_PROFIT}


@dataclass
class Piece:
    """One order to place, with the contract it trades; or exits for an order ``of`` before.

    ``shown`` says for each of its tickets (by place in the request) what it became: the order
    itself where it is None, or that leg of it.
    """

    contract: Contract
    request: OrderRequest | None
    shown: dict[int, Role | None]
    of: Order | None = None
    change: OrderChange | None = None


@dataclass
class Plan:
    """All orders of one request, and the tickets that can not be carried out, each with why."""

    pieces: list[Piece]
    failed: dict[int, EngineError] = field(default_factory=dict)


def plan(engine: Engine, contracts: Contracts, account: str, given: list[Ticket]) -> Plan:
    """What the tickets come to; raises for a request that means nothing as a whole."""
    if not 0 < len(given) <= ORDERS_MAX:
        raise InvalidRequest("orders", str(len(given)), f"1 to {ORDERS_MAX} order tickets")
    for ticket in given:
        ticket.check(account)
    children = [n for n, ticket in enumerate(given) if ticket.parent]
    parents = [n for n in range(len(given)) if n not in children]
    if not children and len(parents) > 1:
        return _group(engine, contracts, given)
    if not parents:
        return _attached(engine, contracts, account, given)
    if len(parents) > 1:
        raise InvalidRequest("parentId", None, "one order that all others of the request protect")
    return _bracket(contracts, given, parents[0], children)


def _group(engine: Engine, contracts: Contracts, given: list[Ticket]) -> Plan:
    """Orders that cancel each other."""
    if not all(ticket.is_single_group for ticket in given):
        expected = "true on every order: unrelated orders are placed one by one"
        raise InvalidRequest("isSingleGroup", "false", expected)
    # The same request again must mean the same group, so its name follows from the client's own.
    name = next((ticket.coid for ticket in given if ticket.coid), None) or f"{engine.next_seq}"
    pieces = []
    for n, ticket in enumerate(given):
        contract = ticket.contract(contracts)
        pieces.append(Piece(contract, tickets.request(ticket, contract, f"oca-{name}"), {n: None}))
    return Plan(pieces)


def _bracket(contracts: Contracts, given: list[Ticket], parent: int, children: list[int]) -> Plan:
    """One order with its exits, or without any."""
    ticket = given[parent]
    contract = ticket.contract(contracts)
    plan = Plan([])
    exits: dict[Role, Decimal] = {}
    shown: dict[int, Role | None] = {parent: None}
    for n in children:
        try:
            if given[n].parent != ticket.coid:
                raise InvalidRequest(
                    f"{given[n].place}parentId", given[n].parent, "the parent's cOID"
                )
            role, price = _exit(given[n], contracts, ticket, contract)
            if role in exits:
                raise UnsupportedOperation("brackets", f"a bracket has one {role.value} here")
        except EngineError as error:
            plan.failed[n] = error
        else:
            exits[role], shown[n] = price, role
    loss, profit = exits.get(Role.STOP_LOSS), exits.get(Role.TAKE_PROFIT)
    request = tickets.request(ticket, contract, stop_loss=loss, take_profit=profit)
    plan.pieces.append(Piece(contract, request, shown))
    return plan


def _attached(engine: Engine, contracts: Contracts, account: str, given: list[Ticket]) -> Plan:
    """Exits for an order that was placed before."""
    plan = Plan([])
    for n, ticket in enumerate(given):
        try:
            order = _parent(engine, account, ticket)
            contract = contracts.of(order.symbol)
            asked = Ticket({"side": order.side.value, "quantity": order.quantity})
            role, price = _exit(ticket, contracts, asked, contract)
        except EngineError as error:
            plan.failed[n] = error
        else:
            is_stop = role is Role.STOP_LOSS
            change = OrderChange(stop_loss=price) if is_stop else OrderChange(take_profit=price)
            plan.pieces.append(Piece(contract, None, {n: role}, order, change))
    return plan


def _parent(engine: Engine, account: str, ticket: Ticket) -> Order:
    """The order that a child names, by number or by the client's own id."""
    name = ticket.parent or ""
    found: View | None = views.find(engine, name)
    order = found.order if found is not None and found.role is None else None
    order = order or engine.state.by_client_id(account, name)
    if order is None or order.account != account:
        raise InvalidRequest(f"{ticket.place}parentId", name, "an order of this request or before")
    if order.is_final:
        raise UnsupportedOperation("brackets", f"order {name} is {order.status.value} already")
    return order


def _exit(
    child: Ticket, contracts: Contracts, parent: Ticket, contract: Contract
) -> tuple[Role, Decimal]:
    """Which exit of its parent a child is, and at what price."""
    role = _ROLE.get(child.kind)
    if role is None:
        raise UnsupportedOperation("brackets", "a leg of a bracket is a STP or a LMT order here")
    if child.contract(contracts) != contract:
        raise InvalidRequest(f"{child.place}conid", None, "the contract of its parent")
    if child.side is parent.side:
        raise InvalidRequest(f"{child.place}side", child.side, "the other side than its parent's")
    if child.need("quantity") != parent.need("quantity"):
        shown = str(child.need("quantity"))
        raise InvalidRequest(f"{child.place}quantity", shown, "the quantity of its parent")
    price = child.stop() if role is Role.STOP_LOSS else child.limit()
    if price is None:
        raise InvalidRequest(f"{child.place}price", None, "the price of the leg")
    return role, price
