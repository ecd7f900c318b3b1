"""kill -9 under load, again and again, with a broker that is slow: each order arrives at most once,
and in the end the engine and the broker tell the same of every one.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from http.client import HTTPException
from random import Random

import pytest

from examples.gateway import Gateway, Refused
from tests.api.command import onetape
from tests.remote.hand import Hand, wait_for
from tests.remote.living import Live, ready

LIVES = 4
CLIENTS = 3
SEED = 7
PROVEN_S = 45.0


class Trader(threading.Thread):
    """Places resting orders until its server dies, and remembers which were acknowledged."""

    def __init__(self, url: str, number: int) -> None:
        super().__init__(daemon=True)
        self.acknowledged: list[str] = []
        self._url = url
        self._symbol = ("AAPL", "MSFT", "SPY")[number]
        self.start()

    def run(self) -> None:
        """Trade."""
        with Gateway(self._url) as gateway:
            while True:
                try:
                    placed = gateway.order(
                        self._symbol, "BUY", 1, order_type="LIMIT", limit_price="1.00"
                    )
                    self.acknowledged.append(placed["id"])
                except Refused:
                    time.sleep(0.02)  # the symbol is in doubt, or the line is not up yet
                except (OSError, HTTPException):
                    return  # the server was killed, which is the point


def live_once(live: Live, hand: Hand, dice: Random) -> list[str]:
    """One life under load, ended by a kill; the orders that were acknowledged."""
    with live.served() as server:
        with ready(server):
            traders = [Trader(server.url, number) for number in range(CLIENTS)]
            for _ in range(6):
                time.sleep(dice.uniform(0.05, 0.2))
                hand.plan(
                    "submit", dice.choice(["taken", "torn", "arrived", "silent", "late"]), 0.3
                )
            time.sleep(dice.uniform(0.0, 0.2))
            server.kill()
        for trader in traders:
            trader.join(10)
    return [order_id for trader in traders for order_id in trader.acknowledged]


def settle(live: Live) -> dict[str, str]:
    """The last life, in peace: the status of each order once nothing is in doubt."""
    with live.served() as server, ready(server) as gateway:
        wait_for(lambda: gateway.get("/alarms") == [], "nothing is in doubt", PROVEN_S)
        wait_for(lambda: _agrees(gateway), "the books agree")
        orders = [*gateway.get("/orders"), *gateway.get("/orders/history")]
        assert all("origin" not in order for order in orders), "the broker has no strange order"
        server.stop()
    return {order["id"]: order["status"] for order in orders}


def _agrees(gateway: Gateway) -> bool:
    return bool(gateway.call("POST", "/reconcile")["differences"] == 0)


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.timeout(180)
def test_killed_again_and_again_under_load_no_order_is_doubled_and_none_is_forgotten(
    live: Live, hand: Hand
) -> None:
    dice = Random(SEED)
    acknowledged = [each for _ in range(LIVES) for each in live_once(live, hand, dice)]
    assert len(acknowledged) > 10
    statuses = settle(live)

    arrived = Counter(name for _, name in hand.books().received)
    assert set(arrived.values()) == {1}, "nothing was sent twice"
    theirs = {one.client_id: one.status.value for one in hand.books().orders}
    assert statuses.keys() >= set(acknowledged), "nothing that was acknowledged is forgotten"
    assert statuses.keys() >= arrived.keys()
    for order_id, status in statuses.items():
        assert status == theirs.get(order_id, "REJECTED"), order_id
    never = [each for each in statuses if each not in theirs]
    assert never, "some vanished on the way, and that was proven"
    assert onetape("verify", live.tape).returncode == 0
