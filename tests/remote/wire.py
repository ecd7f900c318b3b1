"""What goes over the socket between the little broker and whoever calls it: a JSON object a line.

A client asks with an `Ask` and gets one `Reply` of the same number; whatever happens in the books
comes as `News` to everybody who listens, asked for or not. The test's own hand on the broker uses
the same line with the operations of `tests.remote.server`.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.requests import OrderChange, OrderRequest
from engine.statements import Lookup, Snapshot
from tests.simulation.broker import Told, VenueExecution, VenueOrder

LINE_BYTES_MAX = 1_048_576
ACCOUNT = "R1"
"""The account that the broker keeps."""


class Ask(msgspec.Struct, omit_defaults=True):
    """One question or command, numbered by the asker."""

    number: int
    what: str
    account: str = ""
    client_id: str = ""
    request: OrderRequest | None = None
    change: OrderChange | None = None
    step: str = ""
    on: str = ""
    quantity: Decimal | None = None
    price: Decimal | None = None
    seconds: float = 0.0


class Books(msgspec.Struct):
    """What the broker has seen of one account, for the test to look at."""

    orders: list[VenueOrder]
    executions: list[VenueExecution]
    positions: dict[str, Decimal]
    received: list[tuple[str, str]]
    asked: list[str]


class Reply(msgspec.Struct, tag="reply", omit_defaults=True):
    """The answer to the `Ask` of this number."""

    number: int
    told: Told | None = None
    lookup: Lookup | None = None
    snapshot: Snapshot | None = None
    books: Books | None = None
    error: str = ""
    wait_s: float = 0.0


class News(msgspec.Struct, tag="news"):
    """Something happened."""

    told: Told


_encode = msgspec.json.Encoder().encode
read_ask = msgspec.json.Decoder(Ask).decode
read_said = msgspec.json.Decoder(Reply | News).decode


def line(value: Ask | Reply | News) -> bytes:
    """One line, its end included."""
    return _encode(value) + b"\n"
