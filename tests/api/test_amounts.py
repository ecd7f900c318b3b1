"""JSON numbers are exact both ways: what is written is read, and no digit is made up."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.amounts import Amount, decode, money, shares, stamp
from api.refusals import encode
from engine.errors import InvalidRequest

PRICE = Amount("A price")
SIGNED = Amount("A position", least=None, is_whole=True)
PERCENT = Amount("A share", is_least_allowed=True, below=100)

numbers = st.decimals(-(10**14), 10**14, places=12) | st.integers(-(10**14), 10**14).map(Decimal)


@given(numbers)
def test_a_number_goes_out_and_comes_back_digit_for_digit(number: Decimal) -> None:
    for written in (shares(number), money(number)):
        assert decode(encode(written)) == number


@pytest.mark.parametrize(
    ("number", "quantity", "amount"),
    [
        ("100", b"100", b"100.0"),
        ("1E+3", b"1000", b"1000.0"),
        ("0.350", b"0.35", b"0.35"),
        ("-0", b"0", b"0.0"),
        ("200000.00", b"200000", b"200000.0"),
        ("0.1234567890123456", b"0.123456789012", b"0.123456789012"),
    ],
)
def test_a_quantity_is_short_and_money_has_a_point(
    number: str, quantity: bytes, amount: bytes
) -> None:
    assert encode(shares(Decimal(number))) == quantity
    assert encode(money(Decimal(number))) == amount


def test_a_fraction_is_read_from_its_digits() -> None:
    assert decode(b"[0.1, 1e2, 3]") == [Decimal("0.1"), Decimal(100), 3]


@pytest.mark.parametrize("body", [b"", b"{", b"NaN x", b'{"a": NaN', b"\xff NaN", b"[Infinit]"])
def test_what_is_not_json_is_no_value(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(body)


def test_the_words_for_no_number_are_read_so_that_a_field_can_refuse_them() -> None:
    assert decode(b'{"a": -Infinity, "b": 0.1}') == {"a": Decimal("-Infinity"), "b": Decimal("0.1")}


@pytest.mark.parametrize(
    ("amount", "value"),
    [
        (PRICE, 0), (PRICE, -1), (PRICE, "1"), (PRICE, True), (PRICE, None), (PRICE, 1.5),
        (PRICE, Decimal("NaN")), (PRICE, Decimal("Infinity")), (PRICE, 10**15),
        (PRICE, Decimal("1e-13")), (PRICE, Decimal("1e999999")), (PRICE, Decimal("1e-999999")),
        (PRICE, Decimal("1.0000000000001")), (SIGNED, Decimal("1.5")), (SIGNED, -(10**15)),
        (PERCENT, 100), (PERCENT, -1), (PERCENT, Decimal("-0.1")),
    ],
)  # fmt: skip
def test_a_number_out_of_bounds_is_refused_by_name(amount: Amount, value: Any) -> None:
    with pytest.raises(InvalidRequest) as refused:
        amount.read("x", value)
    assert refused.value.details["field"] == "x"


@pytest.mark.parametrize(
    ("amount", "value"),
    [
        (PRICE, 1), (PRICE, Decimal("0.000000000001")), (PRICE, Decimal("1.50000000000000")),
        (SIGNED, -100), (SIGNED, 0), (SIGNED, Decimal("100.0")), (SIGNED, Decimal("1e2")),
        (PERCENT, 0), (PERCENT, Decimal("99.9")),
    ],
)  # fmt: skip
def test_a_number_within_bounds_is_read(amount: Amount, value: Any) -> None:
    assert amount.read("x", value) == value


def test_a_query_holds_the_same_numbers() -> None:
    assert PRICE.read_text("x", "150.25") == Decimal("150.25")
    for text in ("", "x", "1,5", "[1]"):
        with pytest.raises(InvalidRequest):
            PRICE.read_text("x", text)


def test_the_bounds_are_described() -> None:
    assert PERCENT.schema()["minimum"] == 0
    assert PERCENT.schema()["exclusiveMaximum"] == 100
    assert PRICE.schema()["exclusiveMinimum"] == 0
    assert SIGNED.schema()["multipleOf"] == 1


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (1_773_066_600_000_000_000, "2026-03-09T14:30:00+00:00"),
        (1_773_066_600_123_456_789, "2026-03-09T14:30:00.123456+00:00"),
    ],
)
def test_a_time_has_the_offset_of_utc(ns: int, text: str) -> None:
    assert stamp(ns) == text
