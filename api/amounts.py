"""Numbers for the dialects that write them as JSON numbers: exact on the way in and on the way out.

A number is read from the digits that were sent, never through binary arithmetic: ``0.1`` is a
tenth. The words NaN and Infinity, which some clients write though JSON has none, are read so far
that the field they stand in can be named. On the way out a quantity has as few digits as it needs,
and money always a point.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta

from api.forms import Schema, invalid
from engine.requests import FRACTION_DIGITS_MAX, QUANTITY_DIGITS_MAX
from engine.values import decimal_text

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_FINEST = Decimal(1).scaleb(-FRACTION_DIGITS_MAX)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Number: TypeAlias = Annotated[Decimal, Meta(description="A number.")]


def decode(body: bytes) -> Any:
    """What the JSON in ``body`` says, its fractions as decimals; raises msgspec.DecodeError."""
    try:
        return _decoder.decode(body)
    except msgspec.DecodeError:
        if b"NaN" not in body and b"Infinity" not in body:
            raise
        try:
            return json.loads(body.decode(), parse_float=Decimal, parse_constant=Decimal)
        except ValueError as error:
            raise msgspec.DecodeError(str(error)) from None


def shares(value: Decimal) -> Decimal:
    """A quantity as it is written: no digit more than it needs, and at most twelve decimals."""
    return Decimal(decimal_text(_cut(value).normalize()))


def money(value: Decimal) -> Decimal:
    """An amount or a price as it is written: with a point, and at most twelve decimals."""
    plain = shares(value)
    exponent = plain.as_tuple().exponent
    return plain if isinstance(exponent, int) and exponent < 0 else plain.quantize(Decimal("0.1"))


def stamp(ns: int) -> str:
    """A time as ISO 8601 with its offset, which is that of UTC."""
    return (_EPOCH + timedelta(microseconds=ns // 1000)).isoformat()


@dataclass(frozen=True)
class Amount:
    """A JSON number, exactly as written: above or at ``least``, below ``below``, whole if so
    asked.
    """

    meaning: str
    example: float | None = None
    least: int | None = 0
    is_least_allowed: bool = False
    below: int | None = None
    is_whole: bool = False
    is_list = False
    plain = None

    def read(self, name: str, value: Any) -> Decimal:
        """The number."""
        kind = type(value)
        if kind is not int and kind is not Decimal:
            raise invalid(name, value, self._expected)
        number = Decimal(value)
        if not (number.is_finite() and self._is_short(number) and self._is_within(number)):
            raise invalid(name, str(value), self._expected)
        return number

    def read_text(self, name: str, text: Any) -> Decimal:
        """The number, from the digits of a query."""
        try:
            return self.read(name, decode(str(text).encode()))
        except msgspec.DecodeError:
            raise invalid(name, text, self._expected) from None

    def schema(self) -> Schema:
        """A number with its bounds."""
        schema: Schema = {"type": "number", "description": self.meaning}
        if self.is_whole:
            schema["multipleOf"] = 1
        if self.least is not None:
            schema["minimum" if self.is_least_allowed else "exclusiveMinimum"] = self.least
        if self.below is not None:
            schema["exclusiveMaximum"] = self.below
        if self.example is not None:
            schema["examples"] = [self.example]
        return schema

    @property
    def _expected(self) -> str:
        words = ["a whole number" if self.is_whole else "a number"]
        if self.least is not None:
            words.append(f"{'at least' if self.is_least_allowed else 'greater than'} {self.least}")
        if self.below is not None:
            words.append(f"below {self.below}")
        words.append(f"at most {QUANTITY_DIGITS_MAX} digits before the point")
        return ", ".join([*words, f"{FRACTION_DIGITS_MAX} after it"])

    def _is_short(self, number: Decimal) -> bool:
        if number.adjusted() >= QUANTITY_DIGITS_MAX or number.adjusted() < -FRACTION_DIGITS_MAX:
            return not number
        exponent = number.normalize().as_tuple().exponent
        return isinstance(exponent, int) and exponent >= -FRACTION_DIGITS_MAX

    def _is_within(self, number: Decimal) -> bool:
        if self.is_whole and number != number.to_integral_value():
            return False
        if self.least is not None and (
            number < self.least or (number == self.least and not self.is_least_allowed)
        ):
            return False
        return self.below is None or number < self.below


def _cut(value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    too_fine = isinstance(exponent, int) and exponent < -FRACTION_DIGITS_MAX
    return value.quantize(_FINEST) if too_fine else value
