"""The timeframe of a file, and the gaps in it.

A file does not say how long its bars last; the smallest distance between two of them does, if it
is a known timeframe (a day may be an hour short or long where clocks change). Markets close, so a
gap is no fault by itself; whoever asks for it gets every bar checked that a session should have.
"""

import numpy as np

from adapters.market_files.errors import Fault
from adapters.market_files.numerals import Column
from engine.market.calendar import Calendar
from engine.market.timeframes import DAY_NS, HOUR_NS, TIMEFRAMES, timeframe_name


def base_timeframe(ts: Column, wanted: int | None) -> int:
    """How long each bar lasts, in ns; *wanted* decides where the file does not.

    Fault if nothing decides, or if the bars are plainly longer than *wanted*.
    """
    if len(ts) < 2:
        if wanted is None:
            raise Fault(None, "one bar does not show its timeframe, expected --timeframe")
        return wanted
    steps = np.diff(ts)
    smallest = int(steps.min())
    known = _snap(smallest)
    if wanted is None:
        if known is None:
            raise Fault(
                int(steps.argmin()) + 1,
                f"the bars are at least {smallest / 1e9:.10g} s apart, which is not one of "
                f"{', '.join(TIMEFRAMES)}; expected --timeframe to say how long a bar is",
            )
        return known
    if known is not None and known > wanted and not (steps % known).any():
        raise Fault(
            None,
            f"the bars are {timeframe_name(known)} apart, expected {timeframe_name(wanted)} "
            f"or finer",
        )
    if smallest >= wanted:
        return wanted
    if known is None:
        raise Fault(
            int(steps.argmin()) + 1,
            f"two bars are {smallest / 1e9:.10g} s apart, expected {timeframe_name(wanted)} or a "
            f"timeframe that divides it",
        )
    return known


def _snap(step: int) -> int | None:
    """The known timeframe that *step* is; None if there is none."""
    for length in TIMEFRAMES.values():
        slack = HOUR_NS if length >= DAY_NS else 0
        if abs(step - length) <= slack:
            return length
    return None


def check_gaps(ts: Column, timeframe_ns: int, calendar: Calendar | None) -> None:
    """Fault at the first row before which a bar is missing while *calendar* was open.

    Without a calendar the market never closes.
    """
    for row in np.flatnonzero(np.diff(ts) > timeframe_ns).tolist():
        expected = int(ts[row]) + timeframe_ns
        if calendar is not None and not calendar.is_open(expected):
            expected = calendar.session_open(expected)
        if expected < int(ts[row + 1]):
            missing = np.datetime64(expected, "ns").astype("datetime64[s]")
            raise Fault(
                row + 1,
                f"a gap before this row: expected a {timeframe_name(timeframe_ns)} bar "
                f"at {missing}Z",
            )
