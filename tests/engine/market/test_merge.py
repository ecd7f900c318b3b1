"""A timeline shows every row once, when it may be seen, in steps of one time each."""

import itertools
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.market import merge
from engine.market.bars import Bars
from engine.market.merge import Timeline, timeline
from engine.market.quotes import Quotes
from engine.market.timeframes import HOUR_NS, MINUTE_NS
from tests.engine.market.data import START_NS, bars_at, minute_lists, quotes_at


def seen(merged: Timeline) -> list[tuple[int, int, int]]:
    return list(zip(merged.visible, merged.source, merged.row, strict=True))


@given(st.lists(minute_lists, max_size=4), st.lists(minute_lists, max_size=2))
def test_rows_come_by_visible_time_then_series_then_row(
    bars: list[list[int]], quotes: list[list[int]]
) -> None:
    series: list[Bars | Quotes] = [bars_at(minutes) for minutes in bars]
    series += [quotes_at(seconds) for seconds in quotes]
    expected = sorted(
        (one.end(row) if isinstance(one, Bars) else one.ts[row], source, row)
        for source, one in enumerate(series)
        for row in range(len(one))
    )
    assert seen(timeline(series)) == expected


@given(st.lists(minute_lists, min_size=1, max_size=4))
def test_a_step_is_all_rows_of_one_time(minutes: list[list[int]]) -> None:
    merged = timeline([bars_at(one) for one in minutes])
    times = []
    for k in range(len(merged)):
        step = set(merged.visible[merged.steps[k] : merged.steps[k + 1]])
        assert len(step) == 1
        times.append(step.pop())
    assert times == sorted(set(merged.visible))
    assert merged.steps[-1] == len(merged.row)


@given(minute_lists, st.lists(minute_lists, max_size=2), st.integers(1, 3))
def test_even_series_show_row_k_in_step_k(
    minutes: list[int], others: list[list[int]], count: int
) -> None:
    made = [bars_at(one) for one in [*[minutes] * count, *others]]
    merged = timeline(made)
    steps = [
        list(zip(merged.source[a:b], merged.row[a:b], strict=True))
        for a, b in itertools.pairwise(merged.steps)
    ]
    every = [[(source, k) for source in range(len(made))] for k in range(len(steps))]
    assert merged.is_even is (steps == every and all(len(one) == len(steps) for one in made))
    assert merged.is_even or others


def test_quotes_of_one_time_are_not_even() -> None:
    assert timeline([quotes_at([0, 1]), quotes_at([0, 1])]).is_even
    assert not timeline([quotes_at([0, 0])]).is_even
    assert not timeline([quotes_at([0, 0, 2]), quotes_at([0, 1, 1])]).is_even


def test_a_bar_is_seen_at_its_end_and_a_quote_at_its_time() -> None:
    merged = timeline([bars_at([0]), quotes_at([60, 61])])
    assert seen(merged) == [
        (START_NS + MINUTE_NS, 0, 0),
        (START_NS + MINUTE_NS, 1, 0),
        (START_NS + MINUTE_NS + 10**9, 1, 1),
    ]
    assert list(merged.steps) == [0, 2, 3]


def test_timeframes_may_be_mixed() -> None:
    merged = timeline([bars_at([0], timeframe_ns=HOUR_NS), bars_at([58, 59, 60], "MSFT")])
    assert [(source, row) for _, source, row in seen(merged)] == [(1, 0), (0, 0), (1, 1), (1, 2)]


def test_nothing_merges_to_no_steps() -> None:
    assert len(timeline([])) == 0
    assert len(timeline([bars_at([])])) == 0


def test_series_can_still_grow_after_they_were_merged() -> None:
    bars = bars_at([0])
    merged = timeline([bars])
    bars.append(START_NS + MINUTE_NS, 1, 1, 1, 1, 1)
    assert len(merged) == 1


def test_a_series_out_of_order_is_refused() -> None:
    one = array("q", [1, 1])
    backwards = Bars(
        "X", 1, 0, 0, ts=array("q", [2, 1]), open=one, high=one, low=one, close=one, volume=one
    )
    with pytest.raises(ValueError, match="is not in order of time"):
        timeline([backwards])


def test_more_series_than_a_column_can_count_are_refused() -> None:
    with pytest.raises(ValueError, match="series: 65536, expected at most 65535"):
        timeline([bars_at([])] * 65_536)


def test_more_rows_than_a_column_can_count_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merge, "ROWS_MAX", 2)
    assert len(timeline([bars_at([0, 1])])) == 2
    with pytest.raises(ValueError, match="rows: 3, expected at most 2 in one run"):
        timeline([bars_at([0, 1, 2])])
