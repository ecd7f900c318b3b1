"""The test's hand on the little broker: starts its process, looks at its books, makes it fail."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from engine.requests import OrderRequest
from tests.remote.wire import ACCOUNT, Ask, Books, Reply, line, read_said
from tests.simulation.broker import VenueOrder

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 10.0


class Hand:
    """One line to the broker, over which nobody trades. Every call has been carried out when it
    returns.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self._socket = socket.create_connection(("127.0.0.1", port), TIMEOUT_S)
        self._file = self._socket.makefile("rb")

    def close(self) -> None:
        """Let go."""
        self._file.close()
        self._socket.close()

    def books(self, account: str = ACCOUNT) -> Books:
        """What the broker holds of an account."""
        books = self._do(Ask(1, "look", account)).books
        assert books is not None
        return books

    def received(self, order_id: str) -> int:
        """How often an order arrived."""
        return sum(1 for _, name in self.books().received if name == order_id)

    def order(self, order_id: str) -> VenueOrder:
        """The one order that the broker has under our id."""
        (found,) = (one for one in self.books().orders if one.client_id == order_id)
        return found

    def asked(self, what: str) -> list[str]:
        """The order ids that one operation was asked for, in order."""
        asked = (each.partition(" ") for each in self.books().asked)
        return [name for word, _, name in asked if word == what]

    def plan(self, on: str, step: str, seconds: float = 0.0) -> None:
        """Have the next operation of this kind fail at this step of it."""
        self._do(Ask(1, "plan", on=on, step=step, seconds=seconds))

    def cut(self) -> None:
        """Break the line of everybody who trades."""
        self._do(Ask(1, "cut"))

    def close_shop(self) -> None:
        """Cut every line, and take no other until ``open_shop``."""
        self._do(Ask(1, "close"))

    def open_shop(self) -> None:
        """Serve again."""
        self._do(Ask(1, "open"))

    def trade(self, order_id: str, quantity: int, price: str) -> None:
        """Execute part of an order."""
        shares = Decimal(quantity)
        self._do(Ask(1, "trade", ACCOUNT, order_id, quantity=shares, price=Decimal(price)))

    def reject(self) -> None:
        """Have the next order turned down."""
        self._do(Ask(1, "reject"))

    def bust(self) -> None:
        """Take the last execution back."""
        self._do(Ask(1, "bust", ACCOUNT))

    def enter(self, request: OrderRequest) -> None:
        """Give the broker an order by hand."""
        self._do(Ask(1, "enter", ACCOUNT, request=request))

    def transfer(self, symbol: str, quantity: int) -> None:
        """Move units into the account without a trade."""
        self._do(Ask(1, "transfer", ACCOUNT, symbol, quantity=Decimal(quantity)))

    def _do(self, ask: Ask) -> Reply:
        self._socket.sendall(line(ask))
        said = read_said(self._file.readline())
        assert isinstance(said, Reply)
        assert not said.error, said.error
        return said


@contextmanager
def little_broker() -> Iterator[Hand]:
    """A broker in a process of its own, gone when the block is left."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.remote.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        hand = Hand(int(process.stdout.readline()))
        try:
            yield hand
        finally:
            hand.close()
    finally:
        process.stdin.close()
        try:
            process.wait(TIMEOUT_S)
        finally:
            process.kill()
            process.wait(TIMEOUT_S)
            process.stdout.close()


def wait_for(holds: object, what: str, timeout_s: float = TIMEOUT_S) -> None:
    """Wait until ``holds()`` is true, in limited time."""
    assert callable(holds)
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
