"""Messages of this stream on their way through the hub, still as values.

They wait in the hub's order until their facts are durable. What a client is sent of an order
depends on what it was sent before, so a message becomes text only when it is taken from the queue.
"""

from __future__ import annotations

from typing import Any

from api.streams.event import Event

DIALECT = "webapi"
ORDER, TRADE, NOTICE, SAID = "order", "trade", "notice", "said"
"""The names of what is shown: the row of an order or an execution, which every client of the
account makes its own message of; what every client of the account is told unasked; and a message
that is ready.
"""


class Shown(Event, frozen=True):
    """A row, or a ready message, in ``value``."""

    value: Any = None


def row(kind: str, seq: int, account: str, value: dict[str, Any]) -> Shown:
    """A row for every client that has selected ``account``."""
    return Shown("", "", kind, seq, account, dialect=DIALECT, value=value)


def said(to: str, value: Any) -> Shown:
    """A ready message for the one client whose queue is called ``to``."""
    return Shown("", "", SAID, dialect=to, value=value)
