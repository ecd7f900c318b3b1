"""All lines of one engine: which account is behind which, and what clients may ask of them.

Accounts without a line are served by a broker in this process. That one answers at once, is always
reached, and its books are the engine's own; the same questions have an answer for it too.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from api.lines.driver import Driver
from api.lines.port import Bookkeeper
from api.lines.teller import Teller
from api.steady import SteadyClock
from api.waiting import until
from engine import events as ev
from engine.actions import Timing
from engine.errors import ProviderUnavailable
from engine.line import Line, LineState
from engine.ports import RemoteBroker
from engine.values import NANOSECONDS, Holder, Status

if TYPE_CHECKING:
    from api.lines.port import Floor
    from api.streams.event import Event
    from api.streams.hub import Hub
    from engine.orders import Order
    from engine.tape import Record

UP = frozenset({LineState.CONNECTED, LineState.DEGRADED})
UNANSWERED = frozenset({Status.PENDING, Status.PENDING_CANCEL})
CLOSE_GRACE_S = 5.0


class Lines:
    """The lines of ``floor``'s engine, told about on ``hub``."""

    def __init__(self, floor: Floor, hub: Hub, clock: Callable[[], int] | None = None) -> None:
        self.drivers: list[Driver] = []
        self._floor = floor
        self._engine = floor.engine
        self._hub = hub
        self._clock = clock or SteadyClock()
        self._patience_s: dict[str, float] = {}

    def add(
        self,
        broker: RemoteBroker,
        accounts: Collection[str],
        timing: Timing | None = None,
        *,
        patience_s: float = 0.0,
        chance: Callable[[], float] = random.random,
    ) -> Driver:
        """Put a line to ``broker`` under these accounts, which the engine serves remotely. A call
        that trades waits ``patience_s`` for the broker before it is answered.
        """
        timing = timing or Timing()
        now = self._clock()
        line = Line(self._engine, broker.name, accounts, broker.capabilities, chance, timing, now)
        driver = Driver(line, broker, self._floor, self._clock, timing)
        driver.on_turn = Teller(self._publish, self._clock).look
        self.drivers.append(driver)
        for account in accounts:
            self._patience_s[account] = patience_s
        return driver

    def _publish(self, events: list[Event]) -> None:
        if self._hub.subscribers:
            self._hub.publish(events)

    async def run(self) -> None:
        """Keep every line until cancelled."""
        async with asyncio.TaskGroup() as group:
            for driver in self.drivers:
                group.create_task(driver.run())

    async def close(self, grace_s: float = CLOSE_GRACE_S) -> None:
        """Let what is under way be answered for a while, then let go of every line."""
        await asyncio.gather(*(driver.close(grace_s) for driver in self.drivers))

    def of(self, account: str) -> Driver | None:
        """The line of an account; None for one whose broker lives here."""
        return next((one for one in self.drivers if account in one.line.accounts), None)

    def now(self) -> int:
        """The lines' own time, ns."""
        return self._clock()

    def retry(self) -> None:
        """Let lines whose credentials were refused try again; a person mended them."""
        for driver in self.drivers:
            if driver.line.state is LineState.REFUSED:
                driver.tell(driver.line.start)

    async def answered(self, order: Order) -> str:
        """Wait for the broker's answer to what was just asked of an order, as long as its account
        has patience, and give the broker's reason where it turned a change or a cancel down.
        """
        if not self._patience_s.get(order.account) or not _is_waiting(order):
            return ""
        with self._refusals(order.id) as refused:
            await until(
                self._engine, lambda: not _is_waiting(order), self._patience_s[order.account]
            )
        return refused[-1] if refused else ""

    @contextmanager
    def _refusals(self, order_id: str) -> Iterator[list[str]]:
        """What the broker says no to, while the block lasts."""
        refused: list[str] = []

        def hear(record: Record) -> None:
            fact = record.event
            kinds = ev.OrderModifyRejected | ev.OrderCancelRejected
            if isinstance(fact, kinds) and fact.order_id == order_id:
                refused.append(fact.message)

        self._engine.listeners.append(hear)
        try:
            yield refused
        finally:
            self._engine.listeners.remove(hear)

    async def reconcile(self, account: str) -> int:
        """Compare an account's books with its broker's now; how many differences there were.

        ProviderUnavailable where the broker can not be asked.
        """
        driver = self.of(account)
        if driver is None:
            return self._compare_here(account)
        return await self._compare_there(driver, account)

    def _compare_here(self, account: str) -> int:
        """What works in a broker of this process is what works in the engine: it has no other
        memory. That this was looked at is a fact all the same.
        """
        engine = self._engine
        broker = engine.local[engine.account(account).id]
        ours = {
            order.id
            for order in engine.state.working(account)
            if order.holder is Holder.BROKER or order.triggered
        }
        differences = len(ours ^ broker.working(account)) if isinstance(broker, Bookkeeper) else 0
        engine.write(account, ev.BrokerReconciled(broker.name, differences))
        return differences

    async def _compare_there(self, driver: Driver, account: str) -> int:
        line = driver.line
        if line.state not in UP:
            raise _unreachable(driver)
        found = 0

        def hear(record: Record) -> None:
            nonlocal found
            if record.account == account and isinstance(record.event, ev.BrokerReconciled):
                found += record.event.differences

        before = line.reconciled_at
        self._engine.listeners.append(hear)
        try:
            driver.tell(line.refresh)
            limit_s = 2 * driver.timing.snapshot_ns / NANOSECONDS
            await driver.until(
                lambda: line.reconciled_at != before or line.state not in UP, limit_s
            )
        finally:
            self._engine.listeners.remove(hear)
        if line.reconciled_at == before:
            raise _unreachable(driver)
        return found


def _is_waiting(order: Order) -> bool:
    """Whether the broker owes an answer about the order."""
    return not order.is_final and (order.asked > 0 or order.status in UNANSWERED)


def _unreachable(driver: Driver) -> ProviderUnavailable:
    line = driver.line
    why = f": {line.why}" if line.why else ""
    return ProviderUnavailable(f"{line.broker} is {line.state}{why}")
