"""The life of a session: always the same id, two tiers, and what each of them opens."""

from __future__ import annotations

from typing import Any

import pytest

from api.guards import GuardRules
from tests.api.credentials import KEY, ring
from tests.api.webapi.gate import FRIENDLY, Gate, gate, ticket

pytestmark = pytest.mark.anyio

HEALTHY = {"authenticated": True, "connected": True, "competing": False}


def health(status: dict[str, Any]) -> dict[str, Any]:
    return {name: status[name] for name in HEALTHY}


async def test_a_tickle_tells_the_same_session_every_time(friendly: Gate) -> None:
    first, second = await friendly.post("/tickle"), await friendly.get("/tickle")
    assert first["session"] == second["session"]
    assert health(first["iserver"]["authStatus"]) == HEALTHY
    assert first["hmds"] == {"error": "no bridge"}


@pytest.mark.parametrize("method", ["get", "post"])
async def test_the_state_is_told_to_get_and_post(friendly: Gate, method: str) -> None:
    assert health(await getattr(friendly, method)("/iserver/auth/status")) == HEALTHY


@pytest.mark.parametrize("base", ["/v1/api", "/v1/portal"])
@pytest.mark.parametrize("end", ["", "/"])
async def test_both_addresses_answer_with_and_without_a_slash(
    friendly: Gate, base: str, end: str
) -> None:
    friendly.base = base
    assert (await friendly.get(f"/sso/validate{end}"))["RESULT"] is True


async def test_after_a_logout_nothing_answers_until_the_session_is_opened(friendly: Gate) -> None:
    assert await friendly.post("/logout") == {"status": True}
    assert await friendly.post("/tickle") == {"error": "no session"}
    for path in ("/iserver/auth/status", "/portfolio/accounts", "/iserver/accounts"):
        said = await friendly.get(path, 401)
        assert said == {"error": "not authenticated", "statusCode": 401}
    assert health(await friendly.post("/iserver/auth/ssodh/init")) == HEALTHY
    assert (await friendly.get("/iserver/accounts"))["accounts"] == ["A", "B"]


async def test_a_dropped_brokerage_session_closes_orders_and_leaves_the_portfolio(
    friendly: Gate,
) -> None:
    tickle = await friendly.post("/tickle")
    for session in friendly.gateway.sessions.all():
        session.drop()
    assert health(await friendly.get("/iserver/auth/status")) == HEALTHY | {"authenticated": False}
    said = await friendly.get("/iserver/account/orders", 400)
    assert said == {"error": "Bad Request: no bridge", "statusCode": 400}
    assert (await friendly.get("/portfolio/accounts"))[0]["accountId"] == "A"
    assert (await friendly.post("/tickle"))["session"] == tickle["session"]


async def test_a_competing_session_is_taken_back_only_when_asked(friendly: Gate) -> None:
    await friendly.post("/tickle")
    for session in friendly.gateway.sessions.all():
        session.drop(competing=True)
    opened = await friendly.post("/iserver/auth/ssodh/init", {"publish": True, "compete": False})
    assert health(opened) == {"authenticated": False, "connected": True, "competing": True}
    again = await friendly.post("/iserver/auth/ssodh/init", {"publish": True, "compete": True})
    assert health(again) == HEALTHY


async def test_reauthenticating_takes_the_session_back_by_force(friendly: Gate) -> None:
    await friendly.post("/tickle")
    for session in friendly.gateway.sessions.all():
        session.drop(competing=True)
    assert await friendly.post("/iserver/reauthenticate?force=true") == {"message": "triggered"}
    assert health(await friendly.get("/iserver/auth/status")) == HEALTHY


async def test_a_session_that_is_not_published_is_refused(friendly: Gate) -> None:
    await friendly.post("/iserver/auth/ssodh/init", {"publish": False}, 500)


async def test_an_account_is_selected_once_and_only_if_it_is_served(friendly: Gate) -> None:
    said = await friendly.post("/iserver/account", {"acctId": "B"})
    assert said == {"set": True, "acctId": "B"}
    again = await friendly.post("/iserver/account", {"acctId": "B"})
    assert again == {"success": "Account already set"}
    assert (await friendly.get("/iserver/accounts"))["selectedAccount"] == "B"
    assert (
        "Invalid account ID"
        in (await friendly.post("/iserver/account", {"acctId": "Z"}, 500))["error"]
    )
    await friendly.post("/iserver/account", None, 400)


async def test_where_keys_are_asked_for_the_gateway_asks_for_them_too() -> None:
    async with gate(FRIENDLY, GuardRules(keys=ring("read"))) as one:
        said = await one.get("/iserver/accounts", 401)
        assert said["statusCode"] == 401
        one.client.headers["x-api-key"] = KEY
        assert "accounts" in await one.get("/iserver/accounts")


async def test_a_wrong_path_is_refused_in_the_gateways_shape(friendly: Gate) -> None:
    said = await friendly.get("/no/such/path", 404)
    assert set(said) == {"error", "statusCode"}


async def test_without_a_key_no_account_at_a_broker_is_seen(friendly: Gate) -> None:
    broker = friendly.world.engine.local.pop("A")
    assert (await friendly.get("/iserver/accounts"))["accounts"] == ["B"]
    assert [row["id"] for row in await friendly.get("/portfolio/accounts")] == ["B"]
    said = await friendly.get("/portfolio/A/summary", 401)
    assert "needs a key" in said["error"]
    friendly.world.engine.local["A"] = broker


async def test_a_key_opens_its_accounts_and_has_a_session_of_its_own() -> None:
    rules = GuardRules(keys=ring("trade", accounts=("B",)))
    async with gate(FRIENDLY, rules) as one:
        one.client.headers["x-api-key"] = KEY
        told = await one.get("/iserver/accounts")
        assert (told["accounts"], told["selectedAccount"]) == (["B"], "B")
        await one.get("/portfolio/A/summary", 403)
        await one.place(ticket(), status=403)
        (session,) = one.gateway.sessions.all()
        assert session.client == "strategy"
