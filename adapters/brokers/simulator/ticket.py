"""A working order as the simulator keeps it: its prices as integers, seen from the trader's side.

The trader's side means that smaller is always better: a sell's prices are negated, so that one set
of rules serves both directions. Prices are converted once for a price scale, rounded so that the
comparison with a bar stays exact even for a price finer than the data, and the exact price is
kept beside them for the fill. ``remaining`` and ``filled`` are the simulator's own count.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

import msgspec

from engine.instruments import Instrument
from engine.orders import Order
from engine.reports import Report
from engine.requests import OrderChange
from engine.slots import set_directly
from engine.values import ZERO, OrderType, Role, Side, TimeInForce, TrailingType

NEVER = 2**63 - 1
"""Later than every time in ns."""
_UNSCALED = -1
_UNITS = [Decimal(1).scaleb(-scale) for scale in range(29)]
"""What one scaled unit is worth, by scale: a product is faster than a shift of digits."""
_POWERS: list[int] = [10**scale for scale in range(29)]
_BUY, _ENTRY = Side.BUY, Role.ENTRY
_ONCE = frozenset({TimeInForce.IOC, TimeInForce.FOK})


@set_directly
class Ticket(msgspec.Struct, gc=False, eq=False):
    """One working order. ``kind`` is what it acts as now: a stop once reached is a market order.

    ``expires`` and ``live_at`` are ns UTC; ``sign`` is 1 for a buy and -1 for a sell. Where there
    is a ``portion`` one row fills no more of it, and the next fill is ``pause`` ns later; where
    there is a ``verdict`` that is how it ends, and not by expiring. Of two in a queue of a book
    the one with the lower ``place`` is tried first.
    """

    order: Order
    instrument: Instrument
    kind: OrderType
    sign: int
    live_at: int
    expires: int
    filled: Decimal
    notional: Decimal
    remaining: Decimal
    is_exit: bool
    reduces: bool
    fits_once: bool
    rested: bool
    limit_price: Decimal | None
    stop_price: Decimal | None
    trailing_distance: Decimal | None
    scale: int = _UNSCALED
    limit: int = 0
    stop: int = 0
    distance: int = 0
    through: int = 0
    maker: bool = False
    sprung: bool = False
    trailed: bool = False
    working: bool = True
    place: int = 0
    portion: Decimal | None = None
    pause: int = 0
    verdict: Report | None = None

    def rescale(self, scale: int, penetration_ticks: int) -> None:
        """Convert the prices for data whose prices are integers over ``10 ** scale``."""
        self.scale = scale
        if self.limit_price is not None:
            self.limit = _floor(self.limit_price, scale, self.sign)
        if self.stop_price is not None:
            self.stop = -_floor(self.stop_price, scale, -self.sign)
        if self.trailing_distance is not None:
            self.distance = -_floor(self.trailing_distance, scale, -1)
        if penetration_ticks:
            self.through = penetration_ticks * self.tick(scale)

    def change(self, change: OrderChange) -> None:
        """Take over the values of ``change`` that are not None; its place in the book stays."""
        if change.quantity is not None:
            self.remaining = change.quantity - self.filled
        if change.limit_price is not None:
            self.limit_price = change.limit_price
        if change.stop_price is not None:
            self.stop_price = change.stop_price
        if change.trailing_distance is not None:
            self.trailing_distance = change.trailing_distance
        self.scale = _UNSCALED

    def tick(self, scale: int) -> int:
        """One tick as a scaled integer: the instrument's, or else the last digit of the data."""
        tick = self.instrument.tick
        return 1 if tick is None else -_floor(tick, scale, -1)

    def price(self, seen: int) -> Decimal:
        """The exact price behind a scaled one seen from the trader's side."""
        return _UNITS[self.scale] * (self.sign * seen)

    def follow(self, best: int) -> bool:
        """Move the stop of a trailing order after the ``best`` price seen; whether it moved."""
        level = best + self._gap(best)
        if self.stop_price is not None and level >= self.stop:
            return False
        self.stop = level
        self.stop_price = self.price(level)
        return True

    def trail_from(self, mark: Decimal) -> None:
        """Start a trailing stop at its distance from ``mark``, to the digits that ``mark`` has."""
        exponent = mark.as_tuple().exponent
        self.scale = max(0, -exponent) if isinstance(exponent, int) else 0
        self.rescale(self.scale, 0)
        self.stop_price = None
        self.follow(_floor(mark, self.scale, self.sign))
        self.scale = _UNSCALED  # of the data, not of the mark

    def spring(self, into: OrderType) -> None:
        """The stop price was reached: from here the order is ``into``."""
        self.kind = into
        self.sprung = True

    def take(self, quantity: Decimal, price: Decimal) -> None:
        """Count one fill."""
        value = quantity * price
        if self.filled:
            self.filled += quantity
            self.notional += value
        else:
            self.filled, self.notional = quantity, value
        self.remaining -= quantity
        self.rested = True

    def wait(self, at: int) -> None:
        """Be tried no more until the pause after a fill ``at`` is over."""
        self.live_at = min(at + self.pause, NEVER)

    def _gap(self, best: int) -> int:
        if self.order.request.trailing_type is not TrailingType.PERCENT:
            return self.distance
        share = (self.trailing_distance or ZERO) * abs(best) / 100
        return int(share.to_integral_value(ROUND_CEILING))


def new_ticket(order: Order, instrument: Instrument, live_at: int, expires: int) -> Ticket:
    """The ticket of ``order`` as it stands, with what is left of it."""
    request, filled = order.request, order.filled
    is_leg = order.role is not _ENTRY
    return Ticket(
        order,
        instrument,
        order.working_type if order.triggered else request.order_type,
        1 if request.side is _BUY else -1,
        live_at,
        expires,
        filled,
        order.notional,
        order.quantity - filled if filled else order.quantity,
        is_leg and order.is_exit,
        is_leg or request.reduce_only,
        request.time_in_force in _ONCE,
        request.post_only or bool(filled),
        order.limit_price,
        order.stop_price,
        order.trailing_distance,
    )


def _floor(price: Decimal, scale: int, sign: int) -> int:
    """``sign`` times a price as an integer over ``10 ** scale``, exact or the next one below; the
    next one above is what the opposite sign gives, negated.
    """
    numerator, denominator = price.as_integer_ratio()
    return sign * numerator * _POWERS[scale] // denominator
