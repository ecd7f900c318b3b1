"""Answers that are known whole leave in one write, and are what two writes would have made."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from starlette.types import ASGIApp

from api.auth import Scope
from api.endpoints import Answer, Floor, Operation, Resource, no_such_path, routes_of
from api.forms import Form
from api.guards import Gate, GuardRules
from api.metrics import Metrics
from api.paths import Paths
from api.refusals import Refusal
from api.server import listen, run, serve
from api.settings import Settings
from api.trading.errors import refusal_of
from engine.errors import TradingHalted

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
    "refused for good": POST % (3, b"{y}"),
    "refused with a header": GET.replace(b"GET", b"PUT"),
    "a head alone": GET.replace(b"GET", b"HEAD"),
    "the last": GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
    "of old": GET.replace(b"HTTP/1.1", b"HTTP/1.0"),
    "unknown": GET.replace(b"things", b"nothing"),
    "two at once": GET + POST % (len(BODY), BODY),
}


async def given(call: Any) -> Any:
    """Give back what came, if it is anything."""
    if call.body == b"{x}":
        raise Refusal(400, "INVALID_REQUEST", "this is nothing")
    if call.body == b"{y}":
        raise Refusal(413, "INVALID_REQUEST", "go away", None, [(b"connection", b"close")])
    if call.body == b"{z}":
        return object()
    if call.body == b"{status}":
        return Answer(799, "no such status")
    return call.body.decode() or "nothing"


class Disk:
    """A floor that is settled a little later, or never: then it says so."""

    is_settled = False

    def __init__(self, error: TradingHalted | None = None, delay_s: float = 0.05) -> None:
        self._error = error
        self._delay_s = delay_s
        self.waiting: list[Callable[[TradingHalted | None], object]] = []
        self.asked = asyncio.Event()

    def when_settled(self, tell: Callable[[TradingHalted | None], object]) -> None:
        """Tell after a moment."""
        self.waiting.append(tell)
        self.asked.set()
        asyncio.get_running_loop().call_later(self._delay_s, self.settle)

    async def settled(self) -> None:
        """Wait for a moment."""
        await asyncio.sleep(self._delay_s)
        if self._error is not None:
            raise self._error

    def settle(self) -> None:
        """Tell everybody that waits."""
        for tell in self.waiting:
            tell(self._error)
        self.waiting.clear()


def application(floor: Floor | None = None) -> ASGIApp:
    """Three operations behind the gate."""
    operations = [
        Operation("GET", "/things", "Get", given),
        Operation("POST", "/things", "Make", given, status=201, body=Form(), scope=Scope.TRADE),
        Operation("DELETE", "/things", "Take", given, scope=Scope.TRADE, reduces=True),
    ]
    routes = routes_of([Resource(operations, refusal_of, Metrics(), floor)])
    return Gate(Paths(routes, no_such_path), GuardRules())


def in_two(app: ASGIApp) -> ASGIApp:
    """`app` behind a layer of its own, which passes messages on one by one."""

    async def layer(scope: Any, receive: Any, send: Any) -> None:
        async def passed(message: Any) -> None:
            await send(message)

        await app(scope, receive, passed)

    return layer


@contextlib.asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[tuple[int, asyncio.Event]]:
    """The port on which `app` is served, and what stops the server; the end waits until it has."""
    listener, stop, ready = listen("127.0.0.1", 0), asyncio.Event(), asyncio.Event()
    served = asyncio.create_task(serve(app, listener, Settings(), stop, ready.set))
    async with asyncio.timeout(10):
        await ready.wait()
        yield listener.port, stop
        stop.set()
        await served


def written(app: ASGIApp, request: bytes) -> tuple[bytes, int]:
    """All that is answered to `request`, without the time of day, and in how many writes."""
    parts: list[bytes] = []

    async def main() -> None:
        async with serving(app) as (port, _):
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.setblocking(False)
                loop = asyncio.get_running_loop()
                await loop.sock_sendall(client, request)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.2):
                        while part := await loop.sock_recv(client, 65_536):
                            parts.append(part)

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


@pytest.mark.parametrize("kind", REQUESTS)
def test_an_answer_that_waits_for_the_disk_is_the_one_that_does_not(kind: str) -> None:
    """Whether its task waits, as behind a layer of somebody else's, or nothing but the answer."""
    at_once, _ = written(application(), REQUESTS[kind])
    held, _ = written(application(Disk()), REQUESTS[kind])
    waited, _ = written(in_two(application(Disk())), REQUESTS[kind])
    assert sorted(held.split(b"\r\n")) == sorted(at_once.split(b"\r\n"))
    assert sorted(waited.split(b"\r\n")) == sorted(at_once.split(b"\r\n"))


def test_nothing_is_said_before_the_disk_has_spoken() -> None:
    """Of two requests that came together the second waits for the first one's answer."""

    async def main() -> bytes:
        disk, early = Disk(delay_s=60), b""
        async with serving(application(disk)) as (port, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(REQUESTS["with a body"] + GET)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    early = await reader.read(1)
            for status in (b"HTTP/1.1 201", b"HTTP/1.1 200"):
                disk.settle()
                assert (await reader.readuntil(status)).count(b"HTTP") == 1
                await asyncio.sleep(0.05)
            writer.close()
        return early

    assert run(main()) == b""


@pytest.mark.parametrize("is_held", [True, False], ids=["held", "waited for"])
@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (GET, b"200"),
        (REQUESTS["with a body"], b"503"),
        (REQUESTS["refused"], b"400"),
        (GET.replace(b"GET", b"DELETE"), b"200"),
    ],
    ids=["read", "written", "refused", "reduced"],
)
def test_on_a_tape_that_dies_only_what_adds_risk_is_taken_back(
    request_: bytes, status: bytes, is_held: bool
) -> None:
    app = application(Disk(TradingHalted("the disk is gone")))
    answer, _ = written(app if is_held else in_two(app), request_)
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert (b"the disk is gone" in answer) is (status == b"503")


def test_a_server_that_is_told_to_stop_gives_the_answers_it_owes() -> None:
    """And closes the connections then."""

    async def main() -> bytes:
        disk = Disk(delay_s=0.5)
        async with serving(application(disk)) as (port, stop):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(REQUESTS["with a body"])
            await disk.asked.wait()
            stop.set()
            answer = await reader.read()
            writer.close()
        return answer

    answer = run(main())
    assert answer.startswith(b"HTTP/1.1 201")
    assert b"connection: close\r\n" in answer


def test_a_client_that_has_gone_is_owed_nothing() -> None:
    async def main() -> bytes:
        disk = Disk()
        async with serving(application(disk)) as (port, _):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(REQUESTS["with a body"])
            await disk.asked.wait()
            writer.transport.abort()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(GET)
            status = await reader.readline()
            writer.close()
        return status

    assert run(main()).startswith(b"HTTP/1.1 200")


def until_closed(body: bytes) -> bytes:
    """All that is answered to a command whose answer is held; the server closes the connection."""

    async def main() -> bytes:
        async with serving(application(Disk())) as (port, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(POST % (len(body), body))
            async with asyncio.timeout(2):
                answer = await reader.read()
            writer.close()
        return answer

    return run(main())


def test_a_refusal_that_closes_the_connection_closes_it_late_as_well() -> None:
    assert until_closed(b"{y}").startswith(b"HTTP/1.1 413")


def test_an_answer_that_can_not_be_made_is_an_error_and_one_that_can_not_be_given_ends_it() -> None:
    """Silence would be the worst answer to a command."""
    answer, _ = written(application(Disk()), POST % (3, b"{z}"))
    assert answer.startswith(b"HTTP/1.1 500")
    assert until_closed(b"{status}") == b""
