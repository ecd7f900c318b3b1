"""Periods and bars: what may be written, and months of the calendar."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from api.webapi.periods import bar_ns, check_table, month_start, period
from engine.errors import InvalidRequest


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


@pytest.mark.parametrize("text", ["30min", "8h", "1000d", "792w", "182m", "15y"])
def test_the_longest_of_each_unit_is_taken(text: str) -> None:
    assert period(text).length_ns > 0


@pytest.mark.parametrize("text", ["31min", "9h", "1001d", "793w", "183m", "16y", "d", "1", "-1d"])
def test_what_is_longer_or_no_period_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        period(text)


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("1m", "2025-02-28T12:00", "2025-04-30T12:00"),
        ("1y", "2024-03-31T12:00", "2026-03-31T12:00"),
        ("1w", "2025-03-24T12:00", "2025-04-07T12:00"),
    ],
)
def test_months_and_years_are_those_of_the_calendar(text: str, before: str, after: str) -> None:
    here = ns("2025-03-31T12:00")
    found = period(text)
    assert abs(found.before(here) - ns(before)) <= ns("1970-01-01T12:00")
    assert abs(found.after(here) - ns(after)) <= ns("1970-01-01T12:00")


def test_a_month_begins_on_its_first_day() -> None:
    assert month_start(ns("2025-03-31T12:00")) == ns("2025-03-01T00:00")


@pytest.mark.parametrize(
    ("text", "bar", "allowed"),
    [
        ("1min", "1min", True),
        ("1d", "1min", True),
        ("1d", "1d", False),
        ("1w", "5min", False),
        ("3m", "2h", True),
        ("2y", "8h", False),
        ("15y", "1w", True),
    ],
)
def test_the_table_says_which_bars_go_with_a_period(text: str, bar: str, allowed: bool) -> None:
    assert bar_ns(bar) > 0
    if allowed:
        check_table(period(text), bar)
    else:
        with pytest.raises(InvalidRequest, match="for this period"):
            check_table(period(text), bar)
