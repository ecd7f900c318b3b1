"""The kinds of field a form may have: texts, words, exact numbers, whole numbers, flags, times.

Each is a small frozen object that satisfies `forms.Field`. Numbers are read from decimal strings,
or from JSON integers; a JSON float is refused, because it may already be another number than the
one that was meant. Words are read in any letter case.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import Annotated, Any

from msgspec import Meta

from api.forms import Schema, invalid

_NUMBER = r"[0-9]{1,18}(\.[0-9]{1,12})?([eE][+-]?[0-9]{1,2})?"
_is_number = re.compile(_NUMBER).fullmatch
_is_whole = re.compile(r"[0-9]{1,19}").fullmatch
_lost_plus = re.compile(r"([0-9-]{10}[Tt ][0-9:.]+) ([0-9]{2}:?[0-9]{2})").fullmatch
_has_time = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}.*").fullmatch
_NUMBER_TEXT = 'a number without a sign as a decimal string, such as "150.25"'
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_INTEGER_MAX = 10**18 - 1


class FromText(ABC):
    """A kind that reads text from a query as it reads a JSON string."""

    is_list = False

    @property
    def plain(self) -> Any:
        """A text, which is still to be read."""
        return str

    @abstractmethod
    def read(self, name: str, value: Any) -> Any:
        """The value that JSON gives; raises InvalidRequest."""

    def read_text(self, name: str, text: Any) -> Any:
        """The value that a query gives; raises InvalidRequest."""
        return self.read(name, text)


@dataclass(frozen=True)
class Text(FromText):
    """A printable text of 1 to ``characters_max`` characters."""

    meaning: str
    characters_max: int = 128
    example: str | None = None

    def read(self, name: str, value: Any) -> str:
        """The text itself."""
        if type(value) is str and 0 < len(value) <= self.characters_max and value.isprintable():
            return value
        raise invalid(name, value, f"a text of 1 to {self.characters_max} printable characters")

    def schema(self) -> Schema:
        """A string with its lengths."""
        schema: Schema = {
            "type": "string",
            "minLength": 1,
            "maxLength": self.characters_max,
            "description": self.meaning,
        }
        if self.example is not None:
            schema["examples"] = [self.example]
        return schema


@dataclass(frozen=True)
class Word(FromText):
    """One word of a closed set, in any letter case."""

    words: Iterable[str]
    meaning: str

    @cached_property
    def _known(self) -> dict[str, str]:
        words = list(self.words)
        return {str(word).lower(): word for word in words} | {str(word): word for word in words}

    @property
    def plain(self) -> Any:
        """The words in their own case and in lower case, decoded as the members of the set."""

        class Written(Enum):
            """A decoder looks values up where this itself does, and gives what stands there."""

        known: Any = self._known
        Written._value2member_map_.update(known)
        return Written

    def read(self, name: str, value: Any) -> str:
        """The member of the set."""
        if type(value) is str:
            found = self._known.get(value) or self._known.get(value.lower())
            # Lower-casing may fold letters outside ASCII; those are other words.
            if found is not None and value.isascii():
                return found
        raise invalid(name, value, "one of " + ", ".join(self.words))

    def schema(self) -> Schema:
        """A pattern of the words: it alone can say that letter case does not matter."""
        words = [str(word) for word in self.words]
        return {
            "type": "string",
            "pattern": f"^({'|'.join(_any_case(word) for word in words)})$",
            "description": f"{self.meaning}: {', '.join(words)}, in any letter case.",
            "examples": words,
        }


@dataclass(frozen=True)
class Words:
    """Several words of a closed set: given repeatedly, or with commas between them, or both."""

    words: Iterable[str]
    meaning: str
    is_list = True
    plain = None

    @cached_property
    def _word(self) -> Word:
        return Word(self.words, self.meaning)

    def read(self, name: str, value: Any) -> frozenset[str]:
        """The members of the set."""
        if type(value) is not list or not value:
            raise invalid(name, value, "a list of words")
        return frozenset(self._word.read(name, one) for one in value)

    def read_text(self, name: str, text: Any) -> frozenset[str]:
        """The members of the set, from every text given."""
        return self.read(name, [word.strip() for given in text for word in given.split(",")])

    def schema(self) -> Schema:
        """A list of strings, each some words with commas between them."""
        one = self._word.schema()
        word = one["pattern"].removeprefix("^").removesuffix("$")
        items = {"type": "string", "pattern": f"^{word}(,{word})*$", "examples": one["examples"]}
        return {
            "type": "array",
            "items": items,
            "minItems": 1,
            "maxItems": 16,
            "description": one["description"],
        }


@dataclass(frozen=True)
class Number(FromText):
    """An exact number, zero or more, from a decimal string or a JSON integer."""

    meaning: str
    example: str | None = None

    @property
    def plain(self) -> Any:
        """A text or an integer, which is still to be read."""
        return str | int

    def read(self, name: str, value: Any) -> Decimal:
        """The number, digit for digit."""
        if type(value) is str and _is_number(value):
            return Decimal(value)
        if type(value) is int and 0 <= value <= _INTEGER_MAX:
            return Decimal(value)
        if type(value) is float:
            raise invalid(
                name, value, 'a decimal string such as "150.25": a JSON float is not exact'
            )
        raise invalid(name, value, _NUMBER_TEXT)

    def schema(self) -> Schema:
        """A string of digits, or an integer."""
        text: Schema = {"type": "string", "pattern": f"^{_NUMBER}$"}
        if self.example is not None:
            text["examples"] = [self.example]
        whole = {"type": "integer", "minimum": 0, "maximum": _INTEGER_MAX}
        return {"anyOf": [text, whole], "description": self.meaning}


@dataclass(frozen=True)
class Whole:
    """A whole number from ``least`` to ``most``."""

    meaning: str
    least: int
    most: int
    is_list = False

    @property
    def plain(self) -> Any:
        """An integer within its bounds."""
        return Annotated[int, Meta(ge=self.least, le=self.most)]

    def read(self, name: str, value: Any) -> int:
        """The number, from a JSON integer."""
        if type(value) is int and self.least <= value <= self.most:
            return value
        raise invalid(name, value, f"a whole number from {self.least} to {self.most}")

    def read_text(self, name: str, text: Any) -> int:
        """The number, from digits."""
        return self.read(name, int(text) if _is_whole(text) else text)

    def schema(self) -> Schema:
        """An integer with its bounds."""
        return {
            "type": "integer",
            "minimum": self.least,
            "maximum": self.most,
            "description": self.meaning,
        }


@dataclass(frozen=True)
class Flag:
    """True or false."""

    meaning: str
    is_list = False
    plain = bool

    def read(self, name: str, value: Any) -> bool:
        """The JSON boolean."""
        if type(value) is bool:
            return value
        raise invalid(name, value, "true or false")

    def read_text(self, name: str, text: Any) -> bool:
        """The boolean, from the words true and false."""
        if text in ("true", "false"):
            return bool(text == "true")
        raise invalid(name, text, "true or false")

    def schema(self) -> Schema:
        """A boolean."""
        return {"type": "boolean", "description": self.meaning}


@dataclass(frozen=True)
class Moment(FromText):
    """A time in ISO 8601; one without an offset is in UTC. Read as nanoseconds since 1970."""

    meaning: str

    def read(self, name: str, value: Any) -> int:
        """Nanoseconds since 1970, UTC."""
        if type(value) is str and len(value) <= 40:
            # A plus that was not percent-encoded arrives as a space.
            lost = _lost_plus(value)
            text = f"{lost[1]}+{lost[2]}" if lost else value
            text = text.replace("t", "T").replace("z", "Z")
            if _has_time(text):
                try:
                    time = datetime.fromisoformat(text)
                except ValueError:
                    raise invalid(name, value, _TIME) from None
                time = time if time.tzinfo else time.replace(tzinfo=UTC)
                return (time - _EPOCH) // _MICROSECOND * 1000
        raise invalid(name, value, _TIME)

    def schema(self) -> Schema:
        """A date and time."""
        return {
            "type": "string",
            "format": "date-time",
            "description": self.meaning,
            "examples": ["2025-01-15T10:30:00Z"],
        }


_TIME = "a time in ISO 8601, such as 2025-01-15T10:30:00Z"


def _any_case(word: str) -> str:
    return "".join(f"[{c.upper()}{c.lower()}]" if c.isalpha() else re.escape(c) for c in word)
