"""``ctx.state``: a few values that a worker keeps, as facts on the tape.

A value is what JSON has (texts, numbers, truth values, None, lists, dictionaries with text keys),
and decimals, which come back as decimals. Every change is a fact, so on a durable tape a restarted
worker finds what it had; setting what is already there writes nothing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from engine import events as ev
from engine.core import Engine
from engine.errors import InvalidRequest
from engine.worker.line import Line

_DECIMAL = "$decimal"
_KINDS = "what JSON has, or a Decimal"


class Memory:
    """What the worker called ``name`` keeps for ``account``."""

    def __init__(self, engine: Engine, account: str, name: str, line: Line) -> None:
        self._engine = engine
        self._account = account
        self._name = name
        self._line = line

    def get(self, key: str, default: Any = None) -> Any:
        """The value under ``key``, a new copy each time; ``default`` where there is none."""
        text = self._engine.state.workers.get(self._name, {}).get(key)
        return default if text is None else _unpacked(msgspec.json.decode(text))

    def set(self, key: str, value: Any) -> None:
        """Keep ``value`` under ``key``; InvalidRequest for one that can not be written down."""
        text = msgspec.json.encode(_packed(key, value)).decode()
        self._line.call(self._write, key, text)

    def delete(self, key: str) -> None:
        """Forget ``key``; nothing happens where it is not known."""
        self._line.call(self._write, key, None)

    def keys(self) -> list[str]:
        """Every key that has a value, in the order they were first set."""
        return list(self._engine.state.workers.get(self._name, {}))

    def _write(self, key: str, text: str | None) -> None:
        known = self._engine.state.workers.get(self._name, {}).get(key)
        if known != text:
            self._engine.write(self._account, ev.WorkerStateSet(self._name, key, text))


def _packed(key: str, value: Any) -> Any:
    """``value`` in JSON's own kinds."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return {_DECIMAL: str(value)}
        case list() | tuple():
            return [_packed(key, each) for each in value]
        case dict() if all(isinstance(name, str) for name in value):
            return {name: _packed(key, each) for name, each in value.items()}
    raise InvalidRequest(key, repr(value), _KINDS)


def _unpacked(value: Any) -> Any:
    match value:
        case {"$decimal": text, **rest} if not rest:
            return Decimal(text)
        case list():
            return [_unpacked(each) for each in value]
        case dict():
            return {name: _unpacked(each) for name, each in value.items()}
    return value
