"""Which period and which bar to ask the gateway for, by its table of what goes with what.

One answer has a thousand points at most, and each period takes only bars within its row. A
timeframe that the gateway lacks is made of the longest bar that divides it. What one answer does
not hold is asked for in further pages, further back.
"""

from __future__ import annotations

import msgspec

from engine.errors import InvalidRequest
from engine.market.timeframes import DAY_NS, HOUR_NS, MINUTE_NS, WEEK_NS

POINTS_MAX = 1_000
MONTH_NS = 30 * DAY_NS
_YEAR_NS = 365 * DAY_NS
_NOMINAL_POINTS_MAX = 1_500
"""By the clock: markets close, and what is too much is cut to the newest thousand."""

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
}
_HOURS_8 = 8 * HOUR_NS
PERIODS = (
    ("1h", HOUR_NS, MINUTE_NS, HOUR_NS),
    ("1d", DAY_NS, MINUTE_NS, _HOURS_8),
    ("1w", WEEK_NS, 10 * MINUTE_NS, WEEK_NS),
    ("1m", MONTH_NS, HOUR_NS, WEEK_NS),
    ("3m", 3 * MONTH_NS, 2 * HOUR_NS, WEEK_NS),
    ("6m", 6 * MONTH_NS, 4 * HOUR_NS, WEEK_NS),
    ("1y", _YEAR_NS, _HOURS_8, WEEK_NS),
    ("2y", 2 * _YEAR_NS, DAY_NS, WEEK_NS),
    ("3y", 3 * _YEAR_NS, DAY_NS, WEEK_NS),
    ("15y", 15 * _YEAR_NS, WEEK_NS, WEEK_NS),
)
"""Each period, how long it is, and its shortest and longest bar."""


class Plan(msgspec.Struct, frozen=True):
    """One page: this ``period`` of this ``bar``, which lasts ``bar_ns``."""

    period: str
    bar: str
    bar_ns: int


def plan(timeframe_ns: int, limit: int) -> Plan:
    """What to ask for to get ``limit`` bars of ``timeframe_ns`` in as few pages as may be.

    InvalidRequest for a timeframe that no bar of the gateway divides.
    """
    fitting = [(length, bar) for bar, length in BARS.items() if timeframe_ns % length == 0]
    if not fitting:
        raise InvalidRequest("timeframe", f"{timeframe_ns} ns", "a multiple of a minute")
    bar_ns, bar = max(fitting)
    allowed = [
        (period, length)
        for period, length, shortest, longest in PERIODS
        if shortest <= bar_ns <= longest and length // bar_ns <= _NOMINAL_POINTS_MAX
    ]
    wanted = limit * timeframe_ns
    period = next((name for name, length in allowed if length >= wanted), allowed[-1][0])
    return Plan(period, bar, bar_ns)
