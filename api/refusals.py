"""Every answer that is not a success, and how it is sent.

A `Refusal` is a value: a guard returns it, a handler may raise it, and `send` writes it. Codes are
those of the Trading API; the message is for people, the details say the same to programs. A dialect
with another shape for its errors leaves a `Shape` in the ASGI scope of its requests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from starlette.types import Scope, Send

RawHeaders = list[tuple[bytes, bytes]]
JSON = (b"content-type", b"application/json")
_HANDSHAKE = "websocket.http.response"

SHAPE = "onetape.shape"
"""Key of the ASGI scope under which a dialect leaves the shape of its refusals."""

encode = msgspec.json.Encoder(decimal_format="number").encode
"""A wire value as JSON bytes; a Decimal is a JSON number, digit for digit."""


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
        self.error = ApiError(code, message, details)
        self.headers = headers or []

    @property
    def body(self) -> bytes:
        """The answer's body in the shape of the Trading API."""
        return encode(self.error)


Shape = Callable[[Refusal], bytes]
"""How a dialect writes the body of a refusal."""


class Detail(msgspec.Struct, gc=False):
    """What an error says in the dialects that give it one text."""

    detail: str


def detail(refusal: Refusal) -> bytes:
    """The body of a refusal as one text."""
    return encode(Detail(refusal.error.message))


def body_of(scope: Scope, refusal: Refusal) -> bytes:
    """The body of a refusal in the shape that the request's dialect has for it."""
    shape: Shape | None = scope.get(SHAPE)
    return refusal.body if shape is None else shape(refusal)


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
    # The gate's ``send`` can have the server write it all at once.
    at_once = getattr(send, "whole", None)
    if at_once is not None and not headers and at_once(status, media, body):
        return
    length = (b"content-length", str(len(body)).encode())
    sent = [media, length] if not headers else [media, length, *headers]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body})


async def send_refusal(scope: Scope, send: Send, refusal: Refusal) -> None:
    """Answer a request, or a WebSocket handshake, with ``refusal``."""
    body = body_of(scope, refusal)
    if scope["type"] == "http":
        await send_whole(send, refusal.status, body, refusal.headers)
        return
    if _HANDSHAKE not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [JSON, (b"content-length", str(len(body)).encode()), *refusal.headers]
    start = {"type": f"{_HANDSHAKE}.start", "status": refusal.status, "headers": headers}
    await send(start)
    await send({"type": f"{_HANDSHAKE}.body", "body": body})
