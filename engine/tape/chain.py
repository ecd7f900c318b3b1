"""The hash chain: every record's hash covers the hash before it, so nothing moves unnoticed.

A changed byte, a missing, doubled or swapped record and a record spliced in from another tape all
break the chain at a sequence number that can be named. The chain detects corruption; it does not
stop someone who can rewrite the whole file, and it cannot see a cut at its own end.

What is hashed is unambiguous: fixed-width little-endian numbers, the account's length before the
account, and the payload last. Bytes never slide from one field into its neighbour.
"""

from __future__ import annotations

from hashlib import blake2b
from struct import Struct, error

HASH_BYTES = 16
GENESIS = bytes(HASH_BYTES)
"""What stands in for the hash before the first record."""

NotHashable = (error, TypeError, ValueError, AttributeError)
"""What `link` raises for values that no record can hold: wrong types, numbers beyond 64 bits."""

_HEADER = Struct(f"<{HASH_BYTES}sqqqI")
_BLANK = blake2b(digest_size=HASH_BYTES)  # copied, because making one costs more than hashing does


def link(previous: bytes, seq: int, ts: int, account: str, causation: int, payload: bytes) -> bytes:
    """The hash of one record, given the hash of the record before it (`GENESIS` for the first)."""
    name = account.encode()
    header = _HEADER.pack(previous, seq, ts, causation, len(name))
    hashed = _BLANK.copy()
    hashed.update(header + name + payload)
    return hashed.digest()
