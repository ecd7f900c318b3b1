"""Killed in the middle of a batch of twenty, a server reaches every target once after its restart.

The killing is `SIGKILL` to a real server, so many facts into the batch, with exactly those on disk.
Five of the symbols had an order of an earlier batch working, which the new targets supersede.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.tape_sqlite.verify import verify
from tests.crash.batch_server import SYMBOLS
from tests.house.tree import ROOT

pytestmark = [pytest.mark.crash, pytest.mark.slow, pytest.mark.timeout(60)]

END_TIMEOUT_S = 15.0
TARGETS = {symbol: (number + 1) * (-1) ** number for number, symbol in enumerate(SYMBOLS)}


@contextmanager
def server(tape: Path, count: int) -> Iterator[tuple[httpx.Client, subprocess.Popen[str]]]:
    """A server on the tape, gone when the block is left."""
    command = [sys.executable, "-m", "tests.crash.batch_server", str(tape), str(count)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        headers = {"X-API-Key": "any"}
        with httpx.Client(base_url=url, headers=headers, timeout=END_TIMEOUT_S) as client:
            yield client, process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(END_TIMEOUT_S)
        process.stdout.close()


def batch(targets: dict[str, int], **prices: float) -> dict[str, Any]:
    return {"orders": [{"symbol": name, "quantity": n, **prices} for name, n in targets.items()]}


# The batch makes 70 facts: three for each target, and two more for each order that is superseded.
@pytest.mark.parametrize("count", [1, 2, 5, 6, 7, 24, 40, 41, 57, 69, 70])
def test_every_target_is_reached_once_and_none_twice(tmp_path: Path, count: int) -> None:
    tape = tmp_path / "batches.tape"
    with server(tape, count) as (client, process):
        earlier = dict.fromkeys(SYMBOLS[:5], 100)
        first = client.post("/api/v1/orders", json=batch(earlier, limit_price=1.0))
        assert first.status_code == 201
        with pytest.raises(httpx.TransportError):
            client.post("/api/v1/orders", json=batch(TARGETS))
        assert process.wait(END_TIMEOUT_S) == -9

    with server(tape, 0) as (client, process):
        (newest, _) = client.get("/api/v1/orders").json()["batches"]
        shown = client.get(f"/api/v1/orders/{newest['batch_id']}").json()["orders"]
        assert [one["symbol"] for one in shown] == list(SYMBOLS)
        assert {one["status"] for one in shown} == {"Filled"}
        held = client.get("/api/v1/positions").json()["positions"]
        assert {one["symbol"]: one["quantity"] for one in held} == TARGETS
        executions = client.get("/guide/executions").json()["executions"]
        assert sorted(one["symbol"] for one in executions) == list(SYMBOLS)
        assert client.get("/guide/orders").json() == {"orders": []}
        again = client.post("/api/v1/orders", json=batch(TARGETS)).json()["results"]
        assert {one["status"] for one in again} == {"no_change"}
        process.terminate()
        assert process.wait(END_TIMEOUT_S) == 0
    assert verify(tape).ok
