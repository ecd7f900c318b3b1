"""Timestamps in files to ns since the epoch, UTC.

Accepted: ISO 8601 (a date, or a date and a time with up to nine decimals; an offset or Z; without
one it is UTC), and epoch numbers in s, ms, us or ns, told apart by the size of the first one. A
whole number of eight digits that is a date, such as 20240102, is that date. As everywhere in this
package there is a fast road over Arrow columns and an exact one that names the row.
"""

import re
from calendar import timegm
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from adapters.market_files.errors import Fault

SECOND_NS = 1_000_000_000
EXPECTED = "an ISO 8601 time or an epoch number in s, ms, us or ns"

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?"
    r"(Z|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)
_INTEGER = re.compile(r"-?\d{1,19}", re.ASCII)
_BASIC_DATE = re.compile(r"(?:19|20)\d{6}", re.ASCII)


def unit_ns(first: int) -> int:
    """Nanoseconds in the unit of an epoch number, told from its size.

    Seconds stay below 10**11 until the year 5138, milliseconds below 10**14, and so on.
    """
    size = abs(first)
    if size < 10**11:
        return SECOND_NS
    if size < 10**14:
        return 1_000_000
    if size < 10**17:
        return 1_000
    return 1


def moments_fast(column: Any) -> NDArray[np.int64] | None:
    """An Arrow column of text, integers, dates or timestamps in ns; None if anything is unusual."""
    if column.null_count or not len(column):
        return None
    try:
        kind = column.type
        if pa.types.is_timestamp(kind):
            return _ints(pc.cast(column, pa.timestamp("ns", kind.tz)))
        if pa.types.is_date(kind):
            return _ints(pc.cast(column, pa.timestamp("ns")))
        if pa.types.is_integer(kind):
            return _epochs(column)
        first = column[0].as_py()
        if _INTEGER.fullmatch(first):
            return None if _BASIC_DATE.fullmatch(first) else _epochs(column)
        zoned = len(first) > len("2024-01-02T10") and first[10:].rstrip("0123456789:")[-1:] in "Z+-"
        return _ints(pc.cast(column, pa.timestamp("ns", "UTC" if zoned else None)))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def _ints(column: Any) -> NDArray[np.int64]:
    whole = pc.cast(column, pa.int64())
    return np.asarray(whole.to_numpy(), np.int64)


def _epochs(column: Any) -> NDArray[np.int64] | None:
    """Epoch integers (or their text) in ns; None if one of them leaves 64 bits."""
    whole = _ints(column)
    unit = unit_ns(int(whole[0]))
    limit = (2**63 - 1) // unit
    if int(whole.max()) > limit or int(whole.min()) < -limit:
        return None
    return whole * np.int64(unit)


def moments_exact(texts: Sequence[str]) -> NDArray[np.int64]:
    """Texts in ns; Fault at the first that is no time."""
    read = _reader(texts[0].strip()) if texts else _iso
    out = np.empty(len(texts), np.int64)
    for row, text in enumerate(texts):
        try:
            out[row] = read(text.strip())
        except (ValueError, OverflowError):
            raise Fault(row, f"timestamp is {text[:64]!r}, expected {EXPECTED}") from None
    return out


def _reader(first: str) -> Callable[[str], int]:
    """How to read a column that begins with *first*."""
    if _BASIC_DATE.fullmatch(first):
        return _basic_date
    if not _INTEGER.fullmatch(first):
        return _iso
    unit = unit_ns(int(first))

    def epoch(text: str) -> int:
        if not _INTEGER.fullmatch(text):
            raise ValueError(text)
        return int(text) * unit

    return epoch


def _basic_date(text: str) -> int:
    if not _BASIC_DATE.fullmatch(text):
        raise ValueError(text)
    return timegm(date(int(text[:4]), int(text[4:6]), int(text[6:])).timetuple()) * SECOND_NS


def _iso(text: str) -> int:
    match = _ISO.fullmatch(text)
    if match is None:
        raise ValueError(text)
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    h, m, s = int(hour or 0), int(minute or 0), int(second or 0)
    if h > 23 or m > 59 or s > 59:
        raise ValueError(text)
    midnight = timegm(date(int(year), int(month), int(day)).timetuple())
    whole = midnight + h * 3600 + m * 60 + s - _offset_s(zone)
    return whole * SECOND_NS + int((fraction or "").ljust(9, "0"))


def _offset_s(zone: str | None) -> int:
    if zone is None or zone == "Z":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise ValueError(zone)
    offset = hours * 3600 + minutes * 60
    return -offset if zone[0] == "-" else offset
