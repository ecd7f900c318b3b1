"""What a client may write: fields, each of which reads one value and describes itself.

A `Form` reads a JSON body or a query string into exact, typed values, or raises `InvalidRequest`
naming the field, the value and what was expected: for unknown and repeated names, missing ones,
floats where only exact numbers will do, words outside their set, and texts beyond their length.
The same objects describe themselves as JSON Schema, so the documentation can not drift from what
is accepted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NoReturn, Protocol
from urllib.parse import parse_qsl

import msgspec

from api.plain import ReadPlain, plain_reader
from engine.errors import InvalidRequest

Schema = dict[str, Any]
PARAMETERS_MAX = 64
_SHOWN_CHARACTERS_MAX = 200


class Field(Protocol):
    """One field: how its value is read from JSON or from text, and what it may be."""

    @property
    def is_list(self) -> bool:
        """Whether a query string may give it several times; it is then read from a list."""

    @property
    def plain(self) -> Any:
        """The type of its values in JSON as they are plainly written; None if there is none.

        A value that this type alone makes right is not read any more; see `api.plain`.
        """

    def read(self, name: str, value: Any) -> Any:
        """The value that JSON gives; raises InvalidRequest."""

    def read_text(self, name: str, text: Any) -> Any:
        """The value that a query gives, as text or a list of texts; raises InvalidRequest."""

    def schema(self) -> Schema:
        """What is accepted, as JSON Schema."""


def invalid(name: str, value: Any, expected: str) -> InvalidRequest:
    """The error to raise, with the value shown as JSON and cut to a readable length."""
    if isinstance(value, str):
        shown = value
    else:
        shown = json.dumps(value, default=str) if value is not None else "null"
    return InvalidRequest(name, shown[:_SHOWN_CHARACTERS_MAX], expected)


@dataclass(frozen=True)
class Form:
    """The fields of one body or query string, and which of them must be there.

    ``decode`` reads the JSON of bodies that are not plainly written; it raises msgspec.DecodeError
    for what is none.
    """

    fields: Mapping[str, Field] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    decode: Callable[[bytes], Any] = msgspec.json.decode

    def __post_init__(self) -> None:
        """Refuse a form that requires what it does not have."""
        unknown = set(self.required) - set(self.fields)
        if unknown:
            raise ValueError(f"required: {sorted(unknown)} are not fields of the form")

    def read(self, body: bytes) -> dict[str, Any]:
        """The values of a JSON body by name; null counts as absent."""
        values = self._read_plain(body)
        return self.take(_object(body, self.decode)) if values is None else values

    def take(self, given: Mapping[str, Any], place: str = "") -> dict[str, Any]:
        """The values of a decoded object by name; ``place`` opens the names in errors."""
        values: dict[str, Any] = {}
        fields = self.fields
        for name, value in given.items():
            known = fields.get(name)
            if known is None:
                self._refuse_name(place + name, value)
            if value is not None:
                values[name] = known.read(place + name, value)
        self._check_required(values, place)
        return values

    def read_query(self, query: bytes) -> dict[str, Any]:
        """The values of a query string by name."""
        if not query:
            self._check_required({})
            return {}
        texts: dict[str, list[str]] = {}
        for name, text in _pairs(query):
            texts.setdefault(name, []).append(text)
        values: dict[str, Any] = {}
        for name, given in texts.items():
            known = self.fields.get(name)
            if known is None:
                self._refuse_name(name, given[0])
            if not known.is_list and len(given) > 1:
                raise invalid(name, given, "one value, given once")
            values[name] = known.read_text(name, given if known.is_list else given[0])
        self._check_required(values)
        return values

    def schema(self) -> Schema:
        """The form as the JSON Schema of an object."""
        schema: Schema = {
            "type": "object",
            "properties": {
                name: one.schema() if name in self.required else _or_null(one.schema())
                for name, one in self.fields.items()
            },
            "additionalProperties": False,
        }
        if self.required:
            schema["required"] = list(self.required)
        return schema

    @cached_property
    def _read_plain(self) -> ReadPlain:
        return plain_reader(self.fields, self.required)

    def _check_required(self, values: dict[str, Any], place: str = "") -> None:
        for name in self.required:
            if name not in values:
                schema = self.fields[name].schema()
                raise InvalidRequest(place + name, None, schema.get("description", "a value"))

    def _refuse_name(self, name: str, value: Any) -> NoReturn:
        names = ", ".join(self.fields) or "no field at all"
        raise invalid(name[:_SHOWN_CHARACTERS_MAX], value, f"no such field; known are {names}")


def _or_null(schema: Schema) -> Schema:
    """``schema``, or null, which counts as absent."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    return {**schema, "type": [schema["type"], "null"]}


def _object(body: bytes, decode: Callable[[bytes], Any]) -> dict[str, Any]:
    """The JSON object in ``body``, each name in it once."""
    try:
        given = decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise invalid("body", _text(body), f"a JSON object ({error})") from None
    except RecursionError:
        raise invalid("body", _text(body), "a JSON object nested less deeply") from None
    if type(given) is not dict:
        raise invalid("body", _text(body), "a JSON object")
    # Every name is followed by a colon. As many colons as names: no name was there twice.
    if body.count(b":") != len(given):
        _check_names_differ(body)
    return given


def _check_names_differ(body: bytes) -> None:
    def once(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for name, value in pairs:
            if name in seen:
                raise invalid(name, value, "each name once in an object")
            seen.add(name)

    try:
        json.loads(body, object_pairs_hook=once)
    except RecursionError:
        raise invalid("body", _text(body), "a JSON object nested less deeply") from None


def _pairs(query: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            max_num_fields=PARAMETERS_MAX,
            errors="strict",
        )
    except UnicodeDecodeError:
        raise invalid("query", _text(query), "percent-encoded UTF-8") from None
    except ValueError:
        raise invalid("query", _text(query), f"at most {PARAMETERS_MAX} parameters") from None


def _text(raw: bytes) -> str:
    return raw[:_SHOWN_CHARACTERS_MAX].decode("utf-8", "replace")
