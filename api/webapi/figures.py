"""Figures as the gateway writes them: JSON numbers, texts of digits, and decorated texts.

Nothing is rounded but what the gateway rounds. A decorated text has thousands separators, a large
volume is shortened to thousands or millions, and a percentage ends in its sign.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal

from api import amounts
from api.amounts import shares
from engine.values import NANOSECONDS, decimal_text

MILLISECOND_NS = 1_000_000
_THOUSAND, _MILLION = Decimal(1_000), Decimal(1_000_000)
_CENT = Decimal("0.01")
_WIDE = Context(prec=128)
"""Wide enough for the largest price times the largest quantity."""


def number(value: Decimal) -> Decimal:
    """A JSON number with a point, as the gateway writes what may have a fraction: ``10.0``."""
    return amounts.money(value)


def price(value: Decimal, scale: int) -> Decimal:
    """A price as a JSON number, rounded to ``scale`` digits where it was computed."""
    return number(round(value, scale + 2))


def text(value: Decimal) -> str:
    """A number as a text of digits: ``150.25``, ``10``."""
    return decimal_text(shares(value))


def fixed(value: Decimal, scale: int) -> str:
    """A price as a text with at least ``scale`` digits after its point."""
    plain = shares(value)
    exponent = plain.as_tuple().exponent
    digits = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return f"{plain:.{max(digits, scale)}f}"


def separated(value: Decimal) -> str:
    """A number with thousands separators: ``1,300``."""
    return f"{shares(value):,f}"


def money(value: Decimal, currency: str) -> str:
    """An amount to the cent with its currency: ``1,977.60 USD``."""
    return f"{cents(value):,f} {currency}"


def cents(value: Decimal) -> Decimal:
    """An amount rounded to the cent."""
    return value.quantize(_CENT, ROUND_HALF_EVEN, _WIDE)


def shortened(value: Decimal) -> str:
    """A volume in short: ``1.2M``, ``50K``, ``700``."""
    for unit, letter in ((_MILLION, "M"), (_THOUSAND, "K")):
        if value >= unit:
            return f"{shares(round(value / unit, 2)):f}{letter}"
    return text(value)


def milliseconds(ns: int) -> int:
    """A time in milliseconds since 1970."""
    return ns // MILLISECOND_NS


def compact(ns: int) -> str:
    """A time as twelve digits, in UTC: year, month, day, hour, minute, second."""
    return _moment(ns).strftime("%y%m%d%H%M%S")


def dashed(ns: int) -> str:
    """A time as ``20250115-12:34:56``, in UTC."""
    return _moment(ns).strftime("%Y%m%d-%H:%M:%S")


def from_dashed(given: str) -> int | None:
    """The nanoseconds of such a time; None for any other text."""
    try:
        read = datetime.strptime(given, "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(read.timestamp()) * NANOSECONDS


def _moment(ns: int) -> datetime:
    return datetime.fromtimestamp(ns // NANOSECONDS, UTC)
