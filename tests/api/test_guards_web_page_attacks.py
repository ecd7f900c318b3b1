"""A web page on another origin can neither place an order nor open the stream.

Each test is an attack that a page in the user's own browser could try against a server on
localhost, over a real socket. The order book stays empty in all of them.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.api.serving import served
from tests.api.world import World, order

EVIL = "https://evil.example"


@pytest.fixture(scope="module")
def world() -> World:
    """The world under attack."""
    return World()


@pytest.fixture(scope="module")
def url(world: World) -> Iterator[str]:
    """Where it is served."""
    with served(world) as address:
        yield address


@pytest.fixture(autouse=True)
def untouched(world: World) -> Iterator[None]:
    """No attack leaves a mark on the tape."""
    head = world.engine.tape.head
    yield
    assert world.engine.tape.head == head


def refused(answer: httpx.Response, status: int = 403) -> bool:
    """Whether an answer refuses in the one shape, and lets no other origin read it."""
    cors = [name for name in answer.headers if name.startswith("access-control-")]
    return answer.status_code == status and set(answer.json()) >= {"code", "message"} and not cors


def test_a_page_on_another_origin_cannot_place_an_order(url: str) -> None:
    answer = httpx.post(f"{url}/v1/orders", json=order(), headers={"origin": EVIL})
    assert refused(answer)


def test_a_sandboxed_frame_whose_origin_is_null_cannot_place_an_order(url: str) -> None:
    answer = httpx.post(f"{url}/v1/orders", json=order(), headers={"origin": "null"})
    assert refused(answer)


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT"])
def test_no_method_that_changes_something_is_open_to_another_origin(url: str, method: str) -> None:
    answer = httpx.request(method, f"{url}/orders", headers={"origin": EVIL})
    assert refused(answer)


def test_a_page_served_by_another_port_of_this_machine_is_another_origin(url: str) -> None:
    answer = httpx.post(f"{url}/orders", json=order(), headers={"origin": "http://127.0.0.1:1"})
    assert refused(answer)


def test_a_name_that_only_begins_like_ours_is_another_origin(url: str) -> None:
    for origin in (f"{url}.evil.example", f"http://evil.example/{url}", f"{url}@evil.example"):
        assert refused(httpx.post(f"{url}/orders", json=order(), headers={"origin": origin}))


@pytest.mark.parametrize("path", ["/orders", "/v1/account", "/openapi.json", "/docs", "/metrics"])
@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example"])
def test_a_name_that_was_rebound_to_this_machine_reads_nothing(
    url: str, host: str, path: str
) -> None:
    assert refused(httpx.get(f"{url}{path}", headers={"host": host}))


def test_a_rebound_page_that_is_its_own_origin_still_cannot_place_an_order(url: str) -> None:
    headers = {"host": "evil.example", "origin": "http://evil.example"}
    assert refused(httpx.post(f"{url}/orders", json=order(), headers=headers))


@pytest.mark.parametrize(
    "kind",
    ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", ""],
)
def test_a_form_cannot_place_an_order_even_without_an_origin(url: str, kind: str) -> None:
    body = b'{"symbol":"AAPL","side":"BUY","quantity":"1","order_type":"MARKET"}'
    answer = httpx.post(f"{url}/orders", content=body, headers={"content-type": kind})
    assert refused(answer, 400)


def test_a_preflight_is_told_nothing(url: str) -> None:
    headers = {"origin": EVIL, "access-control-request-method": "POST"}
    assert refused(httpx.options(f"{url}/orders", headers=headers))


def test_no_answer_to_another_origin_may_be_read_by_it(url: str) -> None:
    answer = httpx.get(f"{url}/account", headers={"origin": EVIL})
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_two_hosts_or_two_origins_in_one_request_are_refused(url: str) -> None:
    port = int(url.rpartition(":")[2])
    for twice in ("Host: evil.example", "Origin: http://127.0.0.1\r\nOrigin: http://evil.example"):
        with socket.create_connection(("127.0.0.1", port), 5) as line:
            line.sendall(f"DELETE /orders HTTP/1.1\r\nHost: 127.0.0.1\r\n{twice}\r\n\r\n".encode())
            assert line.recv(64).startswith(b"HTTP/1.1 40")


@pytest.mark.parametrize("path", ["/ws", "/v1/ws"])
@pytest.mark.parametrize("origin", [EVIL, "null", "http://127.0.0.1:1"])
def test_a_page_on_another_origin_cannot_open_the_stream(url: str, path: str, origin: str) -> None:
    assert asyncio.run(_handshake(url, path, {"Origin": origin})) == 403


def test_a_rebound_name_cannot_open_the_stream(url: str) -> None:
    assert asyncio.run(_handshake(url, "/ws", {"Host": "evil.example"})) == 403


def test_a_program_without_an_origin_and_our_own_page_open_the_stream(url: str) -> None:
    assert asyncio.run(_handshake(url, "/ws", {})) == 101
    assert asyncio.run(_handshake(url, "/ws", {"Origin": url})) == 101


async def _handshake(url: str, path: str, headers: dict[str, str]) -> int:
    """The status that a handshake with these headers ends with."""
    port = int(url.rpartition(":")[2])
    # The client writes the Host of its target, whatever address it is then told to connect to.
    host = headers.get("Host", "127.0.0.1")
    others = {name: value for name, value in headers.items() if name != "Host"}
    target = f"ws://{host}:{port}{path}?observe=1"
    line = socket.create_connection(("127.0.0.1", port), 5)
    try:
        async with connect(target, sock=line, additional_headers=others, open_timeout=5):
            return 101
    except InvalidStatus as error:
        return error.response.status_code
    finally:
        line.close()
