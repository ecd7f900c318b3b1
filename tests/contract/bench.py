"""What the broker contract stands on: an engine with one account at the broker under test, and a
hand on that broker's market.

In every bench AAPL stands at 100.10 when it begins, and each `rise` lifts it by a tenth: it opens
there, and trades from 0.05 below to 0.15 above. A bench says nothing of how the broker is reached.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from api.desk import Desk
from api.lines.driver import Driver
from engine.core import Engine
from engine.orders import Order
from engine.ports import Capabilities, RemoteBroker
from engine.trades import Trade
from engine.values import ZERO, Status
from tests.builders import order as a_request
from tests.builders import trades_sum

SYMBOL = "AAPL"
STEPS = 8
"""How far a market rises that is to reach everything near it."""


class Bench(ABC):
    """One broker, ready to take orders for `account`."""

    engine: Engine
    account: str

    @abstractmethod
    async def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something is true of the engine, in limited time; AssertionError if not."""

    @abstractmethod
    async def rise(self, steps: int = 1) -> None:
        """Let the broker's market rise by so many tenths."""

    @abstractmethod
    async def agree(self) -> None:
        """Wait until the broker's own books say the same as ours; AssertionError if not."""

    @property
    def capabilities(self) -> Capabilities:
        """What the broker claims."""
        return self.engine.capabilities[self.account]

    @property
    def head(self) -> int:
        """How many facts there are."""
        return self.engine.tape.head

    def place(self, **fields: Any) -> Order:
        """Place an order for ten AAPL, or with other fields; prices may be text."""
        return self.engine.submit(self.account, a_request(**fields))

    async def opened(self, **fields: Any) -> Order:
        """Place an order, and wait until the broker has taken it."""
        return await self.reached(self.place(**fields), Status.OPEN)

    async def bought(self, **fields: Any) -> Order:
        """An order at the market that has filled."""
        order = await self.opened(**fields)
        await self.rise()
        return await self.reached(order, Status.FILLED)

    async def reached(self, order: Order, *statuses: Status) -> Order:
        """Wait until an order stands like this."""
        await self.until(lambda: order.status in statuses, f"{order.id} {' or '.join(statuses)}")
        return order

    async def cancelled(self, order: Order) -> Order:
        """Cancel an order, and wait until it is."""
        self.engine.cancel(self.account, order.id)
        return await self.reached(order, Status.CANCELLED)

    def legs(self, entry: Order) -> list[Order]:
        """The exits of an entry: the stop-loss first."""
        orders = self.engine.state.orders.values()
        return [one for one in orders if one.parent_order_id == entry.id]

    def trades(self, order: Order) -> list[Trade]:
        """The fills of an order."""
        return [one for one in self.engine.state.trades.values() if one.order_id == order.id]

    @property
    def position(self) -> Decimal:
        """What the account holds of AAPL, signed; its trades come to as much."""
        held = self.engine.account(self.account).positions.get(SYMBOL)
        quantity = held.quantity if held else ZERO
        assert trades_sum(self.engine.state, self.account, SYMBOL) == quantity
        return quantity


class RemoteBench(Bench):
    """A broker behind a line."""

    desk: Desk
    driver: Driver

    @property
    def broker(self) -> RemoteBroker:
        """The broker, to be asked directly."""
        return self.driver.broker

    @abstractmethod
    async def cut(self) -> None:
        """Break the line, and return when that was noticed."""
