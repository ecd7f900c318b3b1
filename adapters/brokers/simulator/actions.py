"""Corporate actions: splits and cash dividends, applied before the first row on or after the date.

A split multiplies each position and adjusts every working order of the symbol: the open quantity
times the ratio, prices divided by it and rounded to the data's digits so that the order is never
better off. A dividend is paid for each unit held; who is short pays it. On one date dividends come
before splits, since they are stated for old units. Fractions are kept: there is no cash in lieu.
"""

from __future__ import annotations

from collections import deque
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from adapters.brokers.simulator.book import Books
from adapters.brokers.simulator.host import Host
from adapters.brokers.simulator.options import Dividend, SimulatorOptions, Split
from adapters.brokers.simulator.ticket import Ticket
from engine.reports import CashMoved, Modified, PositionSplit
from engine.requests import OrderChange
from engine.values import TrailingType


class CorporateActions:
    """The actions still to come, by symbol."""

    def __init__(self, host: Host, broker: str, books: Books, options: SimulatorOptions) -> None:
        self._host = host
        self._broker = broker
        self._books = books
        self.pending: dict[str, deque[Split | Dividend]] = {}
        known: list[Split | Dividend] = [*options.dividends, *options.splits]
        for action in sorted(known, key=lambda one: one.ex_ts):
            self.pending.setdefault(action.symbol, deque()).append(action)
            books.keep(action.symbol)

    def forget_before(self, now: int) -> None:
        """Leave out actions dated before ``now``: a run that is resumed has applied them."""
        for symbol in list(self.pending):
            self._take(symbol, now - 1)

    def apply(self, symbol: str, ts: int, scale: int) -> None:
        """Apply what is due for ``symbol`` before a row that begins at ``ts``."""
        for action in self._take(symbol, ts):
            for account in list(self._host.state.accounts.values()):
                if account.broker != self._broker:
                    continue
                held = [one for one in account.positions.values() if one.symbol == symbol]
                if isinstance(action, Split):
                    if held:
                        self._host.report(PositionSplit(account.id, symbol, action.ratio))
                    continue
                for position in held:
                    amount = position.quantity * action.amount * position.multiplier
                    self._host.report(
                        CashMoved(account.id, amount, position.currency, "dividend", symbol)
                    )
            if isinstance(action, Split):
                self._split_orders(symbol, action.ratio, scale)

    def _take(self, symbol: str, ts: int) -> list[Split | Dividend]:
        """Remove and give the actions of ``symbol`` dated ``ts`` or earlier."""
        queue = self.pending.get(symbol)
        due: list[Split | Dividend] = []
        while queue and queue[0].ex_ts <= ts:
            due.append(queue.popleft())
        if queue is not None and not queue:
            del self.pending[symbol]
            self._books.release(symbol)
        return due

    def _split_orders(self, symbol: str, ratio: Decimal, scale: int) -> None:
        book = self._books.book(symbol)
        for ticket in book.in_turn() if book is not None else ():
            if ticket.working:
                change = _split_change(ticket, ratio, scale)
                self._books.change(ticket, change)
                self._host.report(Modified(ticket.order.id, change))


def _split_change(ticket: Ticket, ratio: Decimal, scale: int) -> OrderChange:
    """The order's values in new units."""
    order = ticket.order
    down, up = (ROUND_FLOOR, ROUND_CEILING) if ticket.sign > 0 else (ROUND_CEILING, ROUND_FLOOR)
    digits = Decimal(1).scaleb(-scale)

    def divide(price: Decimal | None, rounding: str) -> Decimal | None:
        # At least one last digit: a price is never zero.
        return None if price is None else max((price / ratio).quantize(digits, rounding), digits)

    distance = order.trailing_distance
    if order.request.trailing_type is TrailingType.PERCENT:
        distance = None
    return OrderChange(
        quantity=ticket.filled + ticket.remaining * ratio,
        limit_price=divide(ticket.limit_price, down),
        stop_price=divide(ticket.stop_price, up),
        # Exits sell what the entry buys: their rounding is the other side's.
        stop_loss=divide(order.stop_loss, down),
        take_profit=divide(order.take_profit, up),
        trailing_distance=divide(distance, ROUND_CEILING),
    )
