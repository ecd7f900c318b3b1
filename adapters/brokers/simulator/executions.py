"""What happens to one order at one bar or quote: tried, filled, clipped, turned down, cancelled.

Reports go out one at a time, as things happen, and whoever hears one may send instructions back
before it returns; so a ticket is brought up to date before its report, and looked at again after.
"""

from __future__ import annotations

from decimal import Decimal

from adapters.brokers.simulator.book import Books
from adapters.brokers.simulator.commission import Commission, Free
from adapters.brokers.simulator.friction import Friction
from adapters.brokers.simulator.host import Host
from adapters.brokers.simulator.pool import Pool
from adapters.brokers.simulator.rules import RULES
from adapters.brokers.simulator.ticket import Ticket
from engine.reports import Cancelled, Expired, Filled, Rejected, Trailed, Triggered
from engine.values import ZERO, RejectReason, TimeInForce, decimal_text


class Executions:
    """Tries tickets and reports what became of them."""

    __slots__ = ("_books", "_commission", "_host", "_is_free")

    def __init__(self, host: Host, books: Books, commission: Commission) -> None:
        self._host = host
        self._books = books
        self._commission = commission
        self._is_free = isinstance(commission, Free)

    def attempt(
        self,
        ticket: Ticket,
        prices: tuple[int, int, int],
        friction: Friction,
        pool: Pool | None,
        at: int,
    ) -> None:
        """Try ``ticket`` against open, high and low as its side sees them; fills are executed
        ``at``.
        """
        open_, high, low = prices
        price = RULES[ticket.kind](ticket, open_, high, low, friction)
        if price is not None:
            self._fill(ticket, price, pool, at)
            if not ticket.working:
                return
        if ticket.fits_once:
            self.cancel(ticket, ticket.order.request.time_in_force)
            return
        ticket.rested = True
        if ticket.sprung:
            self._report_trigger(ticket)
        if ticket.trailed and ticket.stop_price is not None:
            ticket.trailed = False
            self._host.report(Trailed(ticket.order.id, ticket.stop_price))

    def expire(self, ticket: Ticket) -> None:
        """End ``ticket``: its session is over, or what was decided about it."""
        self._books.drop(ticket)
        self._host.report(ticket.verdict or Expired(ticket.order.id))

    def cancel(self, ticket: Ticket, reason: str) -> None:
        """End ``ticket`` for a reason of the simulator's own."""
        self._books.drop(ticket)
        self._host.report(Cancelled(ticket.order.id, str(reason)))

    def _fill(self, ticket: Ticket, price: Decimal, pool: Pool | None, at: int) -> None:
        """Fill as much as the position, the pool and the time in force allow."""
        order = ticket.order
        quantity, clipped = ticket.remaining, False
        if ticket.reduces or pool is not None or ticket.portion is not None:
            quantity, clipped = self._available(ticket, pool)
            if quantity < ticket.remaining and order.request.time_in_force is TimeInForce.FOK:
                return
        if quantity > ZERO:
            if not self._host.affords(order, quantity, price):
                self._reject(ticket, quantity, price)
                return
            if ticket.sprung and quantity < ticket.remaining:
                self._report_trigger(ticket)
                if not ticket.working:
                    return
            self._execute(ticket, quantity, price, at)
            if pool is not None:
                pool.use(quantity)
        if clipped and ticket.working:
            self.cancel(ticket, RejectReason.REDUCE_ONLY_VIOLATED)

    def _available(self, ticket: Ticket, pool: Pool | None) -> tuple[Decimal, bool]:
        """How much can fill now, and whether the position is what bounds it."""
        quantity, clipped = ticket.remaining, False
        if ticket.reduces:
            closable = self._host.closable(ticket.order)
            clipped = closable < quantity
            if clipped:
                quantity = closable
        if pool is not None:
            left = pool.left()
            if left < quantity:
                quantity, clipped = left, False
        if ticket.portion is not None and ticket.portion < quantity:
            quantity, clipped = ticket.portion, False
        return quantity, clipped

    def _execute(self, ticket: Ticket, quantity: Decimal, price: Decimal, at: int) -> None:
        order = ticket.order
        filled = ticket.filled
        commission = ZERO if self._is_free else self._charge(ticket, quantity, price)
        ticket.take(quantity, price)
        if not ticket.remaining:
            self._books.drop(ticket)
        elif ticket.portion is not None:
            ticket.wait(at)
        self._host.report(
            Filled(
                order.id,
                # Unique for ever, restarts included: what was filled before only grows.
                f"{order.id}-{decimal_text(filled) if filled else '0'}",
                quantity,
                price,
                at,
                commission,
                ticket.instrument.currency,
                ticket.maker,
            )
        )

    def _charge(self, ticket: Ticket, quantity: Decimal, price: Decimal) -> Decimal:
        """What the order costs after this fill beyond what it cost before."""
        total, side = self._commission.total, ticket.order.request.side
        multiplier = ticket.instrument.multiplier
        filled, notional = ticket.filled, ticket.notional * multiplier
        after = total(side, filled + quantity, notional + quantity * price * multiplier)
        return after - total(side, filled, notional) if filled else after

    def _report_trigger(self, ticket: Ticket) -> None:
        ticket.sprung = False
        self._host.report(Triggered(ticket.order.id))

    def _reject(self, ticket: Ticket, quantity: Decimal, price: Decimal) -> None:
        self._books.drop(ticket)
        order = ticket.order
        worth = decimal_text(quantity * price * ticket.instrument.multiplier)
        self._host.report(
            Rejected(
                order.id,
                RejectReason.INSUFFICIENT_MARGIN,
                f"{order.side} {decimal_text(quantity)} {order.symbol} at {decimal_text(price)} is "
                f"{worth} {ticket.instrument.currency}, "
                f"more than account {order.account} can carry",
            )
        )
