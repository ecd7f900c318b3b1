"""Orders that belong together: brackets, legs of earlier orders, groups of which one fills."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.values import Role
from tests.api.webapi.gate import MSFT, Gate, limit, ticket

pytestmark = pytest.mark.anyio


def bracket(**fields: Any) -> list[dict[str, Any]]:
    """An entry with a stop-loss and a take-profit; ``fields`` are the stop-loss's."""
    return [
        limit(100.2, cOID="parent"),
        ticket(**{"side": "SELL", "orderType": "STP", "price": 98, "parentId": "parent"} | fields),
        limit(103, side="SELL", parentId="parent"),
    ]


async def test_a_bracket_is_three_orders_from_the_start(friendly: Gate) -> None:
    acks = await friendly.place(*bracket())
    numbers = [int(ack["order_id"]) for ack in acks]
    assert [ack["order_status"] for ack in acks] == ["Submitted", "PreSubmitted", "PreSubmitted"]
    rows = {row["orderId"]: row for row in await friendly.orders()}
    assert [rows[number]["status"] for number in numbers] == [ack["order_status"] for ack in acks]
    assert [rows[number].get("parentId") for number in numbers] == [None, numbers[0], numbers[0]]
    friendly.world.step()
    rows = {row["orderId"]: row for row in await friendly.orders()}
    filled = [rows[number]["status"] for number in numbers]
    assert filled == ["Filled", "PreSubmitted", "Submitted"]
    friendly.world.step(30)
    rows = {row["orderId"]: row for row in await friendly.orders()}
    assert [rows[n]["status"] for n in numbers] == ["Filled", "Cancelled", "Filled"]


async def test_a_waiting_leg_is_changed_alone_and_cancelled_with_its_parent(
    friendly: Gate,
) -> None:
    acks = await friendly.place(*bracket())
    paths = [f"/iserver/account/A/order/{ack['order_id']}" for ack in acks]
    await friendly.post(paths[1], ticket(side="SELL", orderType="STP", price=97, tif=None))
    (entry,) = friendly.world.engine.state.working("A")
    assert entry.stop_loss == 97
    assert "cancel the parent" in (await friendly.delete(paths[1], 400))["error"]
    await friendly.delete(paths[0])
    assert {row["status"] for row in await friendly.orders()} == {"Cancelled"}


async def test_a_working_leg_is_changed_and_cancelled_like_any_order(friendly: Gate) -> None:
    acks = await friendly.place(*bracket())
    friendly.world.step()
    paths = [f"/iserver/account/A/order/{ack['order_id']}" for ack in acks]
    await friendly.post(paths[1], ticket(side="SELL", orderType="STP", price=97, tif="GTC"))
    await friendly.delete(paths[2])
    working = friendly.world.engine.state.working("A")
    assert [(leg.role, leg.stop_price) for leg in working] == [(Role.STOP_LOSS, Decimal(97))]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"parentId": "other"}, "parentId"),
        ({"side": "BUY"}, "side"),
        ({"quantity": 4}, "quantity"),
        ({"conid": MSFT}, "conid"),
        ({"orderType": "MKT"}, "leg"),
        ({"orderType": "LMT", "price": 104}, "one TAKE_PROFIT"),
        ({"price": None}, "price"),
        ({"price": 101}, "stop_loss"),
    ],
)
async def test_a_bracket_with_one_bad_leg_is_refused_whole(
    friendly: Gate, fields: dict[str, Any], named: str
) -> None:
    tickets = bracket(**fields)
    if fields.get("orderType") == "LMT":
        tickets = [tickets[0], tickets[2], tickets[1]]
    said = await friendly.place(*tickets, status=400)
    assert named in said["error"]
    assert friendly.world.engine.state.working("A") == []


async def test_a_leg_may_follow_an_order_that_was_placed_before(friendly: Gate) -> None:
    (ack,) = await friendly.place(limit(100, cOID="first"))
    child = ticket(side="SELL", orderType="STP", price=98, parentId=ack["order_id"])
    (leg,) = await friendly.place(child)
    assert (leg["parent_order_id"], leg["order_status"]) == (ack["order_id"], "PreSubmitted")
    by_name = limit(105, side="SELL", parentId="first")
    (leg,) = await friendly.post("/iserver/account/A/orders", [by_name])
    assert leg["parent_order_id"] == ack["order_id"]
    await friendly.place(ticket(side="SELL", orderType="STP", price=98, parentId="9"), status=400)


async def test_of_a_group_one_order_fills_and_the_others_end(friendly: Gate) -> None:
    acks = await friendly.place(
        limit(100.0, isSingleGroup=True, cOID="low"), limit(101, isSingleGroup=True)
    )
    assert acks[0]["oca_group_id"] == acks[1]["oca_group_id"]
    friendly.world.step()
    states = {row["orderId"]: row["status"] for row in await friendly.orders()}
    assert [states[int(ack["order_id"])] for ack in acks] == ["Cancelled", "Filled"]


async def test_a_group_is_placed_once_under_its_names(friendly: Gate) -> None:
    group = [
        limit(99, isSingleGroup=True, cOID="low"),
        limit(101, isSingleGroup=True, cOID="high"),
    ]
    first = await friendly.place(*group)
    friendly.world.step()
    again = await friendly.place(*group)
    assert [ack["order_id"] for ack in again] == [ack["order_id"] for ack in first]
    assert friendly.facts().count("OrderSubmitted") == 2


async def test_unrelated_orders_are_not_placed_together(friendly: Gate) -> None:
    said = await friendly.place(limit(99), limit(98), status=400)
    assert "isSingleGroup" in said["error"]
    group = [limit(99, isSingleGroup=True), limit(99, isSingleGroup=True, quantity=90_000)]
    await friendly.post("/iserver/questions/suppress", {"messageIds": ["o383", "o451"]})
    said = await friendly.place(*group, status=400)
    assert "more margin" in said["error"]
    assert friendly.world.engine.state.working("A") == []
