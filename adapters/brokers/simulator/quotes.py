"""Working orders against one quote: buys pay the ask, sells hit the bid, sizes bound the fills.

A quote is matched by the rules for bars, as a bar whose open, high and low are the price a taker
pays. The spread is in the quote already, so only slippage is added. A side without a price (zero or
less) fills nothing.
"""

from __future__ import annotations

from adapters.brokers.simulator.book import Book
from adapters.brokers.simulator.executions import Executions
from adapters.brokers.simulator.friction import Friction
from adapters.brokers.simulator.options import SimulatorOptions
from adapters.brokers.simulator.pool import Pool
from engine.market.quotes import Quotes


class QuoteMatching:
    """The rules for quotes with the options in force."""

    __slots__ = ("_ask_pool", "_bid_pool", "_executions", "_friction", "_penetration_ticks")

    def __init__(self, executions: Executions, options: SimulatorOptions) -> None:
        self._executions = executions
        self._friction = Friction(options.slippage_bps, options.slippage_ticks)
        self._penetration_ticks = options.penetration_ticks
        self._ask_pool = Pool()
        self._bid_pool = Pool()

    def match(self, book: Book, quotes: Quotes, i: int) -> None:
        """Try every order of ``book`` that is live at quote ``i``, exits first, oldest first."""
        tickets = book.concerned(quotes, i)
        if not tickets:
            return
        bid, ask, scale = quotes.bid[i], quotes.ask[i], quotes.price_scale
        at = quotes.ts[i]
        if quotes.has_sizes:
            self._ask_pool.fill(quotes.ask_size[i], quotes.size_scale)
            self._bid_pool.fill(quotes.bid_size[i], quotes.size_scale)
        for ticket in tickets:
            # An order that came at the very time of a quote came with it, not before it.
            if not ticket.working or ticket.live_at > at or ticket.order.created_at >= at:
                continue
            if at >= ticket.expires:
                self._executions.expire(ticket)
                continue
            buys = ticket.sign > 0
            touch = ask if buys else bid
            if touch <= 0:
                continue
            if ticket.scale != scale:
                ticket.rescale(scale, self._penetration_ticks)
            pool = self._ask_pool if buys else self._bid_pool
            seen = ticket.sign * touch
            self._executions.attempt(
                ticket, (seen, seen, seen), self._friction, pool if quotes.has_sizes else None, at
            )
            if ticket.working:
                book.settle(ticket)
