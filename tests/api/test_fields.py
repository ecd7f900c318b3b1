"""Each kind of field reads what it describes, exactly, and names what it can not read."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.fields import Flag, Moment, Number, Text, Whole, Word, Words
from engine.errors import InvalidRequest
from engine.values import OrderType, Side

NUMBER = Number("A number")
MOMENT = Moment("A time")
SECOND_NS = 1_000_000_000


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("150.25", "150.25"),
        ("0", "0"),
        ("007.50", "7.50"),
        ("1E+3", "1000"),
        ("1e-2", "0.01"),
        ("9" * 18 + "." + "9" * 12, "9" * 18 + "." + "9" * 12),
        (7, "7"),
        (10**18 - 1, str(10**18 - 1)),
    ],
)
def test_a_number_is_read_digit_for_digit(value: Any, number: str) -> None:
    assert NUMBER.read("x", value) == Decimal(number)


@pytest.mark.parametrize(
    "value",
    [
        1.5, 1.0, float("nan"), -1, 10**18, True, None, [], {},
        "", " 1", "1 ", "1\n", "+1", "-1", ".5", "5.", "1_000", "1,5", "0x1", "NaN", "Infinity",
        "١", "1" * 19, "0." + "1" * 13, "1e100", "1e",
    ],
)  # fmt: skip
def test_what_is_not_an_exact_number_is_refused(value: Any) -> None:
    with pytest.raises(InvalidRequest, match="x is"):
        NUMBER.read("x", value)


def test_a_float_is_told_why_it_is_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"x is '1\.5'; expected .* float is not exact"):
        NUMBER.read("x", 1.5)


@given(st.decimals(min_value=0, max_value=10**9, places=6))
def test_every_number_that_the_pattern_describes_is_read(number: Decimal) -> None:
    text = format(number, "f")
    assert re.search(NUMBER.schema()["anyOf"][0]["pattern"], text)
    assert NUMBER.read("x", text) == number


@pytest.mark.parametrize("text", ["BUY", "buy", "Buy", "bUy"])
def test_a_word_is_read_in_any_letter_case(text: str) -> None:
    field = Word(Side, "The side")
    assert field.read("side", text) is Side.BUY
    assert re.search(field.schema()["pattern"], text)


@pytest.mark.parametrize("value", ["", "BUY ", "HOLD", "ｂｕｙ", 1, None, ["BUY"]])
def test_a_word_outside_the_set_is_refused_with_the_set(value: Any) -> None:
    with pytest.raises(InvalidRequest, match="one of BUY, SELL"):
        Word(Side, "The side").read("side", value)


def test_a_word_with_an_underscore_keeps_it_in_its_pattern() -> None:
    pattern = Word(OrderType, "Type").schema()["pattern"]
    assert re.search(pattern, "stop_limit")
    assert not re.search(pattern, "stop-limit")


def test_several_words_may_repeat_and_be_joined_by_commas() -> None:
    field = Words(Side, "Sides")
    assert field.read_text("side", ["buy,SELL", "buy"]) == {Side.BUY, Side.SELL}
    assert re.search(field.schema()["items"]["pattern"], "buy,SELL")


@pytest.mark.parametrize("texts", [[""], ["buy,"], ["buy;sell"]])
def test_a_list_of_words_with_a_stranger_in_it_is_refused(texts: list[str]) -> None:
    with pytest.raises(InvalidRequest):
        Words(Side, "Sides").read_text("side", texts)


def test_an_empty_list_of_words_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="a list of words"):
        Words(Side, "Sides").read("side", [])


@pytest.mark.parametrize("text", ["a", "a" * 5, "é", "a b"])
def test_a_text_is_printable_and_short(text: str) -> None:
    assert Text("A text", 5).read("x", text) == text


@pytest.mark.parametrize("value", ["", "a" * 6, "\x00", "a\n", "\u202e", 5, None])
def test_a_text_that_is_empty_long_or_unprintable_is_refused(value: Any) -> None:
    with pytest.raises(InvalidRequest, match="1 to 5 printable characters"):
        Text("A text", 5).read("x", value)


@pytest.mark.parametrize("value", [0, 10])
def test_a_whole_number_may_be_at_its_bounds(value: int) -> None:
    field = Whole("A count", 0, 10)
    assert field.read("x", value) == field.read_text("x", str(value)) == value


@pytest.mark.parametrize("value", [-1, 11, 1.0, True, "5", None])
def test_a_whole_number_beyond_its_bounds_is_refused(value: Any) -> None:
    with pytest.raises(InvalidRequest, match="from 0 to 10"):
        Whole("A count", 0, 10).read("x", value)


@pytest.mark.parametrize("text", ["11", "-1", "1.0", "", "٣", "9" * 30])
def test_a_whole_number_in_a_query_is_plain_digits(text: str) -> None:
    with pytest.raises(InvalidRequest):
        Whole("A count", 0, 10).read_text("x", text)


def test_a_flag_is_a_json_boolean_or_its_word() -> None:
    field = Flag("A flag")
    assert field.read("x", True) is True
    assert field.read_text("x", "true") is True
    assert field.read_text("x", "false") is False
    for value in (1, "true", None):
        with pytest.raises(InvalidRequest):
            field.read("x", value)
    with pytest.raises(InvalidRequest):
        field.read_text("x", "yes")


@pytest.mark.parametrize(
    "text",
    [
        "2025-01-15T10:30:00Z",
        "2025-01-15T10:30:00+00:00",
        "2025-01-15T11:30:00+01:00",
        "2025-01-15T10:30:00 00:00",
        "2025-01-15T10:30:00.000 0000",
        "2025-01-15t10:30:00z",
        "2025-01-15T10:30:00",
        "2025-01-15 10:30",
        "2025-01-15T10:30:00.000000000Z",
    ],
)
def test_a_time_is_read_in_every_spelling_of_iso_8601_that_clients_use(text: str) -> None:
    assert MOMENT.read("since", text) == 1_736_937_000 * SECOND_NS


def test_a_time_keeps_its_microseconds() -> None:
    assert MOMENT.read("x", "1970-01-01T00:00:01.000001Z") == SECOND_NS + 1_000


@pytest.mark.parametrize(
    "value", ["", "now", "2025-13-01T00:00:00Z", "2025-01-15", "1736937000", "x" * 99, 5, None]
)
def test_what_is_not_a_time_is_refused(value: Any) -> None:
    with pytest.raises(InvalidRequest, match="a time in ISO 8601"):
        MOMENT.read("since", value)
