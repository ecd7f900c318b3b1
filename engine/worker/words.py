"""What a worker may write for a number, a word or a length of time, and what is meant by it.

Numbers are taken exactly: a float stands for the shortest decimal that names it, so ``0.1`` is
0.1. Words are taken in any letter case. What can not be meant raises InvalidRequest with the
field's name, like everything that the Trading API is told.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from operator import index
from typing import Any, TypeVar

from engine.errors import InvalidRequest
from engine.values import NANOSECONDS, parse_decimal
from engine.worker.clock import EPOCH

_Word = TypeVar("_Word", bound=StrEnum)

_INTERVAL = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)")
_UNITS = {
    "ms": NANOSECONDS // 1_000,
    "s": NANOSECONDS,
    "m": 60 * NANOSECONDS,
    "h": 3_600 * NANOSECONDS,
    "d": 86_400 * NANOSECONDS,
    "w": 7 * 86_400 * NANOSECONDS,
}
_INTERVALS = "seconds, or a length such as 500ms, 5s, 1m, 4h, 1d, above zero"


def number(field: str, value: Any) -> Decimal:
    """The exact number meant by a Decimal, an int, a float or a text."""
    try:
        if isinstance(value, Decimal):
            return parse_decimal(str(value)) if not value.is_finite() else value
        if isinstance(value, bool):
            raise ValueError("a truth value")
        if isinstance(value, float):
            return parse_decimal(float.__repr__(value))
        if isinstance(value, str):
            return parse_decimal(value)
        return Decimal(index(value))
    except (TypeError, ValueError):
        raise InvalidRequest(field, str(value), "a number") from None


def word(field: str, value: Any, words: type[_Word]) -> _Word:
    """The member of ``words`` that a text means, in whatever letter case."""
    if isinstance(value, str):
        known: dict[str, _Word] = _spelt(words)
        found = known.get(value)
        if found is not None:
            return found
    try:
        return words(str(value).upper())
    except ValueError:
        expected = f"one of {', '.join(words)}"
        raise InvalidRequest(field, str(value), expected) from None


@cache
def _spelt(words: type[_Word]) -> dict[str, _Word]:
    """The members of ``words`` by how they are spelt."""
    return {each.value: each for each in words}


def interval_ns(value: str | float | timedelta) -> int:
    """A length of time in ns: ``"5m"``, seconds as a number, or a timedelta."""
    if isinstance(value, timedelta):
        length = value // timedelta(microseconds=1) * 1_000
    elif isinstance(value, str):
        match = _INTERVAL.fullmatch(value.strip().lower())
        length = int(Decimal(match[1]) * _UNITS[match[2]]) if match else 0
    else:
        length = round(value * NANOSECONDS)
    if length <= 0:
        raise InvalidRequest("interval", str(value), _INTERVALS)
    return length


def instant_ns(field: str, value: datetime | int | None) -> int | None:
    """A moment in ns UTC: an int is ns already, a naive datetime is UTC."""
    if value is None or isinstance(value, int):
        return value
    if not isinstance(value, datetime):
        raise InvalidRequest(field, str(value), "a datetime, or ns since 1970 UTC")
    aware = value if value.tzinfo else value.replace(tzinfo=EPOCH.tzinfo)
    return (aware - EPOCH) // timedelta(microseconds=1) * 1_000
