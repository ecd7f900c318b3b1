"""The engine's ports: what it asks of brokers, market data, funds and storage, and nothing about
who answers.

A broker comes in one of two kinds. A :class:`LocalBroker` lives in this process and answers at once
(the simulator). A :class:`RemoteBroker` is reached over a line; its methods return awaitables that
the edge drives, and whatever it leaves unanswered is reported as an unknown outcome. Both describe
themselves by :class:`Capabilities`, and the core emulates or refuses what those lack.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from decimal import Decimal
from typing import Protocol, runtime_checkable

import msgspec

from engine.instruments import Instrument, Listing
from engine.maintenance import Window
from engine.market.bars import Bar
from engine.market.quotes import Quote
from engine.orders import Order
from engine.reports import Report
from engine.requests import OrderChange
from engine.statements import Lookup, Snapshot
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
    definitive: frozenset[str] = frozenset()
    """The broker's answers, in its own words, that settle an order; all else leaves it unknown."""
    lookup_by_client_id: bool = True
    """Whether an order can be searched by our id among open, completed and executed orders."""
    visibility_delay_ns: int = 0
    """How long an order may be taken and not yet be shown."""
    execution_lookback_ns: int | None = None
    """How far back executions are shown; None if for ever."""
    replace_keeps_id: bool = True
    """Whether a changed order keeps the broker's id."""
    cancel_on_disconnect: bool = False
    """Whether the broker cancels what works when the line is lost."""
    terms: bool = False
    """Whether it tells the terms of its contracts (a `Directory`), so that none need be guessed."""
    maintenance: tuple[Window, ...] = ()
    """When the broker restarts and is sent nothing new."""


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


class Described(Protocol):
    """Any broker, as far as it describes itself."""

    @property
    def name(self) -> str:
        """What it is called, on the tape too."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do by itself."""


class LocalBroker(Protocol):
    """A broker in this process. ``send`` answers through its return value, in order, before
    anything else happens.
    """

    name: str
    capabilities: Capabilities

    def send(self, instruction: Instruction) -> Iterable[Report]:
        """Carry out ``instruction`` and say what came of it."""


class Throttled(Exception):
    """Raised by a remote broker whose own limit was reached: it took nothing, and says to wait for
    ``wait_ns``.
    """

    def __init__(self, message: str, wait_ns: int) -> None:
        super().__init__(message)
        self.wait_ns = wait_ns


class RemoteBroker(Protocol):
    """A broker behind a line (``line``): it carries out what the line asks for and decides nothing,
    neither when to connect nor what to send again. What it raises is never an answer.
    """

    name: str
    capabilities: Capabilities

    def run(self, opened: Callable[[], None], reports: Callable[[Report], None]) -> Awaitable[None]:
        """Connect once, call ``opened`` when subscribed, pass on every report; returns or raises
        when the line is lost. PermissionError means that the credentials were refused.
        """

    def send(self, instruction: Instruction) -> Awaitable[Iterable[Report]]:
        """Send ``instruction``, whose intent is durable, and give the answer, or nothing where it
        comes as a report later. Raises whenever the broker's answer is not definitive.
        """

    def lookup(self, order: Order) -> Awaitable[Lookup]:
        """What the broker knows of ``order`` by our id; raises if it could not be asked."""

    def snapshot(self, account: str) -> Awaitable[Snapshot]:
        """The whole of ``account`` as the broker shows it; raises if any part was not answered."""


@runtime_checkable
class Feed(Protocol):
    """The market data of a remote broker, where it has any: quotes for as long as its line stands,
    of what was wanted before too, and bars. What it raises is never an answer.
    """

    def follow(self, shown: Callable[[Quote], None], lacks: Callable[[str], None]) -> None:
        """Tell ``shown`` every quote, and again what goes on being true; tell ``lacks`` a symbol
        that the broker has no contract for.
        """

    def want(self, symbols: Sequence[str]) -> None:
        """Quote these from now on and no others, the first ones where there are too many."""

    def bars(
        self,
        symbol: str,
        timeframe_ns: int,
        limit: int,
        end: int | None = None,
        start: int | None = None,
    ) -> Awaitable[list[Bar]]:
        """The newest ``limit`` bars that were closed by ``end`` (now if None) and began at
        ``start`` or later, ascending. SymbolNotFound where the broker has no such contract,
        InvalidRequest for a timeframe that it can not make; whatever else is raised is no answer.
        """


@runtime_checkable
class Directory(Protocol):
    """The contracts of a remote broker, where it tells their terms: currency, multiplier, kind,
    tick. Each carries the broker's own number among its ``ids``, under ``vendor``. Whatever is
    raised but SymbolNotFound and ProviderUnavailable is no answer.
    """

    vendor: str

    def terms(self, symbol: str) -> Awaitable[Instrument]:
        """The contract that ``symbol`` means. SymbolNotFound where there is none,
        ProviderUnavailable where the broker does not tell all that its books need.
        """

    def terms_of(self, contract_id: str) -> Awaitable[Instrument]:
        """The contract of this number; likewise."""

    def find(self, text: str, *, by_name: bool = False, kind: str = "") -> Awaitable[list[Listing]]:
        """The contracts of a symbol, or whose name has ``text`` in it; of one ``kind`` in the
        broker's word, where it is given.
        """


class Prices(Protocol):
    """What the market shows now: never anything of the future."""

    def mark(self, symbol: str) -> Decimal | None:
        """The last known price of ``symbol``, in its currency; None before the first."""

    def rate(self, currency: str, into: str) -> Decimal | None:
        """What one unit of ``currency`` is worth ``into`` another; None where no rate is known."""


class Market(Prices, Protocol):
    """What the accounts of one provider see of the market. A `Board` shows series of this process,
    a `LiveBoard` what a remote broker quotes.
    """

    provider: str
    """Where all of it comes from."""

    @property
    def now(self) -> int:
        """Nothing after this is shown, ns UTC."""

    @property
    def symbols(self) -> list[str]:
        """What there is to see."""

    def quote(self, symbol: str) -> Quote:
        """The newest quote; SymbolNotFound, or ProviderUnavailable where there is none now."""

    def timeframe_ns(self, symbol: str) -> int:
        """How long the bars of ``symbol`` last as they came; raises like ``bars``."""

    def bars(
        self,
        symbol: str,
        timeframe_ns: int,
        start: int | None = None,
        end: int | None = None,
        limit: int | None = None,
    ) -> list[Bar]:
        """Bars closed by now, ascending, the newest ``limit``; SymbolNotFound where there are none
        at hand.
        """


class Funds(Protocol):
    """What the simulator asks before it lets an order fill."""

    def affords(self, order: Order, quantity: Decimal, price: Decimal) -> bool:
        """Whether the account can carry ``quantity`` more of ``order`` at ``price``."""

    def closable(self, order: Order) -> Decimal:
        """How much of the position ``order`` could reduce, as a positive quantity; zero if it would
        open or add.
        """
