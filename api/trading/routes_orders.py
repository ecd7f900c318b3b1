"""Orders over REST: place, list, look at, change and cancel them.

Every command is one call of the engine, made at once, and its answer waits until what it wrote is
durable. Lists are newest first. `GET /orders` shows open orders unless `status` asks for others;
`GET /orders/history` shows final ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from api.accounts import account_of
from api.auth import Scope
from api.endpoints import Call, Operation
from api.fields import Text
from api.trading import errors, parse, render, wire
from api.trading.accounts import account_alone, symbol_of
from engine.errors import OrderNotModifiable, OrderRefused
from engine.values import FINAL, RejectReason, Status

if TYPE_CHECKING:
    from api.trading.parse import OrderFilter
    from api.trading.port import Desk
    from engine.orders import Order

_ID = {"order_id": Text("The order's id", 64, "ord_0000000042")}
_CANCELLED = frozenset({Status.CANCELLED, Status.PENDING_CANCEL})
_FAILS = {503: errors.UNAVAILABLE}


class Orders:
    """The handlers of `/orders`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._engine = desk.engine

    async def submit(self, call: Call) -> wire.OrderHandle:
        """Place an order."""
        account = account_alone(self._desk, call)
        request = parse.order(call.body)
        await self._desk.markets.know(account, request.symbol)
        order = self._engine.submit(account, request)
        if self._desk.lines.drivers:
            await self._desk.lines.answered(order)
        if order.status is Status.REJECTED:
            reason = order.reject_reason or RejectReason.UNKNOWN
            raise OrderRefused(order.id, reason, order.message)
        return render.handle(order)

    async def list_open(self, call: Call) -> list[wire.Order]:
        """Orders that are not final, or those whose status is asked for."""
        query = parse.ORDERS_QUERY.read_query(call.query)
        wanted = parse.order_filter(query, symbol_of(self._desk, query))
        account = account_of(self._desk, call, query)
        if wanted.statuses is None or not wanted.statuses & FINAL:
            found: Iterable[Order] = reversed(self._engine.state.working(account))
        else:
            found = self._all(account)
        return _listed(found, wanted)

    async def list_final(self, call: Call) -> list[wire.Order]:
        """Orders that are final."""
        query = parse.ORDERS_QUERY.read_query(call.query)
        wanted = parse.order_filter(query, symbol_of(self._desk, query))
        account = account_of(self._desk, call, query)
        return _listed((order for order in self._all(account) if order.is_final), wanted)

    async def get(self, call: Call) -> wire.Order:
        """One order."""
        account = account_alone(self._desk, call)
        return render.order(self._engine.order(account, call.path["order_id"]))

    async def modify(self, call: Call) -> wire.ModifiedOrder:
        """Change an order."""
        account = account_alone(self._desk, call)
        change = parse.change(call.body)
        order = self._engine.modify(account, call.path["order_id"], change)
        refusal = await self._desk.lines.answered(order)
        if refusal:
            raise OrderNotModifiable(order.id, order.status, refusal)
        return render.modified(order)

    async def cancel(self, call: Call) -> wire.CancelOrderResult:
        """Cancel an order."""
        account = account_alone(self._desk, call)
        order = self._engine.cancel(account, call.path["order_id"])
        await self._desk.lines.answered(order)
        return wire.CancelOrderResult(order.status in _CANCELLED, render.order(order))

    async def cancel_all(self, call: Call) -> wire.CancelAllResult:
        """Cancel every open order, of one symbol or of all."""
        query = parse.SYMBOL_QUERY.read_query(call.query)
        account = account_of(self._desk, call, query)
        ended, failed = self._engine.cancel_all(account, query.get("symbol"))
        ids = [order.id for order in failed]
        return wire.CancelAllResult(len(ended), len(failed), ids or None)

    def operations(self) -> Iterator[list[Operation]]:
        """What can be done, one list for each path; the busiest path first."""
        yield [
            Operation(
                "POST",
                "/orders",
                "Submit an order",
                self.submit,
                wire.OrderHandle,
                description="At a broker behind a line the order is answered as PENDING when the "
                "broker has not spoken within the account's patience.",
                status=201,
                query=parse.NO_QUERY,
                body=parse.ORDER,
                failures=_FAILS
                | {
                    404: errors.UNKNOWN_SYMBOL,
                    409: errors.SAME_CLIENT_ID,
                    422: errors.REJECTED,
                    501: errors.UNSUPPORTED,
                },
                scope=Scope.TRADE,
            ),
            Operation(
                "GET",
                "/orders",
                "List open orders",
                self.list_open,
                list[wire.Order],
                description="Newest first. With `status`, orders in those states, final or not.",
                query=parse.ORDERS_QUERY,
            ),
            Operation(
                "DELETE",
                "/orders",
                "Cancel all open orders",
                self.cancel_all,
                wire.CancelAllResult,
                query=parse.SYMBOL_QUERY,
                failures=_FAILS | {404: errors.UNKNOWN_SYMBOL},
                scope=Scope.TRADE,
                reduces=True,
            ),
        ]
        yield [
            Operation(
                "GET",
                "/orders/history",
                "List final orders",
                self.list_final,
                list[wire.Order],
                description="Filled, cancelled, rejected and expired ones, newest first.",
                query=parse.ORDERS_QUERY,
            )
        ]
        yield self._of_one()

    def _of_one(self) -> list[Operation]:
        path, unknown = "/orders/{order_id}", _FAILS | {404: errors.UNKNOWN_ORDER}
        changing = unknown | {409: errors.NOT_MODIFIABLE}
        return [
            Operation(
                "GET",
                path,
                "Get an order",
                self.get,
                wire.Order,
                parameters=_ID,
                query=parse.NO_QUERY,
                failures=unknown,
            ),
            Operation(
                "PATCH",
                path,
                "Change an order",
                self.modify,
                wire.ModifiedOrder,
                description="Only the fields that are given and not null are changed.",
                parameters=_ID,
                query=parse.NO_QUERY,
                body=parse.CHANGE,
                failures=changing | {422: errors.REJECTED, 501: errors.UNSUPPORTED},
                scope=Scope.TRADE,
            ),
            Operation(
                "DELETE",
                path,
                "Cancel an order",
                self.cancel,
                wire.CancelOrderResult,
                parameters=_ID,
                query=parse.NO_QUERY,
                failures=changing,
                scope=Scope.TRADE,
                reduces=True,
            ),
        ]

    def _all(self, account: str) -> Iterator[Order]:
        """Every order of the account, newest first."""
        orders = self._engine.state.orders.values()
        return (order for order in reversed(orders) if order.account == account)


def _listed(orders: Iterable[Order], wanted: OrderFilter) -> list[wire.Order]:
    """The first orders that are ``wanted``, as many as its limit."""
    found: list[wire.Order] = []
    for order in orders:
        if len(found) >= wanted.limit:
            break
        if _is_wanted(order, wanted):
            found.append(render.order(order))
    return found


def _is_wanted(order: Order, wanted: OrderFilter) -> bool:
    request = order.request
    return (
        (wanted.symbol is None or request.symbol == wanted.symbol)
        and (wanted.statuses is None or order.status in wanted.statuses)
        and (wanted.side is None or request.side is wanted.side)
        and (wanted.client_order_id is None or request.client_order_id == wanted.client_order_id)
        and (wanted.oco_group_id is None or request.oco_group_id == wanted.oco_group_id)
        and (wanted.since is None or order.created_at >= wanted.since)
        and (wanted.until is None or order.created_at < wanted.until)
    )
