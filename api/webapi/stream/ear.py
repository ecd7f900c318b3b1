"""The queue of one client of this stream: what the hub lets out, made into text as it is taken.

It hears the rows of the accounts that are meant at that time, and what was said to it alone.
Ready messages may be put beside the hub where they are no facts: a heartbeat, the state of the
session, a complaint.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Sequence
from itertools import count
from typing import TYPE_CHECKING

from api.refusals import encode
from api.streams.event import Event
from api.streams.subscriber import Subscriber
from api.webapi.stream.shown import DIALECT, Shown, said

if TYPE_CHECKING:
    from api.auth import Principal
    from api.streams.limits import StreamLimits
    from api.webapi.stream.topic import Message

_numbers = count(1)
Garble = Callable[[str], Sequence[str]]
"""What becomes of a message on its way: itself, as a rule."""


class Ear(Subscriber):
    """One client's queue. ``meant`` says whose rows it hears now; ``shape`` makes of what was shown
    the message to send, if any.
    """

    def __init__(
        self,
        meant: Callable[[], Collection[str]],
        limits: StreamLimits,
        caller: Principal,
        shape: Callable[[Shown], Message | None],
        garble: Garble,
    ) -> None:
        super().__init__("", limits, caller)
        self.name = f"{DIALECT} {next(_numbers)}"
        self.dialects = (DIALECT, self.name)
        self._meant = meant
        self._shape = shape
        self._garble = garble
        self._texts: deque[str] = deque()

    def put(self, events: Sequence[Event], *, is_step: bool = False) -> None:
        """Queue a batch, as it concerns the accounts that are meant now."""
        self.accounts = ("", *self._meant())
        super().put(events, is_step=is_step)

    def put_latest(self, key: str, event: Event) -> None:
        """Pass over what only the streams of the Trading API show."""

    def say(self, message: Message) -> None:
        """Queue what is no fact."""
        self.put([said(self.name, message)])

    def take(self) -> Event | None:
        """The next message to send, as text, or None."""
        while not self._texts:
            event = super().take()
            if event is None:
                return None
            message = self._shape(event) if isinstance(event, Shown) else None
            if message is not None:
                self._texts.extend(self._garble(encode(message).decode()))
        return Event("", self._texts.popleft(), DIALECT)
