"""The gateway's numbers, read exactly and in one place.

It writes them as JSON numbers, as texts, with thousands separators, with a letter before them (`C`
for yesterday's close, `H` for halted) or a unit after (`K`, `M`, `B`, `%`). JSON is decoded so that
a fraction keeps the digits it was written with, which is the shortest text of the float it was.
What is absent or no number is None, never zero.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import msgspec


def _fraction(text: str) -> Decimal:
    """A JSON number with its digits; a bare `.0` only says that it was a float."""
    return Decimal(text.removesuffix(".0"))


_decode = msgspec.json.Decoder(float_hook=_fraction).decode
encode = msgspec.json.Encoder(decimal_format="number").encode
"""Bytes of a JSON document; decimals are written as numbers, digit for digit."""

_NUMERAL = re.compile(
    r"^[A-Za-z]*\s*(?P<number>[-+]?(?:\d[\d,]*)?(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*(?P<unit>[KMB%]?)$"
)
_UNITS = {"": Decimal(1), "%": Decimal(1), "K": Decimal(10**3), "M": Decimal(10**6)}
_UNITS["B"] = Decimal(10**9)
_MS_NS = 1_000_000


def decode(text: bytes | str) -> Any:
    """The JSON document that ``text`` is, fractions as decimals; ValueError for anything else."""
    return _decode(text)


def number(value: Any) -> Decimal | None:
    """The number that a field of any make holds, or None."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    if isinstance(value, int):
        return Decimal(value)
    found = _NUMERAL.match(str(value).strip())
    if found is None or not any(one.isdigit() for one in found["number"]):
        return None
    plain = Decimal(found["number"].replace(",", ""))
    unit = _UNITS[found["unit"]]
    return plain if unit == 1 else plain * unit


def amount(value: Any) -> Decimal | None:
    """A number above nothing, or None: the gateway writes prices that do not apply as 0 or ''."""
    found = number(value)
    return found if found is not None and found > 0 else None


def whole(value: Any) -> int | None:
    """A whole number, such as a contract's or an order's, or None."""
    found = number(value)
    return int(found) if found is not None and found == found.to_integral_value() else None


def name(value: Any) -> str:
    """An id as text, whether it came as a number or as one; empty if there is none."""
    return "" if value is None or value == "" else str(value)


def moment(value: Any) -> int | None:
    """Milliseconds since 1970 as ns, or None."""
    found = whole(value)
    return found * _MS_NS if found is not None and found > 0 else None


def prefix(value: Any) -> str:
    """The letters before a price: `C`, `H`, or nothing."""
    text = str(value).strip()
    return text[: len(text) - len(text.lstrip("CHch"))].upper()
