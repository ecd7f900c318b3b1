"""The body of a request, whole and in limited time.

Nearly every body has come by the time it is asked for. Asking is therefore begun outside of any
timer, and only a body that must be waited for pays for one.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from api.refusals import Refusal

if TYPE_CHECKING:
    from starlette.types import Message, Receive

BODY_TIMEOUT_S = 10.0


async def whole_body(receive: Receive) -> bytes:
    """The whole body; a Refusal if it does not come in time or the client went away."""
    steps = receive().__await__()
    try:
        awaited = next(steps)
    except StopIteration as done:
        message: Message = done.value
        if message["type"] == "http.request" and not message.get("more_body", False):
            body: bytes = message.get("body", b"")
            return body
        rest = None
    else:
        rest = _continued(steps, awaited)
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            return await _joined(message if rest is None else await rest, receive)
    except TimeoutError:
        raise _late() from None


@types.coroutine
def _continued(steps: Generator[Any, Any, Any], awaited: Any) -> Generator[Any, Any, Any]:
    """The outcome of what has been begun and waits for ``awaited`` at present."""
    while True:
        raised = None
        try:
            yield awaited
        except BaseException as error:  # noqa: BLE001  a cancellation, too, belongs to who waits
            raised = error
        try:
            awaited = next(steps) if raised is None else steps.throw(raised)
        except StopIteration as done:
            return done.value


async def _joined(message: Message, receive: Receive) -> bytes:
    """The bodies of ``message`` and of all that follow it."""
    chunks: list[bytes] = []
    while message["type"] == "http.request":
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)
        message = await receive()
    raise _late()


def _late() -> Refusal:
    return Refusal(
        408,
        "INVALID_REQUEST",
        f"the body did not arrive whole within {BODY_TIMEOUT_S:g} seconds",
        None,
        [(b"connection", b"close")],
    )
