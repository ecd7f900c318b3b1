"""What a client asks for when it opens a stream: where to resume, whose events, and its part in it.

``after`` is a sequence number, or the ``event_id`` of a fact's message to resume right behind that
one. Read from the query, or for Server-Sent Events from the Last-Event-ID header. Anything that can
mean nothing is refused by name, before the stream opens.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.accounts import ACCOUNT, account_of
from api.auth import OWNER, Principal, Scope
from api.forms import Form, Schema, invalid

if TYPE_CHECKING:
    from api.desk import Desk
    from api.endpoints import Call
    from api.streams.event import Event

SEQ_MAX = 2**63 - 1
_PLACE = r"([0-9]{1,19}|evt_[0-9]{1,19}_[0-9]{1,4})"
_PARTS = re.compile(r"(?:evt_)?([0-9]{1,19})(?:_([0-9]{1,4}))?", re.ASCII)
_is_place = re.compile(_PLACE, re.ASCII).fullmatch
_EXPECTED = "a sequence number such as 42, or an event id such as evt_42_0"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the stream: behind everything of ``seq``, or behind its message ``part``."""

    seq: int
    part: int | None = None

    @property
    def first_seq(self) -> int:
        """The first record of which the client has not seen every message."""
        return self.seq + 1 if self.part is None else self.seq

    def covers(self, event: Event) -> bool:
        """Whether the client has seen this message of a fact."""
        if event.seq != self.seq or self.part is None:
            return event.seq <= self.seq
        return int(event.id.rpartition("_")[2]) <= self.part


@dataclass(frozen=True)
class PlaceField:
    """The kind of field that a place is."""

    meaning: str
    is_list = False
    plain = None

    def read(self, name: str, value: Any) -> Place:
        """The place itself."""
        match = _PARTS.fullmatch(value) if type(value) is str and _is_place(value) else None
        if match is None or int(match[1]) > SEQ_MAX:
            raise invalid(name, value, _EXPECTED)
        return Place(int(match[1]), None if match[2] is None else int(match[2]))

    read_text = read

    def schema(self) -> Schema:
        """A text of digits, or an event id."""
        return {"type": "string", "pattern": f"^{_PLACE}$", "description": self.meaning}


@dataclass(frozen=True)
class SwitchField:
    """Yes or no, written 1 or 0."""

    meaning: str
    is_list = False
    plain = None

    def read(self, name: str, value: Any) -> bool:
        """Whether it is 1."""
        if value in ("0", "1"):
            return bool(value == "1")
        raise invalid(name, value, "1 or 0")

    read_text = read

    def schema(self) -> Schema:
        """One of the two digits."""
        return {"type": "string", "enum": ["0", "1"], "description": self.meaning}


_AFTER = PlaceField("Resume behind this sequence number, or behind this event id")
STREAM = Form(
    {
        "after": _AFTER,
        "observe": SwitchField("1 to look on: the clock of a backtest does not wait"),
        "account_id": ACCOUNT,
    }
)
EVENTS = Form({"after": _AFTER, "account_id": ACCOUNT})


@dataclass(frozen=True, slots=True)
class Wish:
    """``after`` is None for a client that wants no history; ``observes`` for one that looks on,
    which whoever may only read always does.
    """

    account: str
    after: Place | None = None
    observes: bool = False
    caller: Principal = OWNER


def wish_of(desk: Desk, form: Form, call: Call) -> Wish:
    """Read a request by ``form``; raises InvalidRequest or AccountNotFound. Last-Event-ID wins over
    ``after``, because a browser that reconnects repeats the query of its first attempt.
    """
    given = form.read_query(call.query)
    after = given.get("after")
    last_event_id = call.headers.get(b"last-event-id")
    if last_event_id and form is EVENTS:
        after = _AFTER.read("Last-Event-ID", last_event_id.decode("latin-1"))
    caller = call.caller
    observes = given.get("observe", False) or caller.scope < Scope.TRADE
    return Wish(account_of(desk, call, given), after, observes, caller)
