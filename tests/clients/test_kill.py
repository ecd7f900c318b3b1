"""kill -9 under load, then a restart: nothing acknowledged is missing, and nothing is doubled."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from examples.gateway import Gateway
from tests.api.command import onetape
from tests.clients.process import served

CLIENTS = 6
LOAD_S = 1.0
PATIENCE_S = 10.0


class Listener(threading.Thread):
    """Hears every fact of the stream, by event id, until the server dies."""

    def __init__(self, url: str, after: str | None = None) -> None:
        super().__init__(daemon=True)
        self.facts: list[dict[str, Any]] = []
        self.connected = threading.Event()
        query = f"?after={after}" if after else ""
        self._url = f"ws://{url.removeprefix('http://')}/v1/ws{query}"
        self.start()

    def run(self) -> None:
        """Listen."""
        try:
            with connect(self._url, max_size=None) as stream:
                for text in stream:
                    event = json.loads(text)
                    self.connected.set()
                    if event.get("event_id", "").startswith("evt_"):
                        self.facts.append(event)
        except ConnectionClosed:
            pass  # the server was killed, which is the point

    def created(self) -> Counter[str]:
        """How often the creation of each order was told."""
        told = (each for each in self.facts if each.get("event") == "ORDER_CREATED")
        return Counter(each["order"]["id"] for each in told)


class Trader(threading.Thread):
    """Places resting orders as fast as they are acknowledged, and remembers what was."""

    def __init__(self, url: str, number: int) -> None:
        super().__init__(daemon=True)
        self.acknowledged: dict[str, str] = {}
        self._url = url
        self._number = number
        self.start()

    def run(self) -> None:
        """Trade until the server dies."""
        with Gateway(self._url) as gateway:
            try:
                for count in range(1_000_000):
                    name = f"load-{self._number}-{count}"
                    self.acknowledged[name] = rest(gateway, name)["id"]
            except (OSError, HTTPException):
                pass  # likewise


def rest(gateway: Gateway, client_order_id: str) -> Any:
    """An order that will not fill."""
    return gateway.order(
        "AAPL", "BUY", 1, order_type="LIMIT", limit_price="1.00", client_order_id=client_order_id
    )


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for something, in limited time."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def settle_in(gateway: Gateway) -> tuple[Any, Any]:
    """A position with exits and a resting order, as they stand before the storm."""
    gateway.order("MSFT", "BUY", 10, stop_loss="100", take_profit="9000")
    rest(gateway, "before")
    until(lambda: len(gateway.get("/orders")) == 3, "the exits are placed")
    return _positions(gateway), gateway.get("/orders")


def _positions(gateway: Gateway) -> Any:
    """The positions without what moves with the market."""
    moving = {"current_price", "unrealized_pnl"}
    return [
        {name: value for name, value in each.items() if name not in moving}
        for each in gateway.get("/positions")
    ]


@pytest.mark.crash
@pytest.mark.client
@pytest.mark.timeout(90)
def test_a_killed_server_comes_back_with_everything_it_acknowledged(tmp_path: Path) -> None:
    tape = tmp_path / "killed.tape"
    with served("serve", "--tape", tape) as server:
        with Gateway(server.url) as gateway:
            listener = Listener(server.url)
            assert listener.connected.wait(PATIENCE_S)
            positions, orders = settle_in(gateway)
        traders = [Trader(server.url, number) for number in range(CLIENTS)]
        time.sleep(LOAD_S)
        server.kill()
    for thread in (*traders, listener):
        thread.join(PATIENCE_S)
    acknowledged = {
        name: order_id for trader in traders for name, order_id in list(trader.acknowledged.items())
    }
    assert len(acknowledged) > 100
    assert onetape("verify", tape).returncode == 0

    with served("serve", "--tape", tape) as server, Gateway(server.url) as gateway:
        assert "resumed after record" in server.said[0]
        assert _positions(gateway) == positions
        for order in orders:
            assert gateway.get(f"/orders/{order['id']}") == order
        for name, order_id in acknowledged.items():
            assert gateway.get(f"/orders/{order_id}")["client_order_id"] == name
        name, order_id = next(iter(acknowledged.items()))
        assert rest(gateway, name)["id"] == order_id, "asked again, it is the same order"

        resumed = Listener(server.url, listener.facts[-1]["event_id"])
        last = rest(gateway, "after")["id"]
        until(lambda: last in resumed.created(), "the stream has caught up")
        server.stop()
    resumed.join(PATIENCE_S)
    heard = [each["event_id"] for each in (*listener.facts, *resumed.facts)]
    assert len(set(heard)) == len(heard), "no event comes twice over the seam"
    created = listener.created() + resumed.created()
    assert set(created.values()) == {1}
    assert created.keys() >= set(acknowledged.values())
    assert onetape("verify", tape).returncode == 0


@pytest.mark.crash
@pytest.mark.timeout(60)
def test_a_restart_in_good_order_keeps_positions_orders_and_the_tape(tmp_path: Path) -> None:
    tape = tmp_path / "stopped.tape"
    with served("serve", "--tape", tape) as server, Gateway(server.url) as gateway:
        positions, orders = settle_in(gateway)
        server.stop()
    with served("serve", "--tape", tape) as server, Gateway(server.url) as gateway:
        assert _positions(gateway) == positions
        assert gateway.get("/orders") == orders
        for order in orders:
            gateway.call("DELETE", f"/orders/{order['id']}")
        assert gateway.get("/orders") == []
        server.stop()
    printed = onetape("tape", tape, "--type", "session_started", "--type", "session_ended").stdout
    kinds = [json.loads(line)["type"] for line in printed.splitlines()]
    assert kinds == ["session_started", "session_ended"] * 2


@pytest.mark.crash
@pytest.mark.timeout(60)
def test_a_second_writer_of_a_tape_is_turned_away(tmp_path: Path) -> None:
    tape = tmp_path / "one.tape"
    with served("serve", "--tape", tape):
        said = onetape("serve", "--tape", tape, "--port", "0")
        assert said.returncode == 1
        assert said.stderr.startswith("error: ")
        assert str(tape) in said.stderr
