"""Bodies as nearly all are written: every value in its plainest form, decoded in one go.

A `Form` defines what is accepted, and reads it name by name. What is made here of its fields is
only quicker, and takes less: no word in mixed letter case, for one. A body that it does not take is
left to the form, which reads it after all or says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, NotRequired, Required, TypedDict

import msgspec

if TYPE_CHECKING:
    from api.forms import Field

ReadPlain = Callable[[bytes], dict[str, Any] | None]
_typed_dict: Any = TypedDict
_UNREAD = (str, str | int)
"""Plain types that do not say everything: what is decoded so is read as the form reads it."""


def plain_reader(fields: Mapping[str, Field], required: Collection[str]) -> ReadPlain:
    """What gives the values of a body that is plainly written, and None for any other.

    It raises InvalidRequest, as the form would, for a body whose texts alone are wrong. If a field
    has no plain type, no body is plain.
    """
    plain = {name: field.plain for name, field in fields.items()}
    if None in plain.values():
        return lambda _body: None
    types = {
        name: Required[kind] if name in required else NotRequired[kind | None]
        for name, kind in plain.items()
    }
    decode = msgspec.json.Decoder(_typed_dict("Plain", types)).decode
    readers = {name: fields[name].read for name, kind in plain.items() if kind in _UNREAD}

    def read(body: bytes) -> dict[str, Any] | None:
        try:
            values: dict[str, Any] = decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        # As many colons as there are values: no name is unknown, and none was there twice.
        others = body.count(b":") - len(values)
        if others and others != _colons_in_texts(body, values):
            return None
        has_null = False
        for name, value in values.items():
            reader = readers.get(name)
            if value is None:
                has_null = True
            elif reader is not None:
                values[name] = reader(name, value)
        return _without_null(values) if has_null else values

    return read


def _colons_in_texts(body: bytes, values: dict[str, Any]) -> int | None:
    """How many colons of ``body`` stand in values; None if some may be written as escapes."""
    if b"\\" in body:
        return None
    return sum(value.count(":") for value in values.values() if type(value) is str)


def _without_null(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
