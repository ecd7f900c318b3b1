"""What traded, whoever drove: one digest over the trading facts of a tape.

Left out are the facts about running (sessions, connections, what workers keep, what clients were
asked before an order). What remains is
numbered anew, and so are the ids made of numbers (``ord_``, ``trd_``, ``pos_``), so that two runs
in which the same was done at the same times have the same digest: in process, or through an API,
with restarts or without.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from engine import events as ev
from engine.tape.digests import digest
from engine.tape.record import Record

RUNNING = frozenset(
    {
        ev.SessionStarted,
        ev.SessionEnded,
        ev.BrokerConnected,
        ev.BrokerDisconnected,
        ev.BrokerReconciled,
        ev.WorkerStateSet,
        ev.PromptRaised,
        ev.PromptAnswered,
        ev.PromptsSuppressed,
    }
)
"""Facts about running, which say nothing of what traded."""

_ID = re.compile(rb"(ord|trd|pos)_(\d{10})")


def trading_digest(records: Iterable[Record]) -> bytes:
    """The digest over the trading facts of ``records``, which start at a tape's first record."""
    numbers: dict[int, int] = {}
    return digest(_trading(records, numbers), _Renumbering(numbers))


def _trading(records: Iterable[Record], numbers: dict[int, int]) -> Iterator[Record]:
    """The trading facts, their places noted in ``numbers`` by their place on the tape."""
    for record in records:
        if type(record.event) not in RUNNING:
            numbers[record.seq] = len(numbers) + 1
            yield record


class _Renumbering:
    """Encodes facts with the numbers in their ids replaced, length by length."""

    def __init__(self, numbers: dict[int, int]) -> None:
        self._numbers = numbers

    def encode(self, event: ev.Event, /) -> bytes:
        """The fact as bytes, as if the facts about running had never been."""
        return _ID.sub(self._renumbered, ev.encode(event))

    def _renumbered(self, found: re.Match[bytes]) -> bytes:
        return b"%s_%010d" % (found[1], self._numbers.get(int(found[2]), 0))
