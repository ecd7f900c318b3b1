"""Clients write in many ways; what is read is typed, exact, and named where it can not be."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from api.webapi.reading import Count, Figure, Items, Line, Truth, lenient, numeral
from engine.errors import InvalidRequest

FORM = lenient(
    flag=Truth("A flag"),
    count=Count("A count", 0, 100),
    price=Figure("A price"),
    name=Line("A name", 8),
    items=Items("Some items", 3),
)


@pytest.mark.parametrize(
    ("body", "values"),
    [
        (b"", {}),
        (b"  ", {}),
        (b"{}", {}),
        (b'{"unknown": [1], "count": null}', {}),
        (b'{"flag": true}', {"flag": True}),
        (b'{"flag": "False"}', {"flag": False}),
        (b'{"count": "7"}', {"count": 7}),
        (b'{"price": 0.1}', {"price": Decimal("0.1")}),
        (b'{"price": "1e2"}', {"price": Decimal("1e2")}),
        (b'{"name": 7}', {"name": "7"}),
        (b'{"items": ["a", "", "b"]}', {"items": ["a", "b"]}),
    ],
)
def test_bodies_are_read_generously(body: bytes, values: dict[str, Any]) -> None:
    assert FORM.read(body) == values


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"7",
        b"\xff",
        b"[" * 50_000,
        b'{"flag": "maybe"}',
        b'{"count": 1.5}',
        b'{"count": 101}',
        b'{"price": "NaN"}',
        b'{"price": true}',
        b'{"price": "x"}',
        b'{"name": "too long a name"}',
        b'{"name": {}}',
        b'{"items": ["a", "b", "c", "d"]}',
    ],
)
def test_what_can_not_be_read_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        FORM.read(body)


def test_queries_take_python_booleans_lists_and_the_last_of_repeated_values() -> None:
    query = b"flag=True&items=a%2Cb&count=1&count=2&unknown=x&price="
    assert FORM.read_query(query) == {"flag": True, "items": ["a", "b"], "count": 2}


@pytest.mark.parametrize("query", [b"\xff", b"name=%ff", b"&".join([b"a=1"] * 100)])
def test_a_query_that_is_no_text_is_refused(query: bytes) -> None:
    with pytest.raises(InvalidRequest):
        FORM.read_query(query)


def test_a_field_that_must_be_there_is_named() -> None:
    with pytest.raises(InvalidRequest, match="conid is missing"):
        lenient(("conid",), conid=Count("The contract's number")).read(b"{}")


def test_the_form_describes_itself_and_lets_more_in() -> None:
    schema = FORM.schema()
    assert schema["additionalProperties"] is True
    assert schema["properties"]["count"]["maximum"] == 100


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("265598", 265598),
        ("0", 0),
        ("9" * 16, 10**16 - 1),
        ("9" * 17, -1),
        ("9" * 5_000, -1),
        ("-1", -1),
        ("٣", -1),
        ("1e5", -1),
        ("", -1),
    ],
)
def test_a_number_is_written_in_plain_digits_and_no_more_than_there_are(
    text: str, number: int
) -> None:
    assert numeral(text) == number
