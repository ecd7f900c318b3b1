"""How records lie in a stored group: their bodies one after another, their hashes beside them.

A body is one record as a MessagePack array of `seq, ts, account, causation, event`, byte for byte
what the record's hash covers; bodies that follow each other, from however many groups, are decoded
in a single call. A link is a record's hash and the length of its body, so that a hash is found
without decoding anything, and damage inside one body never hides where the next begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from struct import Struct

import msgspec

from engine.tape.chain import HASH_BYTES
from engine.tape.record import Record
from engine.tape.verify import Row

_LINK = Struct(f"<{HASH_BYTES}sI")
LINK_BYTES = _LINK.size

pack_link = _LINK.pack
"""A record's hash and the length of its body as a link."""


class _Numbered(msgspec.Struct, gc=False, array_like=True):
    """Of a record only its number; what follows is passed over."""

    seq: int


_decode = msgspec.msgpack.Decoder(list[Record]).decode
_decode_number = msgspec.msgpack.Decoder(_Numbered).decode

_ARRAY_32 = b"\xdd"  # MessagePack's mark before an array whose length has four bytes


def unpack_records(count: int, bodies: Iterable[bytes]) -> list[Record]:
    """The `count` records in `bodies`; raises `ValueError` for bytes that are none."""
    return _decode(b"".join((_ARRAY_32, count.to_bytes(4, "big"), *bodies)))


def unpack_rows(last: int, links: bytes, bodies: bytes, after: int) -> Iterator[Row]:
    """The stored form of a group's records with `seq > after`; the group ends at record `last`.

    Raises `ValueError` at the first record that is not whole, after giving all those before it.
    """
    count, odd = divmod(len(links), LINK_BYTES)
    if odd or not count:
        raise ValueError(f"a group's links have {len(links)} bytes")
    end = 0
    for seq, (stored_hash, length) in enumerate(_LINK.iter_unpack(links), start=last - count + 1):
        start, end = end, end + length
        if seq <= after:
            continue
        if end > len(bodies) or (seq == last and end < len(bodies)):
            raise ValueError(f"the bodies of its group have {len(bodies)} bytes, not {end}")
        body = bodies[start:end]
        stored_seq = _decode_number(body).seq
        if stored_seq != seq:
            raise ValueError(f"there is one that says it is record {stored_seq}")
        yield seq, body, stored_hash


def hash_in(last: int, links: bytes, seq: int) -> bytes | None:
    """The hash of record `seq` in a group that ends at `last`; None where it begins later."""
    start = len(links) - LINK_BYTES * (last - seq + 1)
    return links[start : start + HASH_BYTES] if start >= 0 else None
