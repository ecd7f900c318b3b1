"""Fifty clients that want the same thing at the same moment get it once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import httpx
import pytest

from tests.clients.process import served

pytestmark = [pytest.mark.client, pytest.mark.timeout(60)]

CLIENTS = 50
PATIENCE_S = 10.0
HEADERS = {"X-API-Key": "your-api-key"}


def test_fifty_identical_batches_trade_the_difference_once(tmp_path: Path) -> None:
    together = Barrier(CLIENTS)

    def submit(url: str) -> Any:
        with httpx.Client(base_url=url, headers=HEADERS) as client:
            client.get("/api/v1/health")
            together.wait(PATIENCE_S)
            body = {"orders": [{"symbol": "AAPL", "quantity": 100}]}
            return client.post("/api/v1/orders", json=body).raise_for_status().json()

    with served("serve", "--tape", tmp_path / "fifty.tape") as server:
        with ThreadPoolExecutor(CLIENTS) as pool:
            batches = list(pool.map(submit, [server.url] * CLIENTS))
        assert len({batch["batch_id"] for batch in batches}) == CLIENTS
        with httpx.Client(base_url=server.url, headers=HEADERS) as client:
            deadline = time.monotonic() + PATIENCE_S
            while not (held := client.get("/api/v1/positions").json()["positions"]):
                assert time.monotonic() < deadline, "the order did not fill in time"
                time.sleep(0.05)
            assert [(one["symbol"], one["quantity"]) for one in held] == [("AAPL", 100)]
            assert len(client.get("/v1/trades").json()) == 1
            assert client.get("/v1/orders").json() == []
