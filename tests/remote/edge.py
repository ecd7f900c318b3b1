"""The edge in the test's own process: a durable tape, a real engine, desk, line and Trading API; at
the far end of a real socket, in a process of its own, the little broker.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import httpx

from adapters.tape_sqlite.committer import Committer
from adapters.tape_sqlite.tape import SqliteTape
from api import cli
from api.app import WallClock, application
from api.desk import Desk
from api.lines.driver import Driver
from api.settings import Settings
from engine.actions import Timing
from engine.core import Engine
from engine.instruments import guess
from engine.line import LineState
from engine.market.board import Board
from engine.orders import Order
from engine.values import NANOSECONDS
from tests.api.world import URL, bars
from tests.remote.broker import LoopbackBroker
from tests.remote.hand import Hand
from tests.remote.wire import ACCOUNT

TIMEOUT_S = 12.0
FAST = Timing(
    open_ns=2 * NANOSECONDS,
    answer_ns=NANOSECONDS // 2,
    snapshot_ns=2 * NANOSECONDS,
    lookup_ns=NANOSECONDS // 2,
)


class Edge:
    """An engine whose account `R1` is behind a line to the little broker."""

    def __init__(self, hand: Hand, file: Path, *, patience_s: float = 0.0) -> None:
        self.hand = hand
        self.file = file
        self.chance = 0.02
        """What the jitter draws: how much of each wait is waited."""
        self.tape = SqliteTape.open(file)
        self.committer = Committer(self.tape)
        series = [bars("AAPL", 10_000, 2), bars("MSFT", 10_000, 2)]
        board = Board([*series], "bundled")
        for source in range(len(series)):
            board.show(source, 0)
        self.engine = Engine(self.tape, board)
        self.engine.start("live", "test")
        for one in series:
            self.engine.list_instrument(guess(one.symbol, one.price_scale))
        self.broker = LoopbackBroker(hand.port)
        self.engine.serve_remotely(ACCOUNT, self.broker, "USD")
        self.desk = Desk(self.engine, board, commit=self.committer.wake)
        self.driver: Driver = self.desk.lines.add(
            self.broker, [ACCOUNT], FAST, patience_s=patience_s, chance=lambda: self.chance
        )
        self.tape.on_durable(self.desk.committed)
        self.tape.on_failure(self.desk.tape_failed)
        app = WallClock(application(self.desk, Settings()), self.engine)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url=f"{URL}/v1", timeout=TIMEOUT_S
        )

    async def until(
        self, holds: Callable[[], bool], what: str = "it happens", timeout_s: float = TIMEOUT_S
    ) -> None:
        """Wait until something is true of the engine or its line, in limited time."""
        if not await self.driver.until(holds, timeout_s):
            raise AssertionError(f"not in time: {what}; {self.told()}")

    async def connected(self) -> None:
        """Wait until orders are taken."""
        await self.until(lambda: self.driver.line.state is LineState.CONNECTED, "connected")

    async def back(self) -> None:
        """Wait until the line has been lost, and orders are taken again."""
        await self.until(lambda: self.told().count("BrokerConnected") > 1, "connected again")
        await self.connected()

    async def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        """A command that must be answered like this."""
        answer = await self.client.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def order(self, symbol: str = "AAPL", quantity: int = 10, status: int = 201) -> Any:
        """Place a limit order that rests."""
        body = {
            "symbol": symbol,
            "side": "BUY",
            "quantity": str(quantity),
            "order_type": "LIMIT",
            "limit_price": "90.00",
        }
        return await self.post("/orders", body, status)

    async def get(self, path: str) -> Any:
        """Ask for something that there is."""
        answer = await self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def found(self, order_id: str) -> Order:
        """The order as it stands."""
        return self.engine.order(ACCOUNT, order_id)

    def told(self, order_id: str = "") -> list[str]:
        """The kinds of facts on the tape, of one order or of all."""
        return [
            type(record.event).__name__
            for record in self.tape.records()
            if not order_id or getattr(record.event, "order_id", "") == order_id
        ]

    def story(self, order_id: str) -> list[str]:
        """What `onetape tape` tells of one order: the kinds of its facts."""
        printed = BytesIO()
        with redirect_stdout(TextIOWrapper(printed, write_through=True)) as out:
            assert cli.run(["tape", str(self.file), "--order", order_id]) == 0
            out.flush()
            return [json.loads(line)["type"] for line in printed.getvalue().splitlines()]


@asynccontextmanager
async def edge(hand: Hand, file: Path, *, patience_s: float = 0.0) -> AsyncIterator[Edge]:
    """An edge that is connected, and shut down in good order at the end."""
    made = Edge(hand, file, patience_s=patience_s)
    made.committer.start()
    made.committer.wake()
    await made.desk.start()
    running = asyncio.create_task(made.desk.lines.run())
    try:
        await made.connected()
        yield made
    finally:
        await made.desk.lines.close(1.0)
        running.cancel()
        await asyncio.wait([running])
        await made.client.aclose()
        await made.desk.close()
        made.committer.stop()
        made.tape.close()
        if not running.cancelled():
            running.result()
