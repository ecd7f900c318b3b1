"""The hub: hears every record, and lets its messages out once the record is durable.

Records of one command or one step form a batch. A batch leaves when the tape says that everything
up to it is durable, in order, to every client at once; so nobody ever hears of a fact that a crash
could undo. With nobody listening a record costs a comparison. Everything runs on the loop's thread.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING

import msgspec

from api.streams.event import EVERYBODY, Event, event_of
from api.streams.limits import BROKEN
from api.streams.margin import MarginWatch
from api.streams.messages import Connection, Ping
from api.streams.narrator import Narrator
from api.streams.subscriber import Subscriber

if TYPE_CHECKING:
    from api.streams.limits import StreamLimits
    from engine.core import Engine
    from engine.tape import Record


log = logging.getLogger("onetape.streams")


class Batch(msgspec.Struct, frozen=True, gc=False):
    """What one command or step has to say; it may leave when ``seq`` is durable."""

    seq: int
    events: list[Event]
    is_step: bool


class Hub:
    """All streams of one engine. ``make_durable`` asks the tape to commit what was appended."""

    def __init__(
        self, engine: Engine, limits: StreamLimits, make_durable: Callable[[], object]
    ) -> None:
        self.engine = engine
        self.limits = limits
        self.subscribers: set[Subscriber] = set()
        self.opening: set[Subscriber] = set()
        """Those still being told history; they hear nothing from here yet."""
        self.is_empty = asyncio.Event()
        """Set while no stream is open."""
        self.is_empty.set()
        self.is_closing = False
        self.on_delivery: Callable[[list[Event]], None] | None = None
        """Told of every batch that leaves; the stepper keeps what must be acknowledged."""
        self.on_idle: Callable[[], None] | None = None
        """Called when a command is over and all it said has left, or is on its way to the disk."""
        self.has_absent: Callable[[], bool] = lambda: False
        """Whether somebody who is not connected is still to be told."""
        self.tellers: list[Callable[[Record], Iterable[Event]]] = []
        """What other dialects make of a record; asked right after it was folded."""
        self._narrator = Narrator(engine.state, engine.prices_of)
        self._margin = MarginWatch(engine.state, engine.prices_of, limits.margin)
        self._make_durable = make_durable
        self.is_telling = False
        self._is_step = False
        self._is_scheduled = False
        self._events: list[Event] = []
        self._outbox: deque[Batch] = deque()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is waiting to leave."""
        return not self._events and not self._outbox and not self._is_scheduled

    def on_record(self, record: Record) -> None:
        """Take in one record, right after it was folded."""
        if self.is_telling:
            self._tell(record)
        else:
            self._narrator.notice(record)
        if not self._is_step and not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._end_command)

    def _tell(self, record: Record) -> None:
        """Turn a record into events. A fault in that must never reach the command under way."""
        try:
            self._events += self._narrator.tell(record)
            self._events += self._margin.tell(record)
            for tell in self.tellers:
                self._events += tell(record)
        except Exception:
            log.exception("record %d could not be told; every stream is closed", record.seq)
            for subscriber in self.subscribers:
                subscriber.close(BROKEN, f"record {record.seq} could not be told")

    def begin_step(self) -> None:
        """Gather what follows until ``end_step``."""
        if self._is_scheduled:
            self._end_command()
        self._is_step = True

    def end_step(self, market: Iterable[Event]) -> None:
        """Close the step's batch: what the market caused, then the ``market`` itself."""
        self._is_step = False
        self._events += market
        self._end_batch(is_step=True)

    def publish(self, events: Iterable[Event]) -> None:
        """Send what is not on the tape, after everything that was said before it."""
        self._events += events
        self._end_batch(is_step=False)

    def publish_latest(self, key: str, event: Event, audience: Collection[str] = EVERYBODY) -> None:
        """Send what only shows the present to clients of these accounts: one that is behind gets
        the newest alone.
        """
        for subscriber in self.subscribers:
            if audience is EVERYBODY or subscriber.account in audience:
                subscriber.put_latest(key, event)

    def watch_margin(self) -> None:
        """The market has moved: tell the accounts that have come near the end of their margin."""
        if self.is_telling:
            told = list(self._margin.tell_of(self.engine.state.accounts.values()))
            if told:
                self.publish(told)

    def flush(self) -> None:
        """Let out everything whose facts are durable, in one delivery.

        One, because a slow disk makes many batches ready at once, and that is no client's fault.
        """
        durable = self.engine.tape.durable
        outbox = self._outbox
        if not outbox or outbox[0].seq > durable:
            return
        first = outbox.popleft()
        events, is_step = first.events, first.is_step
        while outbox and outbox[0].seq <= durable:
            batch = outbox.popleft()
            events += batch.events
            is_step = is_step or batch.is_step
        if self.on_delivery is not None:
            self.on_delivery(events)
        for subscriber in self.subscribers:
            subscriber.put(events, is_step=is_step)

    @property
    def streams(self) -> int:
        """How many streams are open, those in their history included."""
        return len(self.subscribers) + len(self.opening)

    def enter(self, subscriber: Subscriber) -> None:
        """Count ``subscriber`` among the streams; it is not told anything yet."""
        self.opening.add(subscriber)
        self.is_empty.clear()

    def join(self, subscriber: Subscriber) -> None:
        """Have ``subscriber`` told of every record from the next one on."""
        self.opening.discard(subscriber)
        self.subscribers.add(subscriber)
        self.is_empty.clear()
        self.listen()

    def leave(self, subscriber: Subscriber) -> None:
        """Tell ``subscriber`` nothing more."""
        self.opening.discard(subscriber)
        self.subscribers.discard(subscriber)
        if not self.streams:
            self.is_empty.set()
        self.listen()

    def listen(self) -> None:
        """Begin or stop telling records, as there is somebody to tell or not."""
        wanted = bool(self.subscribers) or self.has_absent()
        if wanted and not self.is_telling:
            self._narrator.look_around()
            self._margin.look_around()
        self.is_telling = wanted

    def beat(self, timestamp: str) -> None:
        """Send everybody the head of the tape, as far as it will last."""
        ping = event_of(Ping(timestamp=timestamp, head=self.engine.tape.durable))
        self.publish_latest("ping", ping)

    def say_goodbye(self, timestamp: str, code: int, reason: str) -> None:
        """Tell everybody that this server is closing, and close every stream."""
        self.is_closing = True
        self.flush()
        leaving = Connection(timestamp=timestamp, event="DISCONNECTING", event_id="con_end")
        for subscriber in (*self.subscribers, *self.opening):
            subscriber.put([event_of(leaving)])
            subscriber.close(code, reason)

    def _end_command(self) -> None:
        if self._is_scheduled:
            self._is_scheduled = False
            self._end_batch(is_step=False)
            if self.on_idle is not None:
                self.on_idle()

    def _end_batch(self, *, is_step: bool) -> None:
        tape = self.engine.tape
        head = tape.head
        if self._events:
            self._outbox.append(Batch(head, self._events, is_step))
            self._events = []
        if tape.durable < head:
            self._make_durable()
        self.flush()
