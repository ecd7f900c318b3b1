"""Decimal text becomes scaled integers exactly, the same on both roads."""

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.market_files.errors import Fault
from adapters.market_files.numerals import scaled_exact, scaled_fast

plain = st.decimals(
    min_value=Decimal(-(10**9)), max_value=Decimal(10**9), places=8, allow_nan=False
).flatmap(lambda number: st.integers(0, 8).map(lambda places: f"{round(number, places):f}"))


def exact(texts: list[str]) -> tuple[list[int], int]:
    columns, scale = scaled_exact({"close": texts})
    return columns["close"].tolist(), scale


@given(st.lists(plain, min_size=1, max_size=30))
def test_both_roads_give_the_same_numbers(texts: list[str]) -> None:
    fast = scaled_fast([pa.array(texts)])
    assert fast is not None
    assert (fast[0][0].tolist(), fast[1]) == exact(texts)


@given(st.lists(plain, min_size=1, max_size=30))
def test_a_scaled_integer_is_the_number_as_written(texts: list[str]) -> None:
    values, scale = exact(texts)
    assert [Decimal(value).scaleb(-scale) for value in values] == [Decimal(t) for t in texts]


@given(st.text(alphabet="0123456789+-.eE_ nN", max_size=8))
def test_the_fast_road_reads_nothing_that_the_exact_one_refuses(text: str) -> None:
    fast = scaled_fast([pa.array([text])])
    if fast is not None:
        assert (fast[0][0].tolist(), fast[1]) == exact([text])


def test_the_scale_is_the_most_decimals_written_in_any_column() -> None:
    columns, scale = scaled_exact({"open": ["100"], "close": ["2012.25343589"]})
    assert scale == 8
    assert columns["open"].tolist() == [100 * 10**8]
    assert columns["close"].tolist() == [201_225_343_589]


def test_an_exponent_takes_the_exact_road_and_is_read() -> None:
    assert scaled_fast([pa.array(["1.5e-3"])]) is None
    assert exact(["1.5e-3", "2E2"]) == ([15, 2_000_000], 4)


def test_the_largest_int64_is_kept_and_one_more_is_refused() -> None:
    assert exact(["9223372036854775807"]) == ([2**63 - 1], 0)
    with pytest.raises(Fault, match="fits 64 bits"):
        exact(["9223372036854775808"])
    assert scaled_fast([pa.array(["9223372036854775808"])]) is None


def test_decimals_that_only_together_leave_64_bits_name_the_large_number() -> None:
    with pytest.raises(Fault, match="close is 99999999999, expected") as caught:
        exact(["0.000000001", "99999999999"])
    assert caught.value.row == 1


def test_more_than_eighteen_decimals_are_refused() -> None:
    assert scaled_fast([pa.array(["0.1234567890123456789"])]) is None
    with pytest.raises(Fault, match="expected at most 18 decimals") as caught:
        exact(["1", "0.1234567890123456789"])
    assert caught.value.row == 1


@pytest.mark.parametrize("text", ["", "abc", "NaN", "inf", "1_000", "1,5", "0x10", "--1", "9" * 65])
def test_what_is_not_a_number_is_refused_with_its_row(text: str) -> None:
    with pytest.raises(Fault, match=r"close is .*, expected a decimal number") as caught:
        exact(["1", text])
    assert caught.value.row == 1


def test_decimal_columns_keep_their_own_scale() -> None:
    column = pa.array([Decimal("1.50"), Decimal("-2.25")], pa.decimal128(10, 2))
    fast = scaled_fast([column])
    assert fast is not None
    assert (fast[0][0].tolist(), fast[1]) == ([150, -225], 2)


def test_a_slice_of_a_column_is_only_that_slice() -> None:
    column = pa.chunked_array([pa.array(["1.5", "2.5", "3.5"]).slice(1, 1), pa.array(["4"])])
    fast = scaled_fast([column])
    assert fast is not None
    assert fast[0][0].tolist() == [25, 40]
