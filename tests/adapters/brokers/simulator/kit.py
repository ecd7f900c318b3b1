"""A market of a few hand-made rows, a real engine and the simulator: what the rule tests stand on.

Rows are text, as one reads them: "open high low close [volume]" for bars, "bid ask [sizes]" for
quotes. Bar n starts n minutes after 1970, so that a fill's time is the number of its bar.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from adapters.brokers.simulator.broker import SimulatedBroker, default_capabilities
from adapters.brokers.simulator.options import SimulatorOptions
from engine.backtest import Backtest
from engine.core import Engine
from engine.instruments import Instrument
from engine.market.bars import Bars
from engine.market.board import Board
from engine.market.merge import timeline
from engine.market.quotes import Quotes
from engine.market.timeframes import MINUTE_NS
from engine.orders import Order
from engine.requests import OrderChange, OrderRequest
from engine.tape.memory import MemoryTape
from engine.tape.record import Record
from engine.values import ONE, OrderType, Side, Status, TimeInForce, TrailingType

_Test = TypeVar("_Test", bound=Callable[..., object])
_TYPES = {
    "market": OrderType.MARKET,
    "limit": OrderType.LIMIT,
    "stop": OrderType.STOP,
    "stop-limit": OrderType.STOP_LIMIT,
    "trailing": OrderType.TRAILING_STOP,
}
_NUMBERS = {
    "limit_price",
    "stop_price",
    "stop_loss",
    "take_profit",
    "trailing_distance",
    "display_quantity",
}


def rule(_name: str) -> Callable[[_Test], _Test]:
    """Mark a test as the proof of a rule in docs/concepts/fills.md, by the rule's name."""
    return lambda test: test


class DailySession:
    """A calendar whose session ends at every full multiple of ``length_ns``."""

    name = "TEST"

    def __init__(self, length_ns: int, last: int | None = None) -> None:
        self.length_ns = length_ns
        self.last = last

    def session_end(self, ts: int) -> int:
        """The next multiple after ``ts``."""
        if self.last is not None and ts >= self.last:
            raise ValueError(f"ts: {ts} is past the calendar's end, {self.last}")
        return ts - ts % self.length_ns + self.length_ns

    def is_open(self, ts: int) -> bool:
        """Always."""
        return True

    def session_open(self, ts: int) -> int:
        """At once."""
        return ts


def bars_of(
    rows: list[str], symbol: str = "AAPL", scale: int = 2, step_ns: int = MINUTE_NS
) -> Bars:
    """Bars from text, one a minute unless ``step_ns`` says otherwise."""
    bars = Bars(symbol, step_ns, scale, 0)
    for n, row in enumerate(rows):
        *prices, volume = row.split() if len(row.split()) == 5 else [*row.split(), "1000"]
        scaled = [int(Decimal(price).scaleb(scale)) for price in prices]
        bars.append(n * step_ns, scaled[0], scaled[1], scaled[2], scaled[3], int(volume))
    return bars


def quotes_of(rows: list[str], symbol: str = "AAPL", scale: int = 2) -> Quotes:
    """Quotes from text, one a minute, from the first minute on."""
    sized = len(rows[0].split()) == 4
    quotes = Quotes(symbol, scale, 0, has_sizes=sized)
    for n, row in enumerate(rows, start=1):
        bid, ask, *sizes = row.split()
        scaled = [int(Decimal(price).scaleb(scale)) for price in (bid, ask)]
        quotes.append(n * MINUTE_NS, *scaled, *(int(size) for size in sizes))
    return quotes


class Market:
    """An account of 1,000,000 USD at the simulator, and the rows it will live through."""

    account = "A"

    def __init__(
        self,
        rows: Sequence[str | Bars | Quotes] | Bars | Quotes,
        *,
        without_trailing: bool = False,
        calendar: DailySession | None = None,
        instrument: Instrument | None = None,
        cash: int = 1_000_000,
        leverage: Decimal = ONE,
        **options: Any,
    ) -> None:
        series = _series(rows)
        self.board = Board(series)
        self.engine = Engine(MemoryTape(), self.board)
        session = calendar or DailySession(2 * MINUTE_NS)
        settings = SimulatorOptions(**options)
        capabilities = default_capabilities(settings)
        if without_trailing:
            kinds = capabilities.order_types - {OrderType.TRAILING_STOP}
            capabilities = msgspec.structs.replace(capabilities, order_types=kinds)
        self.broker = SimulatedBroker(
            settings, calendar_of=lambda _: session, capabilities=capabilities
        )
        self.broker.attach(self.engine)
        self.engine.start("test", "0")
        for one in series:
            self.engine.list_instrument(instrument or Instrument(one.symbol))
        self.engine.open_account(self.account, self.broker, "USD", Decimal(cash), leverage=leverage)
        self.backtest = Backtest(self.engine, self.broker, self.board, timeline(series))

    def step(self, count: int = 1) -> Market:
        """Live through ``count`` rows."""
        for _ in range(count):
            assert self.backtest.advance() is not None
        return self

    def to_the_end(self) -> Market:
        """Live through all rows that are left."""
        while self.backtest.advance() is not None:
            pass
        return self

    def buy(self, quantity: str | int, kind: str = "market", **fields: Any) -> Order:
        """Place an order to buy; numbers as text."""
        return self._place(Side.BUY, quantity, kind, fields)

    def sell(self, quantity: str | int, kind: str = "market", **fields: Any) -> Order:
        """Place an order to sell; numbers as text."""
        return self._place(Side.SELL, quantity, kind, fields)

    def _place(self, side: Side, quantity: str | int, kind: str, fields: dict[str, Any]) -> Order:
        fields = {k: Decimal(v) if k in _NUMBERS else v for k, v in fields.items()}
        if "tif" in fields:
            fields["time_in_force"] = TimeInForce(fields.pop("tif"))
        if "percent" in fields:
            fields["trailing_distance"] = Decimal(fields.pop("percent"))
            fields["trailing_type"] = TrailingType.PERCENT
        symbol = fields.pop("symbol", self.board.symbols[0])
        request = OrderRequest(symbol, side, Decimal(quantity), _TYPES[kind], **fields)
        return self.engine.submit(self.account, request)

    def cancel(self, order: Order) -> None:
        """Cancel a working order."""
        self.engine.cancel(self.account, order.id)

    def change(self, order: Order, **fields: str) -> None:
        """Change a working order; numbers as text."""
        values = {name: Decimal(value) for name, value in fields.items()}
        self.engine.modify(self.account, order.id, OrderChange(**values))

    def on(self, fact: str, act: Callable[[], None]) -> None:
        """Do ``act`` once, the moment a fact of this name is written."""
        waiting = [act]

        def listen(record: Record) -> None:
            if type(record.event).__name__ == fact and waiting:
                waiting.pop()()

        self.engine.listeners.append(listen)

    def status(self, order: Order) -> Status:
        """Where the order stands now."""
        return order.status

    def legs(self, order: Order) -> list[Order]:
        """The exits of an entry, in the order they were placed."""
        return [one for one in self.engine.state.orders.values() if one.parent_order_id == order.id]

    def fills(self, order: Order | None = None) -> list[tuple[int, str, str]]:
        """Fills of one order or of all, each as (bar, quantity, price)."""
        return [
            (trade.executed_at // MINUTE_NS, str(trade.quantity), str(trade.price))
            for trade in self.engine.state.trades.values()
            if order is None or trade.order_id == order.id
        ]

    def makers(self) -> list[bool]:
        """Of each fill, whether it rested."""
        return [trade.is_maker for trade in self.engine.state.trades.values()]

    def commissions(self) -> list[str]:
        """The commission of each fill."""
        return [str(trade.commission) for trade in self.engine.state.trades.values()]

    def position(self) -> Decimal:
        """The net position in the first symbol."""
        held = self.engine.account(self.account).positions.get(self.board.symbols[0])
        return held.quantity if held else Decimal(0)

    def cash(self) -> Decimal:
        """Dollars in the account."""
        return self.engine.account(self.account).cash["USD"]

    def facts(self) -> list[str]:
        """The names of all facts on the tape after the account was opened."""
        records = list(self.engine.tape.records())
        return [type(record.event).__name__ for record in records[4:]]


def _series(rows: Sequence[str | Bars | Quotes] | Bars | Quotes) -> list[Bars | Quotes]:
    if isinstance(rows, Bars | Quotes):
        return [rows]
    text = [row for row in rows if isinstance(row, str)]
    if text:
        return [bars_of(text)]
    return [row for row in rows if not isinstance(row, str)]
