"""What the engine asks of a tape, whichever way it is kept.

A tape takes facts in order and gives them back in order. Appending is immediate in memory;
becoming durable happens later and is told by `durable`, so an acknowledgement waits for
`durable >= seq` and nothing else. A tape is written by one thread; reading is allowed from any.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from engine.events import Event
    from engine.tape.record import Record


class Encoder(Protocol):
    """How a fact becomes bytes; the module `engine.events` is one."""

    def encode(self, event: Event, /) -> bytes:
        """The bytes that stand for the event; equal events give equal bytes."""


class Tape(Protocol):
    """An append-only, ordered log of facts."""

    @property
    def head(self) -> int:
        """Sequence number of the last appended record, 0 when the tape is empty."""

    @property
    def durable(self) -> int:
        """Highest sequence number that survives what this tape promises to survive."""

    @property
    def tape_id(self) -> str | None:
        """The first record's hash in hexadecimal, which names the tape; None while it is empty."""

    def append(self, ts: int, account: str, causation: int, event: Event) -> Record:
        """Number a fact and put it at the end, in memory; raises `TapeFailed` on a dead tape."""

    def records(self, after: int = 0) -> Iterator[Record]:
        """Every record appended so far with `seq > after`, those not yet durable too."""

    def digest(self) -> bytes:
        """The chain's hash at the head; `GENESIS` when the tape is empty."""

    def has_room(self) -> bool:
        """Whether there is storage left for new risk; facts that reduce risk append regardless."""

    def close(self) -> None:
        """Make everything durable and let go of the storage; closing twice is fine."""
