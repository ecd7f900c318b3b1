"""A second, small broker: remote, with books of its own, and nothing in common with the simulator.

A `Venue` takes orders under the client's id, trades when the world says so, and corrects, busts and
forgets as real ones do. It answers what it is asked, and tells everybody who listens. What it holds
is the truth that the engine must agree with in the end; `received` lists every order that ever
arrived, so that one sent twice is seen. It is synchronous and knows no network: the simulated world
puts one before it, and `tests.crash` a real socket.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec

from engine.requests import OrderChange, OrderRequest
from engine.values import FINAL, ZERO, Side, Status, signed

CURRENCY = "USD"
COMMISSION = Decimal("0.35")
TURNED_DOWN = "turned down by the venue"


class VenueOrder(msgspec.Struct):
    """An order in the venue's books; `client_id` is None for one entered by hand."""

    broker_id: str
    client_id: str | None
    account: str
    request: OrderRequest
    quantity: Decimal
    received_at: int
    changed_at: int
    status: Status = Status.OPEN
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    filled: Decimal = ZERO
    triggered: bool = False
    past_ids: tuple[str, ...] = ()
    ended: Status | None = None
    message: str = ""

    @property
    def is_final(self) -> bool:
        """Whether it will not trade any more."""
        return self.status in FINAL

    @property
    def remaining(self) -> Decimal:
        """What is left to trade."""
        return max(self.quantity - self.filled, ZERO)


class VenueExecution(msgspec.Struct):
    """A trade in the venue's books. A correction changes it; a bust makes its quantity zero."""

    id: str
    broker_id: str
    client_id: str | None
    account: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    commission: Decimal
    executed_at: int
    revision: int = 0
    is_busted: bool = False


class Told(msgspec.Struct, frozen=True):
    """One piece of news, in the venue's own words: what happened to which order or trade."""

    what: str
    account: str
    order: VenueOrder | None = None
    execution: VenueExecution | None = None
    change: OrderChange | None = None
    message: str = ""


class Venue:
    """The broker's books, for any number of accounts."""

    def __init__(self, first_number: int = 1000) -> None:
        self.now = 0
        self.orders: list[VenueOrder] = []
        self.executions: list[VenueExecution] = []
        self.received: list[tuple[str, str]] = []
        """Account and client id of every order that arrived, in order, repeated ones too."""
        self.cash: dict[str, Decimal] = {}
        self.transfers: dict[tuple[str, str], Decimal] = {}
        """Units that came into a position otherwise than by a trade, by account and symbol."""
        self.on_news: Callable[[Told], None] = lambda _told: None
        self.rejects_next = False
        self.holds_next_cancel = False
        """Whether the next cancel is taken and neither made nor turned down for a while."""
        self._first_number = first_number
        self._number = first_number
        self._executed = 0
        self._by_client: dict[tuple[str, str], VenueOrder] = {}

    # What a client may ask

    def submit(self, account: str, client_id: str, request: OrderRequest) -> Told:
        """Take an order. A client id that was here before is refused, and the books unchanged."""
        self.received.append((account, client_id))
        known = self._by_client.get((account, client_id))
        if known is not None:
            return Told("duplicate", account, known, message="this client id was used before")
        order = self._enter(account, client_id, request)
        if self.rejects_next:
            self.rejects_next = False
            order.status, order.message = Status.REJECTED, TURNED_DOWN
            return self._tell("rejected", order, message=TURNED_DOWN)
        return self._tell("accepted", order)

    def change(self, account: str, client_id: str, change: OrderChange) -> Told:
        """Change a working order's terms, under a new id of the venue's."""
        order = self._by_client.get((account, client_id))
        if order is None:
            return Told("nothing to change", account, message=client_id)
        quantity = order.quantity if change.quantity is None else change.quantity
        is_leaving = order.status is Status.PENDING_CANCEL
        if order.is_final or is_leaving or quantity <= order.filled:
            return Told("change rejected", account, order, message=f"it is {order.status}")
        order.quantity = quantity
        order.limit_price = change.limit_price or order.limit_price
        order.stop_price = change.stop_price or order.stop_price
        self._renumber(order)
        return self._tell("changed", order, change=change)

    def cancel(self, account: str, client_id: str) -> Told:
        """Take a working order off the book."""
        order = self._by_client.get((account, client_id))
        if order is None:
            return Told("nothing to cancel", account, message=client_id)
        if order.is_final or order.status is Status.PENDING_CANCEL:
            return Told("cancel rejected", account, order, message=f"it is {order.status}")
        if self.holds_next_cancel:
            self.holds_next_cancel = False
            order.status, order.changed_at = Status.PENDING_CANCEL, self.now
            return Told("cancel pending", account, order)
        return self.end(order, Status.CANCELLED)

    def find(self, account: str, client_id: str) -> VenueOrder | None:
        """The order that came under a client's id, or None."""
        return self._by_client.get((account, client_id))

    def of(self, account: str) -> list[VenueOrder]:
        """Every order of an account, oldest first."""
        return [one for one in self.orders if one.account == account]

    def traded(self, account: str) -> list[VenueExecution]:
        """Every execution of an account, oldest first, busted ones too."""
        return [one for one in self.executions if one.account == account]

    def position(self, account: str, symbol: str) -> Decimal:
        """What an account holds of a symbol, signed."""
        return self.positions(account).get(symbol, ZERO)

    def positions(self, account: str) -> dict[str, Decimal]:
        """What an account holds, signed, by symbol; flat symbols that it traded too."""
        held: dict[str, Decimal] = {}
        for one in self.executions:
            if one.account == account:
                moved = signed(one.side, one.quantity)
                held[one.symbol] = held.get(one.symbol, ZERO) + moved
        for (owner, symbol), moved in self.transfers.items():
            if owner == account:
                held[symbol] = held.get(symbol, ZERO) + moved
        return held

    def cash_of(self, account: str) -> Decimal:
        """What an account has left in cash."""
        spent = sum(
            (
                signed(one.side, one.quantity) * one.price + one.commission
                for one in self.executions
                if one.account == account
            ),
            ZERO,
        )
        return self.cash.get(account, ZERO) - spent

    # What the market, the exchange and people at the venue do

    def trade(self, order: VenueOrder, quantity: Decimal, price: Decimal) -> None:
        """Execute part of an order, or more than was left of it; one that has ended too, as happens
        when a cancel and a trade cross.
        """
        order.filled += quantity
        order.triggered = order.triggered or order.stop_price is not None
        _weigh(order)
        self._executed += 1
        execution = VenueExecution(
            f"x{self._executed:05d}",
            order.broker_id,
            order.client_id,
            order.account,
            order.request.symbol,
            order.request.side,
            quantity,
            price,
            COMMISSION,
            self.now,
        )
        self.executions.append(execution)
        self._tell("executed", order, execution)

    def correct(
        self, execution: VenueExecution, quantity: Decimal, price: Decimal, *, reinstates: bool
    ) -> None:
        """Change a trade that was reported. An order that is full no longer works again if the
        venue `reinstates` it, and ends otherwise.
        """
        order = self._restate(execution, quantity)
        execution.price = price
        self._tell("corrected", order, execution)
        self._reconsider(order, reinstates)

    def bust(self, execution: VenueExecution, *, reinstates: bool) -> None:
        """Take a trade back."""
        order = self._restate(execution, ZERO)
        execution.is_busted, execution.commission = True, ZERO
        self._tell("busted", order, execution, message="trade busted")
        self._reconsider(order, reinstates)

    def end(self, order: VenueOrder, status: Status) -> Told:
        """Take an order off the book as cancelled or expired."""
        order.status = order.ended = status
        return self._tell(status.lower(), order)

    def decide(self, order: VenueOrder, makes: bool) -> None:
        """Make a cancel that was held, or turn it down."""
        if makes:
            self.end(order, Status.CANCELLED)
        else:
            order.status = Status.OPEN
            _weigh(order)
            self._tell("cancel rejected", order, message="the venue keeps it")

    def enter_by_hand(self, account: str, request: OrderRequest) -> VenueOrder:
        """An order that a person gave the venue without the engine."""
        order = self._enter(account, None, request)
        order.broker_id = f"manual-{len(self.orders)}"
        self._tell("accepted", order)
        return order

    def transfer(self, account: str, symbol: str, quantity: Decimal) -> None:
        """Units come into an account, or leave it, without a trade."""
        key = (account, symbol)
        self.transfers[key] = self.transfers.get(key, ZERO) + quantity

    def restart(self) -> None:
        """The venue's machine starts again: working orders get new numbers, and the numbering
        begins again below the numbers of orders that have ended.
        """
        working = [one for one in self.orders if not one.is_final and one.client_id is not None]
        taken = {int(one.broker_id) for one in working}
        self._number = max(self._first_number, self._number - 5)
        while self._number in taken:
            self._number += 1
        for order in working:
            self._renumber(order)

    def _enter(self, account: str, client_id: str | None, request: OrderRequest) -> VenueOrder:
        order = VenueOrder(
            self._next_number(),
            client_id,
            account,
            request,
            request.quantity,
            self.now,
            self.now,
            limit_price=request.limit_price,
            stop_price=request.stop_price,
        )
        self.orders.append(order)
        if client_id is not None:
            self._by_client[account, client_id] = order
        return order

    def _renumber(self, order: VenueOrder) -> None:
        order.past_ids = (*order.past_ids, order.broker_id)
        order.broker_id = self._next_number()

    def _next_number(self) -> str:
        self._number += 1
        return str(self._number)

    def _restate(self, execution: VenueExecution, quantity: Decimal) -> VenueOrder:
        order = self._order_of(execution)
        order.filled += quantity - execution.quantity
        execution.quantity = quantity
        execution.revision += 1
        return order

    def _reconsider(self, order: VenueOrder, reinstates: bool) -> None:
        """Bring an order in line with its trades after one of them changed."""
        was_full = order.status is Status.FILLED
        _weigh(order)
        if was_full and not order.is_final and not reinstates:
            self.end(order, Status.CANCELLED)

    def _order_of(self, execution: VenueExecution) -> VenueOrder:
        return next(
            one
            for one in self.orders
            if execution.broker_id == one.broker_id or execution.broker_id in one.past_ids
            if one.client_id == execution.client_id
        )

    def _tell(
        self,
        what: str,
        order: VenueOrder,
        execution: VenueExecution | None = None,
        *,
        change: OrderChange | None = None,
        message: str = "",
    ) -> Told:
        order.changed_at = self.now
        copy = msgspec.structs.replace(execution) if execution is not None else None
        news = Told(what, order.account, msgspec.structs.replace(order), copy, change, message)
        self.on_news(news)
        return news


def _weigh(order: VenueOrder) -> None:
    """What an order's trades make of its status."""
    if order.filled >= order.quantity:
        order.status = Status.FILLED
    elif order.ended is not None:
        order.status = order.ended
    elif order.status is not Status.PENDING_CANCEL:
        order.status = Status.PARTIALLY_FILLED if order.filled else Status.OPEN
