"""Bars are exact columns that only grow forward."""

from array import array
from decimal import Decimal

import pytest

from engine.market.bars import Bar, Bars
from engine.market.timeframes import MINUTE_NS
from tests.engine.market.data import START_NS, bars_at


def test_a_row_reads_back_in_exact_decimals() -> None:
    bars = Bars("BTC/USD", MINUTE_NS, 2, 8)
    bars.append(START_NS, 6_500_000, 6_500_010, 6_499_990, 6_500_001, 12_345_678)
    assert bars.bar(0) == Bar(
        "BTC/USD",
        MINUTE_NS,
        START_NS,
        Decimal("65000.00"),
        Decimal("65000.10"),
        Decimal("64999.90"),
        Decimal("65000.01"),
        Decimal("0.12345678"),
    )


def test_the_largest_scaled_price_is_not_rounded() -> None:
    assert Bars("X", MINUTE_NS, 5, 0).price(2**63 - 1) == Decimal("92233720368547.75807")


def test_a_bar_ends_one_timeframe_after_its_start() -> None:
    assert bars_at([3]).end(0) == START_NS + 4 * MINUTE_NS


def test_a_bar_that_is_not_newer_is_refused() -> None:
    bars = bars_at([1])
    with pytest.raises(ValueError, match="is not after the last bar of AAPL"):
        bars.append(bars.ts[0], 1, 1, 1, 1, 1)
    assert len(bars) == 1


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="bars of X: columns differ in length"):
        Bars("X", MINUTE_NS, 2, 0, ts=array("q", [1]))


def test_a_column_that_is_not_int64_is_refused() -> None:
    with pytest.raises(TypeError, match="typecode 'i', expected 'q'"):
        Bars("X", MINUTE_NS, 2, 0, ts=array("i", [1]))


def test_bars_show_what_they_are() -> None:
    assert repr(bars_at([1, 2])) == f"Bars('AAPL', timeframe_ns={MINUTE_NS}, rows=2)"


def test_bars_in_decimals_become_columns_at_the_scale_that_they_need() -> None:
    price = Decimal("1.085")
    bar = Bar("EUR/USD", MINUTE_NS, START_NS, price, price + 1, price, Decimal(2), Decimal("0.5"))
    made = Bars.of([bar])
    assert (made.price_scale, made.volume_scale, made.bar(0)) == (3, 1, bar)
