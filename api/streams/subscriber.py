"""The queue between the hub and one client: bounded, and honest about what no longer fits.

Events wait in order. What only shows the present (a live quote, a heartbeat) is kept by key beside
the queue, newest only, so it can never make a client slow. A client whose backlog is over the limit
when the next batch comes is closed; what it was sent last tells it where to resume. All logic is
synchronous; whoever sends waits on ``wake``.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from api.auth import OWNER, Principal
from api.streams.event import Event
from api.streams.limits import REVOKED, TOO_SLOW, StreamLimits

REVOKED_TIMEOUT_S = 0.3
"""Longest wait for somebody to take the farewell whose key opens nothing any more."""


@dataclass(frozen=True, slots=True)
class Closing:
    """How a stream will be closed."""

    code: int
    reason: str


class Subscriber:
    """One client's queue. ``account`` is whose events it hears, beside what concerns everybody;
    ``caller`` is who listens, by what right.

    ``sends_itself`` is set by a session while it handles a frame and will send what that caused.
    """

    dialects: Collection[str] = ("",)
    """Whose messages it hears."""

    def __init__(self, account: str, limits: StreamLimits, caller: Principal = OWNER) -> None:
        self.account = account
        self.accounts: Collection[str] = ("", account)
        """Whose events it hears."""
        self.caller = caller
        self.wake = asyncio.Event()
        self.closing: Closing | None = None
        self.on_closing: Callable[[], object] | None = None
        self.sends_itself = False
        self.last_seq = 0
        self.starts_after = 0
        """Records up to here were told from history; their messages still in flight are skipped."""
        self._limits = limits
        self._queue: deque[Event] = deque()
        self._bytes = 0
        self._latest: dict[str, Event] = {}
        self._step_length = 0
        self._step_bytes = 0

    def __len__(self) -> int:
        return len(self._queue) + len(self._latest)

    def put(self, events: Sequence[Event], *, is_step: bool = False) -> None:
        """Queue a batch. The size of one step never counts against a client, only what piles up."""
        if self.closing is not None:
            return
        limits = self._limits
        if (
            len(self._queue) - self._step_length > limits.queue_length_max
            or self._bytes - self._step_bytes > limits.queue_bytes_max
        ):
            self._give_up()
            return
        accounts, start, dialects = self.accounts, self.starts_after, self.dialects
        size = length = 0
        for event in events:
            if (
                event.dialect in dialects
                and event.account in accounts
                and not 0 < event.seq <= start
            ):
                self._queue.append(event)
                size += len(event.text)
                length += 1
        self._bytes += size
        if is_step:
            self._step_length, self._step_bytes = length, size
        if length and not self.sends_itself:
            self.wake.set()

    def put_latest(self, key: str, event: Event) -> None:
        """Queue what replaces an unsent event of the same key."""
        if self.closing is None:
            self._latest[key] = event
            self.wake.set()

    def take(self) -> Event | None:
        """The next event to send, or None."""
        if self._queue:
            event = self._queue.popleft()
            self._bytes -= len(event.text)
            self.note(event)
            return event
        if self._latest:
            return self._latest.pop(next(iter(self._latest)))
        return None

    def note(self, event: Event) -> None:
        """Remember how far the client has been told."""
        if event.is_last and event.seq:
            self.last_seq = event.seq

    def close(self, code: int, reason: str) -> None:
        """Close once everything queued has been sent; the first call decides how."""
        if self.closing is None:
            self.closing = Closing(code, reason)
            self.wake.set()
            if self.on_closing is not None:
                self.on_closing()

    def revoke(self) -> None:
        """Close at once: what is queued is not for this caller any more."""
        if not self.is_revoked:
            self._forget()
            self.closing = None
            self.close(REVOKED, "the key does not open this server any more")

    @property
    def is_revoked(self) -> bool:
        """Whether the caller has lost the right to hear anything."""
        return self.closing is not None and self.closing.code == REVOKED

    @property
    def patience_s(self) -> float:
        """How long the client may take to take its farewell."""
        return REVOKED_TIMEOUT_S if self.is_revoked else self._limits.close_timeout_s

    def _forget(self) -> None:
        self._queue.clear()
        self._latest.clear()
        self._bytes = 0

    def _give_up(self) -> None:
        self._forget()
        self.close(TOO_SLOW, f"too slow: resume with ?after={self.last_seq}")
