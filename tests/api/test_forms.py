"""A form reads what it lists, once each, and names what it does not know."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.fields import Number, Text, Whole, Words
from api.forms import PARAMETERS_MAX, Form, invalid
from engine.errors import InvalidRequest
from engine.values import Side

FORM = Form(
    {"name": Text("A name"), "size": Number("A size"), "count": Whole("A count", 0, 9)},
    required=("name",),
)
QUERY = Form({"name": Text("A name"), "side": Words(Side, "Sides")})


def refusal(body: bytes) -> InvalidRequest:
    """The error that reading a body ends with."""
    with pytest.raises(InvalidRequest) as raised:
        FORM.read(body)
    return raised.value


def test_values_are_read_by_name_and_null_counts_as_absent() -> None:
    values = FORM.read(b'{"name": "a:b", "size": null, "count": 3}')
    assert values == {"name": "a:b", "count": 3}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"name": "a", "nme": 1}', "nme"),
        (b'{"size": "1"}', "name"),
        (b'{"name": null}', "name"),
        (b'{"name": "a", "size": 1.5}', "size"),
        (b'{"name": "a", "count": {"deep": []}}', "count"),
    ],
)
def test_the_field_at_fault_is_named(body: bytes, field: str) -> None:
    assert refusal(body).details["field"] == field


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b'"text"', b"5", b"{", b'{"name": "a"} x', b"\xff", b"{'name': 1}",
        b'{"name": NaN}', b'{"name": Infinity}', b'{"name": "\\ud800"}', b'{"name": "\xc3"}',
        b"\xef\xbb\xbf{}", b'{"count": 1e400}', b"[" * 60_000, b'{"count": ' + b"[" * 60_000,
    ],
)  # fmt: skip
def test_what_is_not_a_json_object_is_refused_as_the_body(body: bytes) -> None:
    error = refusal(body)
    assert error.details["field"] == "body"
    assert len(error.message) < 600


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "a", "name": "b"}',
        b'{"name": "a", "name" : "b"}',
        b'{"name": "a", "n\\u0061me": "b"}',
        b'{"name": "a:b", "size": 1, "size": 2}',
    ],
)
def test_a_name_that_is_there_twice_is_refused_however_it_is_written(body: bytes) -> None:
    assert "once" in refusal(body).message


def test_a_duplicate_far_too_deep_is_refused_without_a_crash() -> None:
    assert refusal(b'{"name": "::", "count": ' + b"[" * 900 + b"]" * 900 + b"}").details["field"]


def test_a_long_value_is_cut_where_it_is_shown() -> None:
    error = invalid("name", "x" * 5_000, "a text")
    assert len(error.details["value"] or "") == 200


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8) | st.integers(), max_size=5))
def test_any_object_is_read_or_refused_and_nothing_else_happens(given_: dict[str, Any]) -> None:
    try:
        values = FORM.read(json.dumps(given_).encode())
    except InvalidRequest:
        return
    assert set(values) <= set(FORM.fields)


def test_a_query_is_read_by_name_and_lists_gather() -> None:
    assert QUERY.read_query(b"name=a%2Fb&side=buy&side=sell,buy") == {
        "name": "a/b",
        "side": {Side.BUY, Side.SELL},
    }
    assert QUERY.read_query(b"") == {}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        (b"nme=a", "nme"),
        (b"name=a&name=b", "name"),
        (b"name=", "name"),
        (b"name=%FF", "query"),
        (b"name=\xe9", "query"),
        (b"&".join([b"name=a"] * (PARAMETERS_MAX + 1)), "query"),
        (b"side=up", "side"),
    ],
)
def test_a_query_that_can_mean_nothing_is_refused(query: bytes, field: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        QUERY.read_query(query)
    assert raised.value.details["field"] == field


def test_a_required_parameter_is_asked_for() -> None:
    with pytest.raises(InvalidRequest, match="name is missing"):
        FORM.read_query(b"")
    with pytest.raises(InvalidRequest, match="name is missing"):
        FORM.read_query(b"count=1")


def test_a_form_describes_itself_as_a_closed_object() -> None:
    schema = FORM.schema()
    assert schema["required"] == ["name"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["count"]["type"] == ["integer", "null"]
    assert schema["properties"]["name"]["type"] == "string"
    assert {"type": "null"} in schema["properties"]["size"]["anyOf"]
    assert "required" not in QUERY.schema()


def test_a_form_can_not_require_what_it_does_not_have() -> None:
    with pytest.raises(ValueError, match="other"):
        Form({"name": Text("A name")}, required=("other",))
