"""The engine: commands and reports in, facts out.

Every command is judged against the state, written to the tape as an intent, and only then handed to
a broker; every report is checked, written as a fact, and only then acted on. The engine never
waits: a local broker answers inside the call, a remote one through ``report`` later, its
instructions lying in ``outbox`` until the edge has seen their intent durable and sent them.

Theory. One command or report is one step of history. All facts it causes are appended within the
call, each naming the record that caused it, so a tape cut between calls is always consistent. A
command that fails by its caller's fault leaves no fact. One that is refused here or rejected by the
broker leaves the order on the tape with its reason, and changes nothing else. When the tape takes
no more, new orders are refused; cancels and reports still work on the state in memory, so that risk
can only shrink until the process ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from engine import (
    changing,
    exits,
    growth,
    intent,
    protection,
    trailing,
    unprotected,
    verdicts,
)
from engine import events as ev
from engine.accounts import Account
from engine.errors import (
    AccountNotFound,
    DuplicateClientOrderId,
    OrderNotModifiable,
    OrderRefused,
    ProviderUnavailable,
    TradingHalted,
)
from engine.facts.orders import BY_CLIENT
from engine.funds import closable, only_closes, shortfall
from engine.instruments import Instrument, guess
from engine.intake import TAKERS
from engine.orders import Order
from engine.ports import Cancel, Capabilities, Instruction, Modify, Prices, Submit
from engine.reports import ModifyRejected, Report
from engine.requests import OrderChange, OrderRequest, check_order
from engine.session import HALTED, Session
from engine.tape import Record
from engine.values import FINAL, Holder, RejectReason, Role, Status


class Engine(Session):
    """The commands a client may give, and the ear for brokers' reports."""

    def affords(self, order: Order, quantity: Decimal, price: Decimal) -> bool:
        """Whether the account can carry ``quantity`` more of ``order`` at ``price``."""
        account = self.state.accounts[order.account]
        request = order.request
        position = account.held(request.symbol, order.position_id)
        if only_closes(position, request, quantity):
            return True
        instrument = self.instruments.find(request.symbol) or guess(request.symbol)
        prices = self.markets.get(order.account, self.prices)
        return not shortfall(account, instrument, position, request, quantity, price, prices)

    def closable(self, order: Order) -> Decimal:
        """How much of a position ``order`` could close now, zero if it would open or add."""
        account = self.state.accounts[order.account]
        return closable(account, order.request, order.position_id)

    def submit(
        self,
        account_id: str,
        request: OrderRequest,
        role: Role = Role.ENTRY,
        instead_of: Iterable[Order] = (),
    ) -> Order:
        """Place an order, and give it as it stands after the broker's answer if that came at once;
        the orders that it comes ``instead_of`` are withdrawn before it is sent.

        The same ``client_order_id`` with the same request gives the same order again. Raises
        InvalidRequest, SymbolNotFound, PositionNotFound, DuplicateClientOrderId,
        UnsupportedOperation or TradingHalted with nothing written; OrderRefused when the order
        stands on the tape, refused or rejected.
        """
        state = self.state
        account = self.account(account_id)
        symbol = request.symbol
        instrument = self.instruments.find(symbol) or self.resolve(account_id, symbol)
        if instrument.symbol != request.symbol:
            request = msgspec.structs.replace(request, symbol=instrument.symbol)
        check_order(request)
        if request.client_order_id is not None:
            known = state.by_client_id(account_id, request.client_order_id)
            if known is not None:
                return _again(known, request)
        capabilities = self.vet(account, request, instrument)
        prices = self.markets.get(account_id, self.prices)
        refusal = intent.judge(account, request, instrument, capabilities, prices)
        doubts = state.doubts
        if refusal is None and (doubts.orders or doubts.disputes):
            refusal = intent.judge_doubts(state, account, request, self.instrument, prices)
        order = self._intend(account_id, request, role, None, refusal, instead_of)
        if order.status is _REJECTED:
            raise _refused(order)
        return order

    def vet(self, account: Account, request: OrderRequest, instrument: Instrument) -> Capabilities:
        """Raise what keeps ``request`` from becoming an order, with nothing written; gives what the
        account's broker can do.
        """
        capabilities = self.capabilities.get(account.id)
        if capabilities is None:
            raise AccountNotFound(account.id)
        intent.check_capabilities(request, capabilities)
        intent.check_place(account, request, instrument)
        if not capabilities.flips:
            intent.check_flip(account, request)
        group = request.oco_group_id
        if group is not None:
            intent.check_group(group, self.state.group(account.id, group))
        if self.takes_no_risk():
            raise TradingHalted(HALTED)
        if self.barred and account.id in self.barred:
            raise ProviderUnavailable(f"no new orders are taken: {self.barred[account.id]}")
        if capabilities.terms and self.instruments.find(instrument.symbol) is None:
            intent.check_unlisted(account, request)
        return capabilities

    def _intend(
        self,
        account_id: str,
        request: OrderRequest,
        role: Role,
        parent_order_id: str | None,
        refusal: intent.Refusal | None = None,
        instead_of: Iterable[Order] = (),
        replaces: str = "",
    ) -> Order:
        """Write an order's intent, then send it, or say why not."""
        order_id = "ord_" + str(self.state.seq + 1).zfill(10)
        kinds = self.capabilities[account_id].order_types
        holder = _BROKER if request.order_type in kinds else _ENGINE
        fact = ev.OrderSubmitted(order_id, request, role, holder, parent_order_id, replaces)
        record = self.write(account_id, fact, role in _CLIENTS)
        order = self.state.working_order(order_id)
        outer, self.cause = self.cause, record.seq
        try:
            if refusal is not None:
                self.write(account_id, ev.OrderRefused(order_id, refusal.reason, refusal.message))
            elif holder is _BROKER:
                for other in instead_of:
                    self.withdraw(other, "position closed")
                parent = self.state.order(parent_order_id) if parent_order_id else None
                self._instruct(account_id, Submit(order, parent))
            else:
                self._hold(order)
        finally:
            self.cause = outer
        return order

    def _instruct(self, account_id: str, instruction: Instruction) -> str | None:
        """Give a local broker its instruction and take its answers; keep a remote one's for the
        edge. Gives the reason if a change is turned down at once.
        """
        broker = self.local.get(account_id)
        if broker is None:
            self.outbox.append(instruction)
            return None
        refused = None
        for report in broker.send(instruction):
            TAKERS[type(report)](self, report)
            if type(report) is ModifyRejected:
                refused = report.message
        return refused

    def modify(self, account_id: str, order_id: str, change: OrderChange) -> Order:
        """Change a working order; raises InvalidRequest, OrderNotFound or OrderNotModifiable."""
        order = self.order(account_id, order_id)
        symbol = order.request.symbol
        changing.check(order, change, self.instruments.find(symbol) or guess(symbol))
        if change.quantity is not None and change.quantity > order.quantity:
            growth.check(self, order, change.quantity)
        refused = self._change(order, change)
        if refused is not None:
            raise OrderNotModifiable(order_id, order.status, refused)
        protection.follow_entry(self, order, change)
        return order

    def takes_no_risk(self) -> bool:
        """Whether nothing may be ordered that adds risk: trading is halted or the tape is full."""
        return self.halted or self.state.trading_state == "HALT" or not self.tape.has_room()

    def _change(self, order: Order, change: OrderChange) -> str | None:
        """Write the intent to change an order and carry it out; gives the reason if refused."""
        record = self.write(order.account, ev.OrderModifyRequested(order.id, change))
        outer, self.cause = self.cause, record.seq
        try:
            is_held_here = order.holder is _ENGINE and not order.triggered
            if is_held_here or changing.is_ours(change):
                self.write(order.account, ev.OrderModified(order.id, change))
                return None
            return self._instruct(order.account, Modify(order, change))
        finally:
            self.cause = outer

    def cancel(self, account_id: str, order_id: str) -> Order:
        """Cancel what is left of an order; OrderNotModifiable when nothing is."""
        order = self.order(account_id, order_id)
        if order.status in FINAL:
            raise OrderNotModifiable(order_id, order.status)
        self.withdraw(order, BY_CLIENT)
        return order

    def cancel_all(
        self, account_id: str, symbol: str | None = None
    ) -> tuple[list[Order], list[Order]]:
        """Cancel every working order, of one symbol or all: those that leave, and the rest."""
        if symbol is not None:
            symbol = self.resolve(account_id, symbol).symbol
        orders = self.state.working(self.account(account_id).id, symbol)
        for order in orders:
            if not order.is_final:
                self.withdraw(order, BY_CLIENT)
        stuck = [one for one in orders if not one.is_final and one.status is not _LEAVING]
        return [one for one in orders if one not in stuck], stuck

    def close_position(
        self,
        account_id: str,
        position_id: str,
        quantity: Decimal | None = None,
        limit_price: Decimal | None = None,
        cancel_exits: bool = True,
    ) -> Order:
        """Close a position, or part of it; see ``protection.close_position``."""
        return protection.close_position(
            self, account_id, position_id, quantity, limit_price, cancel_exits
        )

    def close_all(self, account_id: str, symbol: str | None = None) -> list[Order]:
        """Close every position at market, of one symbol or all; see ``protection.close_all``."""
        return protection.close_all(self, account_id, symbol)

    def protect(
        self,
        account_id: str,
        position_id: str,
        stop_loss: Decimal | None = None,
        take_profit: Decimal | None = None,
    ) -> dict[Role, list[Order]]:
        """Move a position's exits, or give it some; see ``protection.protect``."""
        return protection.protect(self, account_id, position_id, stop_loss, take_profit)

    def report(self, report: Report) -> None:
        """Take news from a broker; OrderNotFound when it speaks of an order that is not ours."""
        TAKERS[type(report)](self, report)

    def accept_position(self, account_id: str, symbol: str, reason: str) -> None:
        """Take the broker's word for a position in dispute; see ``verdicts.accept_position``."""
        verdicts.accept_position(self, account_id, symbol, reason)

    def give_up(self, account_id: str, order_id: str, reason: str) -> Order:
        """Say that an order of unknown outcome has ended; see ``verdicts.give_up``."""
        return verdicts.give_up(self, account_id, order_id, reason)

    def clear_alarm(self, alarm_id: str, reason: str) -> None:
        """Settle an alarm; see ``verdicts.clear_alarm``."""
        verdicts.clear_alarm(self, alarm_id, reason)

    def place_exit(
        self,
        account: str,
        request: OrderRequest,
        role: Role,
        parent_order_id: str | None,
        replaces: str = "",
    ) -> None:
        """Submit a protective leg, in the place of another that is gone where it ``replaces``
        one.
        """
        self._intend(account, request, role, parent_order_id, replaces=replaces)
        unprotected.settle(self)

    def change_exit(self, order: Order, change: OrderChange) -> None:
        """Give a working leg a new quantity or price."""
        self._change(order, change)

    def fit_exits(self, record: Record, symbol: str) -> None:
        """Take back the legs that cover more of ``symbol`` than is held since ``record``."""
        outer, self.cause = self.cause, record.seq
        try:
            exits.fit(self, self.state, self.state.accounts[record.account], symbol)
            unprotected.settle(self)
        finally:
            self.cause = outer

    def withdraw(self, order: Order, reason: str, again: bool = False) -> None:
        """Ask for a working order to be cancelled: once, unless it must be asked ``again``."""
        status = order.status
        if status in FINAL:
            return
        if status is _LEAVING and not again:
            if order.is_exit and reason == BY_CLIENT != order.leaving:  # it leaves for good
                self.write(order.account, ev.OrderCancelRequested(order.id, reason))
            return
        record = self.write(order.account, ev.OrderCancelRequested(order.id, reason))
        outer, self.cause = self.cause, record.seq
        try:
            if order.holder is _ENGINE and not order.triggered:  # it waits here alone
                self.write(order.account, ev.OrderCancelled(order.id, reason))
            else:
                self._instruct(order.account, Cancel(order, reason))
        finally:
            self.cause = outer

    def _hold(self, order: Order) -> None:
        """Keep a trailing stop here, from the market's present price."""
        self.write(order.account, ev.OrderAccepted(order.id))
        self.trailing_held.add(order.symbol)
        price = self.prices_of(order.account).mark(order.symbol)
        if price is not None:
            self.trail(order, trailing.stop_from(order, price))

    def watch(self, symbol: str, low: Decimal, high: Decimal, market: Prices | None = None) -> None:
        """Show the trailing stops held here a stretch of the market in ``symbol``: those of the
        accounts that see this ``market``, or the one that is not a remote broker's.
        """
        held = [order for order in self.state.working(symbol=symbol) if trailing.is_held(order)]
        if not held:
            self.trailing_held.discard(symbol)
        market = market or self.prices
        for order in held:
            is_theirs = self.prices_of(order.account) is market
            if is_theirs and trailing.is_held(order):  # what one sets off may end another
                trailing.follow(self, order, low, high)

    def trail(self, order: Order, stop_price: Decimal) -> None:
        """Record where a trailing stop now stands."""
        self.write(order.account, ev.OrderTrailed(order.id, stop_price))

    def release(self, order: Order) -> None:
        """Record that a stop held here was reached, and send it on as a market order."""
        record = self.write(order.account, ev.OrderTriggered(order.id))
        outer, self.cause = self.cause, record.seq
        try:
            self._instruct(order.account, Submit(order))
        finally:
            self.cause = outer


_BROKER, _ENGINE = Holder.BROKER, Holder.ENGINE
_LEAVING, _REJECTED = Status.PENDING_CANCEL, Status.REJECTED
_CLIENTS = (Role.ENTRY, Role.CLOSE)
"""Orders that are not sent unless their intent is on the tape; legs protect in any case."""


def _again(known: Order, request: OrderRequest) -> Order:
    """The order that a repeated client order id already named."""
    if known.request != request:
        raise DuplicateClientOrderId(request.client_order_id or "", known.id)
    if known.status is _REJECTED:
        raise _refused(known)
    return known


def _refused(order: Order) -> OrderRefused:
    return OrderRefused(order.id, order.reject_reason or RejectReason.UNKNOWN, order.message)
