"""Reading stored groups, a page at a time, as records or as the rows that a check walks.

Pages keep memory flat on a tape of any length and end every read transaction quickly, so a slow
consumer never holds back the writer's log. A page is as many groups as give a good mouthful: one
from a backtest, hundreds from a quiet day.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import chain

from adapters.tape_sqlite.files import Unreadable, is_damage
from adapters.tape_sqlite.packing import LINK_BYTES, hash_in, unpack_records, unpack_rows
from engine.tape.errors import TapeDamaged
from engine.tape.record import Record
from engine.tape.verify import Row

PAGE_BYTES = 64 * 1024
PAGE_GROUPS = 64
SEQ_MIN = -(2**63)
SEQ_MAX = 2**63 - 1

_BODIES = f"""
SELECT last, length(links) / {LINK_BYTES}, bodies FROM groups WHERE last > ? ORDER BY last
"""
_GROUPS = "SELECT last, links, bodies FROM groups WHERE last > ? ORDER BY last LIMIT ?"
_LINKS = "SELECT last, links FROM groups WHERE last >= ? ORDER BY last LIMIT 1"


def read_records(
    connection: sqlite3.Connection, after: int = 0, until: int = SEQ_MAX
) -> Iterator[Record]:
    """Stored records with `after < seq <= until`, in order.

    Raises `TapeDamaged` where the file can not be followed, or bytes are met that are no records;
    only `verify` finds all damage.
    """
    return chain.from_iterable(_pages(connection, after, until))


def _pages(connection: sqlite3.Connection, after: int, until: int) -> Iterator[list[Record]]:
    while after < until:
        page, last = _page(connection, after, until)
        if not page:
            return
        # The first group may begin before what is wanted, and the last end beyond it.
        if page[0].seq <= after:
            del page[: after - page[0].seq + 1]
        if last > until:
            del page[until - last :]
        yield page
        after = last


def _page(connection: sqlite3.Connection, after: int, until: int) -> tuple[list[Record], int]:
    """The records of whole groups from the one that holds what follows `after`; the last's seq."""
    last, count, size = after, 0, 0
    bodies: list[bytes] = []
    try:
        cursor = connection.execute(_BODIES, (after,))
        for last, held, body in cursor:
            bodies.append(body)
            count += held
            size += len(body)
            if size >= PAGE_BYTES or last >= until:
                break
        cursor.close()
        return unpack_records(count, bodies), last
    except (*Unreadable, TypeError) as error:
        if not is_damage(error):
            raise
        message = f"the records after {after} can not be read: {error}; verify the tape"
        raise TapeDamaged(message, after + 1) from error


def read_rows(connection: sqlite3.Connection, after: int = 0) -> Iterator[Row]:
    """Stored rows with `seq > after`, as they are, in order.

    Raises `ValueError` at the first that is not whole, after giving all those before it.
    """
    start = None
    while start != after:
        start = after
        # Group by group, so that a damaged page does not take the sound ones before it along.
        for last, links, bodies in connection.execute(_GROUPS, (start, PAGE_GROUPS)):
            if not (isinstance(links, bytes) and isinstance(bodies, bytes)):
                raise ValueError("its group holds something other than bytes")
            yield from unpack_rows(last, links, bodies, start)
            after = last


def last_seq(connection: sqlite3.Connection) -> int:
    """Sequence number of the last stored record, 0 when there is none."""
    found: int | None = connection.execute("SELECT max(last) FROM groups").fetchone()[0]
    return found or 0


def hash_at(connection: sqlite3.Connection, seq: int) -> bytes | None:
    """The stored chain hash of one record; None where there is no such record."""
    group = connection.execute(_LINKS, (seq,)).fetchone()
    if group is None:
        return None
    last, links = group
    return hash_in(last, links, seq) if isinstance(links, bytes) else b""  # a damaged type has none
