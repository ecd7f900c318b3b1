"""One strategy, two engines: the `backtesting` package and ours, over that package's daily bars.

A strategy here is a function of a `Desk`: what it sees and may do, the same in both. Numbers are
floats on the peer's side and exact here; all prices have two decimals, so both mean the same.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from backtesting import Backtest as PeerBacktest
from backtesting import Strategy as PeerStrategy
from backtesting.test import GOOG

from adapters.brokers.simulator.broker import SimulatedBroker
from adapters.brokers.simulator.options import Exits, SimulatorOptions
from engine.backtest import Backtest
from engine.core import Engine
from engine.instruments import Instrument
from engine.market.bars import Bars
from engine.market.board import Board
from engine.market.merge import timeline
from engine.market.quotes import Quotes
from engine.market.timeframes import DAY_NS
from engine.requests import OrderRequest
from engine.tape.memory import MemoryTape
from engine.values import OrderType, Side
from tests.adapters.brokers.simulator.kit import DailySession

CASH = 10_000_000
CENT = Decimal("0.01")
OPEN, HIGH, LOW, CLOSE = (
    [Decimal(str(round(float(value), 2))) for value in GOOG[name]]
    for name in ("Open", "High", "Low", "Close")
)


class Desk(ABC):
    """What a strategy sees and does. Quantities are signed: a sale is negative."""

    @abstractmethod
    def order(
        self,
        quantity: int,
        *,
        limit: Decimal | None = None,
        stop: Decimal | None = None,
        loss: Decimal | None = None,
        profit: Decimal | None = None,
    ) -> None:
        """Place an order."""

    @abstractmethod
    def clear(self) -> None:
        """Cancel every order that is not an exit."""

    @abstractmethod
    def held(self) -> int:
        """The position."""

    @abstractmethod
    def is_idle(self) -> bool:
        """Whether there is neither a position nor an order."""


Plan = Callable[[Desk, int], None]
"""A strategy: called with the index of the bar that just closed."""


class Result(NamedTuple):
    """Fills as (bar, price) to signed quantity, and what is left at the end."""

    fills: Counter[tuple[int, Decimal]]
    position: int
    equity: Decimal


def run_peer(plan: Plan) -> Result:
    """Run ``plan`` in the package."""

    class Adapter(PeerStrategy, Desk):  # type: ignore[misc]  # the package publishes no types
        """The package's strategy as a desk."""

        def init(self) -> None:
            """Nothing to prepare."""

        def next(self) -> None:
            """A bar closed."""
            plan(self, len(self.data) - 1)

        def order(self, quantity: int, **prices: Decimal | None) -> None:
            """Place an order."""
            place = self.buy if quantity > 0 else self.sell
            names = {"limit": "limit", "stop": "stop", "loss": "sl", "profit": "tp"}
            given = {names[k]: float(v) for k, v in prices.items() if v is not None}
            place(size=abs(quantity), **given)

        def clear(self) -> None:
            """Cancel every order that is not an exit."""
            for order in list(self.orders):
                if not order.is_contingent:
                    order.cancel()

        def held(self) -> int:
            """The position."""
            return int(self.position.size)

        def is_idle(self) -> bool:
            """Whether there is neither a position nor an order."""
            return not self.position and not self.orders

    stats = PeerBacktest(GOOG, Adapter, cash=CASH).run()
    broker = stats["_strategy"]._broker
    fills: Counter[tuple[int, Decimal]] = Counter()
    for trade in [*broker.closed_trades, *broker.trades]:
        fills[trade.entry_bar, _cents(trade.entry_price)] += int(trade.size)
        if trade.exit_price is not None:
            fills[trade.exit_bar, _cents(trade.exit_price)] -= int(trade.size)
    held = sum(int(trade.size) for trade in broker.trades)
    return Result(_moved(fills), held, _cents(stats["Equity Final [$]"]))


class _OurDesk(Desk):
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def order(
        self,
        quantity: int,
        *,
        limit: Decimal | None = None,
        stop: Decimal | None = None,
        loss: Decimal | None = None,
        profit: Decimal | None = None,
    ) -> None:
        kind = OrderType.MARKET if limit is None else OrderType.LIMIT
        if stop is not None:
            kind = OrderType.STOP if limit is None else OrderType.STOP_LIMIT
        self.engine.submit(
            "A",
            OrderRequest(
                "GOOG",
                Side.BUY if quantity > 0 else Side.SELL,
                Decimal(abs(quantity)),
                kind,
                limit,
                stop,
                stop_loss=loss,
                take_profit=profit,
            ),
        )

    def clear(self) -> None:
        for order in list(self.engine.state.working("A")):
            if not order.is_exit:
                self.engine.cancel("A", order.id)

    def held(self) -> int:
        position = self.engine.account("A").positions.get("GOOG")
        return int(position.quantity) if position else 0

    def is_idle(self) -> bool:
        return not self.held() and not list(self.engine.state.working("A"))


def run_ours(plan: Plan, exits: Exits) -> Result:
    """Run ``plan`` in our engine, in process."""
    bars = _bars()
    board = Board([bars])
    engine = Engine(MemoryTape(), board)
    broker = SimulatedBroker(
        SimulatorOptions(exits=exits), calendar_of=lambda _: DailySession(DAY_NS)
    )
    broker.attach(engine)
    engine.start("backtest", "0")
    engine.list_instrument(Instrument("GOOG"))
    engine.open_account("A", broker, "USD", Decimal(CASH))
    desk = _OurDesk(engine)

    def on_row(_: Bars | Quotes, i: int) -> None:
        if i:  # the package calls a strategy from the second bar on
            plan(desk, i)

    Backtest(engine, broker, board, timeline([bars])).run(on_row)
    row_of = {ts: i for i, ts in enumerate(bars.ts)}
    fills: Counter[tuple[int, Decimal]] = Counter()
    for trade in engine.state.trades.values():
        sign = 1 if trade.side is Side.BUY else -1
        fills[row_of[trade.executed_at], _cents(trade.price)] += sign * int(trade.quantity)
    equity = engine.account("A").cash["USD"] + desk.held() * CLOSE[-1]
    return Result(_moved(fills), desk.held(), _cents(equity))


def _bars() -> Bars:
    def column(values: list[Decimal]) -> array[int]:
        return array("q", [int(value / CENT) for value in values])

    stamps: Any = GOOG.index.astype("datetime64[ns]").astype("int64")
    return Bars(
        "GOOG",
        DAY_NS,
        2,
        0,
        ts=array("q", [int(ts) for ts in stamps]),
        open=column(OPEN),
        high=column(HIGH),
        low=column(LOW),
        close=column(CLOSE),
        volume=array("q", [int(volume) for volume in GOOG["Volume"]]),
    )


def _moved(fills: Counter[tuple[int, Decimal]]) -> Counter[tuple[int, Decimal]]:
    return Counter({where: quantity for where, quantity in fills.items() if quantity})


def _cents(value: object) -> Decimal:
    return Decimal(str(value)).quantize(CENT)
