"""When an order fills, and at what price: one rule for each kind of order.

A rule sees the open, high and low of a bar from the trader's side (see ``ticket``): for a sell they
are the negated open, low and high, so that ``low`` is always the best price and ``high`` the worst.
A quote is a bar whose three prices are the one a taker would pay. A rule gives the exact price, or
None; it marks on the ticket whether the fill rested (``maker``), whether a stop was reached
(``sprung``) and whether a stop moved (``trailed``).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from adapters.brokers.simulator.friction import Friction
from adapters.brokers.simulator.ticket import Ticket
from engine.values import ZERO, OrderType

Rule = Callable[[Ticket, int, int, int, Friction], "Decimal | None"]


def market(ticket: Ticket, open_: int, high: int, low: int, friction: Friction) -> Decimal | None:
    """A market order fills at the open."""
    ticket.maker = False
    return ticket.price(open_) if friction.is_none else friction.worsen(ticket, open_)


def limit(ticket: Ticket, open_: int, high: int, low: int, friction: Friction) -> Decimal | None:
    """A limit fills when the best price reaches it, at the open where that is better."""
    if low > ticket.limit - ticket.through:
        return None
    if open_ > ticket.limit:
        ticket.maker = True
        return ticket.limit_price
    ticket.maker = ticket.rested
    return ticket.price(open_) if ticket.rested else friction.worsen(ticket, open_)


def stop(ticket: Ticket, open_: int, high: int, low: int, friction: Friction) -> Decimal | None:
    """A stop fills when the worst price reaches it, at the open where that is worse."""
    if high < ticket.stop:
        return None
    ticket.maker = False
    ticket.spring(OrderType.MARKET)
    if open_ >= ticket.stop:
        return friction.worsen(ticket, open_)
    return friction.worsen(ticket, ticket.stop, ticket.stop_price)


def stop_limit(
    ticket: Ticket, open_: int, high: int, low: int, friction: Friction
) -> Decimal | None:
    """A stop-limit reached at the open is a limit at once; reached later in the bar it fills at the
    stop, if the limit allows that, and otherwise not in this bar.
    """
    if high < ticket.stop:
        return None
    ticket.spring(OrderType.LIMIT)
    if open_ >= ticket.stop:
        return limit(ticket, open_, high, low, friction)
    if _passes_limit(ticket):
        return None
    ticket.maker = False
    return friction.worsen(ticket, ticket.stop, ticket.stop_price)


def trailing_stop(
    ticket: Ticket, open_: int, high: int, low: int, friction: Friction
) -> Decimal | None:
    """A trailing stop is tried as a stop against the worst price first; only then does it follow
    the best one.
    """
    if ticket.stop_price is None:  # nothing was known of the market when the order came
        ticket.trailed = ticket.follow(open_)
    price = stop(ticket, open_, high, low, friction)
    if price is None and ticket.follow(low):
        ticket.trailed = True
    return price


def _passes_limit(ticket: Ticket) -> bool:
    """Whether the stop price is worse for the trader than the limit."""
    stop_price, limit_price = ticket.stop_price or ZERO, ticket.limit_price or ZERO
    return (stop_price - limit_price) * ticket.sign > 0


RULES: dict[OrderType, Rule] = {
    OrderType.MARKET: market,
    OrderType.LIMIT: limit,
    OrderType.STOP: stop,
    OrderType.STOP_LIMIT: stop_limit,
    OrderType.TRAILING_STOP: trailing_stop,
}
