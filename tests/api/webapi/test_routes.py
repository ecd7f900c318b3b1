"""Every path of the published description is answered as it says, by a checker of JSON Schema."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from api.webapi.routes import BASE, OLD_BASE, operations_by_path
from tests.api.webapi.described import EVERY, Described, Schema, an_object
from tests.api.webapi.gate import AAPL, Gate, limit, ticket

pytestmark = pytest.mark.anyio

PLACES = {"{accountId}": "A", "{pageId}": "0"}
QUERY: dict[str, Any] = {
    "conids": AAPL,
    "fields": "31,84,86,87",
    "conid": AAPL,
    "period": "1d",
    "bar": "1min",
}
BODIES: dict[str, Any] = {
    "/iserver/account/{accountId}/orders": limit(100.0, tif="GTC"),
    "/iserver/secdef/search": {"symbol": "AAPL", "name": False, "secType": "STK"},
}


def check(schema: Schema, value: Any) -> None:
    """Raise where a value is not as its schema says."""
    jsonschema_rs.validator_for(schema).validate(value)


async def everything_there_is(one: Gate) -> None:
    """Have an order and a position, so that no list is empty."""
    await one.place(ticket())
    await one.place(limit(90.5 + 9))
    one.world.step()


async def answer(one: Gate, described: Described) -> Any:
    """What is served for a path of the description, to a request as it has it."""
    path = described.path
    for place, value in PLACES.items():
        path = path.replace(place, value)
    if described.method == "POST":
        body = BODIES.get(described.path)
        if described.body is not None:
            check(described.body, body)
        return await one.post(path, body)
    return await one.get(path, **{name: QUERY[name] for name in described.query})


@pytest.mark.parametrize("described", EVERY, ids=lambda one: f"{one.method} {one.path}")
async def test_every_published_operation_answers_as_its_schema_says(
    friendly: Gate, described: Described
) -> None:
    await everything_there_is(friendly)
    told = await answer(friendly, described)
    check(described.answer, told)
    row = told[0] if isinstance(told, list) else told
    schema = described.answer.get("items", described.answer)
    assert set(schema["properties"]) <= set(row), "every field it names is there"


async def test_the_checker_finds_what_is_wrong() -> None:
    with pytest.raises(jsonschema_rs.ValidationError):
        check(an_object(conid="integer"), {"conid": "1"})


async def test_every_published_path_is_declared_and_every_path_is_below_both_bases(
    friendly: Gate,
) -> None:
    declared = {
        (each.method, each.path) for of in operations_by_path(friendly.gateway) for each in of
    }
    names = {"{accountId}": "{account_id}", "{pageId}": "{page_id}"}
    for described in EVERY:
        path = described.path
        for theirs, ours in names.items():
            path = path.replace(theirs, ours)
        assert (described.method, path) in declared
    assert (BASE, OLD_BASE) == ("/v1/api", "/v1/portal")


async def test_the_description_of_what_is_served_stands_below_its_address(friendly: Gate) -> None:
    document = await friendly.get("/openapi.json")
    assert document["info"]["title"] == "OneTape: IBKR Web API"
    assert "/v1/api/iserver/marketdata/snapshot" in document["paths"]
    assert all(path.startswith(f"{BASE}/") for path in document["paths"])


async def test_the_paths_of_the_trading_api_are_not_shadowed(friendly: Gate) -> None:
    response = await friendly.client.get("/v1/quotes/AAPL")
    assert response.json()["symbol"] == "AAPL"
    assert (await friendly.client.get("/v1/orders")).status_code == 200
