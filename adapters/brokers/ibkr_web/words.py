"""The gateway's words for orders, and ours: types, times in force, sides, states and reasons.

Each word has one home here. A type that the engine does not have, as somebody may enter by hand,
is told as the nearest: a limit where it has a price, else a market order.
"""

from __future__ import annotations

from engine.values import OrderType, RejectReason, Side, Status, TimeInForce

_TYPES = {
    "MARKET": OrderType.MARKET,
    "MKT": OrderType.MARKET,
    "LIMIT": OrderType.LIMIT,
    "LMT": OrderType.LIMIT,
    "STOP": OrderType.STOP,
    "STP": OrderType.STOP,
    "STOP_LIMIT": OrderType.STOP_LIMIT,
    "STOPLIMIT": OrderType.STOP_LIMIT,
    "STP_LMT": OrderType.STOP_LIMIT,
    "STPLMT": OrderType.STOP_LIMIT,
    "TRAIL": OrderType.TRAILING_STOP,
    "TRAILING_STOP": OrderType.TRAILING_STOP,
}
_TIMES = {"GTC": TimeInForce.GTC, "IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK}
_STATES = {
    "PENDINGSUBMIT": Status.OPEN,
    "PRESUBMITTED": Status.OPEN,
    "SUBMITTED": Status.OPEN,
    "WARNSTATE": Status.OPEN,
    "PENDINGCANCEL": Status.PENDING_CANCEL,
    "PRECANCELLED": Status.PENDING_CANCEL,
    "FILLED": Status.FILLED,
    "CANCELLED": Status.CANCELLED,
    "INACTIVE": Status.REJECTED,
    "FAILED": Status.REJECTED,
}
_EXPIRED = ("expire", "time in force")
_REASONS = (
    (("margin", "equity with loan", "buying power"), RejectReason.INSUFFICIENT_MARGIN),
    (("insufficient", "cash needed", "not enough"), RejectReason.INSUFFICIENT_BALANCE),
    (("exchange is closed", "market is closed", "outside of regular"), RejectReason.MARKET_CLOSED),
    (("percentage constraint", "limit price", "tick size", "price"), RejectReason.INVALID_PRICE),
    (("size limit", "quantity", "order size", "fraction"), RejectReason.INVALID_QUANTITY),
    (("no trading permission", "not tradable", "restricted"), RejectReason.SYMBOL_NOT_TRADEABLE),
)


def order_type(word: str, *, has_price: bool) -> OrderType:
    """The type meant by a word of a row."""
    found = _TYPES.get(word.strip().upper().replace(" ", "_"))
    return found or (OrderType.LIMIT if has_price else OrderType.MARKET)


def time_in_force(word: str) -> TimeInForce:
    """How long an order works; whatever ends with the day is DAY."""
    return _TIMES.get(word.strip().upper(), TimeInForce.DAY)


def side(word: str) -> Side | None:
    """The side meant by `B`, `BUY`, `BOT`, `S`, `SELL` or `SLD` in any case, or None."""
    first = word.strip().upper()[:1]
    return {"B": Side.BUY, "S": Side.SELL}.get(first)


def status(word: str, *, has_filled: bool, reason: str) -> Status | None:
    """The state meant by a word of a row, or None for an unknown one. What ended for its time is
    EXPIRED, what was turned down REJECTED; but an order that has traded was not turned down.
    """
    found = _STATES.get(word.strip().upper().replace(" ", ""))
    told = reason.lower()
    if found is Status.OPEN and has_filled:
        return Status.PARTIALLY_FILLED
    if found is Status.CANCELLED:
        if any(words in told for words in _EXPIRED):
            return Status.EXPIRED
        return Status.REJECTED if "reject" in told and not has_filled else found
    if found is Status.REJECTED and has_filled:
        return Status.CANCELLED
    return found


def reason(text: str) -> RejectReason:
    """What kind of refusal these words are."""
    told = text.lower()
    for words, meaning in _REASONS:
        if any(word in told for word in words):
            return meaning
    return RejectReason.UNKNOWN
