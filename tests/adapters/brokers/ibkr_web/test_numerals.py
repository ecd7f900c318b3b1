"""The gateway's numbers, in every dress it gives them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.brokers.ibkr_web import numerals


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("168.42", "168.42"),
        ("C168.42", "168.42"),
        ("H12", "12"),
        ("1,300", "1300"),
        ("1,234,567.5", "1234567.5"),
        ("1.2M", "1200000"),
        ("50K", "50000"),
        ("2B", "2000000000"),
        ("0.54%", "0.54"),
        ("-3.5", "-3.5"),
        ("+1", "1"),
        (".5", "0.5"),
        ("1e3", "1000"),
        (7, "7"),
        (Decimal("0.10"), "0.10"),
    ],
)
def test_a_number_is_read_exactly(written: Any, number: str) -> None:
    assert numerals.number(written) == Decimal(number)


@pytest.mark.parametrize("written", ["", "-", "N/A", "C", None, True, "1.2.3", "12 shares", "NaN"])
def test_what_is_no_number_is_none_and_never_zero(written: Any) -> None:
    assert numerals.number(written) is None


@pytest.mark.parametrize("written", ["", "0", 0, "-1", None])
def test_an_amount_is_more_than_nothing(written: Any) -> None:
    assert numerals.amount(written) is None


@given(st.floats(allow_nan=False, allow_infinity=False, width=64))
def test_a_float_keeps_the_digits_of_its_shortest_text(value: float) -> None:
    (found,) = numerals.decode(f"[{value!r}]")
    assert Decimal(repr(value)) == Decimal(found)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9))
def test_a_decimal_leaves_digit_for_digit_and_comes_back(value: Decimal) -> None:
    (back,) = numerals.decode(numerals.encode([value]))
    assert Decimal(back) == value


def test_a_whole_float_is_a_whole_number() -> None:
    assert [str(one) for one in numerals.decode("[10.0, 10.10, -2.0, 1.0e3]")] == [
        "10",
        "10.10",
        "-2",
        "1.0E+3",
    ]


def test_no_json_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="JSON"):
        numerals.decode(b"<html>")


@pytest.mark.parametrize(
    ("value", "name"), [(12, "12"), ("12", "12"), ("", ""), (None, ""), (0, "0")]
)
def test_an_id_is_a_text_whatever_it_came_as(value: Any, name: str) -> None:
    assert numerals.name(value) == name


@pytest.mark.parametrize(("value", "whole"), [("265598", 265598), (265598, 265598), ("1.5", None)])
def test_a_contract_number_is_whole(value: Any, whole: int | None) -> None:
    assert numerals.whole(value) == whole


def test_milliseconds_become_nanoseconds() -> None:
    assert numerals.moment(1775053800000) == 1775053800000 * 10**6
    assert numerals.moment("") is None


@pytest.mark.parametrize(("value", "letters"), [("C1.5", "C"), ("H2", "H"), ("3", ""), (4, "")])
def test_the_letters_before_a_price_are_told(value: Any, letters: str) -> None:
    assert numerals.prefix(value) == letters
