"""History for a client that comes back: the tape folded again, told by the same narrator.

The fold runs in chunks on a state of its own, so the loop is never held up and the live state is
never touched. Market prices of the past are not on the tape: figures that need one (a position's
current price, unrealized profit, equity) use the last fill price of the symbol as it then was.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING

from api.streams.event import Event
from api.streams.narrator import Narrator
from engine.events import TradeFilled
from engine.state import State

if TYPE_CHECKING:
    from api.streams.wish import Place
    from engine.ports import Prices
    from engine.tape import Record, Tape

CHUNK_RECORDS = 1_000


class LastFills:
    """Prices as the tape alone knows them; exchange rates are today's."""

    def __init__(self, now: Prices) -> None:
        self._now = now
        self._last: dict[str, Decimal] = {}

    def fill(self, symbol: str, price: Decimal) -> None:
        """Take a trade's price as the symbol's."""
        self._last[symbol] = price

    def mark(self, symbol: str) -> Decimal | None:
        """The price of the symbol's last fill; None before the first."""
        return self._last.get(symbol)

    def rate(self, currency: str, into: str) -> Decimal | None:
        """What one unit of ``currency`` is worth now."""
        return self._now.rate(currency, into)


class Retelling:
    """Tells the records after ``place``, oldest first; ``seq`` is the last one folded."""

    def __init__(self, tape: Tape, place: Place, prices: Prices) -> None:
        self.seq = 0
        self._tape = tape
        self._place = place
        self._state = State()
        self._fills = LastFills(prices)
        self._narrator = Narrator(self._state, self._fills)
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
        if isinstance(record.event, TradeFilled):
            self._fills.fill(self._state.trades[record.event.trade_id].symbol, record.event.price)
        if record.seq < first:
            self._narrator.notice(record)
            if record.seq == first - 1:
                self._narrator.look_around()
            return []
        told = self._narrator.tell(record)
        if record.seq > first:
            return told
        return [event for event in told if not self._place.covers(event)]
