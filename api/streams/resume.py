"""History for a client that comes back: the tape folded again, told by the same narrator.

The fold runs in chunks on a state of its own, so the loop is never held up and the live state is
never touched. Market prices of the past are not on the tape: figures that need one (a position's
current price, unrealized profit, equity) use the account's last fill of the symbol as it then was.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from api.streams.event import Event
from api.streams.fills import RatesAlone
from api.streams.narrator import Narrator
from engine.state import State

if TYPE_CHECKING:
    from api.streams.fills import PricesOf
    from api.streams.wish import Place
    from engine.tape import Record, Tape

CHUNK_RECORDS = 1_000


class Retelling:
    """Tells the records after ``place``, oldest first; ``seq`` is the last one folded."""

    def __init__(self, tape: Tape, place: Place, prices_of: PricesOf) -> None:
        self.seq = 0
        self._tape = tape
        self._place = place
        self._state = State()
        self._narrator = Narrator(self._state, lambda account: RatesAlone(prices_of(account)))
        self._records: Iterator[Record] = iter(())

    def next_chunk(self) -> list[Event]:
        """Fold the next records, at most a thousand, and tell those that come after the place."""
        chunk = list(islice(self._records, CHUNK_RECORDS))
        if not chunk:
            self._records = self._tape.records(after=self.seq)
            chunk = list(islice(self._records, CHUNK_RECORDS))
        told: list[Event] = []
        for record in chunk:
            told += self._take(record)
        return told

    def _take(self, record: Record) -> list[Event]:
        first = self._place.first_seq
        self._state.apply(record)
        self.seq = record.seq
        if record.seq < first:
            self._narrator.notice(record)
            if record.seq == first - 1:
                self._narrator.look_around()
            return []
        told = self._narrator.tell(record)
        if record.seq > first:
            return told
        return [event for event in told if not self._place.covers(event)]
