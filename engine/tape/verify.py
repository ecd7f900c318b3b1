"""Whether a tape is what it says: contiguous, and every hash the one its record gives.

The check walks rows as they are stored, in order, and stops at the first one that is wrong, naming
its sequence number. A body is not decoded for that: the hash covers it as it is stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from engine.tape.chain import GENESIS, link
from engine.tape.errors import ChainBroken, TapeDamaged, TapeGap

Row: TypeAlias = tuple[int, bytes, bytes]
"""A stored record: seq, body, hash."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found: `records` good ones, ending at `head`, where the hash is `last_hash`.

    `fault` is what is wrong with the record after `head`, None where the tape is whole.
    """

    records: int
    head: int
    tape_id: str | None
    last_hash: bytes
    fault: TapeDamaged | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return self.fault is None

    @property
    def first_bad_seq(self) -> int | None:
        """The record at which the tape stops being one."""
        return None if self.fault is None else self.fault.seq

    @property
    def reason(self) -> str:
        """What is wrong there, in a sentence; empty where nothing is."""
        return "" if self.fault is None else str(self.fault)


def verify_rows(rows: Iterable[Row], after: int = 0, previous: bytes = GENESIS) -> Report:
    """Check rows that must follow record `after`, whose hash is `previous`.

    The report's `tape_id` is known only when the check starts at the beginning.
    """
    head = after
    tape_id: str | None = None
    for row in rows:
        fault = _fault(row, head, previous)
        if fault is not None:
            return Report(head - after, head, tape_id, previous, fault)
        head, _, previous = row
        if head == 1:
            tape_id = previous.hex()
    return Report(head - after, head, tape_id, previous)


def _fault(row: Row, head: int, previous: bytes) -> TapeDamaged | None:
    """What is wrong with the row that was found after `head`."""
    seq, body, stored = row
    if seq != head + 1:
        return TapeGap(f"record {head + 1} is missing: the next one found is {seq!r}", head + 1)
    if stored != link(previous, body):
        return ChainBroken(
            f"record {seq} does not match its hash: its content, its hash or the order of records"
            " was changed after it was written",
            seq,
        )
    return None
