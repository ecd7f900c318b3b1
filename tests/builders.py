"""What the tests of the engine build: a small real broker, a market of set prices, and a world of
both around an engine.

`PaperBroker` is a whole local broker: it takes, changes and cancels orders, and fills them when the
test says so. `World` puts an engine on a tape in memory before it, and speaks in short verbs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from engine import restored
from engine.accounts import Account
from engine.core import Engine
from engine.events import Event, decode, encode
from engine.instruments import Instrument
from engine.orders import Order
from engine.ports import Cancel, Capabilities, Instruction, Modify, Submit
from engine.positions import Position
from engine.reports import (
    Accepted,
    Cancelled,
    CancelRejected,
    Filled,
    Modified,
    ModifyRejected,
    Rejected,
    Report,
)
from engine.requests import OrderRequest
from engine.state import State
from engine.tape import MemoryTape, Record, Tape
from engine.values import (
    ONE,
    ZERO,
    AssetClass,
    OrderType,
    PositionMode,
    RejectReason,
    Role,
    Side,
    signed,
)

ACCOUNT = "DU1"
AAPL = Instrument("AAPL")
EURUSD = Instrument("EUR/USD", AssetClass.FOREX)
SAP = Instrument("SAP", currency="EUR")
FUTURE = Instrument("ES", AssetClass.FUTURES, tick=Decimal("0.25"), multiplier=Decimal(50))

EVERYTHING = Capabilities(
    asset_classes=frozenset(AssetClass),
    max_leverage=Decimal(20),
    reduce_only=True,
    post_only=True,
    hidden=True,
    iceberg=True,
)
NO_TRAILING = Capabilities(order_types=frozenset(OrderType) - {OrderType.TRAILING_STOP})

Number = Decimal | int | str


def dec(number: Number) -> Decimal:
    """An exact number."""
    return Decimal(number)


def order(
    symbol: str = "AAPL",
    side: Side = Side.BUY,
    quantity: Number = 10,
    order_type: OrderType | None = None,
    **fields: Any,
) -> OrderRequest:
    """A request; the prices among `fields` may be given as text, and settle the type if none is."""
    values: dict[str, Any] = {
        name: Decimal(str(value)) if isinstance(value, int | str) and name in _NUMBERS else value
        for name, value in fields.items()
    }
    if order_type is None:
        order_type = _TYPES[tuple(name for name in _TELLING if values.get(name) is not None)]
    return OrderRequest(symbol, side, dec(quantity), order_type, **values)


_NUMBERS = {
    "limit_price",
    "stop_price",
    "stop_loss",
    "take_profit",
    "trailing_distance",
    "display_quantity",
    "leverage",
}
_TELLING = ("limit_price", "stop_price", "trailing_distance")
_TYPES = {
    (): OrderType.MARKET,
    ("limit_price",): OrderType.LIMIT,
    ("stop_price",): OrderType.STOP,
    ("limit_price", "stop_price"): OrderType.STOP_LIMIT,
    ("trailing_distance",): OrderType.TRAILING_STOP,
}


class Market:
    """Set prices, and rates of exchange read off the pairs among them."""

    def __init__(self, **marks: Number) -> None:
        self.marks = {symbol: dec(price) for symbol, price in marks.items()}

    def mark(self, symbol: str) -> Decimal | None:
        """The price set for `symbol`, or None."""
        return self.marks.get(symbol)

    def rate(self, currency: str, into: str) -> Decimal | None:
        """By the pair or its inverse."""
        if currency == into:
            return ONE
        direct, inverse = self.mark(f"{currency}/{into}"), self.mark(f"{into}/{currency}")
        if direct is not None:
            return direct
        return ONE / inverse if inverse else None


class PaperBroker:
    """A broker that takes everything at once, unless it was told to do otherwise.

    `rejects` turns new orders down with that reason; `fills_at` fills market orders as they come;
    `keeps_orders` refuses cancels, `keeps_terms` refuses changes; `is_silent` answers nothing.
    """

    name = "paper"

    def __init__(self, capabilities: Capabilities = EVERYTHING) -> None:
        self.capabilities = capabilities
        self.sent: list[Instruction] = []
        self.rejects: RejectReason | None = None
        self.fills_at: Decimal | None = None
        self.keeps_orders = False
        self.keeps_terms = False
        self.is_silent = False

    def send(self, instruction: Instruction) -> Iterable[Report]:
        """Carry out an instruction by the rules that are set."""
        self.sent.append(instruction)
        return () if self.is_silent else self.answer(instruction)

    def answer(self, instruction: Instruction) -> Iterator[Report]:
        """What comes of an instruction."""
        order_id = instruction.order.id
        match instruction:
            case Submit() if self.rejects is not None:
                yield Rejected(order_id, self.rejects, "the paper broker was told to")
            case Submit(order=order):
                yield Accepted(order_id, f"paper-{order_id}")
                if self.fills_at is not None and order.working_type is OrderType.MARKET:
                    yield Filled(order_id, f"x-{order_id}", order.remaining, self.fills_at, 0)
            case Modify(change=change):
                keeps = self.keeps_terms
                yield ModifyRejected(order_id, "no") if keeps else Modified(order_id, change)
            case Cancel(reason=reason):
                keeps = self.keeps_orders
                yield CancelRejected(order_id, "no") if keeps else Cancelled(order_id, reason)


class World:
    """An engine with one account (more can be opened) at a paper broker, and prices to set."""

    def __init__(
        self,
        capabilities: Capabilities = EVERYTHING,
        *,
        cash: Number = 100_000,
        leverage: Number = 1,
        mode: PositionMode = PositionMode.NETTING,
        tape: Tape | None = None,
        state: State | None = None,
        market: Market | None = None,
    ) -> None:
        self.tape = MemoryTape() if tape is None else tape
        self.market = market or Market(AAPL=100)
        self.broker = PaperBroker(capabilities)
        self.engine = Engine(self.tape, self.market, state)
        self.engine.now = self.engine.now or 1_700_000_000_000_000_000
        for instrument in (AAPL, EURUSD, SAP, FUTURE):
            self.engine.list_instrument(instrument)
        self.open(ACCOUNT, cash=cash, leverage=leverage, mode=mode)
        self._executions = self.tape.head
        restored.settle(self.engine)

    def open(
        self,
        account: str,
        *,
        cash: Number = 100_000,
        leverage: Number = 1,
        mode: PositionMode = PositionMode.NETTING,
    ) -> None:
        """Serve one more account from the same broker."""
        self.engine.open_account(account, self.broker, "USD", dec(cash), mode, dec(leverage))

    def restart(self) -> World:
        """Another process on the same tape: a new engine, a new broker, the same market."""
        return World(self.broker.capabilities, tape=self.tape, market=self.market)

    @property
    def state(self) -> State:
        """The engine's state."""
        return self.engine.state

    @property
    def account(self) -> Account:
        """The first account."""
        return self.state.accounts[ACCOUNT]

    @property
    def position(self) -> Position:
        """The only position of the first account."""
        (position,) = self.account.positions.values()
        return position

    def place(self, request: OrderRequest) -> Order:
        """Submit `request` in the first account."""
        return self.engine.submit(ACCOUNT, request)

    def buy(self, quantity: Number = 10, symbol: str = "AAPL", **fields: Any) -> Order:
        """Place a buy order of the type that `fields` ask for."""
        return self.place(order(symbol, Side.BUY, quantity, **fields))

    def sell(self, quantity: Number = 10, symbol: str = "AAPL", **fields: Any) -> Order:
        """Place a sell order of the type that `fields` ask for."""
        return self.place(order(symbol, Side.SELL, quantity, **fields))

    def fill(
        self,
        order: Order,
        quantity: Number | None = None,
        price: Number = 100,
        commission: Number = 0,
        commission_currency: str = "",
    ) -> Order:
        """Report a fill of what is left of `order`, or of `quantity`."""
        self._executions += 1
        amount = order.remaining if quantity is None else dec(quantity)
        self.engine.report(
            Filled(
                order.id,
                f"x{self._executions}",
                amount,
                dec(price),
                self.engine.now,
                dec(commission),
                commission_currency,
            )
        )
        return order

    def bought(self, quantity: Number = 10, price: Number = 100, **fields: Any) -> Order:
        """A buy order at the market that has filled."""
        return self.fill(self.buy(quantity, **fields), price=price)

    def sold(self, quantity: Number = 10, price: Number = 100, **fields: Any) -> Order:
        """A sell order at the market that has filled."""
        return self.fill(self.sell(quantity, **fields), price=price)

    def legs(self, role: Role | None = None) -> list[Order]:
        """The protective legs at work in the first account."""
        working = self.state.working(ACCOUNT)
        return [one for one in working if one.is_exit and role in (None, one.role)]

    def leg(self, role: Role) -> Order:
        """The only leg of `role` at work."""
        (leg,) = self.legs(role)
        return leg

    def facts(self, after: int = 0) -> list[str]:
        """The types of the facts on the tape after a sequence number."""
        return [type(record.event).__name__ for record in self.tape.records(after)]


def reread(records: Iterable[Record]) -> list[Record]:
    """The records as another process would read them: every fact through its bytes."""
    return [
        Record(one.seq, one.ts, one.account, one.causation, decode(encode(one.event)))
        for one in records
    ]


def fold(records: Iterable[Record], state: State | None = None) -> State:
    """The state that `records` give, on top of `state` or from nothing."""
    folded = State() if state is None else state
    for record in records:
        folded.apply(record)
    return folded


def records(events: Iterable[tuple[str, Event]], ts: int = 1) -> list[Record]:
    """Facts, each with its account, as the records of a tape; a second apart."""
    return [
        Record(seq, ts + seq * 1_000_000_000, account, 0, event)
        for seq, (account, event) in enumerate(events, start=1)
    ]


def value_at_cost(account: Account, currency: str) -> Decimal:
    """Cash and positions at cost in one currency: what conservation speaks of."""
    held = (one.cost for one in account.positions.values() if one.currency == currency)
    return account.cash.get(currency, ZERO) + sum(held, ZERO)


def trades_sum(state: State, account: str, symbol: str) -> Decimal:
    """The signed sum of an account's trades in a symbol."""
    told = (one for one in state.trades.values() if (one.account, one.symbol) == (account, symbol))
    return sum((signed(one.side, one.quantity) for one in told), ZERO)


def figures(*values: object) -> tuple[object, ...]:
    """Values to compare with plain numbers, all at once."""
    return values


def amounts(**lines: Number) -> dict[str, Decimal]:
    """Lines of an account's books."""
    return {key: dec(amount) for key, amount in lines.items()}
