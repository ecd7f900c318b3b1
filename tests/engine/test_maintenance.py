"""Windows are stretches of weekdays, UTC, and may run past midnight."""

from datetime import UTC, datetime

import pytest

from engine.maintenance import Window, ends_at, next_begin
from engine.values import NANOSECONDS

NIGHTLY = Window(23 * 3600, 2 * 3600)
SATURDAY = Window(12 * 3600, 3600, frozenset({5}))


def at(day: int, hour: int, minute: int = 0) -> int:
    """A time in November 2026, whose first day is a Sunday."""
    moment = datetime(2026, 11, day, hour, minute, tzinfo=UTC)
    return int(moment.timestamp()) * NANOSECONDS


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (at(10, 23) - 1, None),
        (at(10, 23), at(11, 1)),
        (at(11, 0, 59), at(11, 1)),
        (at(11, 1) - 1, at(11, 1)),
        (at(11, 1), None),
    ],
)
def test_a_window_past_midnight_holds_at_its_edges(now: int, end: int | None) -> None:
    assert NIGHTLY.ends_at(now) == end


def test_a_window_keeps_to_its_weekdays() -> None:
    assert SATURDAY.ends_at(at(7, 12)) == at(7, 13)
    assert SATURDAY.ends_at(at(8, 12)) is None
    assert SATURDAY.next_begin(at(7, 12)) == at(14, 12)
    assert SATURDAY.next_begin(at(7, 12) - 1) == at(7, 12)
    assert Window(0, 60, frozenset()).next_begin(0) is None


def test_of_several_windows_the_last_end_and_the_first_begin_count() -> None:
    both = (SATURDAY, Window(12 * 3600, 7200))
    assert ends_at(both, at(7, 12)) == at(7, 14)
    assert ends_at((), at(7, 12)) is None
    assert next_begin(both, at(7, 12)) == at(8, 12)
    assert next_begin((), 0) is None
