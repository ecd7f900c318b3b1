"""Answers that are known whole leave in one write.

ASGI tells a server the head of an answer and its body one after the other, and uvicorn writes them
so: two calls of the system, and a client that is woken twice. Here both are said to uvicorn at
once. Whatever is out of the ordinary about the connection or the request is left to it.
"""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

if TYPE_CHECKING:
    from starlette.types import Send


def answer_whole(send: Send, status: int, media: tuple[bytes, bytes], body: bytes) -> bool:
    """Answer a request with a body of this content type, and end it; False where nothing was done,
    as ``send`` is not the server's own or the answer can not be written at once.
    """
    cycle = getattr(send, "__self__", None)
    if type(cycle) is not RequestResponseCycle or not _is_plain(cycle):
        return False
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    opening, length = _opening(status, media), b"%d\r\n\r\n" % len(body)
    headers = [b"%b: %b\r\n" % header for header in cycle.default_headers]
    cycle.transport.write(b"".join([opening, *headers, b"content-length: ", length, body]))
    cycle.message_event.set()
    cycle.on_response()
    return True


def _is_plain(cycle: RequestResponseCycle) -> bool:
    """Whether the connection is there, has room, and stays open, and the client wants a body."""
    return (
        cycle.keep_alive
        and not cycle.disconnected
        and not cycle.response_started
        and not cycle.flow.write_paused
        and not cycle.access_log
        and cycle.scope["method"] != "HEAD"
    )


@lru_cache(maxsize=256)
def _opening(status: int, media: tuple[bytes, bytes]) -> bytes:
    """The first lines of an answer."""
    return b"HTTP/1.1 %d %b\r\n%b: %b\r\n" % (status, HTTPStatus(status).phrase.encode(), *media)
