"""One engine behind every dialect: an order of any is in all, and on the stream, by one mapping."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
import pytest

from tests.api.line import line
from tests.api.served import Served, bars, serving
from tests.api.webapi.gate import AAPL
from tests.api.world import World, order
from tests.builders import EVERYTHING

pytestmark = pytest.mark.timeout(30)

KEY = {"X-API-Key": "any"}


def by_trading(rest: httpx.Client) -> str:
    body = {"symbol": "AAPL", "side": "BUY", "quantity": "7", "order_type": "MARKET"}
    order_id: str = rest.post("/v1/orders", json=body).json()["id"]
    return order_id


def by_targets(rest: httpx.Client) -> str:
    body = {"orders": [{"symbol": "AAPL", "quantity": 7}]}
    (result,) = rest.post("/api/v1/orders", json=body).json()["results"]
    return f"ord_{result['ibkr_order_id'] // 4:010d}"


def by_guide(rest: httpx.Client) -> str:
    body = {"symbol": "AAPL", "action": "BUY", "quantity": 7}
    sent = rest.post("/guide/order/market", json=body).json()
    return f"ord_{(sent['permId'] - 1_000_000_000) // 4:010d}"


@pytest.mark.parametrize("place", [by_trading, by_targets, by_guide])
def test_an_order_of_one_dialect_is_seen_in_the_others_and_on_the_stream(place: Any) -> None:
    with serving(bars("AAPL", 20)) as served, httpx.Client(base_url=served.url) as rest:
        rest.headers.update(KEY)
        with line(served) as stream:
            first = stream.until("candle")
            order_id = place(rest)
            created = stream.until("order")
            assert (created["event"], created["order"]["id"]) == ("ORDER_CREATED", order_id)
            _seen_working(rest, order_id)
            stream.ack(first, created)
            filled = stream.until("order")
            assert (filled["event"], filled["order"]["id"]) == ("ORDER_FILLED", order_id)
            _seen_filled(rest, served, order_id)


def _seen_working(rest: httpx.Client, order_id: str) -> None:
    plain = 4 * int(order_id.removeprefix("ord_"))
    assert [one["id"] for one in rest.get("/v1/orders").json()] == [order_id]
    (row,) = rest.get("/guide/orders").json()["orders"]
    assert (row["orderId"], row["permId"]) == (plain, 1_000_000_000 + plain)
    assert (row["symbol"], row["action"], row["quantity"]) == ("AAPL", "BUY", 7)


def _seen_filled(rest: httpx.Client, served: Served, order_id: str) -> None:
    (trade,) = rest.get("/v1/trades").json()
    assert trade["order_id"] == order_id
    (execution,) = rest.get("/guide/executions").json()["executions"]
    assert execution["orderId"] == 4 * int(order_id.removeprefix("ord_"))
    assert str(execution["price"]) == f"{float(trade['price'])}"
    (held,) = rest.get("/api/v1/positions").json()["positions"]
    assert (held["symbol"], held["quantity"]) == ("AAPL", 7)
    (held,) = rest.get("/guide/positions").json()["positions"]
    assert (held["symbol"], held["qty"]) == ("AAPL", 7)
    assert len(served.desk.engine.state.orders) == 1


@pytest.mark.anyio
async def test_every_dialect_refuses_an_order_through_zero_where_the_broker_can_not() -> None:
    world = World(msgspec.structs.replace(EVERYTHING, flips=False))
    guide = {"symbol": "AAPL", "action": "SELL", "quantity": 11}
    ticket = {"conid": AAPL, "orderType": "MKT", "side": "SELL", "quantity": 11, "tif": "DAY"}
    async with world.client() as client:
        client.headers.update(KEY)
        (await client.post("/v1/orders", json=order(quantity="10"))).raise_for_status()
        world.step()
        head = world.engine.tape.head
        for path, body, status in (
            ("/v1/orders", order(side="SELL", quantity="11"), 501),
            ("/guide/order/market", guide, 500),
            ("/v1/api/iserver/account/A/orders", {"orders": [ticket]}, 400),
        ):
            answer = await client.post(path, json=body)
            assert (answer.status_code, "through zero" in answer.text) == (status, True), path
        assert world.engine.tape.head == head
        targets = {"orders": [{"symbol": "AAPL", "quantity": -1}]}
        answer = await client.post("/api/v1/orders", json=targets)
        assert "through zero" in answer.json()["results"][0]["error"]
    (position,) = world.engine.account("A").positions.values()
    assert position.quantity == 10
