"""Working orders against one bar.

A bar is open, high, low and a volume; when within it a price was seen is not known, and what is not
known is decided against the trader. The loop compares integers and allocates next to nothing until
something fills.
"""

from __future__ import annotations

from adapters.brokers.simulator.book import Book
from adapters.brokers.simulator.executions import Executions
from adapters.brokers.simulator.friction import Friction
from adapters.brokers.simulator.options import SimulatorOptions
from adapters.brokers.simulator.pool import Pool
from adapters.brokers.simulator.ticket import NEVER, Ticket
from engine.market.bars import Bars
from engine.values import OrderType, Role

_MARKET = OrderType.MARKET


class BarMatching:
    """The rules for bars with the options in force."""

    __slots__ = (
        "_executions",
        "_friction",
        "_participation",
        "_penetration_ticks",
        "_pool",
        "_same_bar",
    )

    def __init__(self, executions: Executions, options: SimulatorOptions) -> None:
        self._executions = executions
        self._friction = Friction(
            options.spread_bps / 2 + options.slippage_bps, options.slippage_ticks
        )
        self._penetration_ticks = options.penetration_ticks
        self._participation = options.participation.as_integer_ratio()
        self._pool = Pool() if options.participation else None
        self._same_bar = options.exits == "same-bar"

    def match(self, book: Book, bars: Bars, i: int) -> None:
        """Try every order of ``book`` that is live in bar ``i``, exits first, oldest first."""
        tickets = book.concerned(bars, i)
        if not tickets:
            return
        start, scale = bars.ts[i], bars.price_scale
        pool = self._pool
        if pool is not None:
            numerator, denominator = self._participation
            pool.fill(bars.volume[i] * numerator // denominator, bars.volume_scale)
        entered: list[Ticket] | None = None
        for ticket in tickets:
            if not ticket.working:
                continue
            if ticket.live_at > start and not _is_fresh(ticket, bars, i):
                continue
            if start >= ticket.expires:
                self._executions.expire(ticket)
                continue
            if ticket.scale != scale:
                ticket.rescale(scale, self._penetration_ticks)
            filled = ticket.filled
            if ticket.kind is _MARKET:  # the open is all that it asks for
                price = ticket.sign * bars.open[i]
                prices = price, price, price
            else:
                prices = _seen(bars, i, ticket.sign)
            self._executions.attempt(ticket, prices, self._friction, pool, start)
            if ticket.working:
                book.settle(ticket)
            if self._same_bar and ticket.filled != filled:
                entered = [*(entered or ()), ticket]
        if entered is not None:
            self._try_exits(entered, book, bars, i)

    def _try_exits(self, entered: list[Ticket], book: Book, bars: Bars, i: int) -> None:
        """The same-bar option: exits of a market entry, and of a stop entry the take-profit unless
        the bar touched the stop-loss too.
        """
        start, scale = bars.ts[i], bars.price_scale
        for entry in entered:
            kind = entry.order.order_type
            if kind is not OrderType.MARKET and kind is not OrderType.STOP:
                continue
            prices = _seen(bars, i, -entry.sign)
            for ticket in book.exits_of(entry.order):
                if not ticket.working or ticket.live_at == NEVER:
                    continue
                ticket.rescale(scale, self._penetration_ticks)
                if kind is OrderType.STOP and ticket.order.role is Role.STOP_LOSS:
                    if prices[1] >= ticket.stop:
                        break
                    continue
                self._executions.attempt(ticket, prices, self._friction, self._pool, start)
                if ticket.working:
                    book.settle(ticket)


def _seen(bars: Bars, i: int, sign: int) -> tuple[int, int, int]:
    """Open, worst and best price of bar ``i`` from a trader's side: smaller is better."""
    if sign > 0:
        return bars.open[i], bars.high[i], bars.low[i]
    return -bars.open[i], -bars.low[i], -bars.high[i]


def _is_fresh(ticket: Ticket, bars: Bars, i: int) -> bool:
    """Whether bar ``i`` is live for an order that arrived after the bar's start: only where bars
    overlap, and the one before had not ended yet when the order came.
    """
    return i > 0 and bars.end(i - 1) >= ticket.live_at
