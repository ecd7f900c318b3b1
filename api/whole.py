"""Answers that are known whole leave in one write, at once or when their time has come.

ASGI tells a server the head of an answer and its body one after the other, and uvicorn writes them
so: two calls of the system, and a client that is woken twice. Here both are said to uvicorn at
once. An answer that must wait for something else than its request, as nearly every command's does
for the disk, is taken over from the application: what is left to wait is an answer, and not a task
with all that it stands on. Whatever is out of the ordinary about the connection or the request is
left to uvicorn.
"""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import Send

    Header = tuple[bytes, bytes]


class Held:
    """An answer that is still owed, and that the application has no more to do with: whatever it
    sends from here on goes nowhere, and its end ends nothing. The connection stays as it is, with
    the requests behind this one waiting, until ``answer``; call that once.
    """

    __slots__ = ("_cycle", "_on_response")

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._on_response = cycle.on_response  # the server forgets it when the application ends
        cycle.disconnected = True

    def answer(
        self, status: int, media: Header, body: bytes, headers: Collection[Header] | None = None
    ) -> None:
        """Give the answer, of this content type, to whoever is still there."""
        cycle = self._cycle
        if not cycle.transport.is_closing():
            _write(cycle, status, media, body, headers or ())
        self._on_response()

    def drop(self) -> None:
        """Close the connection without an answer: its client knows then that it knows nothing."""
        self._cycle.transport.close()


def hold(send: Send) -> Held | None:
    """Take over the answer that ``send`` is for; None, and nothing done, where that can not be."""
    cycle = _plain_cycle(send)
    return None if cycle is None else Held(cycle)


def answer_whole(send: Send, status: int, media: Header, body: bytes) -> bool:
    """Answer a request with a body of this content type, and end it; False where nothing was done,
    as ``send`` is not the server's own or the answer can not be written at once.
    """
    cycle = _plain_cycle(send)
    if cycle is None:
        return False
    _write(cycle, status, media, body, ())
    cycle.on_response()
    return True


def _plain_cycle(send: Send) -> RequestResponseCycle | None:
    """The exchange that ``send`` is of, if it is the server's own, the connection is there, has
    room, and stays open, and the client wants a body.
    """
    cycle = getattr(send, "__self__", None)
    if type(cycle) is not RequestResponseCycle:
        return None
    is_plain = (
        cycle.keep_alive
        and not cycle.disconnected
        and not cycle.response_started
        and not cycle.flow.write_paused
        and not cycle.access_log
        and cycle.scope["method"] != "HEAD"
    )
    return cycle if is_plain else None


def _write(
    cycle: RequestResponseCycle,
    status: int,
    media: Header,
    body: bytes,
    headers: Collection[Header],
) -> None:
    """Write the whole answer and note that it is given."""
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    opening, length = _opening(status, media), b"%d\r\n\r\n" % len(body)
    lines = [b"%b: %b\r\n" % header for header in (*cycle.default_headers, *headers)]
    if any(name == b"connection" for name, _ in headers):  # which is only ever said to close it
        cycle.keep_alive = False
    elif not cycle.keep_alive:  # the server has begun to close while the answer was held
        lines.append(b"connection: close\r\n")
    cycle.transport.write(b"".join([opening, *lines, b"content-length: ", length, body]))
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()


@lru_cache(maxsize=256)
def _opening(status: int, media: Header) -> bytes:
    """The first lines of an answer."""
    return b"HTTP/1.1 %d %b\r\n%b: %b\r\n" % (status, HTTPStatus(status).phrase.encode(), *media)
