"""One line of the tape: a fact, numbered, stamped and attributed.

A record never changes once it is appended. Its `seq` is contiguous from 1, its `ts` is the time of
the event in nanoseconds since the Unix epoch (UTC), and `causation` is the `seq` of the record that
brought it about, 0 where nothing on the tape did.
"""

from __future__ import annotations

import msgspec

from engine.events import Event


class Record(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A fact on the tape with its place in the order of things; as MessagePack an array."""

    seq: int
    ts: int
    account: str
    causation: int
    event: Event


body_of = msgspec.msgpack.Encoder().encode
"""A record as bytes: what a tape stores, and what the record's hash covers."""
