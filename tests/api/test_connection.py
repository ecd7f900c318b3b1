"""A connection is kept while it is used, and closed when it has been idle for too long."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import uvicorn

from api.connection import Connection

pytestmark = pytest.mark.anyio
IDLE_S = 1
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
SLOW = b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
SLOW_S = 1.5


async def app(scope: Any, _receive: Any, send: Any) -> None:
    """Answer, at once or slowly."""
    if scope["path"] == "/slow":
        await asyncio.sleep(SLOW_S)
    length = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    await send({"type": "http.response.body", "body": b"ok"})


class Server(uvicorn.Server):
    """A server that says when it has started, and on which port."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self.ready.set()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self.servers[0].sockets[0].getsockname()[1]
        return port

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


@contextlib.asynccontextmanager
async def served(answer: Any = app, grace_s: int | None = None) -> AsyncIterator[Server]:
    """A server where connections may be idle for a second."""
    config = uvicorn.Config(
        answer,
        port=0,
        http=Connection,
        lifespan="off",
        log_config=None,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=grace_s,
        date_header=False,
        server_header=False,
    )
    server = Server(config)
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        await server.ready.wait()
        try:
            yield server
        finally:
            server.should_exit = True
            await running


async def closed_after(reader: asyncio.StreamReader) -> float:
    """How long it takes until the server has closed the connection."""
    begun = time.monotonic()
    assert await reader.read() == b""
    return time.monotonic() - begun


async def test_an_idle_connection_is_closed_in_its_time_and_one_in_use_is_not() -> None:
    async with served() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for _ in range(3):  # longer together than a connection may be idle
            writer.write(REQUEST)
            assert await reader.readexactly(len(ANSWER)) == ANSWER
            await asyncio.sleep(0.5 * IDLE_S)
        writer.write(REQUEST)
        assert await reader.readexactly(len(ANSWER)) == ANSWER
        assert 0.9 * IDLE_S < await closed_after(reader) < 3 * IDLE_S
        writer.close()


async def test_a_slow_answer_is_no_idle_time() -> None:
    async with served() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(REQUEST)
        assert await reader.readexactly(len(ANSWER)) == ANSWER
        writer.write(SLOW)
        assert await reader.readexactly(len(ANSWER)) == ANSWER
        assert 0.9 * IDLE_S < await closed_after(reader) < 3 * IDLE_S
        writer.close()


async def test_requests_that_came_together_are_answered_in_turn() -> None:
    async with served() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(SLOW + REQUEST + REQUEST)
        assert await reader.readexactly(3 * len(ANSWER)) == 3 * ANSWER
        writer.close()


async def test_a_connection_that_the_client_closes_leaves_no_timer() -> None:
    async with served() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(REQUEST)
        assert await reader.readexactly(len(ANSWER)) == ANSWER
        (connection,) = server.server_state.connections
        assert isinstance(connection, Connection)
        assert connection.timeout_keep_alive_task is not None
        timer = connection.timeout_keep_alive_task
        writer.close()
        for _ in range(500):
            if timer.cancelled():
                break
            await asyncio.sleep(0.01)
        assert timer.cancelled()
        assert not server.server_state.connections


class Work:
    """An application that takes its time over every request."""

    def __init__(self, seconds: float) -> None:
        self.begun = asyncio.Event()
        self.end = ""
        self._seconds = seconds

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Work, then answer."""
        self.begun.set()
        try:
            await asyncio.sleep(self._seconds)
            self.end = "done"
        except asyncio.CancelledError:
            self.end = "cancelled"
            raise
        await app(scope, receive, send)


async def test_a_stop_waits_for_what_a_client_asked_that_has_gone() -> None:
    work = Work(seconds=0.8)
    async with served(work) as server:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(REQUEST)
        await work.begun.wait()
        writer.transport.abort()
        await asyncio.sleep(0.1)
    assert work.end == "done"


async def test_a_stop_ends_what_takes_longer_than_its_grace() -> None:
    work = Work(seconds=15)
    async with served(work, grace_s=1) as server:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(REQUEST)
        await work.begun.wait()
    for _ in range(100):
        if work.end:
            break
        await asyncio.sleep(0.01)
    writer.close()
    assert work.end == "cancelled"
