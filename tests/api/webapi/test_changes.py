"""Every kind of order changes by its own prices, and a waiting leg only by its own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.webapi.gate import Gate, limit, ticket

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("placed", "change", "told"),
    [
        ({"orderType": "STP", "price": 101}, {"price": 102}, {"auxPrice": "102.00"}),
        ({"orderType": "STP", "auxPrice": 101}, {"auxPrice": 102}, {"auxPrice": "102.00"}),
        (
            {"orderType": "STOP_LIMIT", "price": 102, "auxPrice": 101},
            {"price": 102.5, "auxPrice": 101.5},
            {"price": "102.50", "auxPrice": "101.50"},
        ),
        ({"orderType": "MKT"}, {"quantity": 4}, {"totalSize": 4.0}),
    ],
)
async def test_an_order_is_changed_by_the_prices_of_its_type(
    friendly: Gate, placed: dict[str, Any], change: dict[str, Any], told: dict[str, Any]
) -> None:
    (ack,) = await friendly.place(ticket(**placed))
    body = ticket(**(placed | change))
    await friendly.post(f"/iserver/account/A/order/{ack['order_id']}", body)
    (row,) = await friendly.orders()
    assert told.items() <= row.items()


async def test_a_trailing_stop_changes_its_distance(friendly: Gate) -> None:
    trailing = {"orderType": "TRAIL", "trailingType": "amt", "tif": "GTC"}
    (ack,) = await friendly.place(ticket(**trailing, trailingAmt=1))
    path = f"/iserver/account/A/order/{ack['order_id']}"
    await friendly.post(path, ticket(**trailing, trailingAmt=2))
    (order,) = friendly.world.engine.state.working("A")
    assert order.trailing_distance == 2


async def test_a_waiting_leg_keeps_its_quantity(friendly: Gate) -> None:
    leg = limit(103, side="SELL", parentId="p")
    acks = await friendly.place(limit(100, cOID="p"), leg)
    path = f"/iserver/account/A/order/{acks[1]['order_id']}"
    await friendly.post(path, leg | {"quantity": 4}, 400)
    await friendly.post(path, leg | {"price": 104})
    (entry,) = friendly.world.engine.state.working("A")
    assert entry.take_profit == 104
