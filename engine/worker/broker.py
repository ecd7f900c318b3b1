"""``ctx.broker``: the verbs of the Trading API as calls, its field names as keywords.

Every verb goes to the same engine that serves the API, and raises that engine's own errors. What it
gives is a copy: an order or position as it stood at the call; ask again to see what became of it.
Nothing it shows depends on data after the worker's present.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any, TypedDict, TypeVar, Unpack

from engine import valuation
from engine.core import Engine
from engine.errors import InvalidRequest, PositionNotFound
from engine.market.bars import Bar
from engine.market.quotes import Quote
from engine.market.timeframes import timeframe_ns
from engine.orders import Order
from engine.ports import Market
from engine.positions import Position
from engine.requests import OrderChange, OrderRequest
from engine.trades import Trade
from engine.values import MarginMode, OrderType, Role, Side, TimeInForce, TrailingType
from engine.worker.line import Line
from engine.worker.words import instant_ns, number, word

Number = Decimal | int | float | str
_Item = TypeVar("_Item", Order, Trade)
_Given = TypeVar("_Given")


class ChangeFields(TypedDict, total=False):
    """What of a working order may be changed."""

    quantity: Number
    limit_price: Number
    stop_price: Number
    stop_loss: Number
    take_profit: Number
    trailing_distance: Number


class OrderFields(TypedDict, total=False):
    """What an order may say beside symbol, side, quantity and type."""

    limit_price: Number
    stop_price: Number
    time_in_force: str
    client_order_id: str
    stop_loss: Number
    take_profit: Number
    reduce_only: bool
    post_only: bool
    oco_group_id: str
    hidden: bool
    display_quantity: Number
    leverage: Number
    margin_mode: str
    position_id: str
    trailing_distance: Number
    trailing_type: str


class Broker:
    """The verbs, for one account."""

    def __init__(self, engine: Engine, market: Market, account: str, line: Line) -> None:
        self._engine = engine
        self._market = market
        self._account = account
        self._line = line

    def submit(
        self,
        symbol: str,
        side: str,
        quantity: Number,
        order_type: str = "MARKET",
        **fields: Unpack[OrderFields],
    ) -> Order:
        """Place an order. Raises what ``Engine.submit`` raises: OrderRefused when it is turned
        down, InvalidRequest for a field that can mean nothing.
        """
        request = OrderRequest(
            symbol,
            word("side", side, Side),
            number("quantity", quantity),
            word("order_type", order_type, OrderType),
            **_read(fields, _ORDER_FIELDS) if fields else {},
        )
        placed: Order = self._call(lambda: self._submit(request))
        return placed

    def modify(self, order: str | Order, **changes: Unpack[ChangeFields]) -> Order:
        """Change a working order; ``quantity`` is its new total."""
        change = OrderChange(**_read(changes, _CHANGE_FIELDS))
        name = _id(order)
        return self._call(lambda: copy(self._engine.modify(self._account, name, change)))

    def cancel(self, order: str | Order) -> Order:
        """Cancel what is left of an order; OrderNotModifiable when nothing is."""
        return self._call(lambda: copy(self._engine.cancel(self._account, _id(order))))

    def cancel_all(self, symbol: str | None = None) -> list[Order]:
        """Cancel every working order, of one symbol or all; gives those that leave."""
        return self._call(lambda: _copies(self._engine.cancel_all(self._account, symbol)[0]))

    def close(
        self,
        position: str | Position,
        quantity: Number | None = None,
        limit_price: Number | None = None,
        *,
        cancel_exits: bool = True,
    ) -> Order:
        """Close a position (by its symbol or id), or ``quantity`` of it; at market, or at
        ``limit_price``. PositionNotFound when there is none.
        """
        amount = None if quantity is None else number("quantity", quantity)
        limit = None if limit_price is None else number("limit_price", limit_price)

        def close() -> Order:
            name = self._found(position).id
            return self._engine.close_position(self._account, name, amount, limit, cancel_exits)

        return self._call(lambda: copy(close()))

    def close_all(self, symbol: str | None = None) -> list[Order]:
        """Close every position at market, of one symbol or all. PositionsNotClosed when some could
        not be, after each was tried.
        """
        return self._call(lambda: _copies(self._engine.close_all(self._account, symbol)))

    def protect(
        self,
        position: str | Position,
        stop_loss: Number | None = None,
        take_profit: Number | None = None,
    ) -> dict[Role, list[Order]]:
        """Move a position's exits, or give it some; the legs at work for each that was set."""
        loss = None if stop_loss is None else number("stop_loss", stop_loss)
        profit = None if take_profit is None else number("take_profit", take_profit)

        def protect() -> dict[Role, list[Order]]:
            name = self._found(position).id
            legs = self._engine.protect(self._account, name, loss, profit)
            return {role: _copies(orders) for role, orders in legs.items()}

        return self._call(protect)

    def order(self, order: str | Order) -> Order:
        """An order as it stands now; OrderNotFound where there is none."""
        return self._call(lambda: copy(self._engine.order(self._account, _id(order))))

    def orders(self, symbol: str | None = None) -> list[Order]:
        """The working orders, oldest first."""
        return self._call(
            lambda: _copies(self._engine.state.working(self._account, self._symbol(symbol)))
        )

    def history(self, symbol: str | None = None, limit: int | None = None) -> list[Order]:
        """The finished orders, oldest first: the newest ``limit`` of them."""
        return self._call(
            lambda: self._newest(
                (one for one in reversed(self._engine.state.orders.values()) if one.is_final),
                symbol,
                limit,
            )
        )

    def trades(self, symbol: str | None = None, limit: int | None = None) -> list[Trade]:
        """The fills, oldest first: the newest ``limit`` of them."""
        return self._call(
            lambda: self._newest(reversed(self._engine.state.trades.values()), symbol, limit)
        )

    def positions(self, symbol: str | None = None) -> list[Position]:
        """The open positions, of one symbol or all."""

        def positions() -> list[Position]:
            name = self._symbol(symbol)
            held = self._engine.account(self._account).positions.values()
            return [copy(one) for one in held if name is None or one.symbol == name]

        return self._call(positions)

    def position(self, symbol: str) -> Position | None:
        """The open position of ``symbol``, or None; the oldest where there are several."""
        return next(iter(self.positions(symbol)), None)

    def account(self) -> valuation.Summary:
        """The account at a glance: balance, equity, margin, unrealized profit."""
        return self._call(
            lambda: valuation.summary(self._engine.account(self._account), self._market)
        )

    def quote(self, symbol: str) -> Quote:
        """What the market shows: bid and ask, or the last close on both sides where there are only
        bars. ProviderUnavailable before the first row.
        """

        def quote() -> Quote:
            found: Quote = self._quote(self._listed(symbol))
            return found

        return self._call(quote)

    def bars(
        self,
        symbol: str,
        timeframe: str | None = None,
        limit: int | None = None,
        start: datetime | int | None = None,
        end: datetime | int | None = None,
    ) -> list[Bar]:
        """Bars that are closed by now, oldest first, the newest ``limit``; without a timeframe in
        that of the data. A time in the future gives what there is: the past.
        """
        try:
            length = None if timeframe is None else timeframe_ns(timeframe)
        except ValueError as error:
            raise InvalidRequest("timeframe", timeframe, str(error)) from None
        first, last = instant_ns("start", start), instant_ns("end", end)

        def bars() -> list[Bar]:
            name = self._listed(symbol)
            found: list[Bar] = self._bars(name, length, first, last, limit)
            return found

        return self._call(bars)

    def _submit(self, request: OrderRequest) -> Any:
        """The order, for the line to bring."""
        return copy(self._engine.submit(self._account, request))

    def _quote(self, symbol: str) -> Any:
        """The quote, likewise."""
        return self._market.quote(symbol)

    def _bars(
        self,
        symbol: str,
        length: int | None,
        first: int | None,
        last: int | None,
        limit: int | None,
    ) -> Any:
        """The bars, likewise."""
        lasting = self._market.timeframe_ns(symbol) if length is None else length
        return self._market.bars(symbol, lasting, first, last, limit)

    def _call(self, function: Callable[[], _Given]) -> _Given:
        given: _Given = self._line.call(function)
        return given

    def _listed(self, symbol: str) -> str:
        return self._engine.resolve(self._account, symbol).symbol

    def _symbol(self, symbol: str | None) -> str | None:
        return None if symbol is None else self._listed(symbol)

    def _found(self, position: str | Position) -> Position:
        """The position meant by itself, its id or its symbol."""
        name = position.id if isinstance(position, Position) else position
        account = self._engine.account(self._account)
        found = account.position(name)
        if found is None and (instrument := self._engine.instruments.find(name)) is not None:
            held = account.positions.values()
            found = next((one for one in held if one.symbol == instrument.symbol), None)
        if found is None:
            raise PositionNotFound(name)
        return found

    def _newest(self, items: Iterable[_Item], symbol: str | None, limit: int | None) -> list[_Item]:
        """The first ``limit`` of ``items`` that are ours, turned round."""
        name = self._symbol(symbol)
        ours = (
            one
            for one in items
            if one.account == self._account and (name is None or one.symbol == name)
        )
        return _copies(islice(ours, limit))[::-1]


def _number(field: str) -> Callable[[Any], Any]:
    return lambda value: number(field, value)


def _word(field: str, words: Any) -> Callable[[Any], Any]:
    return lambda value: word(field, value, words)


_CHANGE_FIELDS: dict[str, Callable[[Any], Any]] = {
    field: _number(field) for field in OrderChange.__struct_fields__
}
_ORDER_FIELDS: dict[str, Callable[[Any], Any]] = {
    **{field: _number(field) for field in OrderChange.__struct_fields__ if field != "quantity"},
    "display_quantity": _number("display_quantity"),
    "leverage": _number("leverage"),
    "time_in_force": _word("time_in_force", TimeInForce),
    "margin_mode": _word("margin_mode", MarginMode),
    "trailing_type": _word("trailing_type", TrailingType),
    "client_order_id": str,
    "oco_group_id": str,
    "position_id": str,
    "reduce_only": bool,
    "post_only": bool,
    "hidden": bool,
}


def _read(fields: Mapping[str, object], known: dict[str, Callable[[Any], Any]]) -> dict[str, Any]:
    """The typed values of the fields that are set; InvalidRequest for a name that is none."""
    read = {}
    for field, value in fields.items():
        reader = known.get(field)
        if reader is None:
            raise InvalidRequest(field, str(value), f"one of the fields {', '.join(known)}")
        if value is not None:
            read[field] = reader(value)
    return read


def _id(order: str | Order) -> str:
    return order.id if isinstance(order, Order) else order


def _copies(items: Iterable[_Item]) -> list[_Item]:
    return [copy(one) for one in items]
