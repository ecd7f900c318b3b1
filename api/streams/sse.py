"""The same events over plain HTTP: Server-Sent Events at `/events`, for whoever only listens.

The ``id`` of an event is the tape's sequence number, given with the last message of each record, so
that a browser's automatic reconnection (Last-Event-ID) loses nothing. Heartbeats are comments. Such
a client never holds up the stepped clock.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from api.endpoints import Call, Operation
from api.refusals import Refusal, send_refusal
from api.streams.event import Event
from api.streams.opening import Sender, open_stream
from api.streams.subscriber import Subscriber
from api.streams.websocket import full, refused
from api.streams.wish import EVENTS, Wish, wish_of
from engine.errors import EngineError, TradingHalted

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from api.desk import Desk

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
_CONFLICT = 409


def block(event: Event) -> bytes:
    """One event as it stands in the stream."""
    if event.name == "ping":
        return f": {event.text}\n\n".encode()
    place = f"id: {event.seq}\n" if event.seq and event.is_last else ""
    return f"{place}event: {event.name}\ndata: {event.text}\n\n".encode()


class EventsEndpoint:
    """The ASGI application of `/events`."""

    operations = (
        Operation(
            "GET",
            "/events",
            "Follow the events",
            tag="Streams",
            description="Server-Sent Events that never end; Last-Event-ID or `after` resumes.",
            media="text/event-stream",
            query=EVENTS,
            failures={
                409: "The place asked for is ahead of this tape.",
                503: "Enough streams are open already.",
            },
        ),
    )

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one listener until either side ends it."""
        desk = self._desk
        if scope["method"] not in ("GET", "HEAD"):
            await send_refusal(scope, send, _wrong_method(scope["method"]))
            return
        try:
            wish = wish_of(desk, EVENTS, Call(scope, b""))
        except EngineError as error:
            await send_refusal(scope, send, refused(error))
            return
        refusal = full(desk) or _ahead(desk, wish)
        if refusal is not None:
            await send_refusal(scope, send, refusal)
            return
        start = {"type": "http.response.start", "status": 200, "headers": _HEADERS}
        if scope["method"] == "HEAD":
            await send(start)
            await send({"type": "http.response.body"})
            return
        subscriber = Subscriber(wish.account, desk.limits, wish.caller)
        desk.hub.enter(subscriber)  # at once: others knock while the answer is on its way
        try:
            await send(start)
            await self._serve(wish, subscriber, receive, send)
        finally:
            desk.part(subscriber, is_goodbye=True)

    async def _serve(
        self, wish: Wish, subscriber: Subscriber, receive: Receive, send: Send
    ) -> None:
        """Tell a listener until either side ends it."""
        telling = asyncio.create_task(self._tell(wish, subscriber, send))
        hanging_up = asyncio.create_task(_hung_up(receive))
        # A listener that takes nothing any more can not take the farewell either.
        loop = asyncio.get_running_loop()
        subscriber.on_closing = lambda: loop.call_later(subscriber.patience_s, telling.cancel)
        try:
            await asyncio.wait({telling, hanging_up}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            telling.cancel()
            hanging_up.cancel()
            results = await asyncio.gather(telling, hanging_up, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, OSError):
                raise result

    async def _tell(self, wish: Wish, subscriber: Subscriber, send: Send) -> None:
        desk = self._desk

        async def send_event(event: Event) -> None:
            body = block(event)
            await send({"type": "http.response.body", "body": body, "more_body": True})

        with contextlib.suppress(TradingHalted):  # the end of the response says enough
            await open_stream(desk, wish, subscriber, send_event, takes_seat=False)
            await _pump(subscriber, send_event)
        await send({"type": "http.response.body"})


async def _pump(subscriber: Subscriber, send_event: Sender) -> None:
    """Send what is queued until the stream is closed, or the backtest is over."""
    while True:
        while (event := subscriber.take()) is not None:
            await send_event(event)
            if event.name == "backtest_complete":
                return
        if subscriber.closing is not None:
            reason = Event("", f'{{"code":{subscriber.closing.code}}}', "close")
            await send_event(reason)
            return
        await subscriber.wake.wait()
        subscriber.wake.clear()


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _wrong_method(method: str) -> Refusal:
    return Refusal(
        405,
        "INVALID_REQUEST",
        f"the method is {method[:32]!r}; expected GET at /events",
        {"field": "method", "value": method[:32], "expected": "GET"},
        [(b"allow", b"GET, HEAD")],
    )


def _ahead(desk: Desk, wish: Wish) -> Refusal | None:
    tape = desk.engine.tape
    if wish.after is None or wish.after.seq <= tape.head:
        return None
    after = str(wish.after.seq)
    return Refusal(
        _CONFLICT,
        "INVALID_REQUEST",
        f"after is {after}, but this tape ends at {tape.head}; it may not be the one you followed",
        {"field": "after", "value": after, "head": str(tape.head), "tape_id": tape.tape_id},
    )
