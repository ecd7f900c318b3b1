"""The gate lets through what the rules allow, and answers the rest itself, in one shape."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from api.guards import PROBES, Gate, GuardRules, principal
from api.refusals import send_whole
from tests.api.credentials import KEY, ring

pytestmark = pytest.mark.anyio
JSON = {"content-type": "application/json"}
KEYS = ring("trade")


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that reads the body whole and answers with its length and its caller."""
    length, more = 0, True
    while more:
        message = await receive()
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    caller = principal(scope)
    await send_whole(send, 200, b'{"bytes":%d,"caller":"%s"}' % (length, str(caller).encode()))


def client(app: Any = echo, *, is_stopping: bool = False, **rules: Any) -> httpx.AsyncClient:
    """A client of `app` behind a gate with these rules."""
    gate = Gate(app, GuardRules(**rules), lambda: is_stopping)
    transport = httpx.ASGITransport(gate, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:8080")


async def chunks(count: int, size: int) -> AsyncIterator[bytes]:
    """A body of no stated length."""
    for _ in range(count):
        yield b"x" * size


async def test_a_plain_request_passes() -> None:
    answer = await client().post("/orders", content=b"{}", headers=JSON)
    assert answer.json()["bytes"] == 2
    assert (await client().get("/orders")).status_code == 200
    assert (await client().delete("/orders")).status_code == 200


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "Application/JSON ;x=y"]
)
async def test_a_body_that_says_it_is_json_passes(kind: str) -> None:
    answer = await client().post("/orders", content=b"{}", headers={"content-type": kind})
    assert answer.status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/jsonx", "text/json", ""])
async def test_a_body_of_another_kind_is_refused(kind: str) -> None:
    answer = await client().post("/orders", content=b"{}", headers={"content-type": kind})
    assert answer.status_code == 400
    assert answer.json()["details"]["field"] == "Content-Type"


async def test_a_body_may_be_as_long_as_the_limit_and_no_longer() -> None:
    limited = client(body_bytes_max=10)
    assert (await limited.post("/", content=b"x" * 10, headers=JSON)).status_code == 200
    answer = await limited.post("/", content=b"x" * 11, headers=JSON)
    assert answer.status_code == 413
    assert answer.json()["code"] == "INVALID_REQUEST"


async def test_the_limit_holds_for_a_body_that_does_not_say_its_length() -> None:
    limited = client(body_bytes_max=100)
    assert (await limited.post("/", content=chunks(10, 10), headers=JSON)).status_code == 200
    assert (await limited.post("/", content=chunks(11, 10), headers=JSON)).status_code == 413


@pytest.mark.parametrize("length", ["-1", "1e3", "x"])
async def test_a_length_that_is_no_number_is_refused(length: str) -> None:
    answer = await client().post("/", content=b"", headers=JSON | {"content-length": length})
    assert answer.status_code == 413


async def test_a_key_is_needed_where_keys_are_configured() -> None:
    guarded = client(keys=KEYS)
    assert (await guarded.get("/orders")).status_code == 401
    answer = await guarded.post("/orders", headers={"x-api-key": KEY})
    assert "strategy" in answer.json()["caller"]


async def test_a_key_that_may_only_read_can_not_trade() -> None:
    guarded = client(keys=ring("read"))
    headers = {"authorization": f"Bearer {KEY}"}
    assert (await guarded.get("/orders", headers=headers)).status_code == 200
    answer = await guarded.post("/orders", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "UNAUTHORIZED")


@pytest.mark.parametrize("path", sorted(PROBES))
async def test_a_probe_needs_neither_key_nor_name_and_passes_while_stopping(path: str) -> None:
    guarded = client(keys=KEYS, is_stopping=True)
    assert (await guarded.get(path, headers={"host": "10.0.0.7:8080"})).status_code == 200


async def test_a_stopping_server_takes_nothing_new() -> None:
    answer = await client(is_stopping=True).get("/orders")
    assert (answer.status_code, answer.json()["code"]) == (503, "SHUTTING_DOWN")
    assert answer.headers["retry-after"]


async def test_a_caller_that_is_too_fast_is_told_when_to_come_back() -> None:
    limited = client(requests_per_second=1)
    statuses = [(await limited.get("/")).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    answer = await limited.get("/")
    assert answer.json()["code"] == "RATE_LIMITED"
    assert answer.headers["retry-after"] == "1"


async def test_more_requests_at_once_than_allowed_are_refused_and_room_comes_back() -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        entered.set()
        await leave.wait()
        await echo(scope, receive, send)

    limited = client(slow, requests_max=1)
    first = asyncio.create_task(limited.get("/"))
    await asyncio.wait_for(entered.wait(), 5)
    assert (await limited.get("/")).status_code == 503
    leave.set()
    assert (await first).status_code == 200
    assert (await limited.get("/")).status_code == 200


async def test_a_bug_behind_the_gate_is_an_answer_in_the_same_shape_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise KeyError("bug")

    answer = await client(broken).get("/orders")
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL_ERROR")
    assert "bug" not in answer.text
    assert "GET /orders failed" in caplog.text


async def test_a_bug_after_the_answer_began_is_not_answered_twice() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise KeyError("bug")

    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", b"localhost")]}
    with pytest.raises(KeyError):
        await Gate(broken, GuardRules())(scope, None, send)  # type: ignore[arg-type]  # unread
    assert [message["type"] for message in messages] == ["http.response.start"]


@pytest.mark.parametrize("name", ["host", "origin", "content-type", "x-api-key"])
async def test_a_header_that_decides_something_must_not_be_there_twice(name: str) -> None:
    headers = [(name, "localhost"), (name, "localhost"), ("accept", "a"), ("accept", "b")]
    answer = await client().get("/", headers=headers)
    assert answer.status_code == 400
    assert answer.json()["details"]["field"] == name


async def test_other_headers_may_repeat() -> None:
    assert (await client().get("/", headers=[("accept", "a"), ("accept", "b")])).status_code == 200


@pytest.mark.parametrize("rule", ["body_bytes_max", "requests_max"])
def test_a_rule_that_lets_nothing_through_is_refused(rule: str) -> None:
    values: dict[str, Any] = {rule: 0}
    with pytest.raises(ValueError, match=rule):
        GuardRules(**values)
