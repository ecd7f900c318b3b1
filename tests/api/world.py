"""A whole server in one process, small enough to be known by heart: the real engine and simulator.

Two accounts trade AAPL, MSFT and EUR/USD on one-minute bars that rise by a tenth from 100.0 (1.0000
for the euro), each bar two tenths high. `World.step` moves the market on by one bar.
"""

from __future__ import annotations

from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from adapters.brokers.simulator.broker import SimulatedBroker
from adapters.brokers.simulator.options import SimulatorOptions
from adapters.market_files.calendars import calendar
from api.app import dialects
from api.desk import Desk
from api.guards import GuardRules
from api.metrics import Metrics
from api.service import service
from api.streams import routes as streams
from api.trading import routes as trading
from engine.backtest import Backtest
from engine.core import Engine
from engine.instruments import guess
from engine.market.bars import Bars
from engine.market.board import Board
from engine.market.merge import timeline
from engine.market.timeframes import MINUTE_NS
from engine.ports import Capabilities
from engine.tape import MemoryTape
from engine.values import AssetClass, PositionMode

START_NS = 1_736_942_400_000_000_000
"""2025-01-15T12:00:00Z, a Wednesday."""
BARS = 120
URL = "http://127.0.0.1:8080"
EVERYTHING = Capabilities(
    asset_classes=frozenset(AssetClass),
    max_leverage=Decimal(10),
    reduce_only=True,
    post_only=True,
    hidden=True,
    iceberg=True,
)


def bars(symbol: str, first: int, scale: int) -> Bars:
    """Bars that rise by a tenth of a unit of `first` a minute."""
    ts = array("q", (START_NS + i * MINUTE_NS for i in range(BARS)))
    opens = array("q", (first + 10 * i for i in range(BARS)))
    highs = array("q", (value + 15 for value in opens))
    lows = array("q", (value - 5 for value in opens))
    closes = array("q", (value + 10 for value in opens))
    volume = array("q", [1_000] * BARS)
    return Bars(
        symbol,
        MINUTE_NS,
        scale,
        0,
        ts=ts,
        open=opens,
        high=highs,
        low=lows,
        close=closes,
        volume=volume,
    )


@dataclass
class World:
    """An engine with a market and two accounts, ``A`` and ``B``."""

    capabilities: Capabilities = EVERYTHING
    mode: PositionMode = PositionMode.NETTING
    engine: Engine = field(init=False)
    backtest: Backtest = field(init=False)
    desk: Desk = field(init=False)
    metrics: Metrics = field(default_factory=Metrics)

    def __post_init__(self) -> None:
        """Open both accounts at the moment the first bar is complete."""
        series = [bars("AAPL", 10_000, 2), bars("MSFT", 10_000, 2), bars("EUR/USD", 10_000, 4)]
        board = Board([*series], "bundled")
        self.engine = Engine(MemoryTape(), board)
        self.engine.now = board.now = START_NS
        broker = SimulatedBroker(
            SimulatorOptions(),
            calendar_of=lambda _symbol: calendar("24/7"),
            capabilities=self.capabilities,
        )
        broker.attach(self.engine)
        self.engine.start("backtest", "test", "nonce", {})
        for one in series:
            self.engine.list_instrument(guess(one.symbol, one.price_scale))
        for account, cash in (("A", 1_000_000), ("B", 500)):
            self.engine.open_account(account, broker, "USD", Decimal(cash), self.mode)
        self.backtest = Backtest(self.engine, broker, board, timeline(series))
        self.desk = Desk(self.engine, board, backtest=self.backtest)
        self.step()

    def step(self, steps: int = 1) -> None:
        """Move the market on."""
        for _ in range(steps):
            self.backtest.advance()

    def routes(self) -> list[BaseRoute]:
        """Every route but those that belong to every server."""
        metrics = self.metrics
        return [*trading.routes(self.desk, metrics), *streams.routes(self.desk, metrics)]

    def app(self, rules: GuardRules | None = None) -> ASGIApp:
        """The whole application."""
        stopping = lambda: self.desk.is_stopping  # noqa: E731  asked at every request
        others = dialects(self.desk, self.metrics)
        rules = rules or GuardRules()
        return service(self.routes(), rules, "1.2.3", self.metrics, stopping, others)

    @asynccontextmanager
    async def client(self, rules: GuardRules | None = None) -> AsyncIterator[httpx.AsyncClient]:
        """A client of the whole application, gate and all, without a socket."""
        await self.desk.start()
        transport = httpx.ASGITransport(self.app(rules), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
            yield client
        await self.desk.close()

    def fingerprint(self) -> tuple[Any, ...]:
        """What a refused command must not change: cash, positions and working orders."""
        accounts = self.engine.state.accounts.values()
        return (
            [(account.id, dict(account.cash)) for account in accounts],
            [
                (one.id, one.quantity, one.cost)
                for account in accounts
                for one in account.positions.values()
            ],
            [
                (order.id, order.quantity, order.limit_price, order.stop_price)
                for order in self.engine.state.working()
            ],
        )


def order(**fields: Any) -> dict[str, Any]:
    """The body of a market order for ten AAPL, or with other fields; None leaves one out."""
    body = {"symbol": "AAPL", "side": "BUY", "quantity": "10", "order_type": "MARKET"} | fields
    return {name: value for name, value in body.items() if value is not None}


def limit(price: str, **fields: Any) -> dict[str, Any]:
    """The body of a limit order for ten AAPL."""
    return order(**{"order_type": "LIMIT", "limit_price": price} | fields)
