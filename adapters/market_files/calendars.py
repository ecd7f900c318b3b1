"""The trading calendars: exchanges by their published dates, crypto without end, forex by week.

All answer the engine's `Calendar` protocol with integers of ns, by bisection over two sorted
lists, so that asking on every bar costs next to nothing. Exchange and forex calendars cover the
years 1980 to 2035 (or what of them an exchange's dates cover); asked about a time outside, they
raise ValueError instead of guessing. Lunch breaks count as part of the session they lie in.
"""

import warnings
from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from engine.market.calendar import Calendar
from engine.market.timeframes import DAY_NS

FIRST_DAY = date(1980, 1, 1)
LAST_DAY = date(2035, 12, 31)
SECOND_NS = 1_000_000_000


class SessionList:
    """Sessions from sorted lists of opens and closes, in ns; session i is opens[i] to closes[i]."""

    __slots__ = ("_closes", "_opens", "name")

    def __init__(self, name: str, opens: list[int], closes: list[int]) -> None:
        self.name = name
        self._opens = opens
        self._closes = closes

    def session_end(self, ts: int) -> int:
        """The first session close strictly after *ts*; ValueError outside the dates covered."""
        i = bisect_right(self._closes, ts)
        if i == len(self._closes) or ts < self._opens[0]:
            raise self._outside(ts)
        return self._closes[i]

    def is_open(self, ts: int) -> bool:
        """Whether *ts* lies in a session; ValueError outside the dates covered."""
        if not self._opens[0] <= ts <= self._closes[-1]:
            raise self._outside(ts)
        return ts < self._closes[bisect_right(self._opens, ts) - 1]

    def session_open(self, ts: int) -> int:
        """The first session open at or after *ts*; ValueError outside the dates covered."""
        i = bisect_left(self._opens, ts)
        if i == len(self._opens) or ts < self._opens[0]:
            raise self._outside(ts)
        return self._opens[i]

    def _outside(self, ts: int) -> ValueError:
        first, last = _text(self._opens[0]), _text(self._closes[-1])
        return ValueError(
            f"calendar {self.name}: {_text(ts)} is not covered, expected {first} to {last}"
        )


class ExchangeCalendar(SessionList):
    """The sessions of a stock exchange by its market identifier code, early closes included."""

    __slots__ = ()

    def __init__(self, name: str = "XNYS") -> None:
        super().__init__(name, *_published(name))


class Forex(SessionList):
    """Currencies: Sunday 17:00 to Friday 17:00 New York; a session ends daily at 17:00 there."""

    __slots__ = ()

    def __init__(self) -> None:
        turns = []
        for i in range((LAST_DAY - FIRST_DAY).days + 1):
            day = FIRST_DAY + timedelta(days=i)
            turns.append((day.weekday(), _new_york(day, time(17))))
        opens = [ts for weekday, ts in turns if weekday in {6, 0, 1, 2, 3}]
        closes = [ts for weekday, ts in turns if weekday < 5]
        closes = closes[bisect_right(closes, opens[0]) :]
        super().__init__("FOREX", opens[: len(closes)], closes)


class AlwaysOpen:
    """A market that never closes; its sessions are the UTC days, for all of time."""

    __slots__ = ()
    name = "24/7"

    def session_end(self, ts: int) -> int:
        """The next UTC midnight strictly after *ts*."""
        return ts - ts % DAY_NS + DAY_NS

    def is_open(self, ts: int) -> bool:
        """Always true."""
        return True

    def session_open(self, ts: int) -> int:
        """The first UTC midnight at or after *ts*."""
        return -(-ts // DAY_NS) * DAY_NS


@lru_cache(maxsize=64)
def calendar(name: str) -> Calendar:
    """The calendar called *name*: "24/7", "FOREX", or an exchange code such as "XNYS".

    ValueError if there is none. The same name gives the same object.
    """
    if name == AlwaysOpen.name:
        return AlwaysOpen()
    return Forex() if name == "FOREX" else ExchangeCalendar(name)


def _published(name: str) -> tuple[list[int], list[int]]:
    """The opens and closes of the exchange called *name*."""
    import exchange_calendars
    from exchange_calendars.errors import InvalidCalendarName

    with warnings.catch_warnings():
        # The package reads time zones in a way that the newest pandas announces to change.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            try:
                found = exchange_calendars.get_calendar(name, start=FIRST_DAY, end=LAST_DAY)
            except ValueError:  # its dates begin later or end sooner
                found = exchange_calendars.get_calendar(name)
                low = found.bound_min()
                high = found.bound_max()
                found = exchange_calendars.get_calendar(
                    name,
                    start=FIRST_DAY if low is None else max(FIRST_DAY, low.date()),
                    end=LAST_DAY if high is None else min(LAST_DAY, high.date()),
                )
        except InvalidCalendarName:
            raise ValueError(
                f"calendar: {name!r}, expected 24/7, FOREX or an exchange code such as XNYS"
            ) from None
        return found.opens_nanos.tolist(), found.closes_nanos.tolist()


def _new_york(day: date, clock: time) -> int:
    """The ns at which it is *clock* in New York on *day*."""
    moment = datetime.combine(day, clock, ZoneInfo("America/New_York"))
    return int(moment.timestamp()) * SECOND_NS


def _text(ts: int) -> str:
    return datetime.fromtimestamp(ts // SECOND_NS, UTC).isoformat()
