"""Staleness of market data, symbol by symbol: how long since the market was last heard.

A symbol is stale once nothing was heard of it for the limit, and fresh with the next word. Each
change is told once, with the symbols it concerns together, as the stream's ``data_staleness``
messages want them. Symbols that were never heard of count from when they began to be watched.
"""

from __future__ import annotations

import msgspec

from engine.values import NANOSECONDS

LIMIT_NS = 30 * NANOSECONDS


class Change(msgspec.Struct, frozen=True):
    """Symbols that became stale (``since`` is when the first of them was last heard) or fresh."""

    is_stale: bool
    symbols: tuple[str, ...]
    since: int | None = None


class Staleness:
    """When each watched symbol was last heard."""

    def __init__(self, limit_ns: int = LIMIT_NS) -> None:
        self._limit = limit_ns
        self._heard: dict[str, int] = {}
        self._stale: set[str] = set()
        self._fresh: list[str] = []

    def watch(self, symbol: str, now: int) -> None:
        """Begin to watch a symbol; nothing changes for one that is watched already."""
        self._heard.setdefault(symbol, now)

    @property
    def watched(self) -> set[str]:
        """The symbols that are watched."""
        return set(self._heard)

    def forget(self, symbol: str) -> None:
        """Stop watching a symbol."""
        self._heard.pop(symbol, None)
        self._stale.discard(symbol)

    def heard(self, symbol: str, now: int) -> None:
        """Note that the market spoke of ``symbol``."""
        self._heard[symbol] = now
        if symbol in self._stale:
            self._stale.discard(symbol)
            self._fresh.append(symbol)

    def is_stale(self, symbol: str, now: int) -> bool:
        """Whether what is known of ``symbol`` is too old; so is what was never watched."""
        heard = self._heard.get(symbol)
        return heard is None or now - heard >= self._limit

    def changes(self, now: int) -> list[Change]:
        """What became fresh or stale since the last call."""
        told = []
        if self._fresh:
            told.append(Change(False, tuple(sorted(self._fresh))))
            self._fresh = []
        turned = [
            symbol
            for symbol, heard in self._heard.items()
            if symbol not in self._stale and now - heard >= self._limit
        ]
        if turned:
            self._stale.update(turned)
            since = min(self._heard[symbol] for symbol in turned)
            told.append(Change(True, tuple(sorted(turned)), since))
        return told

    @property
    def wake_at(self) -> int | None:
        """When the next symbol turns stale if nothing is heard; None if none can."""
        live = [at for symbol, at in self._heard.items() if symbol not in self._stale]
        return min(live) + self._limit if live else None
