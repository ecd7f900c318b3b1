"""Answers that are known whole leave in one write, and are what two writes would have made."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from starlette.types import ASGIApp

from api.endpoints import Operation, Resource, no_such_path, routes_of
from api.forms import Form
from api.guards import Gate, GuardRules
from api.metrics import Metrics
from api.paths import Paths
from api.server import listen, run, serve
from api.settings import Settings
from api.trading.errors import refusal_of

BODY = b'{"a":1}'
GET = b"GET /v1/things HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = (
    b"POST /v1/things HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%b"
)
REQUESTS = {
    "plain": GET,
    "with a body": POST % (len(BODY), BODY),
    "refused": POST % (3, b"{x}"),
    "refused with a header": GET.replace(b"GET", b"PUT"),
    "a head alone": GET.replace(b"GET", b"HEAD"),
    "the last": GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
    "of old": GET.replace(b"HTTP/1.1", b"HTTP/1.0"),
    "unknown": GET.replace(b"things", b"nothing"),
    "two at once": GET + POST % (len(BODY), BODY),
}


async def given(call: Any) -> Any:
    """Give back what came."""
    return call.body.decode() or "nothing"


def application() -> ASGIApp:
    """Two operations behind the gate."""
    operations = [
        Operation("GET", "/things", "Get", given),
        Operation("POST", "/things", "Make", given, status=201, body=Form()),
    ]
    routes = routes_of([Resource(operations, refusal_of, Metrics())])
    return Gate(Paths(routes, no_such_path), GuardRules())


def in_two(app: ASGIApp) -> ASGIApp:
    """`app` behind a layer of its own, which passes messages on one by one."""

    async def layer(scope: Any, receive: Any, send: Any) -> None:
        async def passed(message: Any) -> None:
            await send(message)

        await app(scope, receive, passed)

    return layer


def written(app: ASGIApp, request: bytes) -> tuple[bytes, int]:
    """All that is answered to `request`, without the time of day, and in how many writes."""
    parts: list[bytes] = []

    async def main() -> None:
        listener, stop, ready = listen("127.0.0.1", 0), asyncio.Event(), asyncio.Event()
        serving = asyncio.create_task(serve(app, listener, Settings(), stop, ready.set))
        async with asyncio.timeout(10):
            await ready.wait()
            with socket.create_connection(("127.0.0.1", listener.port)) as client:
                client.setblocking(False)
                loop = asyncio.get_running_loop()
                await loop.sock_sendall(client, request)
                try:
                    async with asyncio.timeout(0.2):
                        while part := await loop.sock_recv(client, 65_536):
                            parts.append(part)
                except TimeoutError:
                    pass
            stop.set()
            await serving

    run(main())
    lines = b"".join(parts).split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.startswith(b"date: ")), len(parts)


@pytest.mark.parametrize("kind", REQUESTS)
def test_an_answer_is_the_same_whether_it_leaves_whole_or_in_two(kind: str) -> None:
    """Status, headers in any order, body, and whether the connection stays open."""
    whole, _ = written(application(), REQUESTS[kind])
    parts, _ = written(in_two(application()), REQUESTS[kind])
    assert whole.startswith(b"HTTP/1.1 ")
    assert sorted(whole.split(b"\r\n")) == sorted(parts.split(b"\r\n"))


def test_the_head_and_the_body_come_together() -> None:
    """The client is woken once."""
    answer, writes = written(application(), REQUESTS["plain"])
    assert answer.endswith(b'\r\n\r\n"nothing"')
    assert writes == 1
