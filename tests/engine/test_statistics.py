"""Equity goes in sample by sample; drawdown and Sharpe come out by their written definitions."""

from decimal import Decimal
from statistics import mean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.statistics import DAY_NS, EquityCurve, daily_returns, sharpe

MONDAY = 4 * DAY_NS  # 1970-01-05


def curve(*values: int, start: int = 100, spacing: int = DAY_NS) -> EquityCurve:
    """A curve sampled at the end of every day from a Monday on."""
    made = EquityCurve(Decimal(start))
    for i, value in enumerate(values, start=1):
        made.sample(MONDAY + i * spacing, Decimal(value))
    return made


def test_the_deepest_fall_is_measured_from_the_peak_before_it() -> None:
    assert curve(120, 90, 200, 160).max_drawdown == pytest.approx(0.25)


def test_a_fall_below_the_start_counts() -> None:
    assert curve(80, 90).max_drawdown == pytest.approx(0.2)


def test_equity_that_only_rises_never_draws_down() -> None:
    assert curve(100, 110, 120).max_drawdown == 0


def test_a_sample_at_midnight_belongs_to_the_day_that_ends() -> None:
    assert curve(101).daily == [(MONDAY, Decimal(101))]


def test_only_the_last_equity_of_a_day_is_kept() -> None:
    made = curve(101, 102, 103, spacing=DAY_NS // 2)
    assert [equity for _, equity in made.daily] == [102, 103]
    assert made.last == 103


def test_a_market_that_trades_on_weekends_has_a_longer_year() -> None:
    assert curve(1, 2, 3, 4, 5).days_per_year == 252
    assert curve(1, 2, 3, 4, 5, 6).days_per_year == 365


def test_sharpe_is_the_annualised_ratio_of_mean_and_deviation_of_daily_returns() -> None:
    returns = [0.1, 121 / 110 - 1, 133 / 121 - 1]
    expected = mean(returns) / stdev(returns) * 252**0.5
    assert curve(110, 121, 133).sharpe == pytest.approx(expected)


@pytest.mark.parametrize("values", [(), (110,), (100, 100, 100)])
def test_sharpe_is_none_where_returns_are_too_few_or_do_not_vary(values: tuple[int, ...]) -> None:
    assert curve(*values).sharpe is None


def test_returns_end_where_the_money_does() -> None:
    assert daily_returns(Decimal(100), [Decimal(50), Decimal(0), Decimal(10)]) == [-0.5, -1.0]


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=50))
def test_drawdown_is_the_largest_over_all_pairs(values: list[int]) -> None:
    pairs = [1 - b / a for i, a in enumerate([100, *values]) for b in values[i:]]
    assert curve(*values).max_drawdown == pytest.approx(max(0, *pairs))


@given(st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=50))
def test_sharpe_changes_sign_with_the_returns(returns: list[float]) -> None:
    there, back = sharpe(returns, 252), sharpe([-each for each in returns], 252)
    assert (there is None) == (back is None)
    assert there is None or back is None or there == pytest.approx(-back)
