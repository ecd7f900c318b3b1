"""The working orders of each symbol, in the order in which they are tried.

Bracket exits come first, then all others, oldest first each. Where a stop and another order would
end each other (the two exits of one entry, the members of an OCO group), the stop is tried first,
whichever is older: what a bar leaves open is decided against the trader.
"""

from __future__ import annotations

from collections.abc import Iterator

from adapters.brokers.simulator.ticket import Ticket
from engine.orders import Order
from engine.values import OrderType

_STOPS = (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP)


class Book:
    """Tickets of one symbol."""

    __slots__ = ("_exits", "_others")

    def __init__(self) -> None:
        self._exits: list[Ticket] = []
        self._others: list[Ticket] = []

    def __bool__(self) -> bool:
        return bool(self._others or self._exits)

    def in_turn(self) -> list[Ticket]:
        """The tickets in the order they are tried; a new list, since fills change the book."""
        return self._exits + self._others

    def exits_of(self, order: Order) -> list[Ticket]:
        """The exits that protect what ``order`` opened, the stop-loss first."""
        return [ticket for ticket in self._exits if ticket.order.parent_order_id == order.id]

    def add(self, ticket: Ticket) -> None:
        """Let ``ticket`` take its place."""
        order = ticket.order
        queue = self._exits if ticket.is_exit else self._others
        if order.request.oco_group_id is None:
            queue.append(ticket)
        else:
            queue.insert(_place(queue, order), ticket)

    def drop(self, ticket: Ticket) -> None:
        """Take ``ticket`` out; it works no more."""
        ticket.working = False
        queue = self._exits if ticket.is_exit else self._others
        queue.remove(ticket)


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

    __slots__ = ("_books", "_kept", "_tickets", "watched")

    def __init__(self) -> None:
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
            book = self._books[symbol] = Book()
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

    def keep(self, symbol: str) -> None:
        """Watch ``symbol`` whether or not an order works, until ``release``."""
        self._kept.add(symbol)
        self.watched.add(symbol)

    def release(self, symbol: str) -> None:
        """Watch ``symbol`` only while an order works."""
        self._kept.discard(symbol)
        if not self._books.get(symbol):
            self.watched.discard(symbol)
