"""What the gateway answers to an order: one of a few things, told apart by their keys alone.

The same call gives an acknowledgement, a question, a refusal or a failure that looks like success,
under any status, in a list or bare. `read` finds out which it is. What is none of them settles
nothing and raises.
"""

from __future__ import annotations

from typing import Any

import msgspec

from adapters.brokers.ibkr_web.errors import NotAnswered
from adapters.brokers.ibkr_web.numerals import name
from adapters.brokers.ibkr_web.transport import Answer

ALREADY_THERE = "Local order ID="
"""In the words with which a `cOID` that was used before is refused: an order has it."""
NOTHING_ASKED = "reply id not found"
"""In the words for a question that is not open any more."""


class Taken(msgspec.Struct, frozen=True):
    """The gateway took it under this id."""

    order_id: str
    status: str = ""


class Asked(msgspec.Struct, frozen=True):
    """The gateway asks before it takes it; ``kinds`` are the ids of its kinds of question."""

    reply_id: str
    kinds: tuple[str, ...]
    text: str


class AskedByServer(msgspec.Struct, frozen=True):
    """A server behind the gateway asks, after the order got an id; it takes one of ``options``."""

    order_id: str
    request_id: str
    kind: str
    text: str
    options: tuple[str, ...]


class Refused(msgspec.Struct, frozen=True):
    """The gateway will not; final, and nothing of it stands."""

    text: str


OrderAnswer = Taken | Asked | AskedByServer | Refused


def read(answer: Answer, what: str) -> OrderAnswer:
    """What an answer to ``what`` means; NotAnswered if it settles nothing."""
    found = answer.document
    rows = found if isinstance(found, list) else [found]
    for row in rows:
        if isinstance(row, dict):
            read_row = _row(row)
            if read_row is not None:
                return read_row
    said = answer.error
    if not said or answer.status >= 500 or not answer.is_document:
        raise NotAnswered(f"{what}: {said or 'an answer of no known kind'}")
    if ALREADY_THERE in said or NOTHING_ASKED in said:
        raise NotAnswered(f"{what}: {said}")
    return Refused(said)


def _row(row: dict[str, Any]) -> OrderAnswer | None:
    if row.get("error"):
        return None  # its words are judged together with the status
    if row.get("prompt") is True or "reqId" in row:
        return AskedByServer(
            name(row.get("orderId")),
            name(row.get("reqId")),
            name(row.get("messageId")),
            str(row.get("text", "")),
            _texts(row.get("options")),
        )
    if "message" in row and "id" in row:
        text = "\n".join(_texts(row["message"]))
        return Asked(name(row["id"]), _texts(row.get("messageIds")), text)
    if "order_id" in row:
        return _acknowledged(row)
    return None


def _acknowledged(row: dict[str, Any]) -> OrderAnswer:
    order_id, status = name(row["order_id"]), str(row.get("order_status", ""))
    if order_id in ("-1", "") or status == "Failed":
        text = row.get("text") or row.get("warning_message") or "the order failed"
        return Refused(str(text))
    return Taken(order_id, status)


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(one) for one in (value if isinstance(value, list) else [value]))
