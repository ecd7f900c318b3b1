"""What a line asks the edge to do: the only effects it has on the world.

Each action is carried out once, and what came of it is told to the line by the call named with it.
An action that fails tells the line so; nothing is ever tried again by the edge itself.
"""

from __future__ import annotations

import msgspec

from engine.orders import Order
from engine.ports import Instruction
from engine.values import NANOSECONDS


class Connect(msgspec.Struct, frozen=True):
    """Open the line and subscribe: then ``opened``, or ``lost``, or ``refused``."""


class Disconnect(msgspec.Struct, frozen=True):
    """Let go of the line, if it is still there. The line expects no word of it."""

    reason: str


class Send(msgspec.Struct, frozen=True):
    """Send an instruction, but only once the tape is durable as far as it is now: then
    ``answered`` with the reports that came back (none where they come by ``heard``), or
    ``unanswered``.
    """

    instruction: Instruction


class LookUp(msgspec.Struct, frozen=True):
    """Search for an order by our id: then ``looked_up`` or ``lookup_failed``."""

    order: Order


class TakeSnapshot(msgspec.Struct, frozen=True):
    """Ask for the whole of an account: then ``snapshot_taken`` or ``snapshot_failed``."""

    account: str


Action = Connect | Disconnect | Send | LookUp | TakeSnapshot


class Timing(msgspec.Struct, frozen=True):
    """How long a line waits, ns."""

    open_ns: int = 30 * NANOSECONDS
    """For a connection to open."""
    answer_ns: int = 10 * NANOSECONDS
    """For the answer to an instruction, before its outcome is unknown."""
    snapshot_ns: int = 30 * NANOSECONDS
    """For a snapshot, before it failed."""
    lookup_ns: int = 10 * NANOSECONDS
    """For a lookup, before it failed."""
    reconcile_ns: int = 30 * NANOSECONDS
    """Between two reconciliations on a line that is connected."""
    alarm_ns: int = 300 * NANOSECONDS
    """Out of reach for so long, a line raises its voice."""
    buffered_max: int = 100_000
    """Reports kept while a snapshot is under way; with one more the line is lost."""
