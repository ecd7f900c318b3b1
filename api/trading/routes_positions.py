"""Positions over REST: list, look at, close them, and move their exits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from api.accounts import account_of
from api.auth import Scope
from api.endpoints import Call, Operation
from api.fields import Text
from api.trading import errors, parse, render, wire
from api.trading.accounts import account_alone, symbol_of
from engine.errors import InvalidRequest
from engine.values import OrderType, Role

if TYPE_CHECKING:
    from decimal import Decimal

    from api.trading.port import Desk
    from engine.orders import Order

_ID = {"position_id": Text("The position's id", 64, "pos_0000000043")}
_FAILS = {503: errors.UNAVAILABLE}
_TRADES = {422: errors.REJECTED, 501: errors.UNSUPPORTED}


class Positions:
    """The handlers of `/positions`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._engine = desk.engine

    async def list_open(self, call: Call) -> list[wire.Position]:
        """Every open position, newest first."""
        query = parse.SYMBOL_QUERY.read_query(call.query)
        account = self._engine.account(account_of(self._desk, call, query))
        account.check_known()
        symbol = symbol_of(self._desk, query)
        prices = self._engine.prices_of(account.id)
        return [
            render.position(position, prices)
            for position in reversed(account.positions.values())
            if symbol is None or position.symbol == symbol
        ]

    async def get(self, call: Call) -> wire.Position:
        """One position."""
        account = account_alone(self._desk, call)
        position = self._engine.position(account, call.path["position_id"])
        return render.position(position, self._engine.prices_of(account))

    async def close(self, call: Call) -> wire.OrderHandle:
        """Close a position, or part of it."""
        account = account_alone(self._desk, call)
        asked = parse.CLOSE.read(call.body) if call.body else {}
        order = self._engine.close_position(
            account,
            call.path["position_id"],
            asked.get("quantity"),
            _close_price(asked.get("order_type"), asked.get("limit_price")),
            asked.get("cancel_associated_orders", True),
        )
        await self._desk.lines.answered(order)
        return render.handle(order)

    async def close_all(self, call: Call) -> list[wire.OrderHandle]:
        """Close every position, of one symbol or of all: each is tried."""
        query = parse.SYMBOL_QUERY.read_query(call.query)
        account = account_of(self._desk, call, query)
        orders = self._engine.close_all(account, query.get("symbol"))
        return [render.handle(order) for order in orders]

    async def protect(self, call: Call) -> wire.PositionExits:
        """Move a position's exits, or give it some."""
        account = account_alone(self._desk, call)
        asked = parse.EXITS.read(call.body)
        if not asked:
            raise InvalidRequest("body", "{}", "stop_loss, take_profit, or both")
        position_id = call.path["position_id"]
        loss, profit = asked.get("stop_loss"), asked.get("take_profit")
        legs = self._engine.protect(account, position_id, loss, profit)
        return wire.PositionExits(
            position_id,
            _exits(legs.get(Role.STOP_LOSS, []), loss),
            _exits(legs.get(Role.TAKE_PROFIT, []), profit),
        )

    def operations(self) -> Iterator[list[Operation]]:
        """What can be done, one list for each path."""
        yield [
            Operation(
                "GET",
                "/positions",
                "List open positions",
                self.list_open,
                list[wire.Position],
                query=parse.SYMBOL_QUERY,
                failures=_FAILS,
            ),
            Operation(
                "DELETE",
                "/positions",
                "Close all open positions",
                self.close_all,
                list[wire.OrderHandle],
                query=parse.SYMBOL_QUERY,
                failures=_FAILS | _TRADES | {404: errors.UNKNOWN_SYMBOL},
                scope=Scope.TRADE,
            ),
        ]
        yield self._of_one()

    def _of_one(self) -> list[Operation]:
        path, unknown = "/positions/{position_id}", _FAILS | {404: errors.UNKNOWN_POSITION}
        return [
            Operation(
                "GET",
                path,
                "Get a position",
                self.get,
                wire.Position,
                parameters=_ID,
                query=parse.NO_QUERY,
                failures=unknown,
            ),
            Operation(
                "DELETE",
                path,
                "Close a position",
                self.close,
                wire.OrderHandle,
                description="The body may be left out: all of it is closed at the market.",
                parameters=_ID,
                query=parse.NO_QUERY,
                body=parse.CLOSE,
                is_body_required=False,
                failures=unknown | _TRADES,
                scope=Scope.TRADE,
            ),
            Operation(
                "PATCH",
                path,
                "Move a position's exits",
                self.protect,
                wire.PositionExits,
                description="The exits are those of the whole position; absent ones are made.",
                parameters=_ID,
                query=parse.NO_QUERY,
                body=parse.EXITS,
                failures=unknown | _TRADES | {409: errors.NOT_MODIFIABLE},
                scope=Scope.TRADE,
            ),
        ]


def _close_price(kind: OrderType | None, price: Decimal | None) -> Decimal | None:
    """The limit price of a closing order, None for one at the market."""
    if kind is OrderType.LIMIT and price is None:
        raise InvalidRequest("limit_price", None, "a price, as a LIMIT order needs one")
    if kind is not OrderType.LIMIT and price is not None:
        raise InvalidRequest("limit_price", str(price), "no such field on a MARKET order")
    return price


def _exits(legs: list[Order], price: Decimal | None) -> wire.ExitOrders | None:
    if price is None:
        return None
    return wire.ExitOrders([leg.id for leg in legs], render.number(price))
