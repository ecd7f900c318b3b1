"""What is plainly written is read as a form reads it, name by name, and refused in the same words.

The form itself says what is right: made of fields that have no plain type, it is given the same
bodies.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NoReturn

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.amounts import Amount
from api.fields import Moment, Text, Whole, Word
from api.forms import Field, Form, Schema
from api.plain import plain_reader
from api.stepping.clock import STEP
from api.trading.parse import CHANGE, CLOSE, ORDER
from engine.errors import InvalidRequest
from engine.values import OrderType, Side, TimeInForce

PLAIN = (
    b'{"symbol":"AAPL","side":"BUY","quantity":"10","order_type":"LIMIT",'
    b'"limit_price":"1.250","time_in_force":"DAY"}'
)


@dataclass(frozen=True)
class Spelled:
    """A field that is always read as the form reads it."""

    field: Field
    is_list = False
    plain = None

    def read(self, name: str, value: Any) -> Any:
        """What the field reads."""
        return self.field.read(name, value)

    def read_text(self, name: str, text: Any) -> Any:
        """What the field reads."""
        return self.field.read_text(name, text)

    def schema(self) -> Schema:
        """What the field says of itself."""
        return self.field.schema()


def spelled(form: Form) -> Form:
    """The same form, which reads every body name by name."""
    return replace(form, fields={name: Spelled(field) for name, field in form.fields.items()})


SPELLED = {id(form): spelled(form) for form in (ORDER, CHANGE, CLOSE, STEP)}


def outcome(form: Form, body: bytes) -> str:
    """What reading gives, to the last digit and with the types of its words, or the error."""
    try:
        return repr(form.read(body))
    except InvalidRequest as error:
        return repr((error.code, error.message, error.details))


def unread(body: bytes) -> NoReturn:
    """A form's ``decode`` that must not be needed."""
    raise AssertionError(body)


NAMES = st.sampled_from(
    [json.dumps(name) for form in (ORDER, STEP) for name in form.fields]
    + ['"symb\\u006fl"', '"s\\u0069de"', '"reference"', '"Symbol"', '"note"', '""', "symbol"]
)
TEXTS = [
    "AAPL", "S:AAPL", "::", "a b", "", " ", "x" * 64, "x" * 65, "x" * 129, "é", "\u202e", "\x7f",
    "BUY", "buy", "Sell", "LIMIT", "market", "GTC", "ioc", "CROSS", "PERCENT", "ſell", "BUY ",
    "10", "1.250", "010", "0", "1e5", "1E-7", "1e123", "9" * 18, "9" * 19, "0." + "1" * 12,
    "0." + "1" * 13, "-1", "+1", "1.", ".5", " 1", "1 ", "1_0", "NaN", "sNaN", "Infinity", "１",
    "1\n", "a\tb", "a\\b", 'a"b', "\ud800",
]  # fmt: skip
VALUES = [
    *(json.dumps(text) for text in TEXTS),
    *(json.dumps(text, ensure_ascii=False) for text in TEXTS if text != "\ud800"),
    *("null", "true", "false", "1", "0", "-1", "-0", "1.5", "1e2", "1e400", "9" * 19, "NaN"),
    *("{}", "[]", '{"a":1}', '["BUY"]', "[" * 900 + "]" * 900, '"a\tb"', "", "'a'"),
]
GAPS = st.sampled_from(["", "", "", " ", "\n", "\t ", "\x0b"])
PAIRS = st.builds("{}{}:{}{}".format, NAMES, GAPS, GAPS, st.sampled_from(VALUES))


def with_value(name: str, value: str) -> bytes:
    """The plain order, but for one value."""
    pairs = {given: f'"{word}"' for given, word in json.loads(PLAIN).items()} | {name: value}
    return ("{" + ",".join(f'"{name}":{value}' for name, value in pairs.items()) + "}").encode()


@st.composite
def near(draw: st.DrawFn) -> bytes:
    """An order whose names are nearly all there, some odd and some again, in any order."""
    pairs = [f'"{name}":"{word}"' for name, word in json.loads(PLAIN).items()]
    pairs += draw(st.lists(PAIRS, max_size=2))
    if draw(st.booleans()):
        pairs[draw(st.integers(0, 5))] = draw(PAIRS)
    comma = f"{draw(GAPS)},{draw(GAPS)}"
    return b"{" + comma.join(draw(st.permutations(pairs))).encode() + b"}"


def bitten(body: bytes, place: int, byte: bytes) -> bytes:
    """``body`` with one of its bytes replaced."""
    place %= len(body)
    return body[:place] + byte + body[place + 1 :]


BODIES = (
    near()
    | st.lists(PAIRS, max_size=4).map(lambda pairs: ("{" + ",".join(pairs) + "}").encode())
    | st.builds(bitten, near(), st.integers(0, 1 << 16), st.binary(max_size=2))
    | st.binary(max_size=40)
)


@pytest.mark.parametrize("form", [ORDER, CHANGE], ids=["order", "change"])
@given(body=BODIES)
@example(body=PLAIN)
@example(body=PLAIN.replace(b"}", b',"symb\\u006fl":"MSFT"}'))
@example(body=PLAIN.replace(b"}", b', "symbol" : "MSFT"}'))
@example(body=PLAIN.replace(b'"AAPL"', b'"S:AAPL"').replace(b"}", b',"side":"SELL"}'))
@example(body=PLAIN.replace(b'"AAPL"', b'"S\\u003aAAPL"').replace(b"}", b',"side":"SELL"}'))
@example(body=PLAIN.replace(b'"time', b'"stop_price":null,"stop_price":"1","time'))
@example(body=PLAIN.replace(b'"10"', b'"-1"').replace(b'"1.250"', b"1.25"))
@example(body=PLAIN.replace(b"AAPL", b"\xff"))
@example(body=PLAIN.replace(b"}", b',"note":' + b"[" * 60_000))
@example(body=b"[" * 60_000)
def test_a_plain_body_is_read_and_refused_as_one_that_is_spelled(form: Form, body: bytes) -> None:
    assert outcome(form, body) == outcome(SPELLED[id(form)], body)


@pytest.mark.parametrize("name", ORDER.fields)
def test_every_value_is_read_and_refused_as_one_that_is_spelled(name: str) -> None:
    for value in VALUES:
        body = with_value(name, value)
        assert outcome(ORDER, body) == outcome(SPELLED[id(ORDER)], body)


@pytest.mark.parametrize(
    ("form", "name"), [(form, name) for form in (CHANGE, CLOSE, STEP) for name in form.fields]
)
def test_every_value_alone_is_read_and_refused_as_one_that_is_spelled(
    form: Form, name: str
) -> None:
    for value in [*VALUES, '"2025-01-15T10:30:00Z"', "10000000", "10000001"]:
        body = f'{{"{name}":{value}}}'.encode()
        assert outcome(form, body) == outcome(SPELLED[id(form)], body)


@given(
    st.fixed_dictionaries(
        {
            "symbol": st.sampled_from(["AAPL", "S:AAPL", "EUR/USD", "Société"]),
            "side": st.sampled_from(Side),
            "quantity": st.decimals("0.01", 10_000, places=2).map(str) | st.integers(1, 10_000),
            "order_type": st.sampled_from([*OrderType, *(word.lower() for word in OrderType)]),
        },
        optional={
            "limit_price": st.sampled_from(["0", "1.250", "1e2"]),
            "time_in_force": st.sampled_from(TimeInForce),
            "client_order_id": st.sampled_from(["mine", "day::1", "x" * 128]),
            "stop_loss": st.none(),
            "reduce_only": st.booleans(),
            "margin_mode": st.none(),
            "hidden": st.booleans() | st.none(),
        },
    ),
    st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " :\t")]),
)
def test_what_is_plainly_written_is_decoded_once(
    given_: dict[str, Any], separators: tuple[str, str]
) -> None:
    body = json.dumps(given_, separators=separators, ensure_ascii=False).encode()
    assert outcome(replace(ORDER, decode=unread), body) == outcome(SPELLED[id(ORDER)], body)


def test_words_numbers_and_times_are_of_their_own_types() -> None:
    values = ORDER.read(PLAIN)
    assert type(values["side"]) is Side
    assert str(values["limit_price"]) == "1.250"
    assert STEP.read(b'{"seconds":"0.40","steps":3,"until":"1970-01-01T00:00:01Z"}') == {
        "seconds": Decimal("0.4"),
        "steps": 3,
        "until": 1_000_000_000,
    }


def test_only_what_is_plain_in_every_field_is_taken() -> None:
    fields: dict[str, Field] = {
        "name": Text("A name"),
        "side": Word(Side, "A side"),
        "size": Whole("A size", 0, 9),
        "time": Moment("A time"),
    }
    read = plain_reader(fields, ["name"])
    body = b'{"name":"a","side":"SELL","size":9}'
    assert read(body) == {"name": "a", "side": Side.SELL, "size": 9}
    assert read(body.replace(b"9", b"null")) == {"name": "a", "side": Side.SELL}
    for given_, other in [
        (b"SELL", b"Sell"),
        (b"9", b"10"),
        (b'"a"', b"null"),
        (b'"a"', b'"\\u003a:"'),
    ]:
        assert read(body.replace(given_, other)) is None
    assert plain_reader(fields | {"price": Amount("A price")}, ["name"])(body) is None
