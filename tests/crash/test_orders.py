"""Killed at any moment while it trades with a real broker process, an engine sends no order twice.

The shipped command is killed with SIGKILL again and again, at random moments between its first
connection and a fraction of a second later, while a client places and cancels orders and repeats
what was not answered. The broker lives on. In the end it has exactly one order for each that it
ever got, everything acknowledged is there, and both sides agree.
"""

from __future__ import annotations

import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

import pytest

from examples.gateway import Gateway, Refused
from tests.api.command import onetape
from tests.clients.process import Served, served
from tests.house.tree import ROOT
from tests.remote.hand import Hand, little_broker, wait_for

pytestmark = [pytest.mark.crash, pytest.mark.slow, pytest.mark.timeout(180)]

KILLS = 6
LONGEST_LIFE_S = 0.4
PROVEN_WITHIN_S = 60.0
COMMAND = (sys.executable, "-m", "tests.remote.command")
SYMBOLS = ("AAPL", "MSFT", "SPY", "EUR/USD", "BTC/USD")
SETTINGS = """
[brokers.little]
kind = "loopback"
options = {{ port = {port} }}
patience_ms = 0

[[accounts]]
id = "R1"
broker = "little"
"""


class Trader:
    """A client that names its orders, and repeats the one that was not answered."""

    def __init__(self) -> None:
        self.acknowledged: dict[str, str] = {}
        self.cancelled: set[str] = set()
        self.unanswered: str | None = None
        self._named = 0

    def trade(self, gateway: Gateway) -> None:
        """Place and cancel until the server is gone."""
        try:
            while True:
                self._place(gateway)
                if self._named % 3 == 0 and self.acknowledged:
                    self._cancel(gateway, next(reversed(self.acknowledged.values())))
        except (OSError, HTTPException):
            return  # the server was killed, which is the point

    def _place(self, gateway: Gateway) -> None:
        name = self.unanswered
        if name is None:
            self._named += 1
            name = self.unanswered = f"c{self._named}"
        symbol = SYMBOLS[int(name[1:]) % len(SYMBOLS)]
        terms = {"order_type": "LIMIT", "limit_price": "0.50", "client_order_id": name}
        try:
            self.acknowledged[name] = gateway.order(symbol, "BUY", 1, **terms)["id"]
        except Refused as refused:
            if refused.status == 503:  # not connected yet: ask again
                time.sleep(0.01)
                return
        self.unanswered = None

    def _cancel(self, gateway: Gateway, order_id: str) -> None:
        try:
            gateway.call("DELETE", f"/orders/{order_id}")
            self.cancelled.add(order_id)
        except Refused:
            return  # it has ended, or is not known to have begun


@contextmanager
def killed(server: Served, after_s: float) -> Iterator[None]:
    """A block in which the server is killed at some moment."""
    timer = threading.Timer(after_s, server.process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.join()
        server.kill()


def settled(gateway: Gateway) -> bool:
    """Whether every outcome is known."""
    working = gateway.get("/orders")
    return not gateway.get("/alarms") and all(one["status"] == "OPEN" for one in working)


def agree(gateway: Gateway, hand: Hand, trader: Trader) -> None:
    """Everything that was acknowledged is there, and the broker says the same of it."""
    theirs = {one.client_id: one for one in hand.books().orders}
    for order_id in trader.acknowledged.values():
        status = gateway.get(f"/orders/{order_id}")["status"]
        if order_id in theirs:
            assert status == theirs[order_id].status.value
        else:
            assert status in {"REJECTED", "CANCELLED"}, "acknowledged, and neither sent nor ended"
        assert status != "OPEN" or order_id not in trader.cancelled


def test_kills_at_any_moment_leave_exactly_one_broker_order_for_each_that_was_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(2026)
    tape, config = tmp_path / "live.tape", tmp_path / "live.toml"
    trader = Trader()
    with little_broker() as hand:
        config.write_text(SETTINGS.format(port=hand.port))
        wanted = ("--scopes", "read,trade", "--config", config)
        key = onetape("keys", "create", "trader", *wanted).stdout.strip()
        monkeypatch.setenv("ONETAPE_KEY", key)
        arguments = ("serve", "--config", config, "--tape", tape)
        for _ in range(KILLS):
            with (
                served(*arguments, cwd=ROOT, command=COMMAND) as server,
                Gateway(server.url) as gateway,
                killed(server, dice.uniform(0.0, LONGEST_LIFE_S)),
            ):
                trader.trade(gateway)
            assert set(Counter(hand.books().received).values()) <= {1}
        with (
            served(*arguments, cwd=ROOT, command=COMMAND) as server,
            Gateway(server.url) as gateway,
        ):
            wait_for(lambda: gateway.get("/status")["connected"], "the line stands")
            wait_for(lambda: settled(gateway), "every outcome is known", PROVEN_WITHIN_S)
            agree(gateway, hand, trader)
            server.stop()
        assert set(Counter(hand.books().received).values()) == {1}
        assert len(hand.books().orders) > KILLS
    assert onetape("verify", tape).returncode == 0
