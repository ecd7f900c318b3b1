"""The one shape of every answer that is not a success, and how it is sent.

A `Refusal` is a value: a guard returns it, a handler may raise it, and `send` writes it. Codes are
those of the Trading API; the message is for people, the details say the same to programs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from starlette.types import Scope, Send

RawHeaders = list[tuple[bytes, bytes]]
JSON = (b"content-type", b"application/json")
_HANDSHAKE = "websocket.http.response"

encode = msgspec.json.Encoder().encode
"""A wire value as JSON bytes."""


class ApiError(msgspec.Struct, gc=False):
    """What every answer that is not a success says."""

    code: str
    message: str
    details: dict[str, str | None] | None = None


class Refusal(Exception):
    """An answer that is not a success: its HTTP status, a code, a message, and details."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: dict[str, str | None] | None = None,
        headers: RawHeaders | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = encode(ApiError(code, message, details))
        self.headers = headers or []


def retry_after(seconds: float) -> RawHeaders:
    """The header that says how long to wait, in whole seconds and never zero."""
    return [(b"retry-after", str(max(1, round(seconds + 0.5))).encode())]


async def send_whole(
    send: Send,
    status: int,
    body: bytes,
    headers: RawHeaders | None = None,
    media: tuple[bytes, bytes] = JSON,
) -> None:
    """Send a whole answer, JSON unless ``media`` is another content type."""
    length = (b"content-length", str(len(body)).encode())
    sent = [media, length] if not headers else [media, length, *headers]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body})


async def send_refusal(scope: Scope, send: Send, refusal: Refusal) -> None:
    """Answer a request, or a WebSocket handshake, with ``refusal``."""
    if scope["type"] == "http":
        await send_whole(send, refusal.status, refusal.body, refusal.headers)
        return
    if _HANDSHAKE not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [JSON, (b"content-length", str(len(refusal.body)).encode()), *refusal.headers]
    start = {"type": f"{_HANDSHAKE}.start", "status": refusal.status, "headers": headers}
    await send(start)
    await send({"type": f"{_HANDSHAKE}.body", "body": refusal.body})
