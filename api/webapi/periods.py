"""Periods and bar sizes: what may be written, how long it is, and what goes with what.

``m`` after a period or a bar is a month, ``min`` a minute. Months and years are calendar ones; a
period in days counts days on which the contract traded.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

from engine.errors import InvalidRequest
from engine.market.timeframes import DAY_NS, HOUR_NS, MINUTE_NS, WEEK_NS
from engine.values import NANOSECONDS

POINTS_MAX = 1000
MONTH = "1m"
BARS = {
    "1min": MINUTE_NS,
    "2min": 2 * MINUTE_NS,
    "3min": 3 * MINUTE_NS,
    "5min": 5 * MINUTE_NS,
    "10min": 10 * MINUTE_NS,
    "15min": 15 * MINUTE_NS,
    "30min": 30 * MINUTE_NS,
    "1h": HOUR_NS,
    "2h": 2 * HOUR_NS,
    "3h": 3 * HOUR_NS,
    "4h": 4 * HOUR_NS,
    "8h": 8 * HOUR_NS,
    "1d": DAY_NS,
    "1w": WEEK_NS,
    MONTH: 30 * DAY_NS,
}
"""The bar sizes, shortest first; a month is told as thirty days."""
_LONGEST = {"min": 30, "h": 8, "d": 1000, "w": 792, "m": 182, "y": 15}
_UNIT_NS = {"min": MINUTE_NS, "h": HOUR_NS, "d": DAY_NS, "w": WEEK_NS}
_MONTHS = {"m": 1, "y": 12}
_is_period = re.compile(r"([0-9]{1,4})(min|h|d|w|m|y)").fullmatch

_ALLOWED = (
    (MINUTE_NS, "1min", "1min"),
    (DAY_NS, "1min", "8h"),
    (WEEK_NS, "10min", "1w"),
    (31 * DAY_NS, "1h", MONTH),
    (92 * DAY_NS, "2h", MONTH),
    (183 * DAY_NS, "4h", MONTH),
    (366 * DAY_NS, "8h", MONTH),
    (3 * 366 * DAY_NS, "1d", MONTH),
    (15 * 366 * DAY_NS, "1w", MONTH),
)
"""For periods up to so long, the shortest and the longest bar of the gateway's table."""


class Period(NamedTuple):
    """A number of units."""

    units: int
    unit: str

    @property
    def length_ns(self) -> int:
        """About how long it lasts."""
        return self.units * (_UNIT_NS.get(self.unit) or _MONTHS[self.unit] * 30 * DAY_NS)

    def before(self, ns: int) -> int:
        """The time that lies this long before ``ns``."""
        return _shifted(ns, -self.units, self.unit)

    def after(self, ns: int) -> int:
        """The time that lies this long after ``ns``."""
        return _shifted(ns, self.units, self.unit)


def period(text: str) -> Period:
    """The period that a text says; InvalidRequest for one that there is not."""
    found = _is_period(text)
    if found is None or not 0 < int(found[1]) <= _LONGEST[found[2]]:
        longest = ", ".join(f"1 to {most}{unit}" for unit, most in _LONGEST.items())
        raise InvalidRequest("period", text, longest)
    return Period(int(found[1]), found[2])


def bar_ns(text: str) -> int:
    """How long the bars of this size last; InvalidRequest for a size that there is not."""
    found = BARS.get(text)
    if found is None:
        raise InvalidRequest("bar", text, f"one of {', '.join(BARS)}")
    return found


def check_table(asked: Period, bar: str) -> None:
    """Raise InvalidRequest for a bar that the gateway does not give for this period."""
    sizes = list(BARS)
    for longest, first, last in _ALLOWED:
        if asked.length_ns <= longest:
            allowed = sizes[sizes.index(first) : sizes.index(last) + 1]
            if bar not in allowed:
                raise InvalidRequest("bar", bar, f"one of {', '.join(allowed)} for this period")
            return


def month_start(ns: int) -> int:
    """The start of the calendar month that ``ns`` lies in."""
    moment = datetime.fromtimestamp(ns // NANOSECONDS, UTC)
    return int(datetime(moment.year, moment.month, 1, tzinfo=UTC).timestamp()) * NANOSECONDS


def _shifted(ns: int, count: int, unit: str) -> int:
    length = _UNIT_NS.get(unit)
    if length is not None:
        return ns + count * length
    moment = datetime.fromtimestamp(ns // NANOSECONDS, UTC)
    months = moment.year * 12 + moment.month - 1 + count * _MONTHS[unit]
    into = ns - month_start(ns)
    return min(_first_of(months) + into, _first_of(months + 1))


def _first_of(months: int) -> int:
    """The start of the month so many months after the year 0, and not before 1970."""
    first = datetime(max(months // 12, 1970), months % 12 + 1, 1, tzinfo=UTC)
    return int(first.timestamp()) * NANOSECONDS
