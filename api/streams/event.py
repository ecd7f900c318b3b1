"""One message on its way to clients: encoded once, and what decides who gets it and when.

The text is shared by every client. ``seq`` is the tape's, 0 for what is not on it (the market).
"""

from __future__ import annotations

import msgspec

from api.streams.messages import Message, encode

EVERYBODY = ("",)
"""Whose events concern all accounts."""


class Event(msgspec.Struct, frozen=True, gc=False):
    """A message as text. ``account`` is empty for what concerns everybody; ``is_last`` marks the
    last message of its record, after which a client may resume by the record's number. ``dialect``
    is empty for the streams of the Trading API; another dialect's are for its own clients alone.
    """

    id: str
    text: str
    name: str
    seq: int = 0
    account: str = ""
    is_last: bool = True
    dialect: str = ""


def event_of(message: Message, account: str = "", *, is_last: bool = True) -> Event:
    """The message, encoded."""
    name: str = message.__struct_config__.tag  # type: ignore[assignment]  # all our tags are text
    return Event(message.event_id or "", encode(message), name, message.seq or 0, account, is_last)
