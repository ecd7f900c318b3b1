"""The writing end of a tape: one state, one clock, one way to add a fact.

A session folds what the tape holds, then writes. Every fact goes through ``write``: appended,
folded, told. It also opens what trading needs before the first order: the instruments, the
accounts, and the brokers behind them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from decimal import Decimal

from engine import events as ev
from engine import unprotected
from engine.accounts import Account
from engine.errors import (
    AccountNotFound,
    OrderNotFound,
    PositionNotFound,
    SymbolNotFound,
    TradingHalted,
)
from engine.instruments import Instrument, Instruments, guess, is_plausible, merged
from engine.orders import Order, is_in_flight
from engine.ports import Capabilities, Described, Instruction, LocalBroker, Market, Prices
from engine.positions import Position
from engine.state import State
from engine.tape import Record, Tape, TapeFailed
from engine.trailing import is_held
from engine.values import ONE, PositionMode, RejectReason, Status

HALTED = "no new orders are taken: trading is halted, or the tape takes no more"


class Session:
    """A tape, the state it folds to, and the accounts and brokers that are served from it."""

    def __init__(self, tape: Tape, prices: Prices, state: State | None = None) -> None:
        self.tape = tape
        self.prices = prices
        """The market of every account that has none of its own."""
        self.markets: dict[str, Market] = {}
        """What brokers behind lines quote, by account."""
        self.state = state or State()
        for record in tape.records(self.state.seq):
            self.state.apply(record)
        self.now = self.state.ts
        """Event time in ns UTC, set by whoever drives time."""
        self.listeners: list[Callable[[Record], None]] = []
        """Called with each record right after it is folded."""
        self.local: dict[str, LocalBroker] = {}
        """Brokers in this process, by account; the other accounts' brokers are remote."""
        self.capabilities: dict[str, Capabilities] = {}
        """What the broker behind each account can do."""
        self.outbox: deque[Instruction] = deque()
        """What remote brokers are to be sent once the tape is durable up to here."""
        self.instruments = Instruments()
        for instrument in self.state.instruments.values():
            self.instruments.add(instrument)
        self.trailing_held = {order.symbol for order in self.state.working() if is_held(order)}
        """Symbols with trailing stops that this engine keeps itself."""
        self.halted = False
        """Whether the tape has failed: new orders are refused until another process takes over."""
        self.cause = 0
        """The record that what is being written follows from; 0 when it comes from outside."""
        self.barred: dict[str, str] = {}
        """Accounts whose broker takes nothing new at present, and why: kept by their lines."""

    @property
    def next_seq(self) -> int:
        """The sequence number that the next fact will have."""
        return self.state.seq + 1

    def write(self, account: str, event: ev.Event, must_last: bool = False) -> Record:
        """Append one fact, fold it, and tell the listeners.

        On a dead tape it is folded alone, or if it ``must_last``, TradingHalted is raised and
        nothing has happened.
        """
        try:
            record = self.tape.append(self.now, account, self.cause, event)
        except TapeFailed as failure:
            self.halted = True
            if must_last:
                raise TradingHalted(HALTED) from failure
            record = Record(self.state.seq + 1, self.now, account, self.cause, event)
        self.state.apply(record)
        for listener in self.listeners:
            listener(record)
        return record

    def account(self, account_id: str) -> Account:
        """The account with this id; AccountNotFound otherwise."""
        found = self.state.accounts.get(account_id)
        if found is None:
            raise AccountNotFound(account_id)
        return found

    def order(self, account_id: str, order_id: str) -> Order:
        """The account's order with this id; OrderNotFound otherwise."""
        order = self.state.order(order_id)
        if order is None or order.account != account_id:
            raise OrderNotFound(order_id)
        return order

    def position(self, account_id: str, position_id: str) -> Position:
        """The account's open position with this id; PositionNotFound otherwise."""
        position = self.account(account_id).position(position_id)
        if position is None:
            raise PositionNotFound(position_id)
        return position

    def prices_of(self, account_id: str) -> Prices:
        """The market that an account sees: its own broker's, where that one quotes."""
        return self.markets.get(account_id, self.prices)

    def resolve(self, account_id: str, name: str) -> Instrument:
        """The instrument that ``name`` means in an account; SymbolNotFound where it means none.

        Behind a line a plausible symbol needs no listing here: its broker says whether it has it,
        and what it is; until then its terms are a guess, by which nothing is ordered.
        """
        try:
            return self.instruments.resolve(name)
        except SymbolNotFound:
            if account_id in self.local or not is_plausible(name):
                raise
            return guess(name)

    def instrument(self, symbol: str) -> Instrument:
        """The terms of an exact symbol, guessed where none were listed."""
        return self.instruments.find(symbol) or guess(symbol)

    def start(
        self, mode: str, version: str, nonce: str = "", assumptions: dict[str, str] | None = None
    ) -> None:
        """Open a session on the tape; a backtest's ``nonce`` follows from its inputs alone."""
        self.write("", ev.SessionStarted(mode, version, nonce=nonce, assumptions=assumptions or {}))

    def stop(self, reason: str) -> None:
        """Note that the engine let go in good order."""
        self.write("", ev.SessionEnded(reason))

    def list_instrument(self, instrument: Instrument) -> None:
        """Let an instrument be traded; a fact only when its terms are news."""
        if self.state.instruments.get(instrument.symbol) != instrument:
            self.write("", ev.InstrumentListed(instrument))
        self.instruments.add(instrument)

    def learn(self, told: Instrument) -> Instrument:
        """List an instrument by the terms that its broker tells, and give it as it is listed."""
        known = self.instruments.find(told.symbol)
        if known is not None:
            told = merged(known, told)
        self.list_instrument(told)
        return told

    def serve_remotely(
        self,
        account_id: str,
        broker: Described,
        currency: str,
        position_mode: PositionMode = PositionMode.NETTING,
        leverage: Decimal = ONE,
        market: Market | None = None,
    ) -> None:
        """Serve an account from a broker behind a line, and show it that broker's ``market`` if
        there is one. Its books begin when the line first reconciles.

        What the last process had under way may or may not have been sent: each order whose intent
        is on the tape without an outcome is unknown from here on, exactly those.
        """
        if account_id not in self.state.accounts:
            terms = currency, broker.name, position_mode, leverage
            self.write(account_id, ev.AccountOpened(*terms, is_remote=True))
        self.capabilities[account_id] = broker.capabilities
        self.barred[account_id] = f"{broker.name} is not connected yet"
        if market is not None:
            self.markets[account_id] = market
        for order in self.state.working(account_id):
            if is_in_flight(order):
                lost = "the engine stopped before its broker answered"
                self.write(account_id, ev.OrderOutcomeUnknown(order.id, lost))

    def collect(self, accounts: Collection[str]) -> list[Instruction]:
        """Take what lies in the outbox for these accounts, oldest first."""
        taken = [one for one in self.outbox if one.order.account in accounts]
        if taken:
            kept = [one for one in self.outbox if one.order.account not in accounts]
            self.outbox.clear()
            self.outbox.extend(kept)
        return taken

    def open_account(
        self,
        account_id: str,
        broker: LocalBroker,
        currency: str,
        cash: Decimal,
        position_mode: PositionMode = PositionMode.NETTING,
        leverage: Decimal = ONE,
    ) -> None:
        """Serve an account from ``broker``; a new one is opened and ``cash`` deposited.

        An account the tape knows keeps its books. Orders that were in flight when the last process
        ended were never taken by a local broker, which lived in it: they end here, rejected.
        """
        if account_id not in self.state.accounts:
            self.write(account_id, ev.AccountOpened(currency, broker.name, position_mode, leverage))
            if cash:
                self.write(account_id, ev.CashAdjusted(cash, currency, "deposit"))
        self.capabilities[account_id] = broker.capabilities
        self.local[account_id] = broker
        for order in self.state.working(account_id):
            if order.status is Status.PENDING:
                lost = "the engine stopped before its broker took the order"
                covered = unprotected.cover(order)
                self.write(account_id, ev.OrderRejected(order.id, RejectReason.UNKNOWN, lost))
                unprotected.lapsed(self, order, covered)
            elif order.status is Status.PENDING_CANCEL:
                self.write(account_id, ev.OrderCancelled(order.id, "cancel completed on restart"))
