"""Text becomes an exact number, numbers become plain text, and money adds up to the last digit."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.values import (
    FINAL,
    Side,
    Status,
    decimal_text,
    exact_product,
    exact_share,
    exact_sum,
    opposite,
    parse_decimal,
    signed,
)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12))
def test_a_number_survives_being_written_and_read(number: Decimal) -> None:
    assert parse_decimal(decimal_text(number)) == number


@pytest.mark.parametrize(
    ("number", "text"),
    [("1E+3", "1000"), ("1E-8", "0.00000001"), ("-0", "0"), ("-0.00", "0.00"), ("1.50", "1.50")],
)
def test_numbers_are_written_in_plain_digits(number: str, text: str) -> None:
    assert decimal_text(Decimal(number)) == text


@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity", "-inf", "", "1,5", "ten", "0x10"])
def test_what_is_not_a_finite_number_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        parse_decimal(text)


def test_the_other_side_and_the_sign_of_a_quantity() -> None:
    assert opposite(Side.BUY) is Side.SELL
    assert opposite(Side.SELL) is Side.BUY
    assert signed(Side.BUY, Decimal(3)) == 3
    assert signed(Side.SELL, Decimal(3)) == -3


def test_exact_arithmetic_does_not_depend_on_the_decimal_context_of_the_thread() -> None:
    large, small = Decimal("123456789012345"), Decimal("0.000000000001")
    with localcontext(prec=5):
        assert exact_sum(large, small) == Decimal("123456789012345.000000000001")
        assert exact_product(large, small) == Decimal("123.456789012345")
        third = exact_share(Decimal(10**30), Decimal(1), Decimal(3), Decimal("1E-10"))
    assert third == Decimal("3" * 30 + "." + "3" * 10)


def test_four_states_are_final() -> None:
    assert {status.value for status in FINAL} == {"FILLED", "CANCELLED", "REJECTED", "EXPIRED"}
    assert Status.UNKNOWN not in FINAL
