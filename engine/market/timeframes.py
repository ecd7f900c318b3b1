"""The names of bar lengths and their nanoseconds.

One table serves the whole product: files, resampling, history and every API. A name that is not
in the table is refused with the list of those that are.
"""

MINUTE_NS = 60 * 1_000_000_000
HOUR_NS = 60 * MINUTE_NS
DAY_NS = 24 * HOUR_NS
WEEK_NS = 7 * DAY_NS

TIMEFRAMES: dict[str, int] = {
    "1m": MINUTE_NS,
    "2m": 2 * MINUTE_NS,
    "5m": 5 * MINUTE_NS,
    "10m": 10 * MINUTE_NS,
    "15m": 15 * MINUTE_NS,
    "30m": 30 * MINUTE_NS,
    "1h": HOUR_NS,
    "2h": 2 * HOUR_NS,
    "4h": 4 * HOUR_NS,
    "12h": 12 * HOUR_NS,
    "1d": DAY_NS,
    "1w": WEEK_NS,
}

_NAMES = {length: name for name, length in TIMEFRAMES.items()}


def timeframe_ns(name: str) -> int:
    """Nanoseconds of the timeframe called *name*; ValueError naming the choices if none is."""
    try:
        return TIMEFRAMES[name]
    except KeyError:
        choices = ", ".join(TIMEFRAMES)
        raise ValueError(f"timeframe: {name!r} is not one of {choices}") from None


def timeframe_name(ns: int) -> str:
    """The name of the timeframe that lasts *ns* nanoseconds; ValueError if none does."""
    try:
        return _NAMES[ns]
    except KeyError:
        choices = ", ".join(TIMEFRAMES)
        raise ValueError(f"timeframe: {ns} ns is not the length of one of {choices}") from None
