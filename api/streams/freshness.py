"""Whether the market is still heard: `data_staleness` messages, symbol by symbol.

A symbol of which nothing came for a while is told as STALE, and as FRESH with the next word of it.
Times are those of a steady clock, so setting the machine's clock makes nothing stale. Nothing here
is on the tape.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from api.streams.event import Event, event_of
from api.streams.messages import DataStaleness
from api.trading import render
from engine.staleness import Staleness


class Freshness:
    """What was heard when, by `clock` in ns, and what is to be told of it. `provider` names where
    the market comes from.
    """

    def __init__(self, limit_ns: int, clock: Callable[[], int], provider: str) -> None:
        self._staleness = Staleness(limit_ns)
        self._clock = clock
        self._provider = provider
        self._told = 0

    def watch(self, symbols: Iterable[str]) -> None:
        """Expect to hear of these from now on."""
        now = self._clock()
        for symbol in symbols:
            self._staleness.watch(symbol, now)

    def watch_only(self, symbols: Collection[str]) -> None:
        """Expect to hear of these from now on, and of no others."""
        for symbol in self._staleness.watched - set(symbols):
            self._staleness.forget(symbol)
        self.watch(symbols)

    def heard(self, symbol: str) -> None:
        """The market spoke of `symbol`."""
        self._staleness.heard(symbol, self._clock())

    def is_stale(self, symbol: str) -> bool:
        """Whether what is known of `symbol` is old."""
        return self._staleness.is_stale(symbol, self._clock())

    def changes(self) -> Iterator[Event]:
        """What became stale or fresh since the last call, as messages."""
        now = self._clock()
        for change in self._staleness.changes(now):
            self._told += 1
            yield event_of(
                DataStaleness(
                    timestamp=render.moment(now),
                    event_id=f"dat_{self._told}_0",
                    event="STALE" if change.is_stale else "FRESH",
                    symbols=list(change.symbols),
                    stale_since=None if change.since is None else render.moment(change.since),
                    broker=self._provider,
                )
            )
