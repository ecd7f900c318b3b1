"""Reading what clients of the gateway write: generously, as the gateway does.

Unknown names are passed over, an empty body is an empty object, the last of repeated values counts,
numbers may come as texts, and booleans as Python and Java write them. What is read is typed and
exact all the same, and what can not be read is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from api.amounts import decode
from api.fields import FromText
from api.forms import PARAMETERS_MAX, Field, Form, Schema, invalid

INTEGER_MAX = 2**53 - 1
_TRUTH = {"true": True, "false": False, "1": True, "0": False}
_DIGITS_MAX = 30


@dataclass(frozen=True)
class Lenient(Form):
    """A form that passes over what it does not know."""

    def read(self, body: bytes) -> dict[str, Any]:
        """The values of a JSON body by name; null counts as absent, and so does no body."""
        return self.take(as_object(body))

    def take(self, given: Mapping[str, Any], place: str = "") -> dict[str, Any]:
        """The values of a decoded object by name."""
        return super().take({n: value for n, value in given.items() if n in self.fields}, place)

    def read_query(self, query: bytes) -> dict[str, Any]:
        """The values of a query string by name."""
        values: dict[str, Any] = {}
        for name, text in pairs(query):
            known = self.fields.get(name)
            if known is not None and text:
                values[name] = known.read_text(name, text)
        self._check_required(values)
        return values

    def schema(self) -> Schema:
        """The form as the JSON Schema of an object that may hold more."""
        return {**super().schema(), "additionalProperties": True}


def as_object(body: bytes) -> dict[str, Any]:
    """The JSON object in ``body``, empty where there is no body."""
    given = as_json(body)
    if type(given) is not dict:
        raise invalid("body", _shown(body), "a JSON object")
    return given


def as_json(body: bytes) -> Any:
    """What the JSON in ``body`` says, its numbers exact; an empty object where there is none."""
    if not body.strip():
        return {}
    try:
        return decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise invalid("body", _shown(body), f"JSON ({error})") from None
    except RecursionError:
        raise invalid("body", _shown(body), "JSON nested less deeply") from None


def pairs(query: bytes) -> list[tuple[str, str]]:
    """The names and values of a query string."""
    try:
        return parse_qsl(query.decode("ascii"), max_num_fields=PARAMETERS_MAX, errors="strict")
    except ValueError:
        raise invalid("query", _shown(query), "percent-encoded UTF-8 of few parameters") from None


@dataclass(frozen=True)
class Truth(FromText):
    """True or false, in any letter case."""

    meaning: str

    def read(self, name: str, value: Any) -> bool:
        """The boolean."""
        found = value if type(value) is bool else _TRUTH.get(str(value).lower())
        if found is None:
            raise invalid(name, value, "true or false")
        return found

    def schema(self) -> Schema:
        """A boolean."""
        return {"type": "boolean", "description": self.meaning}


@dataclass(frozen=True)
class Count(FromText):
    """A whole number from ``least`` to ``most``, as a number or a text."""

    meaning: str
    least: int = 0
    most: int = INTEGER_MAX

    def read(self, name: str, value: Any) -> int:
        """The number."""
        number = figure(value)
        if number is None or number != number.to_integral_value():
            raise invalid(name, value, f"a whole number from {self.least} to {self.most}")
        if not self.least <= number <= self.most:
            raise invalid(name, value, f"a whole number from {self.least} to {self.most}")
        return int(number)

    def schema(self) -> Schema:
        """An integer with its bounds."""
        bounds = {"minimum": self.least, "maximum": self.most}
        return {"type": "integer", **bounds, "description": self.meaning}


@dataclass(frozen=True)
class Figure(FromText):
    """A number, as a number or a text."""

    meaning: str

    def read(self, name: str, value: Any) -> Decimal:
        """The number, digit for digit."""
        number = figure(value)
        if number is None:
            raise invalid(name, value, "a number")
        return number

    def schema(self) -> Schema:
        """A number."""
        return {"type": "number", "description": self.meaning}


@dataclass(frozen=True)
class Line(FromText):
    """A text, or a number that is taken as its digits."""

    meaning: str
    characters_max: int = 256

    def read(self, name: str, value: Any) -> str:
        """The text."""
        text = str(value) if type(value) in (int, Decimal) else value
        if type(text) is not str or len(text) > self.characters_max or not text.isprintable():
            raise invalid(name, value, f"a text of at most {self.characters_max} characters")
        return text

    def schema(self) -> Schema:
        """A string."""
        return {"type": "string", "maxLength": self.characters_max, "description": self.meaning}


@dataclass(frozen=True)
class Items(FromText):
    """Several texts: a list of them in JSON, or one text with commas between."""

    meaning: str
    most: int = 100

    def read(self, name: str, value: Any) -> list[str]:
        """The texts, without those that are empty."""
        given = value if type(value) is list else str(value).split(",")
        texts = [str(one).strip() for one in given]
        found = [one for one in texts if one]
        if len(found) > self.most:
            raise invalid(name, len(found), f"at most {self.most} of them")
        return found

    def schema(self) -> Schema:
        """Texts with commas between them."""
        return {"type": "string", "description": f"{self.meaning}, with commas between them."}


def lenient(required: tuple[str, ...] = (), **fields: Field) -> Lenient:
    """The form of these fields."""
    return Lenient(fields, required)


def figure(value: Any) -> Decimal | None:
    """The finite number that a JSON number or a text is; None where it is none."""
    if type(value) not in (int, str, Decimal) or len(str(value)) > _DIGITS_MAX:
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def numeral(text: str) -> int:
    """The number that plain digits write; -1, which nothing here has, for any other text, and for
    more digits than a number has that is exact everywhere.
    """
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(INTEGER_MAX))
    return int(text) if is_number else -1


def _shown(raw: bytes) -> str:
    return raw[:200].decode("utf-8", "replace")
