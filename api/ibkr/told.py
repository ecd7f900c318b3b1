"""Answers of the dialect as a client in this process reads them: what its JSON would decode to.

Everything goes through JSON, so that nobody gets a Decimal where HTTP gives a float. Rows that the
dialect keeps encoded are decoded once; each answer has copies of its own.
"""

from __future__ import annotations

from typing import Any

import msgspec

from api.refusals import encode

KEPT_MAX = 20_000
"""Most decoded rows kept; beyond, they are decoded again."""


class Told:
    """Decodes answers."""

    def __init__(self) -> None:
        self._decoded: dict[int, dict[str, Any]] = {}
        self._raw: dict[int, msgspec.Raw] = {}
        """What is decoded under the same key; held, so that nothing else comes to have its id."""

    def of(self, content: Any) -> Any:
        """The value that a client would read; None for no words."""
        if type(content) is dict and any(map(_has_kept, content.values())):
            return {
                name: self._rows(value) if _has_kept(value) else _decoded(value)
                for name, value in content.items()
            }
        return _decoded(content)

    def _rows(self, rows: list[Any]) -> list[Any]:
        """Rows whose last ones are kept, each a copy."""
        first = next(n for n, row in enumerate(rows) if type(row) is msgspec.Raw)
        kept = rows[first:]
        fresh = [_decoded(row) for row in rows[:first]]
        try:
            return fresh + self._copies(kept)
        except KeyError:
            self._decode(kept)
            return fresh + self._copies(kept)

    def _copies(self, kept: list[msgspec.Raw]) -> list[dict[str, Any]]:
        return list(map(dict.copy, map(self._decoded.__getitem__, map(id, kept))))

    def _decode(self, kept: list[msgspec.Raw]) -> None:
        if len(self._raw) >= KEPT_MAX:
            self._raw.clear()
            self._decoded.clear()
        for row in kept:
            if id(row) not in self._raw:
                self._raw[id(row)] = row
                self._decoded[id(row)] = msgspec.json.decode(row)


def _has_kept(value: Any) -> bool:
    """Whether there are kept rows in a list: they come last."""
    return type(value) is list and bool(value) and type(value[-1]) is msgspec.Raw


def _decoded(value: Any) -> Any:
    text = value if type(value) is bytes else encode(value)
    return msgspec.json.decode(text) if text else None
