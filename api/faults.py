"""What is wrong with settings, in words that tell how to mend it.

Each fault is a line: where the value was set, its name, what it is, and what was expected. What was
expected follows from the types and limits of the settings themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from api.sources import Place, Sources, resolved, unknown

_SHOWN_CHARACTERS_MAX = 80
_PLAIN = {
    "boolean": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
}
_NUMBERS = {"integer": "a whole number", "number": "a number"}


def faults(model: type[BaseModel], sources: Sources, error: ValidationError) -> Iterator[str]:
    """A line for each thing that is wrong; each place is named once."""
    schema = model.model_json_schema()
    # A place in a union has a step for each kind that was tried.
    found = {
        tuple(step for step in each["loc"] if isinstance(step, int) or "[" not in step): each
        for each in reversed(error.errors())
    }
    for place, each in reversed(found.items()):
        # A list whose members are at fault is called too short beside; that is no news.
        if not any(len(other) > len(place) == _common(other, place) for other in found):
            origin = sources.origin(place)
            said = _said(schema, place, each)
            yield f"{origin}: {said}" if origin else said


def expected(schema: Mapping[str, Any], place: Place) -> str:
    """What a setting may be, in words."""
    return _words(schema, _part(schema, place))


def _said(schema: Mapping[str, Any], place: Place, error: Any) -> str:
    name = dotted(place)
    match error["type"]:
        case "extra_forbidden":
            known = resolved(schema, _part(schema, place[:-1])).get("properties", {})
            within = dotted(place[:-1])
            return unknown(str(place[-1]), known, f"{within}." if within else "")
        case "missing":
            return f"{name} is missing; expected {expected(schema, place)}"
        case "value_error":
            return f"{name} is {_shown(error['input'])}; {error['ctx']['error']}"
        case _:
            return f"{name} is {_shown(error['input'])}; expected {expected(schema, place)}"


def dotted(place: Place) -> str:
    """A place as it is written."""
    return ".".join(str(each) for each in place)


def _common(one: Place, other: Place) -> int:
    """How many steps two places share from the root."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _part(schema: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    part: Mapping[str, Any] = schema
    for step in place:
        part = resolved(schema, part)
        if isinstance(step, int):
            part = part.get("items", {})
        else:
            others = part.get("additionalProperties")
            named = part.get("properties", {}).get(step)
            part = named or (others if isinstance(others, Mapping) else {})
    return part


def _words(schema: Mapping[str, Any], part: Mapping[str, Any]) -> str:
    part = resolved(schema, part)
    if "anyOf" in part:
        # A decimal may be written as a number or as text: what it is is said by the number.
        kinds = {_words(schema, each): each.get("type") for each in part["anyOf"]}
        if set(kinds.values()) >= {"number", "string"}:
            return next(words for words, kind in kinds.items() if kind == "number")
        return " or ".join(words for words, kind in kinds.items() if kind != "null")
    if "const" in part or "enum" in part:
        choices = part.get("enum") or [part["const"]]
        return f"{'one of ' if len(choices) > 1 else ''}{', '.join(map(str, choices))}"
    kind = part.get("type", "")
    if kind in _NUMBERS:
        return _NUMBERS[kind] + _range(part)
    if kind == "string":
        return _text(part)
    if kind == "array" and "minItems" in part:
        return f"a list of at least {part['minItems']}"
    return _PLAIN.get(kind, "another value")


def _range(part: Mapping[str, Any]) -> str:
    least, above, most = (part.get(name) for name in ("minimum", "exclusiveMinimum", "maximum"))
    if least is not None and most is not None:
        return f" from {least:g} to {most:g}"
    lower = f" of at least {least:g}" if least is not None else ""
    lower = f" above {above:g}" if above is not None else lower
    upper = f" of at most {most:g}" if most is not None else ""
    return " and".join(filter(None, (lower, upper)))


def _text(part: Mapping[str, Any]) -> str:
    if part.get("format") == "path":
        return "the path of a file"
    if "pattern" in part:
        return f"text of the form {part['pattern']}"
    if "maxLength" in part:
        return f"text of {part.get('minLength', 0)} to {part['maxLength']} characters"
    return "text"


def _shown(value: Any) -> str:
    """A value as it was given; what is long is cut, and a table is not printed at all."""
    if isinstance(value, dict):
        return "a table"
    text = repr(str(value))
    return text if len(text) <= _SHOWN_CHARACTERS_MAX else f"{text[:_SHOWN_CHARACTERS_MAX]}…"
