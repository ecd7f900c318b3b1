"""What the tests of remote brokers build: an engine served over a line, and the far side of it.

`Remote` is a world with one account behind a broker that is described and not run: the test plays
the broker, by telling the line what it says. `Books` is the broker's own bookkeeping: it takes the
reports the broker would have sent, and states orders, executions and holdings from them.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from engine import reports, restored
from engine.accounts import Account
from engine.actions import Action, Connect, LookUp, Send, TakeSnapshot, Timing
from engine.core import Engine
from engine.line import Line, LineState
from engine.orders import Order
from engine.ports import Capabilities, Instruction
from engine.reports import Report
from engine.requests import OrderRequest
from engine.state import State
from engine.statements import BrokerOrder, Execution, Holding, Lookup, Snapshot
from engine.tape import MemoryTape, Tape
from engine.values import NANOSECONDS, ZERO, Side, Status, signed
from tests.builders import AAPL, EURUSD, EVERYTHING, Market, order

ACCOUNT = "U1"
START = 1_700_000_000 * NANOSECONDS
SECOND = NANOSECONDS
DELAYED = msgspec.structs.replace(EVERYTHING, visibility_delay_ns=2 * SECOND)

A = TypeVar("A", bound=Action)


class Described:
    """A remote broker as the engine sees it when an account is opened."""

    name = "far"

    def __init__(self, capabilities: Capabilities) -> None:
        self.capabilities = capabilities


class Books:
    """What the broker knows: its orders by its own ids, executions, other holdings, cash."""

    def __init__(self) -> None:
        self.orders: dict[str, BrokerOrder] = {}
        self.executions: dict[str, Execution] = {}
        self.others: dict[str, Holding] = {}
        self.cash: dict[str, Decimal] = {"USD": Decimal(100_000)}

    def take(self, one: Order, broker_id: str, request: OrderRequest | None = None) -> None:
        """Hold an order of ours."""
        self.orders[broker_id] = BrokerOrder(broker_id, one.id, request or one.request, Status.OPEN)

    def change(self, broker_id: str, **values: Any) -> None:
        """Let an order stand otherwise."""
        self.orders[broker_id] = msgspec.structs.replace(self.orders[broker_id], **values)

    def fill(
        self, broker_id: str, execution_id: str, quantity: Decimal, price: Decimal, at: int
    ) -> None:
        """Execute a part of an order."""
        one = self.orders[broker_id]
        self.executions[execution_id] = Execution(
            execution_id,
            broker_id,
            one.request.symbol,
            one.request.side,
            quantity,
            price,
            at,
            one.order_id,
        )
        self.weigh(broker_id)

    def weigh(self, broker_id: str) -> None:
        """Bring an order in line with its executions."""
        one = self.orders[broker_id]
        own = [each for each in self.executions.values() if each.broker_id == broker_id]
        filled = sum((each.quantity for each in own if not each.busted), ZERO)
        status = one.status
        if filled >= one.request.quantity:
            status = Status.FILLED
        elif status in (Status.OPEN, Status.FILLED, Status.PARTIALLY_FILLED):
            status = Status.PARTIALLY_FILLED if filled else Status.OPEN
        self.change(broker_id, filled=filled, status=status)

    def positions(self) -> dict[str, Holding]:
        """Holdings, those of others included."""
        quantity: dict[str, Decimal] = {key: one.quantity for key, one in self.others.items()}
        cost: dict[str, Decimal] = {key: one.cost or ZERO for key, one in self.others.items()}
        for each in self.executions.values():
            if not each.busted:
                change = signed(each.side, each.quantity)
                quantity[each.symbol] = quantity.get(each.symbol, ZERO) + change
                cost[each.symbol] = cost.get(each.symbol, ZERO) + change * each.price
        return {key: Holding(held, cost[key]) for key, held in quantity.items() if held}

    def money(self) -> dict[str, Decimal]:
        """Cash after what was executed."""
        spent = sum(
            (
                signed(each.side, each.quantity) * each.price + each.commission
                for each in self.executions.values()
                if not each.busted
            ),
            ZERO,
        )
        return {"USD": self.cash["USD"] - spent}

    def snapshot(self, now: int, account: str = ACCOUNT) -> Snapshot:
        """All of it."""
        final = (Status.FILLED, Status.CANCELLED, Status.REJECTED, Status.EXPIRED)
        return Snapshot(
            account,
            tuple(one for one in self.orders.values() if one.status not in final),
            tuple(one for one in self.orders.values() if one.status in final),
            tuple(self.executions.values()),
            self.positions(),
            self.money(),
            now,
        )

    def lookup(self, one: Order, complete: bool = True) -> Lookup:
        """What is known of one order."""
        found = tuple(each for each in self.orders.values() if each.order_id == one.id)
        ids = {each.broker_id for each in found}
        own = tuple(each for each in self.executions.values() if each.broker_id in ids)
        return Lookup(one.id, found, own, complete)


class Remote:
    """An engine, one account, one line; the clock and the broker are the test's."""

    def __init__(
        self,
        capabilities: Capabilities = EVERYTHING,
        tape: Tape | None = None,
        timing: Timing | None = None,
        state: State | None = None,
        chance: Callable[[], float] = lambda: 0.5,
    ) -> None:
        self.tape = MemoryTape() if tape is None else tape
        self.engine = Engine(self.tape, Market(AAPL=100), state)
        self.now = max(START, self.engine.now)
        self.engine.now = self.now
        for instrument in (AAPL, EURUSD):
            self.engine.list_instrument(instrument)
        self.engine.serve_remotely(ACCOUNT, Described(capabilities), "USD")
        restored.settle(self.engine)
        self.line = Line(self.engine, "far", (ACCOUNT,), capabilities, chance, timing, now=self.now)
        self.books = Books()

    @property
    def account(self) -> Account:
        """The account."""
        return self.engine.state.accounts[ACCOUNT]

    def connect(self) -> Remote:
        """Open the line and reconcile."""
        self.line.start(self.now)
        self.did(Connect)
        self.line.opened(self.now)
        self.sync()
        return self

    def stands(self) -> LineState:
        """Where the line stands now."""
        return self.line.state

    def sync(self) -> None:
        """Answer the snapshot that is asked for."""
        self.did(TakeSnapshot)
        self.line.snapshot_taken(self.now, self.books.snapshot(self.now))

    def reconcile(self) -> None:
        """Compare the books now."""
        self.line.refresh(self.now)
        self.sync()

    def wait(self, seconds: float = 1) -> None:
        """Let time pass, and tell the line."""
        self.now += int(seconds * SECOND)
        self.line.tick(self.now)

    def did(self, kind: type[A]) -> A:
        """The next action, which is of this kind."""
        action = self.line.actions.popleft()
        assert isinstance(action, kind), action
        return action

    def drop(self) -> list[Action]:
        """Forget the actions that are waiting, and give them."""
        told = list(self.line.actions)
        self.line.actions.clear()
        return told

    def buy(self, quantity: int = 10, symbol: str = "AAPL", **fields: Any) -> Order:
        """Place an order and let the line see it."""
        return self.place(order(symbol, Side.BUY, quantity, **fields))

    def sell(self, quantity: int = 10, symbol: str = "AAPL", **fields: Any) -> Order:
        """Place an order and let the line see it."""
        return self.place(order(symbol, Side.SELL, quantity, **fields))

    def place(self, request: OrderRequest) -> Order:
        """Place an order and let the line see it."""
        one = self.engine.submit(ACCOUNT, request)
        self.line.tick(self.now)
        return one

    def sent(self) -> Instruction:
        """The instruction that is to be sent next."""
        return self.did(Send).instruction

    def asked(self) -> Order:
        """The order that is to be looked up next."""
        return self.did(LookUp).order

    def heard(self, *told: Report) -> None:
        """Let the broker speak."""
        for report in told:
            self.line.heard(self.now, report)

    def working(self, quantity: int = 10, broker_id: str = "b1", **fields: Any) -> Order:
        """A limit order that the broker works."""
        one = self.buy(quantity, limit_price=90, **fields)
        self.line.answered(self.now, self.sent(), [reports.Accepted(one.id, broker_id)])
        self.books.take(one, broker_id)
        return one

    def restart(self) -> Remote:
        """Another process on the same tape, and the same broker."""
        again = Remote(self.engine.capabilities[ACCOUNT], self.tape)
        again.books = self.books
        again.now = again.engine.now = self.now
        return again

    def facts(self, after: int = 0) -> list[str]:
        """The types of the facts on the tape after a sequence number."""
        return [type(record.event).__name__ for record in self.tape.records(after)]
