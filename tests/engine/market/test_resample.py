"""Resampling is exact, aligned to UTC, and equal to adding up by hand."""

from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.market.bars import Bars
from engine.market.resample import ResampleError, bucket_start, resample
from engine.market.timeframes import DAY_NS, HOUR_NS, MINUTE_NS, TIMEFRAMES, WEEK_NS
from tests.engine.market.data import START_NS, bars_at, minute_lists, rows


@given(minute_lists, st.sampled_from(sorted(set(TIMEFRAMES.values()) - {MINUTE_NS})))
def test_each_bucket_is_first_highest_lowest_last_and_sum(minutes: list[int], length: int) -> None:
    bars = bars_at(minutes)
    expected = []
    for start, group in groupby(rows(bars), key=lambda row: bucket_start(row[0], length)):
        _, opens, highs, lows, closes, volumes = zip(*group, strict=True)
        expected.append((start, opens[0], max(highs), min(lows), closes[-1], sum(volumes)))
    assert rows(resample(bars, length)) == expected


@given(minute_lists)
def test_resampling_in_two_steps_equals_one(minutes: list[int]) -> None:
    bars = bars_at(minutes)
    assert rows(resample(resample(bars, HOUR_NS), DAY_NS)) == rows(resample(bars, DAY_NS))


def test_days_begin_at_midnight_and_weeks_on_monday() -> None:
    assert bucket_start(START_NS + 5 * HOUR_NS, DAY_NS) == START_NS
    assert bucket_start(START_NS, WEEK_NS) == START_NS - DAY_NS
    assert bucket_start(START_NS - DAY_NS, WEEK_NS) == START_NS - DAY_NS


def test_a_time_before_the_epoch_lies_in_the_bucket_below_it() -> None:
    assert bucket_start(-1, HOUR_NS) == -HOUR_NS


def test_the_same_timeframe_gives_the_same_bars() -> None:
    bars = bars_at([1])
    assert resample(bars, MINUTE_NS) is bars


def test_the_scales_are_kept() -> None:
    bars = Bars("X", MINUTE_NS, 7, 3)
    assert (resample(bars, HOUR_NS).price_scale, resample(bars, HOUR_NS).volume_scale) == (7, 3)


def test_a_finer_timeframe_is_refused() -> None:
    with pytest.raises(ResampleError, match="expected a whole multiple"):
        resample(bars_at([0], timeframe_ns=HOUR_NS), MINUTE_NS)


def test_a_timeframe_that_is_no_multiple_is_refused() -> None:
    with pytest.raises(ResampleError, match="expected a whole multiple"):
        resample(bars_at([0], timeframe_ns=10 * MINUTE_NS), 15 * MINUTE_NS)


def test_a_bar_across_two_buckets_is_refused_since_it_would_show_the_future() -> None:
    half_past = bars_at([30, 90, 150, 210], timeframe_ns=HOUR_NS)
    with pytest.raises(ResampleError, match="lies across two buckets"):
        resample(half_past, 4 * HOUR_NS)
