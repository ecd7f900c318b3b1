"""History never depends on the future."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidRequest, SymbolNotFound
from engine.market.bars import Bars
from engine.market.history import History
from engine.market.timeframes import DAY_NS, HOUR_NS, MINUTE_NS, TIMEFRAMES
from tests.engine.market.data import START_NS, bars_at, minute_lists, rows

timeframes = st.sampled_from(list(TIMEFRAMES.values()))
moments = st.integers(0, 3100).map(lambda minute: START_NS + minute * MINUTE_NS)


def until(bars: Bars, now: int) -> Bars:
    """*bars* as they were at *now*: only those that are closed."""
    out = Bars(bars.symbol, bars.timeframe_ns, bars.price_scale, bars.volume_scale)
    for row in rows(bars):
        if row[0] + bars.timeframe_ns <= now:
            out.append(*row)
    return out


@given(minute_lists, timeframes, moments)
def test_cutting_off_the_future_changes_nothing(minutes: list[int], length: int, now: int) -> None:
    bars = bars_at(minutes)
    known = History([until(bars, now)]).bars("AAPL", length, now)
    assert History([bars]).bars("AAPL", length, now) == known


@given(minute_lists, timeframes, moments)
def test_every_bar_shown_is_closed_and_they_ascend(
    minutes: list[int], length: int, now: int
) -> None:
    shown = History([bars_at(minutes)]).bars("AAPL", length, now)
    assert all(bar.ts + length <= now for bar in shown)
    assert [bar.ts for bar in shown] == sorted({bar.ts for bar in shown})


@given(minute_lists, timeframes, st.data())
def test_a_series_that_grows_shows_the_same_as_one_that_was_whole(
    minutes: list[int], length: int, data: st.DataObject
) -> None:
    whole = bars_at(minutes)
    growing = Bars("AAPL", MINUTE_NS, 2, 0)
    history = History([growing])
    for row in rows(whole):
        growing.append(*row)
        if data.draw(st.booleans()):
            now = row[0] + MINUTE_NS
            expected = History([whole]).bars("AAPL", length, now)
            assert history.bars("AAPL", length, now) == expected


def test_the_newest_of_the_limit_are_kept() -> None:
    history = History([bars_at([0, 1, 2, 3])])
    shown = history.bars("AAPL", MINUTE_NS, START_NS + 3 * MINUTE_NS, limit=2)
    assert [bar.ts for bar in shown] == [START_NS + MINUTE_NS, START_NS + 2 * MINUTE_NS]
    assert history.bars("AAPL", MINUTE_NS, START_NS + DAY_NS, limit=0) == []


def test_start_and_end_are_both_inclusive() -> None:
    shown = History([bars_at([0, 1, 2, 3])]).bars(
        "AAPL",
        MINUTE_NS,
        START_NS + DAY_NS,
        start=START_NS + MINUTE_NS,
        end=START_NS + 2 * MINUTE_NS,
    )
    assert [bar.ts for bar in shown] == [START_NS + MINUTE_NS, START_NS + 2 * MINUTE_NS]


def test_an_end_after_now_shows_no_more_than_now() -> None:
    history = History([bars_at([0, 1, 2, 3])])
    assert (
        len(history.bars("AAPL", MINUTE_NS, START_NS + 2 * MINUTE_NS, end=START_NS + DAY_NS)) == 2
    )


def test_a_start_after_the_end_shows_nothing() -> None:
    history = History([bars_at([0, 1])])
    assert (
        history.bars("AAPL", MINUTE_NS, START_NS + DAY_NS, start=START_NS + 9, end=START_NS) == []
    )


def test_a_partial_bucket_is_not_shown_before_its_end() -> None:
    history = History([bars_at([0, 1, 2, 3, 4])])
    assert history.bars("AAPL", 5 * MINUTE_NS, START_NS + 5 * MINUTE_NS - 1) == []
    assert len(history.bars("AAPL", 5 * MINUTE_NS, START_NS + 5 * MINUTE_NS)) == 1


def test_an_unknown_symbol_is_not_found() -> None:
    with pytest.raises(SymbolNotFound, match="MSFT"):
        History([bars_at([0])]).bars("MSFT", MINUTE_NS, START_NS)


def test_a_timeframe_finer_than_the_data_is_an_invalid_request() -> None:
    hourly = bars_at([0], timeframe_ns=HOUR_NS)
    with pytest.raises(InvalidRequest, match="timeframe is '1m'; expected one that the 1h bars"):
        History([hourly]).bars("AAPL", MINUTE_NS, START_NS)


def test_a_timeframe_that_would_show_the_future_is_an_invalid_request() -> None:
    half_past = bars_at([30, 90, 150, 210], timeframe_ns=HOUR_NS)
    history = History([half_past])
    for _ in range(2):
        with pytest.raises(InvalidRequest, match="lies across two buckets"):
            history.bars("AAPL", 4 * HOUR_NS, START_NS + DAY_NS)


def test_a_limit_below_zero_is_an_invalid_request() -> None:
    with pytest.raises(InvalidRequest, match="limit is '-1'; expected zero or more"):
        History([bars_at([0])]).bars("AAPL", MINUTE_NS, START_NS, limit=-1)


def test_a_symbol_has_one_series() -> None:
    with pytest.raises(ValueError, match="'AAPL' has two series of bars"):
        History([bars_at([0]), bars_at([1])])


def test_history_knows_its_symbols() -> None:
    assert History([bars_at([0]), bars_at([0], "MSFT")]).symbols == ["AAPL", "MSFT"]
