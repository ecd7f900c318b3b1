"""How far the market must move before an order at rest does anything.

A limit or a stop that was tried once and stayed does nothing until its price is touched. A reach
sums such tickets up in two prices, so that a row of data between them need try none, however many
there are. It only ever errs by being too near: a ticket that leaves does not push it away again.
"""

from __future__ import annotations

from adapters.brokers.simulator.ticket import NEVER, Ticket
from engine.market.bars import Bars
from engine.market.quotes import Quotes
from engine.values import OrderType

_LIMIT = OrderType.LIMIT
_WAITING = frozenset({OrderType.LIMIT, OrderType.STOP, OrderType.STOP_LIMIT})
_UNKNOWN_SCALE = -1


class Reach:
    """The highest price at or below which a resting ticket acts, and the lowest at or above."""

    __slots__ = ("down", "scale", "up")

    def __init__(self) -> None:
        self.down = -NEVER
        self.up = NEVER
        self.scale = _UNKNOWN_SCALE
        """The prices are integers over ``10 ** scale``; negative before the first row."""

    def touches(self, one: Bars | Quotes, i: int) -> bool:
        """Whether row ``i`` may concern a ticket at rest."""
        lower, upper = one.span
        low, high = lower[i], upper[i]  # the other way round in a crossed quote
        down, up = self.down, self.up
        if down < low < up and down < high < up:
            return one.price_scale != self.scale
        return True

    def clear(self, scale: int) -> None:
        """Begin anew, with no ticket, for data of this scale."""
        self.down, self.up, self.scale = -NEVER, NEVER, scale

    def take_in(self, ticket: Ticket) -> bool:
        """Cover a ticket that was tried and stayed; False for one that must be tried at every row.

        Those are the ones that move, that time ends, or that fill at any price. A limit away from
        the market rests from the start: the first trial would find nothing to do.
        """
        if not ticket.rested or ticket.scale != self.scale:
            return False
        kind, sign = ticket.kind, ticket.sign
        if kind not in _WAITING or ticket.expires != NEVER or ticket.fits_once:
            return False
        is_limit = kind is _LIMIT
        price = sign * (ticket.limit - ticket.through if is_limit else ticket.stop)
        is_below = is_limit is (sign > 0)  # the market has to fall to it
        if is_below and price > self.down:
            self.down = price
        elif not is_below and price < self.up:
            self.up = price
        return True
