"""The working orders of each symbol, in the order in which they are tried.

Bracket exits come first, then all others, oldest first each. Where a stop and another order would
end each other (the two exits of one entry, the members of an OCO group), the stop is tried first,
whichever is older: what a bar leaves open is decided against the trader.

Most working orders wait far from the market. Once tried, such a ticket is at rest, and only a row
that comes within reach of one has them tried again.
"""

from __future__ import annotations

from collections.abc import Iterator

from adapters.brokers.simulator.reach import Reach
from adapters.brokers.simulator.ticket import Ticket
from engine.orders import Order
from engine.requests import OrderChange
from engine.values import OrderType

_STOPS = (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP)


class Book:
    """Tickets of one symbol."""

    __slots__ = ("_exits", "_others", "_penetration_ticks", "_reach", "_restless")

    def __init__(self, penetration_ticks: int) -> None:
        self._penetration_ticks = penetration_ticks
        self._exits: dict[str, Ticket] = {}
        self._others: dict[str, Ticket] = {}
        self._restless: dict[str, Ticket] = {}
        self._reach = Reach()

    def __bool__(self) -> bool:
        return bool(self._others or self._exits)

    def in_turn(self) -> list[Ticket]:
        """The tickets in the order they are tried; a new list, since fills change the book."""
        return [*self._exits.values(), *self._others.values()]

    def concerned(self, low: int, high: int, scale: int) -> list[Ticket]:
        """The tickets that a row between these prices may concern, in the order they are tried.

        Prices are integers over ``10 ** scale``. What is left out would do nothing.
        """
        restless = self._restless
        if self._reach.touches(low, high, scale):
            self._reach.clear(scale)
            tickets = self.in_turn()
            self._restless = {ticket.order.id: ticket for ticket in tickets}
            return tickets
        if len(restless) < 2:
            return list(restless.values())
        return [
            ticket
            for queue in (self._exits, self._others)
            for order_id, ticket in queue.items()
            if order_id in restless
        ]

    def settle(self, ticket: Ticket) -> None:
        """Let a ticket that was tried and stayed rest, if it is one that can."""
        if self._reach.take_in(ticket):
            self._restless.pop(ticket.order.id, None)

    def rouse(self, ticket: Ticket) -> None:
        """Have a ticket tried at the next row, because it changed."""
        self._restless[ticket.order.id] = ticket

    def exits_of(self, order: Order) -> list[Ticket]:
        """The exits that protect what ``order`` opened, the stop-loss first."""
        exits = self._exits.values()
        return [ticket for ticket in exits if ticket.order.parent_order_id == order.id]

    def add(self, ticket: Ticket) -> None:
        """Let ``ticket`` take its place."""
        order = ticket.order
        queue = self._exits if ticket.is_exit else self._others
        self._restless[order.id] = ticket
        if ticket.rested and self._reach.scale >= 0:
            ticket.rescale(self._reach.scale, self._penetration_ticks)
            self.settle(ticket)
        if order.request.oco_group_id is None:
            queue[order.id] = ticket
            return
        tickets = list(queue.values())
        tickets.insert(_place(tickets, order), ticket)
        queue.clear()
        queue.update((each.order.id, each) for each in tickets)

    def drop(self, ticket: Ticket) -> None:
        """Take ``ticket`` out; it works no more."""
        ticket.working = False
        queue = self._exits if ticket.is_exit else self._others
        del queue[ticket.order.id]
        self._restless.pop(ticket.order.id, None)


def _place(queue: list[Ticket], order: Order) -> int:
    """Where in ``queue`` a member of a group belongs: a stop before the others it would end."""
    if order.order_type in _STOPS:
        for place, ticket in enumerate(queue):
            other = ticket.order
            if (
                other.request.oco_group_id == order.request.oco_group_id
                and other.account == order.account
                and other.order_type not in _STOPS
            ):
                return place
    return len(queue)


class Books:
    """Every symbol's book, and every working ticket by its order's id."""

    __slots__ = ("_books", "_kept", "_penetration_ticks", "_tickets", "watched")

    def __init__(self, penetration_ticks: int = 0) -> None:
        self._penetration_ticks = penetration_ticks
        self._books: dict[str, Book] = {}
        self._tickets: dict[str, Ticket] = {}
        self.watched: set[str] = set()
        """The symbols that have a working order, and those that are kept."""
        self._kept: set[str] = set()

    def __iter__(self) -> Iterator[Ticket]:
        return iter(list(self._tickets.values()))

    def book(self, symbol: str) -> Book | None:
        """The book of ``symbol``; None where no order ever worked."""
        return self._books.get(symbol)

    def find(self, order_id: str) -> Ticket | None:
        """The working ticket of this order, or None."""
        return self._tickets.get(order_id)

    def add(self, ticket: Ticket) -> None:
        """Let ``ticket`` work."""
        order = ticket.order
        symbol = order.request.symbol
        book = self._books.get(symbol)
        if book is None:
            book = self._books[symbol] = Book(self._penetration_ticks)
        book.add(ticket)
        self._tickets[order.id] = ticket
        self.watched.add(symbol)

    def drop(self, ticket: Ticket) -> None:
        """Let ``ticket`` work no more."""
        order = ticket.order
        del self._tickets[order.id]
        symbol = order.request.symbol
        book = self._books[symbol]
        book.drop(ticket)
        if not book and symbol not in self._kept:
            self.watched.discard(symbol)

    def change(self, ticket: Ticket, change: OrderChange) -> None:
        """Give a working ticket new values; its place in the book stays."""
        ticket.change(change)
        self._books[ticket.order.request.symbol].rouse(ticket)

    def keep(self, symbol: str) -> None:
        """Watch ``symbol`` whether or not an order works, until ``release``."""
        self._kept.add(symbol)
        self.watched.add(symbol)

    def release(self, symbol: str) -> None:
        """Watch ``symbol`` only while an order works."""
        self._kept.discard(symbol)
        if not self._books.get(symbol):
            self.watched.discard(symbol)
