"""The working orders of each symbol, in the order in which they are tried.

Bracket exits come first, then all others, oldest first each. Where a stop and another order would
end each other (the two exits of one entry, the members of an OCO group), the stop is tried first,
whichever is older: what a bar leaves open is decided against the trader.

Most working orders wait far from the market. Once tried, such a ticket is at rest, and only a row
that comes within reach of one has them tried again; whoever goes through the rows asks
``is_touched`` first, and most rows end there.
"""

from __future__ import annotations

from collections.abc import Iterator

from adapters.brokers.simulator.reach import Reach
from adapters.brokers.simulator.ticket import Ticket
from engine.market.bars import Bars
from engine.market.quotes import Quotes
from engine.orders import Order
from engine.requests import OrderChange
from engine.values import OrderType

_STOPS = (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP)


class Book:
    """Tickets of one symbol."""

    __slots__ = (
        "_penetration_ticks",
        "_places",
        "_reach",
        "_restless",
        "exits",
        "is_kept",
        "others",
    )

    def __init__(self, penetration_ticks: int) -> None:
        self._penetration_ticks = penetration_ticks
        self.exits: dict[str, Ticket] = {}
        self.others: dict[str, Ticket] = {}
        self._restless: dict[str, Ticket] = {}
        self._reach = Reach()
        self._places = 0
        """How many places in its queues it has given away."""
        self.is_kept = False
        """Whether every row concerns it, an order working or not."""

    def in_turn(self) -> list[Ticket]:
        """The tickets in the order they are tried; a new list, since fills change the book."""
        return [*self.exits.values(), *self.others.values()]

    def is_touched(self, one: Bars | Quotes, i: int) -> bool:
        """Whether row ``i`` of a series of the symbol may concern a ticket."""
        if self._restless or self.is_kept:
            return True
        reach = self._reach  # whose ``touches`` is spelled out here, where every row comes by
        down, up = reach.down, reach.up
        lower, upper = one.span
        near = down < lower[i] < up and down < upper[i] < up
        return not near or one.price_scale != reach.scale

    def concerned(self, one: Bars | Quotes, i: int) -> list[Ticket]:
        """The tickets that row ``i`` of a series of the symbol may concern, in the order they are
        tried. What is left out would do nothing.
        """
        restless, reach = self._restless, self._reach
        if len(restless) == len(self.exits) + len(self.others):
            if reach.scale != one.price_scale:
                reach.clear(one.price_scale)
            return [*self.exits.values(), *self.others.values()]
        if reach.touches(one, i):
            reach.clear(one.price_scale)
            tickets = self.in_turn()
            self._restless = {ticket.order.id: ticket for ticket in tickets}
            return tickets
        return sorted(restless.values(), key=_turn) if len(restless) > 1 else [*restless.values()]

    def settle(self, ticket: Ticket) -> None:
        """Let a ticket that was tried and stayed rest, if it is one that can; else it is tried at
        the next row, whether it rested before or not.
        """
        if self._reach.take_in(ticket):
            self._restless.pop(ticket.order.id, None)
        else:
            self._restless[ticket.order.id] = ticket

    def place(self, ticket: Ticket) -> None:
        """Put a ticket with new prices where they belong: at rest, if it rested before and was
        priced in the scale of the data; else it is tried at the next row.
        """
        scale = self._reach.scale
        if ticket.rested and scale >= 0:
            ticket.rescale(scale, self._penetration_ticks)
            self.settle(ticket)
        else:
            self._restless[ticket.order.id] = ticket

    def exits_of(self, order: Order) -> list[Ticket]:
        """The exits that protect what ``order`` opened, the stop-loss first."""
        exits = self.exits.values()
        return [ticket for ticket in exits if ticket.order.parent_order_id == order.id]

    def add(self, ticket: Ticket) -> None:
        """Let ``ticket`` take its place."""
        order = ticket.order
        queue = self.exits if ticket.is_exit else self.others
        if ticket.rested:
            self.place(ticket)
        else:
            self._restless[order.id] = ticket
        self._places += 1
        ticket.place = self._places
        if order.request.oco_group_id is None:
            queue[order.id] = ticket
            return
        tickets = list(queue.values())
        tickets.insert(_place(tickets, order), ticket)
        queue.clear()
        for place, each in enumerate(tickets, self._places):
            queue[each.order.id] = each
            each.place = place
        self._places += len(tickets)

    def drop(self, ticket: Ticket) -> None:
        """Take ``ticket`` out; it works no more."""
        ticket.working = False
        queue = self.exits if ticket.is_exit else self.others
        del queue[ticket.order.id]
        self._restless.pop(ticket.order.id, None)


def _turn(ticket: Ticket) -> tuple[bool, int]:
    """By when a ticket is tried: exits first, then by its place in the queue."""
    return not ticket.is_exit, ticket.place


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

    __slots__ = ("_books", "_penetration_ticks", "watched")

    def __init__(self, penetration_ticks: int = 0) -> None:
        self._penetration_ticks = penetration_ticks
        self._books: dict[str, Book] = {}
        self.watched: dict[str, Book] = {}
        """The books of symbols that have a working order, and of those that are kept."""

    def __iter__(self) -> Iterator[Ticket]:
        return iter([ticket for book in self._books.values() for ticket in book.in_turn()])

    def book(self, symbol: str) -> Book | None:
        """The book of ``symbol``; None where no order ever worked."""
        return self._books.get(symbol)

    def find(self, order: Order) -> Ticket | None:
        """The working ticket of this order, or None."""
        book = self.watched.get(order.request.symbol)
        if book is None:
            return None
        return book.others.get(order.id) or book.exits.get(order.id)

    def add(self, ticket: Ticket) -> None:
        """Let ``ticket`` work."""
        order = ticket.order
        symbol = order.request.symbol
        book = self._books.get(symbol)
        if book is None:
            book = self._open(symbol)
        self.watched[symbol] = book
        book.add(ticket)

    def drop(self, ticket: Ticket) -> None:
        """Let ``ticket`` work no more."""
        symbol = ticket.order.request.symbol
        book = self._books[symbol]
        book.drop(ticket)
        if not (book.others or book.exits or book.is_kept):
            del self.watched[symbol]

    def change(self, ticket: Ticket, change: OrderChange) -> None:
        """Give a working ticket new values; its place in the book stays."""
        ticket.change(change)
        self._books[ticket.order.request.symbol].place(ticket)

    def keep(self, symbol: str) -> None:
        """Watch ``symbol`` whether or not an order works, until ``release``."""
        book = self.watched[symbol] = self._open(symbol)
        book.is_kept = True

    def release(self, symbol: str) -> None:
        """Watch ``symbol`` only while an order works."""
        book = self._open(symbol)
        book.is_kept = False
        if not (book.others or book.exits):
            self.watched.pop(symbol, None)

    def _open(self, symbol: str) -> Book:
        """The book of ``symbol``, a new one where there was none."""
        book = self._books.get(symbol)
        if book is None:
            book = self._books[symbol] = Book(self._penetration_ticks)
        return book
