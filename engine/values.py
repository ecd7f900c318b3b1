"""The vocabulary of trading: the closed sets of words every other module speaks in, and exact
numbers.

Each enumeration's values are the words of the Trading API, upper case, so that a value read from a
wire, kept on the tape and shown to a person is the same text everywhere. Numbers are
:class:`decimal.Decimal`; the helpers here are the only place where text becomes a number or a
number becomes text.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from enum import StrEnum

ZERO = Decimal(0)
ONE = Decimal(1)
_EXACT = Context(prec=128, rounding=ROUND_HALF_EVEN)
exact_sum = _EXACT.add
exact_difference = _EXACT.subtract
exact_product = _EXACT.multiply
exact_negation = _EXACT.minus
"""Arithmetic on money, to the last digit whatever the thread's own decimal context says."""
NANOSECONDS = 1_000_000_000
"""Nanoseconds in a second: every time in the engine is an integer count of nanoseconds since 1970,
UTC.
"""


class Side(StrEnum):
    """Whether an order buys or sells."""

    BUY = "BUY"
    SELL = "SELL"


_BUY = Side.BUY


class OrderType(StrEnum):
    """When and at what price an order may fill."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    STOP = "STOP"
    STOP_LIMIT = "STOP_LIMIT"
    TRAILING_STOP = "TRAILING_STOP"


class TimeInForce(StrEnum):
    """How long an order works: until cancelled, for the session, or for one attempt (in part, or
    whole).
    """

    GTC = "GTC"
    DAY = "DAY"
    IOC = "IOC"
    FOK = "FOK"


class Status(StrEnum):
    """Where an order stands in its life. ``lifecycle`` holds the moves between these.

    ``UNKNOWN`` is the state of an order whose fate at the broker is not proven; wires that lack the
    word show it as ``PENDING``.
    """

    PENDING = "PENDING"
    OPEN = "OPEN"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    PENDING_CANCEL = "PENDING_CANCEL"
    UNKNOWN = "UNKNOWN"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


class Role(StrEnum):
    """What an order is for: a client's own order, a leg that protects a position, or one that
    closes it.
    """

    ENTRY = "ENTRY"
    STOP_LOSS = "STOP_LOSS"
    TAKE_PROFIT = "TAKE_PROFIT"
    CLOSE = "CLOSE"


class Holder(StrEnum):
    """Who keeps an order's promise while it waits: the broker, or this engine while it runs."""

    BROKER = "BROKER"
    ENGINE = "ENGINE"


class Origin(StrEnum):
    """Where an order came from: a client of this engine, or somebody else at the same broker."""

    CLIENT = "CLIENT"
    EXTERNAL = "EXTERNAL"


class PositionSide(StrEnum):
    """Direction of a position."""

    LONG = "LONG"
    SHORT = "SHORT"


class PositionMode(StrEnum):
    """One net position an instrument, or one position for every opening order."""

    NETTING = "NETTING"
    HEDGING = "HEDGING"


class MarginMode(StrEnum):
    """Whether a position's margin is shared with the account or set apart for it."""

    CROSS = "CROSS"
    ISOLATED = "ISOLATED"


class TrailingType(StrEnum):
    """Whether a trailing distance is an amount of price or a percentage of it."""

    ABSOLUTE = "ABSOLUTE"
    PERCENT = "PERCENT"


class AssetClass(StrEnum):
    """Kinds of instruments."""

    STOCK = "STOCK"
    FOREX = "FOREX"
    CRYPTO = "CRYPTO"
    FUTURES = "FUTURES"


class RejectReason(StrEnum):
    """Why an order was refused here or rejected by the broker."""

    INSUFFICIENT_MARGIN = "INSUFFICIENT_MARGIN"
    INSUFFICIENT_BALANCE = "INSUFFICIENT_BALANCE"
    INVALID_QUANTITY = "INVALID_QUANTITY"
    INVALID_PRICE = "INVALID_PRICE"
    SYMBOL_NOT_TRADEABLE = "SYMBOL_NOT_TRADEABLE"
    MARKET_CLOSED = "MARKET_CLOSED"
    REDUCE_ONLY_VIOLATED = "REDUCE_ONLY_VIOLATED"
    POST_ONLY_VIOLATED = "POST_ONLY_VIOLATED"
    RATE_LIMITED = "RATE_LIMITED"
    UNKNOWN = "UNKNOWN"


class PromptAnswer(StrEnum):
    """What became of a question that held an order back; nobody answers one that EXPIRED."""

    CONFIRMED = "CONFIRMED"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"


FINAL = frozenset({Status.FILLED, Status.CANCELLED, Status.REJECTED, Status.EXPIRED})
"""The states in which nothing more is expected of an order."""


def opposite(side: Side) -> Side:
    """The other side."""
    return Side.SELL if side is Side.BUY else Side.BUY


def signed(side: Side, quantity: Decimal) -> Decimal:
    """``quantity`` with the sign it adds to a position: positive for a buy, negative for a sell."""
    return quantity if side is _BUY else -quantity


def exact_share(whole: Decimal, part: Decimal, parts: Decimal, step: Decimal) -> Decimal:
    """``part`` out of ``parts`` of ``whole``, rounded to ``step``."""
    share = _EXACT.divide(_EXACT.multiply(whole, part), parts)
    return _EXACT.quantize(share, step)


def parse_decimal(text: str) -> Decimal:
    """The finite number ``text`` spells out; raises ValueError for anything else (NaN and
    infinities included).
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"not a decimal number: {text!r}") from None
    if not number.is_finite():
        raise ValueError(f"not a finite number: {text!r}")
    return number


def decimal_text(number: Decimal) -> str:
    """``number`` in plain digits, never in exponent form and never ``-0``: ``1E+3`` is ``1000``."""
    return format(number if number else abs(number), "f")
