"""The engine's ports: what it asks of brokers, market data, funds and storage, and nothing about
who answers.

A broker comes in one of two kinds. A :class:`LocalBroker` lives in this process and answers at once
(the simulator). A :class:`RemoteBroker` is reached over a line; its methods return awaitables that
the edge drives, and whatever it leaves unanswered is reported as an unknown outcome. Both describe
themselves by :class:`Capabilities`, and the core emulates or refuses what those lack.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from decimal import Decimal
from typing import Protocol

import msgspec

from engine.instruments import Instrument
from engine.orders import Order
from engine.reports import Report
from engine.requests import OrderChange
from engine.values import ONE, AssetClass, OrderType, PositionMode, TimeInForce


class RateLimits(msgspec.Struct, frozen=True):
    """A broker's own ceilings; None where it states none."""

    orders_per_second: int | None = None
    orders_per_day: int | None = None
    requests_per_minute: int | None = None


class Capabilities(msgspec.Struct, frozen=True):
    """What a broker can do by itself. The engine adds brackets, OCO and trailing stops where these
    are absent.
    """

    order_types: frozenset[OrderType] = frozenset(OrderType)
    times_in_force: frozenset[TimeInForce] = frozenset(TimeInForce)
    asset_classes: frozenset[AssetClass] = frozenset({AssetClass.STOCK})
    position_mode: PositionMode = PositionMode.NETTING
    max_leverage: Decimal = ONE
    brackets: bool = False
    oco: bool = False
    short_selling: bool = True
    reduce_only: bool = False
    post_only: bool = False
    hidden: bool = False
    iceberg: bool = False
    flips: bool = True
    """Whether one order may take a position through zero."""
    rate_limits: RateLimits | None = None


class Submit(msgspec.Struct, frozen=True, gc=False):
    """Send this order. ``parent`` is the order it protects, if any. The order is read-only."""

    order: Order
    parent: Order | None = None


class Modify(msgspec.Struct, frozen=True, gc=False):
    """Change this working order."""

    order: Order
    change: OrderChange


class Cancel(msgspec.Struct, frozen=True, gc=False):
    """Cancel what is left of this order."""

    order: Order
    reason: str = "client"


Instruction = Submit | Modify | Cancel


class LocalBroker(Protocol):
    """A broker in this process. ``send`` answers through its return value, in order, before
    anything else happens.
    """

    name: str
    capabilities: Capabilities

    def send(self, instruction: Instruction) -> Iterable[Report]:
        """Carry out ``instruction`` and say what came of it."""


class RemoteBroker(Protocol):
    """A broker behind a line. Nothing it raises is taken for an answer: only reports are."""

    name: str
    capabilities: Capabilities

    def run(self, reports: Callable[[Report], None]) -> Awaitable[None]:
        """Connect, pass on every report, reconnect with back-off; returns only when cancelled."""

    def send(self, instruction: Instruction) -> Awaitable[Iterable[Report]]:
        """Send ``instruction``, whose order is durable. No answer is an ``OutcomeUnknown``."""

    def lookup(self, order: Order) -> Awaitable[Iterable[Report]]:
        """What the broker knows of ``order`` by our id; raises if it could not be asked."""


class Prices(Protocol):
    """What the market shows now: never anything of the future."""

    def mark(self, symbol: str) -> Decimal | None:
        """The last known price of ``symbol``, in its currency; None before the first."""

    def rate(self, currency: str, into: str) -> Decimal | None:
        """What one unit of ``currency`` is worth ``into`` another; None where no rate is known."""


class Funds(Protocol):
    """What the simulator asks before it lets an order fill."""

    def affords(self, order: Order, quantity: Decimal, price: Decimal) -> bool:
        """Whether the account can carry ``quantity`` more of ``order`` at ``price``."""

    def closable(self, order: Order) -> Decimal:
        """How much of the position ``order`` could reduce, as a positive quantity; zero if it would
        open or add.
        """


class SymbolDirectory(Protocol):
    """Resolves the names people use for instruments."""

    def resolve(self, name: str) -> Instrument:
        """The instrument meant by ``name``; raises SymbolNotFound."""
