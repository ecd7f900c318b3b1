"""A refusal has one shape over HTTP and in a WebSocket handshake."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from api.refusals import Refusal, retry_after, send_refusal

REFUSAL = Refusal(403, "UNAUTHORIZED", "no", {"field": "Origin"}, [(b"x-a", b"b")])


def sent(scope: dict[str, Any]) -> list[Any]:
    """The messages that refusing a request of this scope sends."""
    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    asyncio.run(send_refusal(scope, send, REFUSAL))
    return messages


def test_a_request_is_refused_as_json() -> None:
    start, body = sent({"type": "http"})
    assert start["status"] == 403
    assert dict(start["headers"])[b"content-type"] == b"application/json"
    assert dict(start["headers"])[b"x-a"] == b"b"
    shape = {"code": "UNAUTHORIZED", "message": "no", "details": {"field": "Origin"}}
    assert json.loads(body["body"]) == shape


def test_a_handshake_is_refused_with_the_same_answer_where_the_server_can() -> None:
    messages = sent({"type": "websocket", "extensions": {"websocket.http.response": {}}})
    assert [each["type"].rpartition(".")[2] for each in messages] == ["start", "body"]
    assert messages[0]["status"] == 403


def test_a_handshake_is_closed_where_the_server_can_not_answer_it() -> None:
    assert sent({"type": "websocket"}) == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize(("seconds", "header"), [(0.0, b"1"), (0.2, b"1"), (4.1, b"5")])
def test_the_wait_is_told_in_whole_seconds_and_never_too_short(
    seconds: float, header: bytes
) -> None:
    assert retry_after(seconds) == [(b"retry-after", header)]
