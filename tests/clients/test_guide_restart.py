"""What the guide's clients hold on to outlives the server: permanent ids, executions, exits."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.process import served

pytestmark = [pytest.mark.client, pytest.mark.timeout(60)]

PATIENCE_S = 10.0


def place(client: httpx.Client, kind: str, **fields: Any) -> Any:
    body = {"symbol": "AAPL", "action": "BUY", "quantity": 10, **fields}
    return client.post(f"/guide/order/{kind}", json=body).raise_for_status().json()


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it did not come to be in time"
        time.sleep(0.05)


def get(client: httpx.Client, what: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = client.get(f"/guide/{what}").json()[what]
    return rows


@pytest.mark.crash
def test_a_killed_server_comes_back_with_the_same_ids_and_every_execution(tmp_path: Path) -> None:
    tape = tmp_path / "guide.tape"
    with served("serve", "--tape", tape) as server, httpx.Client(base_url=server.url) as client:
        place(client, "market", order_ref="market_trade_001")
        resting = place(client, "limit", limit_price=1.0)["permId"]
        exits = {"entry_price": 9999, "stop_loss": 1.5, "take_profit": 99999}
        _, loss, profit = place(client, "bracket", **exits)["permIds"]
        until(lambda: len(get(client, "executions")) == 2)
        orders, executions = get(client, "orders"), get(client, "executions")
        server.kill()
    assert {row["permId"] for row in orders} == {resting, loss, profit}
    assert {row["source"] for row in executions} == {"trades()"}

    with served("serve", "--tape", tape) as server, httpx.Client(base_url=server.url) as client:
        assert get(client, "orders") == orders
        place(client, "market", quantity=3)
        until(lambda: len(get(client, "executions")) == 3)
        again = get(client, "executions")
        assert [row | {"source": "trades()"} for row in again[:2]] == executions
        assert {row["source"] for row in again[:2]} <= {"reqExecutions", "reqCompletedOrders"}
        assert again[2]["source"] == "trades()"
        for perm_id in (resting, loss, profit):
            answer = client.post("/guide/order/cancel", json={"perm_id": perm_id})
            assert answer.json() == {"status": f"✅ Order {perm_id} cancelled"}
        assert get(client, "orders") == []
