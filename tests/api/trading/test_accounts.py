"""A request means the default account unless it names another, in one of two ways."""

from __future__ import annotations

import httpx
import pytest

from tests.api.world import World, order

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("query", "headers", "balance"),
    [
        ("", {}, "1000000"),
        ("?account_id=B", {}, "500"),
        ("", {"x-account-id": "B"}, "500"),
        ("?account_id=B", {"x-account-id": "B"}, "500"),
    ],
)
async def test_an_account_is_the_default_or_the_named_one(
    client: httpx.AsyncClient, query: str, headers: dict[str, str], balance: str
) -> None:
    answer = await client.get(f"/account{query}", headers=headers)
    assert answer.json()["balance"] == balance


@pytest.mark.parametrize(
    ("query", "headers", "value"),
    [
        ("?account_id=C", {}, "C"),
        ("", {"x-account-id": "C"}, "C"),
        ("?account_id=A", {"x-account-id": "B"}, "A"),
        ("?account_id=", {}, ""),
        ("", {"x-account-id": ""}, ""),
    ],
)
async def test_an_account_that_is_not_served_is_named_in_the_refusal(
    client: httpx.AsyncClient, query: str, headers: dict[str, str], value: str
) -> None:
    for method, path in (("GET", "/account"), ("GET", "/quotes/AAPL"), ("DELETE", "/orders")):
        answer = await client.request(method, f"{path}{query}", headers=headers)
        assert answer.status_code == 400
        assert answer.json()["details"]["value"] == value


async def test_accounts_do_not_see_each_other(client: httpx.AsyncClient, world: World) -> None:
    placed = (await client.post("/orders?account_id=B", json=order(quantity="1"))).json()
    world.step()
    assert (await client.get(f"/orders/{placed['id']}")).status_code == 404
    assert (await client.get("/orders/history")).json() == []
    assert (await client.get("/trades")).json() == []
    assert (await client.get("/positions")).json() == []
    other = {"x-account-id": "B"}
    assert len((await client.get("/trades", headers=other)).json()) == 1
    [position] = (await client.get("/positions", headers=other)).json()
    assert (await client.delete(f"/positions/{position['id']}")).status_code == 404
