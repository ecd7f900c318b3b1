"""Alarms, comparisons and decisions over REST, where the broker lives in the same process."""

from __future__ import annotations

import httpx
import pytest

from engine import events as ev
from engine.alarms import AlarmKind, alarm_id
from tests.api.world import World, order

pytestmark = pytest.mark.anyio
NOBODY = "ord_9999999999"


def overfilled(world: World, account: str = "A") -> str:
    """Raise an alarm about an order; the alarm's id."""
    name = alarm_id(AlarmKind.ORDER_OVERFILLED, "ord_0000000042")
    fact = ev.AlarmRaised(name, AlarmKind.ORDER_OVERFILLED, "too much", "AAPL", "ord_0000000042")
    world.engine.write(account, fact)
    return name


async def test_nothing_is_open_where_everything_is_known(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/alarms")).json() == []


async def test_a_comparison_with_the_simulator_finds_nothing(client: httpx.AsyncClient) -> None:
    await client.post("/v1/orders", json=order())
    answer = await client.post("/v1/reconcile", headers={"X-Account-ID": "A"})
    assert answer.json() == {
        "account_id": "A",
        "broker": "simulator",
        "differences": 0,
        "alarms": [],
    }


async def test_an_alarm_is_shown_to_its_account_until_a_person_clears_it(
    client: httpx.AsyncClient, world: World
) -> None:
    name = overfilled(world)
    (alarm,) = (await client.get("/v1/alarms")).json()
    assert alarm == {
        "id": name,
        "kind": "ORDER_OVERFILLED",
        "account_id": "A",
        "symbol": "AAPL",
        "message": "too much",
        "since": alarm["since"],
        "order_id": "ord_0000000042",
        "position_id": None,
    }
    assert (await client.get("/v1/alarms?account_id=B")).json() == []
    path, reason = f"/v1/alarms/{name}/clear", {"reason": "seen, and settled with the broker"}
    foreign = await client.post(f"{path}?account_id=B", json=reason)
    assert (foreign.status_code, foreign.json()["details"]["field"]) == (400, "alarm_id")
    assert (await client.post(path, json=reason)).json() == []
    *_, last = world.engine.tape.records()
    assert last.event == ev.AlarmCleared(name, reason["reason"])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/positions/disputed/AAPL", 400),
        ("/positions/disputed/NOBODY", 404),
        ("/positions/disputed/EUR%2FUSD", 400),
        (f"/orders/{NOBODY}/give-up", 404),
        (f"/alarms/order_unknown:{NOBODY}/clear", 400),
    ],
)
async def test_what_is_not_open_can_not_be_decided(
    client: httpx.AsyncClient, world: World, path: str, status: int
) -> None:
    head = world.engine.tape.head
    answer = await client.post(f"/v1{path}", json={"reason": "because"})
    assert answer.status_code == status, answer.text
    assert world.engine.tape.head == head


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "x" * 257}, {"why": "because"}])
async def test_a_decision_needs_a_reason(
    client: httpx.AsyncClient, world: World, body: dict[str, str]
) -> None:
    answer = await client.post(f"/v1/alarms/{overfilled(world)}/clear", json=body)
    assert answer.status_code == 400
    assert len((await client.get("/v1/alarms")).json()) == 1


async def test_an_order_whose_fate_is_known_can_not_be_given_up(client: httpx.AsyncClient) -> None:
    placed = (await client.post("/v1/orders", json=order())).json()
    answer = await client.post(f"/v1/orders/{placed['id']}/give-up", json={"reason": "gone"})
    assert (answer.status_code, answer.json()["code"]) == (409, "ORDER_NOT_MODIFIABLE")
