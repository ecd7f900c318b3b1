"""The simulated broker: takes orders at once, and fills them when market data says they would fill.

It is a `LocalBroker` that is also shown every bar and quote. It holds nothing that a tape does not:
after a restart ``restore`` rebuilds its books from the engine's working orders. ``attach`` comes
before everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from adapters.brokers.simulator.actions import CorporateActions
from adapters.brokers.simulator.assumptions import assumptions
from adapters.brokers.simulator.bars import BarMatching
from adapters.brokers.simulator.book import Book, Books
from adapters.brokers.simulator.carry import Carry
from adapters.brokers.simulator.changes import objection
from adapters.brokers.simulator.commission import parse_commission
from adapters.brokers.simulator.executions import Executions
from adapters.brokers.simulator.host import Host, Quoting
from adapters.brokers.simulator.options import SimulatorOptions
from adapters.brokers.simulator.quotes import QuoteMatching
from adapters.brokers.simulator.ticket import NEVER, Ticket, new_ticket
from adapters.brokers.simulator.trouble import befall
from engine.instruments import guess
from engine.market.bars import Bars
from engine.market.calendar import Calendar
from engine.market.quotes import Quotes
from engine.mishaps import Mishaps, none
from engine.orders import Order
from engine.ports import Cancel, Capabilities, Instruction, Modify, Prices, Submit
from engine.reports import (
    Accepted,
    Cancelled,
    CancelRejected,
    Modified,
    ModifyRejected,
    Rejected,
    Report,
    Trailed,
)
from engine.values import ZERO, AssetClass, Holder, OrderType, RejectReason, Side, TimeInForce

_BUY, _DAY = Side.BUY, TimeInForce.DAY
_LIMIT, _TRAILING_STOP = OrderType.LIMIT, OrderType.TRAILING_STOP


def default_capabilities(options: SimulatorOptions) -> Capabilities:
    """All the simulator does by itself: not brackets and OCO groups, which the engine holds."""
    return Capabilities(
        asset_classes=frozenset(AssetClass),
        max_leverage=options.max_leverage,
        reduce_only=True,
        post_only=True,
        hidden=True,
        iceberg=True,
    )


class SimulatedBroker:
    """A broker for backtests and for paper trading. ``capabilities`` may be reduced, so that the
    engine emulates what is taken away.
    """

    name = "simulator"

    def __init__(
        self,
        options: SimulatorOptions,
        *,
        calendar_of: Callable[[str], Calendar],
        capabilities: Capabilities | None = None,
    ) -> None:
        self.options = options
        self.capabilities = capabilities or default_capabilities(options)
        self.mishaps: Mishaps = none
        """What befalls the orders that come, beside what the market says."""
        self._calendar_of = calendar_of
        self._books = Books(options.penetration_ticks)
        self.watched: Mapping[str, Book] = self._books.watched
        """The books to ask whether a row must be matched: an order works, or an action is to come.
        """
        self.next_due = 0
        """When ``step_done`` next has something to do, ns."""
        self._host: Host
        self._actions: CorporateActions
        self._bars: BarMatching
        self._quotes: QuoteMatching
        self._carry: Carry

    def attach(self, host: Host) -> None:
        """Serve ``host``: hear its instructions, report to it."""
        executions = Executions(host, self._books, parse_commission(self.options.commission))
        self._host = host
        prices = host.prices
        self._touch = prices.touch if isinstance(prices, Quoting) else _touch_of(prices)
        self._executions = executions
        self._bars = BarMatching(executions, self.options)
        self._quotes = QuoteMatching(executions, self.options)
        self._carry = Carry(host, self.name, self.options)
        self._actions = CorporateActions(host, self.name, self._books, self.options)

    def hold(self, order: Order) -> None:
        """Let a working order wait: it does not trade, though it may expire."""
        ticket = self._books.find(order)
        if ticket is not None:
            ticket.live_at = NEVER

    def release(self, order: Order) -> None:
        """Let an order that waited trade, as if it had come now; one that is to be turned down goes
        on waiting for that.
        """
        ticket = self._books.find(order)
        if ticket is not None and ticket.verdict is None:
            ticket.live_at = self._host.now + self.options.latency_ns

    def turn_down(self, order: Order, message: str) -> None:
        """Reject a working order that was taken."""
        ticket = self._books.find(order)
        if ticket is not None:
            ticket.verdict = Rejected(order.id, RejectReason.UNKNOWN, message)
            self._executions.expire(ticket)

    def assumptions(self) -> dict[str, str]:
        """Every rule in force, by name."""
        return assumptions(self.options)

    def restore(self, orders: Iterable[Order]) -> None:
        """Take over the orders that worked before a restart, oldest first."""
        now = self._host.now
        self._actions.forget_before(now)
        for order in sorted(orders, key=lambda one: one.id):
            if order.is_final or (order.holder is Holder.ENGINE and not order.triggered):
                continue
            ticket = self._ticket(order, order.created_at)
            ticket.rested = ticket.rested or order.created_at < now
            self._enter(ticket)

    def send(self, instruction: Instruction) -> tuple[Report, ...]:
        """Carry out ``instruction``; the answer is final."""
        if type(instruction) is Submit:
            return self._submit(instruction.order)
        if type(instruction) is Modify:
            return self._modify(instruction)
        return self._cancel(instruction)

    def working(self, account: str) -> frozenset[str]:
        """The ids of the orders that are in the books for ``account``."""
        return frozenset(each.order.id for each in self._books if each.order.account == account)

    def match_bar(self, bars: Bars, i: int) -> None:
        """Try the working orders of the symbol on row ``i``, reporting results as they happen."""
        symbol = bars.symbol
        if symbol in self._actions.pending:
            self._actions.apply(symbol, bars.ts[i], bars.price_scale)
        book = self.watched.get(symbol)
        if book is not None:
            self._bars.match(book, bars, i)

    def match_quote(self, quotes: Quotes, i: int) -> None:
        """Try the working orders of the symbol on quote ``i``."""
        symbol = quotes.symbol
        if symbol in self._actions.pending:
            self._actions.apply(symbol, quotes.ts[i], quotes.price_scale)
        book = self.watched.get(symbol)
        if book is not None:
            self._quotes.match(book, quotes, i)

    def step_done(self, now: int) -> None:
        """Expire what ended by ``now`` and charge for the nights that passed."""
        if now >= self.next_due:
            self._fall_due(now)

    def _fall_due(self, now: int) -> None:
        for ticket in self._books:
            if ticket.expires <= now and ticket.working:
                self._executions.expire(ticket)
        if now >= self._carry.next_due:
            self._carry.charge(now)
        self.next_due = min(
            (ticket.expires for ticket in self._books), default=self._carry.next_due
        )
        self.next_due = min(self.next_due, self._carry.next_due)

    def _submit(self, order: Order) -> tuple[Report, ...]:
        request, can = order.request, self.capabilities
        try:
            ticket = self._ticket(order, self._host.now)
        except ValueError as error:  # the calendar does not reach this far
            return (Rejected(order.id, RejectReason.MARKET_CLOSED, str(error)),)
        kind = ticket.kind
        if kind not in can.order_types or request.time_in_force not in can.times_in_force:
            what = f"{kind} {request.time_in_force}"
            return (Rejected(order.id, RejectReason.UNKNOWN, f"no {what} orders here"),)
        if kind is _LIMIT:
            crosses = self._is_marketable(order, order.limit_price)
            if crosses and request.post_only:
                return (Rejected(order.id, RejectReason.POST_ONLY_VIOLATED, _crossing(order)),)
            ticket.rested = not crosses
        if self.mishaps is not none:
            mishap = self.mishaps(order)
            if mishap is not None:
                befall(ticket, mishap, self._host.now)
        self._enter(ticket)
        if kind is _TRAILING_STOP:
            return (Accepted(order.id), *self._start_trail(ticket))
        return (Accepted(order.id),)

    def _modify(self, instruction: Modify) -> tuple[Report, ...]:
        order, change = instruction.order, instruction.change
        ticket = self._books.find(order)
        if ticket is None:
            return (ModifyRejected(order.id, f"order {order.id} does not work here"),)
        complaint = objection(ticket, change)
        if order.request.post_only and self._is_marketable(order, change.limit_price):
            complaint = complaint or _crossing(order)
        if complaint is not None:
            return (ModifyRejected(order.id, complaint),)
        self._books.change(ticket, change)
        if ticket.remaining <= ZERO:
            self._books.drop(ticket)
        elif change.trailing_distance is not None:
            return (Modified(order.id, change), *self._start_trail(ticket))
        return (Modified(order.id, change),)

    def _cancel(self, instruction: Instruction) -> tuple[Report, ...]:
        assert type(instruction) is Cancel
        order_id = instruction.order.id
        ticket = self._books.find(instruction.order)
        if ticket is None:
            return (CancelRejected(order_id, f"order {order_id} does not work here"),)
        self._books.drop(ticket)
        return (Cancelled(order_id, instruction.reason),)

    def _ticket(self, order: Order, arrived: int) -> Ticket:
        expires = NEVER
        if order.request.time_in_force is _DAY:
            expires = self._calendar_of(order.symbol).session_end(arrived)
        symbol = order.request.symbol
        instrument = self._host.state.instruments.get(symbol) or guess(symbol)
        return new_ticket(order, instrument, arrived + self.options.latency_ns, expires)

    def _enter(self, ticket: Ticket) -> None:
        self._books.add(ticket)
        if ticket.expires != NEVER:
            self.next_due = min(self.next_due, ticket.expires)

    def _start_trail(self, ticket: Ticket) -> tuple[Report, ...]:
        """Let a trailing stop start from the mark; from its first bar if there is no mark yet."""
        mark = self._host.prices.mark(ticket.order.symbol)
        if mark is None:
            return ()
        ticket.trail_from(mark)
        level = ticket.stop_price
        return () if level is None else (Trailed(ticket.order.id, level),)

    def _is_marketable(self, order: Order, limit_price: Decimal | None) -> bool:
        """Whether a limit at this price would trade at once against what the market shows."""
        if limit_price is None:
            return False
        request = order.request
        buys = request.side is _BUY
        against = self._touch(request.symbol, buys)
        if against is None:
            return False
        return limit_price >= against if buys else limit_price <= against


def _touch_of(prices: Prices) -> Callable[[str, bool], Decimal | None]:
    """What a taker would pay or get where the market has no sides: the mark."""
    return lambda symbol, _buys: prices.mark(symbol)


def _crossing(order: Order) -> str:
    return f"post-only order {order.id} would trade at once at the current price"
