"""A hand on one WebSocket: what tests use to say exactly which frame comes when.

Every wait has a limit. `next` skips heartbeats; `until` acknowledges everything on its way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import SHUT_RDWR
from typing import Any

import msgspec
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.api.served import Served

TIMEOUT_S = 5.0
QUIET_S = 0.15
Message = dict[str, Any]


class Line:
    """One open stream."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def next(self, timeout_s: float = TIMEOUT_S) -> Message:
        """The next message that is no heartbeat; raises ConnectionClosed or TimeoutError."""
        while True:
            message: Message = msgspec.json.decode(self.socket.recv(timeout_s))
            if message["type"] != "ping":
                return message

    def say(self, frame: Any) -> None:
        """Send a frame: text or bytes as they are, anything else as JSON."""
        raw = frame if isinstance(frame, str | bytes) else msgspec.json.encode(frame).decode()
        self.socket.send(raw)

    def ack(self, *messages: Message | str) -> None:
        """Acknowledge messages, or event ids."""
        ids = [each if isinstance(each, str) else each["event_id"] for each in messages]
        self.say({"type": "event_ack", "correlation_id": "c", "events_processed": ids})

    def until(self, kind: str, timeout_s: float = TIMEOUT_S) -> Message:
        """Acknowledge every message up to the first of ``kind``, and give that unacknowledged."""
        while True:
            message = self.next(timeout_s)
            if message["type"] == kind:
                return message
            self.ack(message)

    def step(self) -> list[Message]:
        """The messages up to the next candle, which is the last of them; none acknowledged."""
        seen = [self.next()]
        while seen[-1]["type"] != "candle":
            seen.append(self.next())
        return seen

    def rest(self) -> list[Message]:
        """Everything until the server closes, all of it acknowledged."""
        seen = []
        try:
            while True:
                message = self.next()
                seen.append(message)
                with suppress(ConnectionClosed):  # what came before the close is still read
                    self.ack(message)
        except ConnectionClosed:
            return seen

    def is_quiet(self) -> bool:
        """Whether nothing comes for a while."""
        try:
            self.next(QUIET_S)
        except TimeoutError:
            return True
        return False

    def close_code(self) -> int | None:
        """Read to the end; the code the server closed with."""
        try:
            while True:
                self.next()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None

    def tear(self) -> None:
        """Break the connection without a word."""
        self.socket.socket.shutdown(SHUT_RDWR)


@contextmanager
def line(served: Served, query: str = "", **options: Any) -> Iterator[Line]:
    """An open stream, closed politely at the end unless it was torn."""
    socket = connect(
        served.stream_url + query, compression=None, open_timeout=5, close_timeout=0.5, **options
    )
    try:
        yield Line(socket)
    finally:
        socket.close()


def order(symbol: str = "AAPL", side: str = "BUY", **fields: Any) -> dict[str, Any]:
    """The body of a market order for ten."""
    body = {"symbol": symbol, "side": side, "quantity": "10", "order_type": "MARKET"}
    return body | fields
