"""The hash chain: every record's hash covers the hash before it, so nothing moves unnoticed.

A changed byte, a missing, doubled or swapped record and a record spliced in from another tape all
break the chain at a sequence number that can be named. The chain detects corruption; it does not
stop someone who can rewrite the whole file, and it cannot see a cut at its own end.

What is hashed is unambiguous: the hash before has a fixed width, and the rest is the record's body,
a single MessagePack value with its number, time, account, cause and event. The body is hashed as it
is stored, so checking a tape takes no field out of it and puts none together.
"""

from __future__ import annotations

from hashlib import blake2b

HASH_BYTES = 16
GENESIS = bytes(HASH_BYTES)
"""What stands in for the hash before the first record."""

_BLANK = blake2b(digest_size=HASH_BYTES)  # copied, because making one costs more than hashing does


def link(previous: bytes, body: bytes) -> bytes:
    """The hash of one record, given the hash of the record before it (`GENESIS` for the first)."""
    hashed = _BLANK.copy()
    hashed.update(previous + body)
    return hashed.digest()
