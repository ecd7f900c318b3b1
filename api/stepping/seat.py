"""A seat at the table: the place of a client whose acknowledgement the clock waits for.

The seat outlives the connection. A client that is torn away leaves it reserved, with everything it
has not acknowledged, and the next one that comes for the same account takes it over; a client that
says goodbye gives it up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.streams.event import Event

if TYPE_CHECKING:
    from api.streams.subscriber import Subscriber
    from api.streams.wish import Place


class Seat:
    """Who sits here, and the events it was sent and has not acknowledged, oldest first."""

    def __init__(self, subscriber: Subscriber) -> None:
        self.account = subscriber.account
        self.subscriber: Subscriber | None = subscriber
        self.awaited: dict[str, Event] = {}

    def expect(self, events: list[Event]) -> None:
        """Wait for an acknowledgement of each of ``events`` that concerns this account."""
        account = self.account
        for event in events:
            if not event.dialect and event.account in ("", account):
                self.awaited[event.id] = event

    def resume(self, after: Place | None) -> list[Event]:
        """What the returning client must be sent beside the history after ``after``.

        Whoever names a place has seen the facts up to it, and is told the later ones from history;
        so only what is not on the tape is left. Without a place, everything is.
        """
        if after is None:
            return list(self.awaited.values())
        seen = [name for name, event in self.awaited.items() if event.seq and after.covers(event)]
        for name in seen:
            del self.awaited[name]
        return [event for event in self.awaited.values() if not event.seq]
