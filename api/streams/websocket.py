"""The WebSocket endpoint: handshake, opening, session, leaving.

Plain ASGI, because every message of a stepped backtest passes here. What is wrong with the request
itself is refused with an HTTP answer before the upgrade; a place that the tape has not reached yet
is answered on the line, because the client must learn that it holds another tape's number.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from api.endpoints import Call, Operation
from api.refusals import Refusal, send_refusal
from api.streams.event import Event, event_of
from api.streams.limits import AHEAD_OF_TAPE, BROKEN
from api.streams.messages import Error
from api.streams.opening import open_stream
from api.streams.session import Session
from api.streams.subscriber import Subscriber
from api.streams.wish import STREAM, Wish, wish_of
from engine.errors import EngineError, TradingHalted

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from api.desk import Desk

_NO_UPGRADE = "This is a WebSocket; ask for an upgrade."
log = logging.getLogger("onetape.streams")


def full(desk: Desk) -> Refusal | None:
    """The refusal for one stream too many, or for a server that is closing; None while welcome."""
    if desk.hub.is_closing:
        return Refusal(503, "SHUTTING_DOWN", "the server is shutting down")
    if desk.hub.streams >= desk.limits.clients_max:
        return Refusal(
            503, "PROVIDER_UNAVAILABLE", f"{desk.limits.clients_max} streams are open already"
        )
    return None


def refused(error: EngineError) -> Refusal:
    """A malformed wish as an HTTP answer."""
    return Refusal(400, error.code, error.message, error.details)


class WebSocketEndpoint:
    """The ASGI application of `/ws`."""

    operations = (
        Operation(
            "GET",
            "/ws",
            "Open the stream",
            tag="Streams",
            description="A WebSocket; its messages are in the reference.",
            status=101,
            media="text/plain",
            query=STREAM,
            failures={426: _NO_UPGRADE, 503: "Enough streams are open already."},
        ),
    )

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one client from its handshake to its close."""
        desk = self._desk
        if scope["type"] == "http":
            upgrade = [(b"upgrade", b"websocket"), (b"connection", b"upgrade")]
            await send_refusal(
                scope, send, Refusal(426, "INVALID_REQUEST", _NO_UPGRADE, None, upgrade)
            )
            return
        await receive()
        try:
            wish = wish_of(desk, STREAM, Call(scope, b""))
        except EngineError as error:
            await send_refusal(scope, send, refused(error))
            return
        refusal = full(desk)
        if refusal is not None:
            await send_refusal(scope, send, refusal)
            return
        subscriber = Subscriber(wish.account, desk.limits, wish.caller)
        desk.hub.enter(subscriber)  # at once: others knock while the handshake is under way
        is_goodbye = False
        try:
            await send({"type": "websocket.accept"})
            if wish.after is not None and wish.after.seq > desk.engine.tape.head:
                await self._turn_away(wish.after.seq, send)
                return
            is_goodbye = await self._serve(wish, subscriber, receive, send)
        except TradingHalted as error:
            await send({"type": "websocket.close", "code": BROKEN, "reason": error.message[:100]})
        except OSError:
            log.info("a stream broke before it had begun")
        finally:
            # Nobody can come back with a key that was revoked, so the clock waits for nobody.
            desk.part(subscriber, is_goodbye=is_goodbye or subscriber.is_revoked)

    async def _serve(
        self, wish: Wish, subscriber: Subscriber, receive: Receive, send: Send
    ) -> bool:
        """Serve a stream that is open; says whether its client leaves for good."""
        desk = self._desk

        async def send_event(event: Event) -> None:
            await send({"type": "websocket.send", "text": event.text})

        seat = await open_stream(desk, wish, subscriber, send_event, takes_seat=True)
        session = Session(desk, subscriber, seat, receive, send)
        if desk.stepper is not None:
            desk.stepper.move()
        await session.run()
        return session.is_goodbye

    async def _turn_away(self, after: int, send: Send) -> None:
        tape = self._desk.engine.tape
        details = {"after": after, "head": tape.head, "tape_id": tape.tape_id}
        reason = f"after is {after}, but this tape ends at {tape.head}"
        message = Error(
            timestamp=self._desk.timestamp(),
            code="INVALID_MESSAGE",
            message=f"{reason}; it may not be the tape you followed",
            details=details,
        )
        await send({"type": "websocket.send", "text": event_of(message).text})
        await send({"type": "websocket.close", "code": AHEAD_OF_TAPE, "reason": reason})
