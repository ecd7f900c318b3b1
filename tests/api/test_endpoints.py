"""A resource answers each method by its operation, once, and everything else in one shape."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from starlette.routing import Router

from api import bodies
from api.auth import Scope
from api.endpoints import Answer, Call, Operation, Resource, no_such_path, operations_of, routes_of
from api.forms import Form
from api.guards import PRINCIPAL
from api.metrics import Metrics
from api.refusals import Refusal
from api.trading.errors import refusal_of
from engine.errors import IllegalTransition, OrderNotFound
from engine.tape.errors import TapeFailed

pytestmark = pytest.mark.anyio


async def echo(call: Call) -> dict[str, Any]:
    """What the call holds."""
    return {"body": call.body.decode(), "path": dict(call.path), "query": call.query.decode()}


def failing(error: Exception) -> Any:
    """A handler that raises."""

    async def fail(_call: Call) -> None:
        raise error

    return fail


def client(*operations: Operation, metrics: Metrics | None = None) -> httpx.AsyncClient:
    """A client of one resource."""
    resource = Resource(operations, refusal_of, metrics or Metrics())
    router = Router(routes_of([resource]), redirect_slashes=False, default=no_such_path)
    transport = httpx.ASGITransport(router)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


async def test_a_path_is_served_with_and_without_the_prefix() -> None:
    one = client(Operation("GET", "/things/{thing_id}", "Get", echo))
    for path in ("/things/7?a=b", "/v1/things/7?a=b"):
        answer = (await one.get(path)).json()
        assert answer == {"body": "", "path": {"thing_id": "7"}, "query": "a=b"}


@pytest.mark.parametrize("path", ["/quotes/EUR/USD", "/quotes/EUR%2FUSD"])
async def test_a_symbol_may_hold_a_slash_written_either_way(path: str) -> None:
    answer = (await client(Operation("GET", "/quotes/{symbol}", "Get", echo)).get(path)).json()
    assert answer["path"] == {"symbol": "EUR/USD"}


async def test_the_body_is_read_whole_where_the_operation_takes_one() -> None:
    async def body() -> Any:
        yield b"{"
        yield b"}"

    one = client(Operation("POST", "/things", "Make", echo, status=201, body=Form()))
    answer = await one.post("/things", content=body())
    assert (answer.status_code, answer.json()["body"]) == (201, "{}")


async def test_an_answer_may_choose_its_status_and_bytes_go_out_as_they_are() -> None:
    async def chosen(_call: Call) -> Answer:
        return Answer(503, {"ready": False}, [(b"x-a", b"b")])

    async def raw(_call: Call) -> bytes:
        return b"text"

    answer = await client(Operation("GET", "/ready", "Ready?", chosen)).get("/ready")
    assert (answer.status_code, answer.headers["x-a"]) == (503, "b")
    answer = await client(Operation("GET", "/text", "Text", raw, media="text/plain")).get("/text")
    assert (answer.text, answer.headers["content-type"]) == ("text", "text/plain")


async def test_a_method_that_is_not_there_is_told_which_are() -> None:
    answer = await client(Operation("GET", "/things", "Get", echo)).put("/things")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"
    assert answer.json()["code"] == "INVALID_REQUEST"


async def test_head_is_answered_like_get() -> None:
    answer = await client(Operation("GET", "/things", "Get", echo)).head("/things")
    assert answer.status_code == 200


async def test_a_path_that_is_not_there_is_named() -> None:
    answer = await client(Operation("GET", "/things", "Get", echo)).get("/thing")
    assert (answer.status_code, answer.json()["details"]["id"]) == (404, "/thing")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (OrderNotFound("ord_1"), 404, "ORDER_NOT_FOUND"),
        (TapeFailed("the disk is gone"), 503, "PROVIDER_UNAVAILABLE"),
        (IllegalTransition("ord_1", "FILLED", "ACCEPTED"), 500, "INTERNAL_ERROR"),
        (Refusal(409, "RESET_COOLDOWN", "wait"), 409, "RESET_COOLDOWN"),
    ],
)
async def test_every_error_of_ours_becomes_an_answer(
    error: Exception, status: int, code: str
) -> None:
    metrics = Metrics()
    one = client(Operation("GET", "/things", "Get", failing(error)), metrics=metrics)
    answer = await one.get("/things")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert f'route="/things",status="{status}"' in metrics.text()


async def test_an_operation_may_need_a_wider_scope_than_its_method() -> None:
    async def called(scope: Any, receive: Any, send: Any) -> None:
        await resource(scope | {PRINCIPAL: reader}, receive, send)

    from api.auth import Principal

    reader = Principal("reader", Scope.READ)
    operation = Operation("GET", "/things", "Get", echo, scope=Scope.ADMIN)
    resource = Resource([operation], refusal_of, Metrics())
    transport = httpx.ASGITransport(called)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as one:
        answer = await one.get("/things")
    assert (answer.status_code, answer.json()["details"]["needed"]) == (403, "admin")


async def test_a_body_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_TIMEOUT_S", 0.01)

    async def body() -> Any:
        yield b"{"
        await asyncio.sleep(5)

    one = client(Operation("POST", "/things", "Make", echo, body=Form()))
    assert (await one.post("/things", content=body())).status_code == 408


async def test_a_client_that_leaves_amid_its_body_is_not_waited_for() -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    operation = Operation("POST", "/things", "Make", echo, body=Form())
    scope = {"method": "POST", "type": "http", "query_string": b"", "headers": []}
    await Resource([operation], refusal_of, Metrics())(scope, receive, send)
    assert sent[0]["status"] == 408


def test_a_resource_is_one_path() -> None:
    operations = [Operation("GET", "/a", "A", echo), Operation("GET", "/b", "B", echo)]
    with pytest.raises(ValueError, match="not one path"):
        Resource(operations, refusal_of, Metrics())


def test_each_declared_operation_is_found_once() -> None:
    operation = Operation("GET", "/a", "A", echo)
    routes = routes_of([Resource([operation], refusal_of, Metrics())])
    assert list(operations_of(routes)) == [operation]
