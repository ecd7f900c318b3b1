"""What happens by itself in the simulated world: a market that trades, and bad luck of every kind.

Each seed draws which kinds of bad luck it has and how often; nothing else in the world rolls dice
about them. When `stop` is called the mishaps end and the market grows quiet: what is at market
still trades, and nobody touches anything any more.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from random import Random

from engine.requests import OrderRequest
from engine.values import OrderType, Side, Status
from tests.simulation.broker import Venue, VenueExecution, VenueOrder
from tests.simulation.clients import MARK, SYMBOLS
from tests.simulation.clock import Clock

MARKET_EVERY_S = 0.4
QUIET_MARKET_EVERY_S = 2.0
MISHAPS_EVERY_S = {
    "correct": 12.0,
    "bust": 20.0,
    "trade_late": 15.0,
    "overfill": 40.0,
    "expire": 15.0,
    "reject": 8.0,
    "enter_by_hand": 25.0,
    "transfer": 60.0,
    "restart_venue": 30.0,
    "jump_clock": 20.0,
    "cut_line": 12.0,
    "crash_engine": 12.0,
    "refuse_sync": 40.0,
    "fill_disk": 30.0,
    "hold_cancel": 8.0,
}
"""Mean time between two mishaps of a kind, in the seeds that have it."""
LONGEST_ABSENCE_S = 5.0
DECIDES = 0.05
"""How often, at a tick of the market, a cancel that the venue holds is made or turned down."""


class Fate:
    """The market at the venue, and everything that goes wrong."""

    def __init__(
        self,
        clock: Clock,
        dice: Random,
        venue: Venue,
        accounts: tuple[str, ...],
        engine_mishaps: dict[str, Callable[[], None]],
    ) -> None:
        self.clock = clock
        self.dice = dice
        self.venue = venue
        self.accounts = accounts
        self.has_stopped = False
        self.happened: dict[str, int] = {}
        """How often each kind of mishap came, for whoever wonders whether any did."""
        own = {name: getattr(self, f"_{name}") for name in MISHAPS_EVERY_S if name in _OWN}
        self._mishaps: dict[str, Callable[[], None]] = {**own, **engine_mishaps}
        for name, every_s in MISHAPS_EVERY_S.items():
            if dice.random() < 0.5:
                self._schedule(name, every_s * dice.choice((0.5, 1.0, 2.0)))
        self._move()

    def stop(self) -> None:
        """Let nothing go wrong any more."""
        self.has_stopped = True

    def _schedule(self, name: str, every_s: float) -> None:
        def strike() -> None:
            if not self.has_stopped:
                self.happened[name] = self.happened.get(name, 0) + 1
                self._mishaps[name]()
                self._schedule(name, every_s)

        self.clock.after(self.dice.expovariate(1 / every_s), strike)

    def _move(self) -> None:
        """One tick: an order trades, one that is at market first."""
        every_s = QUIET_MARKET_EVERY_S if self.has_stopped else MARKET_EVERY_S
        self.clock.after(self.dice.uniform(0, 2 * every_s), self._move)
        self._decide()
        working = [one for one in self.venue.orders if not one.is_final]
        at_market = [one for one in working if one.request.order_type is OrderType.MARKET]
        if at_market:
            self._trade(at_market[0])
        elif working and not self.has_stopped:
            self._trade(self.dice.choice(working))

    def _decide(self) -> None:
        """The venue makes up its mind about one of the cancels it holds."""
        held = [one for one in self.venue.orders if one.status is Status.PENDING_CANCEL]
        if held and (self.has_stopped or self.dice.random() < DECIDES):
            self.venue.decide(held[0], makes=self.dice.random() < 0.5)

    def _trade(self, order: VenueOrder) -> None:
        whole = self.dice.random() < 0.5 or order.remaining <= 1
        quantity = order.remaining if whole else Decimal(self.dice.randint(1, int(order.remaining)))
        self.venue.trade(order, quantity, order.limit_price or order.stop_price or self._price())

    def _price(self) -> Decimal:
        return MARK + Decimal(self.dice.randint(-50, 50)) / 100

    def _any_order(self, *statuses: Status) -> VenueOrder | None:
        found = [one for one in self.venue.orders if one.status in statuses]
        return self.dice.choice(found) if found else None

    def _any_execution(self) -> VenueExecution | None:
        found = [one for one in self.venue.executions if not one.is_busted]
        return self.dice.choice(found) if found else None

    def _correct(self) -> None:
        execution = self._any_execution()
        if execution is not None:
            quantity = execution.quantity
            if quantity > 1 and self.dice.random() < 0.4:
                quantity -= 1
            reinstates = self.dice.random() < 0.5
            self.venue.correct(execution, quantity, self._price(), reinstates=reinstates)

    def _bust(self) -> None:
        execution = self._any_execution()
        if execution is not None:
            self.venue.bust(execution, reinstates=self.dice.random() < 0.5)

    def _trade_late(self) -> None:
        order = self._any_order(Status.CANCELLED, Status.EXPIRED)
        if order is not None and order.remaining:
            self._trade(order)

    def _overfill(self) -> None:
        order = self._any_order(Status.OPEN, Status.PARTIALLY_FILLED)
        if order is not None:
            self.venue.trade(order, order.remaining + 1, self._price())

    def _expire(self) -> None:
        order = self._any_order(Status.OPEN, Status.PARTIALLY_FILLED)
        if order is not None:
            self.venue.end(order, Status.EXPIRED)

    def _reject(self) -> None:
        self.venue.rejects_next = True

    def _enter_by_hand(self) -> None:
        dice = self.dice
        side, quantity = dice.choice((Side.BUY, Side.SELL)), Decimal(dice.randint(1, 9))
        request = OrderRequest(
            dice.choice(SYMBOLS), side, quantity, OrderType.LIMIT, limit_price=MARK
        )
        self.venue.enter_by_hand(dice.choice(self.accounts), request)

    def _transfer(self) -> None:
        dice = self.dice
        units = Decimal(dice.choice((-3, 5)))
        self.venue.transfer(dice.choice(self.accounts), dice.choice(SYMBOLS), units)

    def _hold_cancel(self) -> None:
        self.venue.holds_next_cancel = True

    def _restart_venue(self) -> None:
        self.venue.restart()


_OWN = (
    "correct",
    "bust",
    "trade_late",
    "overfill",
    "expire",
    "reject",
    "enter_by_hand",
    "transfer",
    "restart_venue",
    "hold_cancel",
)
