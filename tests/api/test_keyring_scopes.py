"""Every operation that is served asks for a key, its scope, and its accounts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import pytest
from starlette.routing import BaseRoute, Mount, Route

from api.app import application
from api.auth import Scope
from api.endpoints import Operation, operations_of
from api.guards import PROBES, GuardRules
from api.keyring import KeyRing
from api.paths import Paths
from api.settings import Settings
from tests.api.credentials import KEY, ring, stored
from tests.api.world import URL, World, limit, order

pytestmark = pytest.mark.anyio
HEADERS = {"X-API-Key": KEY}
STREAMS = {"/ws", "/events"}
OPERATIONS = [
    operation
    for operation in operations_of(World().routes())
    if operation.path not in PROBES | STREAMS
]


def called(each: Operation) -> tuple[str, str]:
    """The method and a path of an operation."""
    values = dict.fromkeys(("order_id", "position_id", "oco_group_id", "alarm_id", "id"), "x")
    path = each.path.format(symbol="AAPL", **values)
    return each.method, f"/v1{path}"


async def call(client: httpx.AsyncClient, each: Operation, **rest: Any) -> httpx.Response:
    """The answer to a call that says as little as can be."""
    method, path = called(each)
    return await client.request(method, path, **rest)


@pytest.mark.parametrize("each", OPERATIONS, ids=lambda each: f"{each.method} {each.path}")
async def test_an_operation_asks_for_a_key_and_its_scope(each: Operation) -> None:
    world = World()
    assert (each.scope > Scope.READ) == (each.method != "GET")
    async with world.client(GuardRules(keys=ring("read"))) as client:
        before = world.engine.tape.head
        assert (await call(client, each)).status_code == 401
        answer = await call(client, each, headers=HEADERS)
        assert (answer.status_code == 403) == (each.method != "GET")
        assert world.engine.tape.head == before


async def test_resetting_the_breakers_takes_an_admin() -> None:
    world = World()
    async with world.client(GuardRules(keys=ring("trade"))) as client:
        answer = await client.post("/v1/circuit-breakers/reset", headers=HEADERS)
        assert (answer.status_code, answer.json()["details"]["needed"]) == (403, "admin")
    async with World().client(GuardRules(keys=ring("admin"))) as client:
        answer = await client.post("/v1/circuit-breakers/reset", headers=HEADERS)
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/account", "/orders", "/orders/history", "/trades", "/positions", "/events"],
)
@pytest.mark.parametrize("where", ["header", "query"])
async def test_another_account_than_the_keys_is_refused(path: str, where: str) -> None:
    headers = HEADERS | ({"X-Account-ID": "A"} if where == "header" else {})
    params = {} if where == "header" else {"account_id": "A"}
    async with World().client(GuardRules(keys=ring("admin", accounts=("B",)))) as client:
        answer = await client.get(f"/v1{path}", headers=headers, params=params)
        assert (answer.status_code, answer.json()["code"]) == (403, "UNAUTHORIZED")


async def test_a_call_that_names_no_account_means_the_keys_first() -> None:
    world = World()
    async with world.client(GuardRules(keys=ring("trade", accounts=("B", "A")))) as client:
        placed = await client.post("/v1/orders", json=limit("1", quantity="1"), headers=HEADERS)
        assert placed.status_code == 201
        assert [each.account for each in world.engine.state.working()] == ["B"]
        named = await client.post(
            "/v1/orders", json=order(), headers=HEADERS | {"X-Account-ID": "A"}
        )
        assert named.status_code == 201


async def test_an_order_of_another_account_is_not_there() -> None:
    world, other = World(), f"otk_99999999_{'7' * 64}"
    keys = KeyRing([stored("all", "trade", key=other), stored("b", "trade", accounts=("B",))])
    async with world.client(GuardRules(keys=keys)) as client:
        answer = await client.post("/v1/orders", json=limit("1"), headers={"X-API-Key": other})
        placed = answer.json()["id"]
        for method in ("GET", "DELETE"):
            answer = await client.request(method, f"/v1/orders/{placed}", headers=HEADERS)
            assert answer.status_code == 404
    assert [each.id for each in world.engine.state.working()] == [placed]


def every_path(routes: Iterable[BaseRoute], prefix: str = "") -> Iterator[str]:
    """Every path of all dialects, with something in the place of what varies."""
    for route in routes:
        if isinstance(route, Mount):
            yield from every_path(route.routes, prefix + route.path)
        elif isinstance(route, Route):
            yield prefix + re.sub(r"{\w+(:\w+)?}", "x", route.path)


async def test_no_dialect_answers_without_a_key_but_to_probes() -> None:
    world = World()
    world.desk.keys.replace([stored("bot", "read")])
    app = application(world.desk, Settings())
    router: Any = app
    while not isinstance(router, Paths):  # behind the gate, and what else stands before it
        router = router._app
    paths = {path for path in every_path(router.routes) if not path.endswith("/health")} - PROBES
    assert len(paths) > 40
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as client:
        for path in sorted(paths):
            assert (await client.get(path)).status_code == 401, path
            assert (await client.post(path, headers=HEADERS)).status_code == 403, path
            assert (await client.delete(path, headers=HEADERS)).status_code == 403, path
