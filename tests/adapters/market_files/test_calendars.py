"""Sessions end when the exchange says so, and crypto never does."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.market_files.calendars import AlwaysOpen, calendar
from engine.market.calendar import Calendar

NAMES = ["XNYS", "FOREX", "24/7"]


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


moments = st.integers(ns("1981-01-01"), ns("2035-06-01"))


@given(st.sampled_from(NAMES), moments)
def test_the_questions_agree_with_each_other(name: str, ts: int) -> None:
    asked = calendar(name)
    end, opens = asked.session_end(ts), asked.session_open(ts)
    assert end > ts
    assert opens >= ts
    assert asked.is_open(opens)
    assert asked.is_open(end - 1)
    if not asked.is_open(ts):
        assert opens < end


@pytest.mark.parametrize("name", NAMES)
def test_every_calendar_keeps_the_protocol_and_its_name(name: str) -> None:
    assert isinstance(calendar(name), Calendar)
    assert calendar(name).name == name
    assert calendar(name) is calendar(name)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2024-03-04T15:00", "2024-03-04T21:00"),
        ("2024-03-04T21:00", "2024-03-05T21:00"),  # the close itself is over
        ("2024-03-08T22:00", "2024-03-11T20:00"),  # a weekend, and summer time in New York
        ("2024-11-29T15:00", "2024-11-29T18:00"),  # the day after Thanksgiving closes at 13:00
        ("2024-12-24T23:00", "2024-12-26T21:00"),  # Christmas
        ("2004-08-19T15:00", "2004-08-19T20:00"),
    ],
)
def test_new_york_sessions_end_at_the_close(now: str, end: str) -> None:
    assert calendar("XNYS").session_end(ns(now)) == ns(end)


def test_new_york_is_open_from_half_past_nine() -> None:
    new_york = calendar("XNYS")
    opens = ns("2024-03-04T14:30")
    assert not new_york.is_open(opens - 1)
    assert new_york.is_open(opens)
    assert not new_york.is_open(ns("2024-03-04T21:00"))
    assert new_york.session_open(opens) == opens
    assert new_york.session_open(opens + 1) == ns("2024-03-05T14:30")


def test_forex_runs_from_sunday_to_friday_at_five_in_new_york() -> None:
    forex = calendar("FOREX")
    assert forex.session_open(ns("2024-03-09T12:00")) == ns("2024-03-10T21:00")
    assert not forex.is_open(ns("2024-03-10T20:59"))
    assert forex.is_open(ns("2024-03-10T21:00"))
    assert forex.is_open(ns("2024-03-05T22:00"))  # one session ends as the next begins
    assert forex.session_end(ns("2024-03-05T22:00")) == ns("2024-03-06T22:00")
    assert not forex.is_open(ns("2024-03-15T21:00"))
    assert forex.session_end(ns("2024-03-16T12:00")) == ns("2024-03-18T21:00")


def test_crypto_sessions_are_utc_days() -> None:
    midnight = ns("2024-03-05")
    assert AlwaysOpen().session_end(midnight) == ns("2024-03-06")
    assert AlwaysOpen().session_end(midnight - 1) == midnight
    assert AlwaysOpen().session_open(midnight) == midnight


@pytest.mark.parametrize("name", ["XNYS", "FOREX"])
@pytest.mark.parametrize("when", ["1970-01-01", "2040-01-01"])
def test_a_time_outside_the_dates_covered_is_refused(name: str, when: str) -> None:
    asked = calendar(name)
    for question in (asked.session_end, asked.is_open, asked.session_open):
        with pytest.raises(ValueError, match=f"calendar {name}: {when}.* is not covered"):
            question(ns(when))


def test_an_exchange_whose_dates_begin_late_covers_what_it_has() -> None:
    assert calendar("XTKS").is_open(ns("2024-03-05T01:00"))


def test_an_unknown_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="calendar: 'MOON', expected 24/7, FOREX or an exchange"):
        calendar("MOON")
