"""One WebSocket client's conversation: its frames in, its queue out, two states that end it.

Each side is OPEN until it has sent its close. Frames in are handled in the order they came; one
that means nothing is answered with an ``error`` and changes nothing. Sending happens wherever it is
cheapest: what a frame caused is sent by the task that read the frame, all else by a pump; never by
both at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

import msgspec

from api.auth import Scope
from api.streams.event import event_of
from api.streams.limits import CLOSED_NORMALLY, GOING_AWAY
from api.streams.messages import Error, EventAck, decode_inbound

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Send

    from api.desk import Desk
    from api.stepping.seat import Seat
    from api.streams.subscriber import Subscriber

_NO_STATUS = 1005
_SHOWN_CHARACTERS_MAX = 80


class Side(Enum):
    """What one side of the line may still do."""

    OPEN = auto()
    CLOSED = auto()


class Session:
    """Runs from the handshake to the end. ``seat`` is the client's place at the stepped clock."""

    def __init__(
        self,
        desk: Desk,
        subscriber: Subscriber,
        seat: Seat | None,
        receive: Receive,
        send: Send,
    ) -> None:
        self.seat = seat
        self.client = Side.OPEN
        self.server = Side.OPEN
        self.is_goodbye = False
        self._desk = desk
        self._subscriber = subscriber
        self._receive = receive
        self._send = send
        self._is_sending = False
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Talk until either side has closed; whatever is still running then is stopped."""
        self._subscriber.on_closing = self._limit_closing
        self._tasks = [asyncio.create_task(each) for each in self._work()]
        if self._subscriber.closing is not None:
            self._limit_closing()
        try:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._subscriber.on_closing = None
            for task in self._tasks:
                task.cancel()
            results = await asyncio.gather(*self._tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, OSError):
                raise result

    def _work(self) -> list[Coroutine[Any, Any, None]]:
        """What goes on at once, each until either side has closed."""
        return [self._listen(), self._pump()]

    def _limit_closing(self) -> None:
        """A client that takes nothing any more can not take a close either: give it a while."""
        loop = asyncio.get_running_loop()
        loop.call_later(self._subscriber.patience_s, self._abandon)

    def _abandon(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _listen(self) -> None:
        subscriber = self._subscriber
        while self.client is Side.OPEN:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                self._hear_close(message)
                return
            subscriber.sends_itself = True
            try:
                self._hear(message)
            finally:
                subscriber.sends_itself = False
            if subscriber and not self._is_sending:
                await self._drain()

    def _hear(self, message: Message) -> None:
        text = message.get("text")
        if text is None:
            self._complain("a binary frame", "text frames of JSON")
            return
        limit = self._desk.limits.frame_bytes_max
        if len(text) > limit:
            self._complain(f"a frame of {len(text)} characters", f"at most {limit} bytes")
            return
        try:
            said = decode_inbound(text)
        except (msgspec.DecodeError, RecursionError) as error:
            self._complain(repr(text[:_SHOWN_CHARACTERS_MAX]), f"pong or event_ack ({error})")
            return
        if isinstance(said, EventAck):
            self._acknowledge(said.events_processed)

    def _acknowledge(self, event_ids: list[str]) -> None:
        stepper = self._desk.stepper
        if stepper is None:
            return
        if self._subscriber.caller.scope < Scope.TRADE:
            self._complain("an event_ack with a key that may only read", "a key that may trade")
            return
        if self.seat is None:
            if not event_ids or stepper.end is not None:
                return
            self.seat = stepper.sit(self._subscriber, takes_over=False)
        stepper.acknowledge(self.seat, event_ids)

    def _hear_close(self, message: Message) -> None:
        self.client = Side.CLOSED
        code = message.get("code", _NO_STATUS)
        # A line that breaks is reported without a reason, a close frame without a code with one.
        polite = code == _NO_STATUS and "reason" in message
        self.is_goodbye = code in (CLOSED_NORMALLY, GOING_AWAY) or polite

    def _complain(self, got: str, expected: str) -> None:
        self._subscriber.put(
            [
                event_of(
                    Error(
                        timestamp=self._desk.timestamp(),
                        code="INVALID_MESSAGE",
                        message=f"got {got}; expected {expected}",
                    )
                )
            ]
        )

    async def _pump(self) -> None:
        subscriber = self._subscriber
        while self.server is Side.OPEN:
            await subscriber.wake.wait()
            subscriber.wake.clear()
            if not self._is_sending:
                await self._drain()
            if subscriber.closing is not None and not self._is_sending:
                await self._close()

    async def _drain(self) -> None:
        subscriber, send = self._subscriber, self._send
        self._is_sending = True
        try:
            while (event := subscriber.take()) is not None:
                await send({"type": "websocket.send", "text": event.text})
                if event.name == "backtest_complete" and self.seat is None:
                    subscriber.close(CLOSED_NORMALLY, "backtest complete")
        finally:
            self._is_sending = False
        if subscriber.closing is not None:
            subscriber.wake.set()

    async def _close(self) -> None:
        closing = self._subscriber.closing
        if closing is None or self.server is Side.CLOSED:
            return
        self.server = Side.CLOSED
        message: dict[str, Any] = {"type": "websocket.close"}
        await self._send(message | {"code": closing.code, "reason": closing.reason})
