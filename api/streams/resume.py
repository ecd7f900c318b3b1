"""History for a client that comes back: the tape folded again, told by the same narrator.

The fold is on a state of its own, so the live state is never touched. Up to the client's place it
tells nothing: it begins with the newest state that is kept at or before the place and runs in a
thread beside the loop, a few at a time. What comes after the place is folded on the loop in chunks.
Market prices of the past are not on the tape: figures that need one (a position's current price,
unrealized profit, equity) use the account's last fill of the symbol as it then was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from threading import Event
from typing import TYPE_CHECKING

from api.streams.fills import RatesAlone
from api.streams.narrator import Narrator
from engine.state import State

if TYPE_CHECKING:
    from api.streams import event
    from api.streams.fills import PricesOf
    from api.streams.wish import Place
    from engine.core import Engine
    from engine.tape import Record, Tape

CHUNK_RECORDS = 1_000
FOLDS_MAX = 2
"""Clients whose place is looked for at once; the others wait for their turn."""

Kept = Callable[[int], State | None]
"""The newest state that is kept of a record or one before it; None where there is none. Any thread
may ask, and has it for itself.
"""


def nothing_kept(_seq: int) -> State | None:
    """What there is of a tape beside which nothing is kept."""


class Retelling:
    """Tells the records after ``place``, oldest first; ``seq`` is the last one folded. It begins
    with a ``state`` that it has for itself, of a record before the place.
    """

    def __init__(
        self, tape: Tape, place: Place, prices_of: PricesOf, state: State | None = None
    ) -> None:
        self._tape = tape
        self._place = place
        self._state = State() if state is None else state
        self._narrator = Narrator(self._state, lambda account: RatesAlone(prices_of(account)))
        self._records: Iterator[Record] = iter(())
        self.seq = self._state.seq
        if state is not None:
            self._narrator.recall()

    def approach(self, is_wanted: Callable[[], bool] = lambda: True) -> None:
        """Fold what comes before the place, for as long as that is wanted."""
        last = self._place.first_seq - 1
        if self.seq < last:
            for record in self._tape.records(after=self.seq):
                if record.seq > last or not is_wanted():
                    break
                self._state.apply(record)
                self.seq = record.seq
                self._narrator.notice(record)
        self._narrator.look_around()

    def next_chunk(self) -> list[event.Event]:
        """Fold and tell the next records, at most a thousand; the place was approached before."""
        chunk = list(islice(self._records, CHUNK_RECORDS))
        if not chunk:
            self._records = self._tape.records(after=self.seq)
            chunk = list(islice(self._records, CHUNK_RECORDS))
        return [told for record in chunk for told in self._take(record)]

    def _take(self, record: Record) -> list[event.Event]:
        self._state.apply(record)
        self.seq = record.seq
        told = self._narrator.tell(record)
        if record.seq > self._place.first_seq:
            return told
        return [one for one in told if not self._place.covers(one)]


class History:
    """What the clients of one engine come back to."""

    def __init__(self, engine: Engine, kept: Kept = nothing_kept) -> None:
        self._engine = engine
        self._kept = kept
        self._threads = ThreadPoolExecutor(FOLDS_MAX, "history")

    async def after(self, place: Place) -> Retelling:
        """What is to be told to a client at ``place``, which the tape has reached."""
        is_left = Event()

        def approached() -> Retelling:
            engine, state = self._engine, self._kept(place.first_seq - 1)
            retelling = Retelling(engine.tape, place, engine.prices_of, state)
            retelling.approach(lambda: not is_left.is_set())
            return retelling

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, approached)
        finally:
            is_left.set()  # the thread may still be at it where the client has gone

    def close(self) -> None:
        """Begin nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
