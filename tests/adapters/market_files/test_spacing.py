"""The distance between bars tells how long they last; gaps are found where asked for."""

import numpy as np
import pytest

from adapters.market_files.calendars import calendar
from adapters.market_files.errors import Fault
from adapters.market_files.numerals import Column
from adapters.market_files.spacing import base_timeframe, check_gaps
from engine.market.timeframes import DAY_NS, HOUR_NS, MINUTE_NS, WEEK_NS

FRIDAY_NS = 1_709_251_200 * 10**9  # 2024-03-01T00:00:00Z


def at(*offsets: int) -> Column:
    return np.array([FRIDAY_NS + offset for offset in offsets], np.int64)


def test_the_smallest_distance_is_the_timeframe() -> None:
    assert base_timeframe(at(0, 5 * MINUTE_NS, 6 * MINUTE_NS), None) == MINUTE_NS
    assert base_timeframe(at(0, 3 * DAY_NS, 4 * DAY_NS), None) == DAY_NS
    assert base_timeframe(at(0, WEEK_NS), None) == WEEK_NS


def test_a_day_may_be_an_hour_short_where_clocks_change() -> None:
    assert base_timeframe(at(0, DAY_NS - HOUR_NS, 2 * DAY_NS), None) == DAY_NS


def test_an_unknown_distance_asks_for_the_timeframe() -> None:
    with pytest.raises(Fault, match=r"at least 180 s apart.*expected --timeframe"):
        base_timeframe(at(0, 3 * MINUTE_NS), None)
    assert base_timeframe(at(0, 28 * DAY_NS), DAY_NS) == DAY_NS


def test_one_bar_shows_no_timeframe_and_takes_the_one_asked_for() -> None:
    with pytest.raises(Fault, match="one bar does not show its timeframe"):
        base_timeframe(at(0), None)
    assert base_timeframe(at(0), HOUR_NS) == HOUR_NS


def test_a_coarser_timeframe_leaves_the_bars_as_long_as_they_are() -> None:
    assert base_timeframe(at(0, MINUTE_NS), DAY_NS) == MINUTE_NS


def test_sparse_bars_are_as_long_as_asked_for() -> None:
    assert base_timeframe(at(0, 2 * MINUTE_NS, 5 * MINUTE_NS), MINUTE_NS) == MINUTE_NS


def test_bars_that_are_plainly_longer_are_not_taken_for_shorter_ones() -> None:
    with pytest.raises(Fault, match="the bars are 1d apart, expected 1m or finer"):
        base_timeframe(at(0, 3 * DAY_NS, 4 * DAY_NS), MINUTE_NS)


def test_bars_closer_than_the_timeframe_that_do_not_divide_it_are_refused() -> None:
    with pytest.raises(Fault, match="two bars are 7 s apart, expected 1m") as caught:
        base_timeframe(at(0, MINUTE_NS, MINUTE_NS + 7 * 10**9), MINUTE_NS)
    assert caught.value.row == 2


def test_without_a_calendar_every_missing_bar_is_a_gap() -> None:
    check_gaps(at(0, MINUTE_NS, 2 * MINUTE_NS), MINUTE_NS, None)
    with pytest.raises(Fault, match=r"expected a 1m bar at 2024-03-01T00:01:00Z") as caught:
        check_gaps(at(0, 2 * MINUTE_NS), MINUTE_NS, None)
    assert caught.value.row == 1


def test_a_closed_market_is_no_gap_and_an_open_one_is() -> None:
    new_york = calendar("XNYS")
    close, opens = 21 * HOUR_NS, 3 * DAY_NS + 14 * HOUR_NS + 30 * MINUTE_NS
    check_gaps(at(close - MINUTE_NS, opens), MINUTE_NS, new_york)
    with pytest.raises(Fault, match="1m bar at 2024-03-04T14:30:00Z"):
        check_gaps(at(close - MINUTE_NS, opens + MINUTE_NS), MINUTE_NS, new_york)
    with pytest.raises(Fault, match="1m bar at 2024-03-01T20:59:00Z"):
        check_gaps(at(close - 2 * MINUTE_NS, opens), MINUTE_NS, new_york)


def test_a_missing_trading_day_is_a_gap_in_daily_bars() -> None:
    new_york = calendar("XNYS")
    check_gaps(at(0, 3 * DAY_NS, 4 * DAY_NS), DAY_NS, new_york)
    with pytest.raises(Fault, match="a gap before this row: expected a 1d bar"):
        check_gaps(at(0, 4 * DAY_NS), DAY_NS, new_york)
