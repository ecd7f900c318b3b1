"""One hash for a stream of records, whole or filtered.

Records are numbered anew as they come and causation follows the new numbers, so two tapes that
differ only in what was filtered out (sessions, connections) have the same digest. Over a whole tape
the digest is the hash of its head.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable

import msgspec

from engine.tape.chain import GENESIS, link
from engine.tape.port import Encoder
from engine.tape.record import Record, body_of


def digest(records: Iterable[Record], codec: Encoder) -> bytes:
    """The chain hash over `records` in the order given; their `seq` must rise.

    A cause that was filtered out becomes 0, the mark for "nothing on the tape".
    """
    kept = array("q")
    previous = GENESIS
    for position, record in enumerate(records, start=1):
        kept.append(record.seq)
        cause = _position(kept, record.causation) if record.causation else 0
        # Encoded as a record is, but around bytes that the codec may have made others.
        event = msgspec.Raw(codec.encode(record.event))
        body = body_of((position, record.ts, record.account, cause, event))
        previous = link(previous, body)
    return previous


def _position(kept: array[int], seq: int) -> int:
    """Where a record now stands, counted from 1; 0 when it was not kept."""
    place = bisect_left(kept, seq)
    return place + 1 if place < len(kept) and kept[place] == seq else 0
