"""An admin brings faults about, sees them and ends them; nobody else does, and only if allowed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from api.guards import GuardRules
from api.service import service
from api.webapi.faults import control
from api.webapi.faults.control import PATH
from tests.api.credentials import KEY, ring
from tests.api.webapi.gate import FRIENDLY, STRICT, Gate, gate, limit
from tests.api.webapi.stream.talk import Talk
from tests.api.world import URL

pytestmark = pytest.mark.anyio


class Bench:
    """A gateway, and its faults at hand."""

    def __init__(self, gate: Gate, faults: httpx.AsyncClient) -> None:
        self.gate = gate
        self.faults = faults

    async def add(self, kind: str, expected: int = 200, **rest: Any) -> Any:
        """Bring a fault about."""
        answer = await self.faults.post(PATH, json={"kind": kind, **rest})
        assert answer.status_code == expected, answer.text
        return answer.json()


@asynccontextmanager
async def bench(
    webapi: dict[str, Any], rules: GuardRules | None = None, **headers: str
) -> AsyncIterator[Bench]:
    """A gateway with these settings, and its control API behind these rules."""
    async with gate(webapi) as one:
        routes = control.routes(one.gateway, one.world.metrics)
        app = service(routes, rules or GuardRules(), "1.2.3", one.world.metrics)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=URL, headers=headers) as client:
            yield Bench(one, client)


@pytest.fixture
async def friendly() -> AsyncIterator[Bench]:
    """A friendly gateway whose settings allow faults."""
    async with bench(FRIENDLY | {"faults": True}) as one:
        yield one


async def test_a_fault_is_brought_about_seen_and_ended(friendly: Bench) -> None:
    made = await friendly.add("error", calls="placing", times=2, status=500, seconds=60)
    seconds = made.pop("seconds")
    assert 59 < seconds <= 60
    assert made == {
        "id": 1,
        "kind": "error",
        "calls": "placing",
        "times": 2,
        "status": 500,
        "delay_ms": 1000,
        "percent": 50,
        "rest": "later",
        "reason": "a fault was asked for",
        "struck": 0,
    }
    await friendly.gate.place(limit(99), status=500)
    (shown,) = (await friendly.faults.get(PATH)).json()["faults"]
    assert (shown["times"], shown["struck"]) == (1, 1)
    assert (await friendly.faults.delete(PATH, params={"id": 1})).json() == {"ended": 1}
    assert (await friendly.faults.delete(PATH)).json() == {"ended": 0}
    await friendly.gate.place(limit(99))


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("session_death", (False, False, True)),
        ("competing", (False, True, True)),
        ("no_bridge", (False, False, False)),
    ],
)
async def test_sessions_end_and_are_opened_again(
    friendly: Bench, kind: str, status: tuple[bool, bool, bool]
) -> None:
    gate = friendly.gate
    await gate.get("/iserver/accounts")
    assert await friendly.add(kind) == {"kind": kind}
    told = await gate.post("/iserver/auth/status")
    assert (told["authenticated"], told["competing"], told["connected"]) == status
    assert (await gate.get("/iserver/accounts", 400))["error"] == "Bad Request: no bridge"
    await gate.get("/portfolio/accounts")
    await gate.post("/iserver/auth/ssodh/init", {"publish": True, "compete": True})
    await gate.get("/iserver/accounts")


async def test_a_login_ends_for_the_portfolio_as_well(friendly: Bench) -> None:
    await friendly.gate.get("/iserver/accounts")
    await friendly.add("logout")
    await friendly.gate.get("/portfolio/accounts", 401)


async def test_a_reset_ends_sessions_and_shuts_out_for_its_time(friendly: Bench) -> None:
    await friendly.gate.get("/iserver/accounts")
    await friendly.add("daily_reset", seconds=60)
    await friendly.gate.get("/iserver/accounts", 503)
    await friendly.faults.delete(PATH)
    await friendly.gate.get("/iserver/accounts", 400)


async def test_sessions_that_lie_idle_end_sooner_than_by_themselves(friendly: Bench) -> None:
    await friendly.gate.get("/iserver/accounts")
    await friendly.add("short_idle", delay_ms=50)
    await asyncio.sleep(0.1)
    await friendly.gate.get("/iserver/accounts", 400)
    await friendly.gate.post("/iserver/auth/ssodh/init", {"publish": True, "compete": True})
    await friendly.gate.get("/iserver/accounts")


async def test_streams_are_closed(friendly: Bench) -> None:
    talk = Talk(friendly.gate)
    await friendly.add("stream_drop")
    assert talk.it.ear.closing is not None
    talk.leave()


async def test_the_stream_of_orders_falls_silent_until_it_is_forced(friendly: Bench) -> None:
    talk = Talk(friendly.gate)
    talk.it.greet()
    assert talk.say("sor+{}")[-1]["args"] == []
    await friendly.add("orders_muted")
    await friendly.gate.place(limit(99))
    assert talk.wait() == talk.say("sor+{}") == []
    await friendly.gate.get("/iserver/account/orders", force="true")
    assert len(talk.one("sor+{}")["args"]) == 1
    talk.leave()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "flood"),
        ("kind", None),
        ("calls", "some"),
        ("times", -1),
        ("seconds", 3_601),
        ("status", 200),
        ("delay_ms", 120_001),
        ("percent", 100),
        ("rest", "soon"),
        ("reason", "x" * 201),
    ],
)
async def test_what_can_not_be_is_named(friendly: Bench, field: str, value: Any) -> None:
    answer = await friendly.faults.post(PATH, json={"kind": "error", field: value})
    assert answer.status_code == 400
    assert field in answer.text
    assert friendly.gate.gateway.faults.active() == []


async def test_without_the_setting_there_is_no_such_path() -> None:
    async with bench(STRICT) as one:
        assert (await one.faults.get(PATH)).status_code == 404


@pytest.mark.parametrize(("scope", "status"), [("read", 403), ("trade", 403), ("admin", 200)])
async def test_it_is_for_admin_keys_alone(scope: str, status: int) -> None:
    rules = GuardRules(keys=ring(scope))
    async with bench(FRIENDLY | {"faults": True}, rules, authorization=f"Bearer {KEY}") as one:
        assert (await one.faults.get(PATH)).status_code == status
        await one.add("silence", status)
