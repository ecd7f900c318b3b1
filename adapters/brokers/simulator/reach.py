"""How far the market must move before an order at rest does anything.

A limit or a stop that was tried once and stayed does nothing until its price is touched. A reach
sums such tickets up in two prices, so that a row of data between them need try none, however many
there are. It only ever errs by being too near: a ticket that leaves does not push it away again.
"""

from __future__ import annotations

from adapters.brokers.simulator.ticket import NEVER, Ticket
from engine.values import OrderType

_LIMIT = OrderType.LIMIT
_WAITING = frozenset({OrderType.LIMIT, OrderType.STOP, OrderType.STOP_LIMIT})
_UNKNOWN_SCALE = -1


class Reach:
    """The highest price at or below which a resting ticket acts, and the lowest at or above."""

    __slots__ = ("_down", "_up", "scale")

    def __init__(self) -> None:
        self._down = -NEVER
        self._up = NEVER
        self.scale = _UNKNOWN_SCALE
        """The prices are integers over ``10 ** scale``; negative before the first row."""

    def touches(self, low: int, high: int, scale: int) -> bool:
        """Whether a row of these prices, as integers over ``10 ** scale``, may concern a ticket."""
        return low <= self._down or high >= self._up or scale != self.scale

    def clear(self, scale: int) -> None:
        """Begin anew, with no ticket, for data of this scale."""
        self._down, self._up, self.scale = -NEVER, NEVER, scale

    def take_in(self, ticket: Ticket) -> bool:
        """Cover a ticket that was tried and stayed; False for one that must be tried at every row.

        Those are the ones that move, that time ends, or that fill at any price. A limit away from
        the market rests from the start: the first trial would find nothing to do.
        """
        if ticket.kind not in _WAITING or not ticket.rested or ticket.scale != self.scale:
            return False
        if ticket.expires != NEVER or ticket.fits_once:
            return False
        if ticket.kind is _LIMIT:
            level, falls = ticket.limit - ticket.through, ticket.sign > 0
        else:
            level, falls = ticket.stop, ticket.sign < 0
        price = ticket.sign * level
        if falls:
            self._down = max(self._down, price)
        else:
            self._up = min(self._up, price)
        return True
