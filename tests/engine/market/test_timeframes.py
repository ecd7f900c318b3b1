"""Timeframes have names and lengths, and nothing else does."""

import pytest

from engine.market.timeframes import TIMEFRAMES, timeframe_name, timeframe_ns


def test_every_timeframe_of_the_api_has_a_length_in_nanoseconds() -> None:
    assert " ".join(TIMEFRAMES) == "1m 2m 5m 10m 15m 30m 1h 2h 4h 12h 1d 1w"
    assert timeframe_ns("1m") == 60 * 10**9
    assert timeframe_ns("1w") == 7 * 86_400 * 10**9


def test_names_and_lengths_are_each_others_inverse() -> None:
    assert all(timeframe_name(timeframe_ns(name)) == name for name in TIMEFRAMES)


def test_an_unknown_name_is_refused_with_the_choices() -> None:
    with pytest.raises(ValueError, match="timeframe: '3m' is not one of 1m, 2m, 5m"):
        timeframe_ns("3m")


def test_an_unknown_length_is_refused_with_the_choices() -> None:
    with pytest.raises(ValueError, match="timeframe: 7 ns is not the length of one of 1m"):
        timeframe_name(7)
