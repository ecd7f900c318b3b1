"""What taking liquidity costs beyond the price seen: half the spread, and slippage.

Both worsen the price of a fill that takes (a market order, a stop, a limit that was marketable when
it arrived), rounded against the trader to the digits of the data; a limit is never passed.
"""

from __future__ import annotations

from decimal import Decimal

from adapters.brokers.simulator.ticket import Ticket
from engine.values import ZERO

_BPS = Decimal(10_000)


class Friction:
    """A share of the price, in bps, plus a number of ticks."""

    __slots__ = ("_denominator", "_numerator", "_ticks", "is_none")

    def __init__(self, bps: Decimal = ZERO, ticks: int = 0) -> None:
        self._numerator, self._denominator = (bps / _BPS).as_integer_ratio()
        self._ticks = ticks
        self.is_none = not bps and not ticks

    def worsen(self, ticket: Ticket, seen: int, exact: Decimal | None = None) -> Decimal:
        """The price paid for taking at ``seen`` (scaled, trader's side), whose exact value may be
        finer than the data.
        """
        if self.is_none:
            return ticket.price(seen) if exact is None else exact
        cost = -(-abs(seen) * self._numerator // self._denominator)
        paid = seen + cost + self._ticks * ticket.tick(ticket.scale)
        if ticket.limit_price is not None and paid > ticket.limit:
            return ticket.limit_price
        return ticket.price(paid)
