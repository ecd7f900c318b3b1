"""The fold: a tape's records in, the state of the world out, the same every time.

``State.apply`` is the only writer of orders, trades, positions and accounts. It takes one record at
a time, in order, decides nothing, and can be run by anybody with the tape; two folds of one tape
give the same ``to_bytes``. The core checks a fact before it is appended, so a fact on the tape
always folds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from engine import debts, doubts, image, orders, restate
from engine import events as ev
from engine.accounts import Account, charge, credit, settle
from engine.batches import Batches
from engine.fills import adjust, open_at, take
from engine.instruments import Instrument, guess
from engine.ledger import Ledger
from engine.lifecycle import Step
from engine.orders import Order, fill, move, new_order
from engine.positions import split
from engine.prompts import Prompts
from engine.tape.record import Record
from engine.trades import new_trade
from engine.values import FINAL, ZERO, Origin, Role, Side, Status

_ACCEPTED = Step.ACCEPTED
_BUY, _CANCELLED = Side.BUY, Status.CANCELLED


class State(Ledger):
    """Everything that follows from a tape up to ``seq``."""

    def __init__(self) -> None:
        super().__init__()
        self.seq = 0
        self.ts = 0
        self.accounts: dict[str, Account] = {}
        self.instruments: dict[str, Instrument] = {}
        self.limits: dict[str, str] = {}
        self.trading_state = "ACTIVE"
        self.workers: image.Workers = {}
        """What workers keep, as JSON texts: by the worker's name, then by key."""
        self.batches = Batches()
        self.prompts = Prompts()
        self.doubts = doubts.Doubts()
        self._unknown = self.doubts.orders
        self._adjustments: image.Adjustments = {}

    def apply(self, record: Record) -> None:
        """Take one record in."""
        self.seq = record.seq
        self.ts = record.ts
        fact = record.event
        _FOLDS[type(fact)](self, record, fact)
        if self._unknown:
            self._drop_proven()

    def _drop_proven(self) -> None:
        """Forget the doubts about orders that are no longer unknown."""
        proven = [key for key in self._unknown if self._orders[key].status is not Status.UNKNOWN]
        for key in proven:
            del self._unknown[key]

    def to_bytes(self) -> bytes:
        """The whole state, the same bytes for the same tape."""
        everything = self.orders.values()
        return image.Image(
            self.seq,
            self.ts,
            self.accounts,
            self.instruments,
            self.limits,
            self.trading_state,
            self._adjustments,
            [order for order in everything if not order.is_final],
            image.raw(order for order in everything if order.is_final),
            image.raw(self.trades.values()),
            self.workers,
            self.batches.all(),
            self.prompts.open(),
            self.doubts,
        ).to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> State:
        """The state that ``to_bytes`` gave; raises msgspec.MsgspecError for anything else."""
        sealed = image.from_bytes(data)
        state = cls()
        state.seq, state.ts = sealed.seq, sealed.ts
        state.accounts, state.instruments = sealed.accounts, sealed.instruments
        state.limits, state.trading_state = sealed.limits, sealed.trading_state
        state._adjustments, state.workers = sealed.adjustments, sealed.workers
        state.doubts = sealed.doubts
        state._unknown = state.doubts.orders
        for account, voided in state.doubts.voided.items():
            state._executions[account].update((each, "") for each in voided)
        for alarm in state.doubts.alarms.values():
            state._legs[alarm.account].setdefault(alarm.symbol, {})
        for order in sealed.working:
            state._add_order(order)
            state._put_on(order)
        for batch in sealed.batches:
            state.batches.add(batch)
        for prompt in sealed.prompts:
            state.prompts.add(prompt)
        state._sealed = sealed
        return state

    def adjustments(self, account: str) -> list[tuple[int, int, ev.PositionAdjusted]]:
        """What changed the account's positions otherwise than by a trade: sequence number, time,
        fact; oldest first.
        """
        by_symbol = self._adjustments.get(account, {})
        return sorted(
            (each for told in by_symbol.values() for each in told), key=lambda one: one[0]
        )

    def _known(self, order_id: str) -> Order:
        order = self._orders.get(order_id)
        if order is None:
            order = self.order(order_id)  # it may be sealed
        if order is None:
            raise KeyError(f"the tape speaks of order {order_id} before it was submitted")
        return order

    def _instrument(self, symbol: str) -> Instrument:
        return self.instruments.get(symbol) or guess(symbol)

    def _account_opened(self, record: Record, fact: ev.AccountOpened) -> None:
        terms = fact.currency, fact.broker, fact.position_mode, fact.leverage
        self.accounts[record.account] = Account(record.account, *terms, is_remote=fact.is_remote)

    def _instrument_listed(self, _record: Record, fact: ev.InstrumentListed) -> None:
        self.instruments[fact.instrument.symbol] = fact.instrument

    def _order_submitted(self, record: Record, fact: ev.OrderSubmitted) -> None:
        account, request, parent = record.account, fact.request, fact.parent_order_id
        order = new_order(
            fact.order_id, account, request, record.ts, fact.role, fact.holder, parent
        )
        self._add_order(order)
        self._put_on(order)
        if fact.replaces:
            orders.stand_in(self._known(fact.replaces), order, record.causation)

    def _order_accepted(self, record: Record, fact: ev.OrderAccepted) -> None:
        order = self._orders.get(fact.order_id) or self._known(fact.order_id)
        move(order, _ACCEPTED, record.ts)
        if fact.broker_id:
            self._name(order, fact.broker_id)

    def _order_refused(self, record: Record, fact: ev.OrderRefused) -> None:
        order = self._known(fact.order_id)
        move(order, Step.REFUSED, record.ts)
        order.reject_reason = fact.reason
        order.message = fact.message
        self._take_off(order)

    def _order_rejected(self, record: Record, fact: ev.OrderRejected) -> None:
        order = self._known(fact.order_id)
        orders.end(order, Status.REJECTED, fact.message, record.ts, fact.reason)
        self._take_off(order)

    def _order_triggered(self, record: Record, fact: ev.OrderTriggered) -> None:
        order = self._known(fact.order_id)
        move(order, Step.TRIGGERED, record.ts)
        order.triggered = True

    def _order_trailed(self, record: Record, fact: ev.OrderTrailed) -> None:
        order = self._known(fact.order_id)
        order.stop_price = fact.stop_price
        order.updated_at = record.ts

    def _modify_requested(self, record: Record, fact: ev.OrderModifyRequested) -> None:
        order = self._orders.get(fact.order_id) or self._known(fact.order_id)
        orders.ask_to_change(order, fact.change.quantity, record.causation)

    def _modify_rejected(self, _record: Record, fact: ev.OrderModifyRejected) -> None:
        order = self._known(fact.order_id)
        order.sought, order.asked = None, max(0, order.asked - 1)

    def _order_modified(self, record: Record, fact: ev.OrderModified) -> None:
        order = self._orders.get(fact.order_id) or self._known(fact.order_id)
        was_final = order.status in FINAL
        orders.change(order, fact.change, record.ts)
        if order.asked:
            order.asked -= 1
        if fact.broker_id and fact.broker_id not in order.broker_ids:
            orders.end_ids(order, *order.broker_ids)  # replaced by the new one
            self._name(order, fact.broker_id)
        if was_final or order.status in FINAL:
            self._shelve(order, was_final)

    def _order_cancelled(self, record: Record, fact: ev.OrderCancelled) -> None:
        order = self._orders.get(fact.order_id) or self._known(fact.order_id)
        orders.end(order, _CANCELLED, fact.reason, record.ts)
        self._take_off(order)

    def _order_expired(self, record: Record, fact: ev.OrderExpired) -> None:
        order = self._known(fact.order_id)
        orders.end(order, Status.EXPIRED, "", record.ts)
        self._take_off(order)

    def _shelve(self, order: Order, was_final: bool) -> None:
        """Put an order on its book or take it off, as it ended or works again."""
        if order.is_final:
            self._take_off(order)
        elif was_final:
            self._put_back(order)

    def _cancel_requested(self, record: Record, fact: ev.OrderCancelRequested) -> None:
        order = self._orders.get(fact.order_id) or self._known(fact.order_id)
        orders.ask_to_leave(order, fact.reason, record.ts, record.causation)
        if record.causation and order.is_exit:
            debts.gave_way(self, order, record.causation)

    def _cancel_rejected(self, record: Record, fact: ev.OrderCancelRejected) -> None:
        order = self._known(fact.order_id)
        order.leaving = ""
        if order.status is Status.PENDING_CANCEL:
            orders.put_back(order, record.ts)

    def _outcome_unknown(self, record: Record, fact: ev.OrderOutcomeUnknown) -> None:
        order = self._known(fact.order_id)
        move(order, Step.LOST_SIGHT, record.ts)
        self.doubts.lost_sight(order, record.ts, fact.message)

    def _resolved(self, record: Record, fact: ev.OrderResolved) -> None:
        order = self._known(fact.order_id)
        if fact.reached:
            orders.reopen(order, record.ts)
            self._name(order, fact.broker_id)
            order.ended_ids = tuple(each for each in order.ended_ids if each != fact.broker_id)
            self._put_back(order)
        else:
            move(order, Step.NEVER_REACHED, record.ts)
            order.message = fact.evidence
            self._take_off(order)

    def _order_adopted(self, record: Record, fact: ev.OrderAdopted) -> None:
        order = new_order(fact.order_id, record.account, fact.request, record.ts)
        order.origin = Origin.EXTERNAL
        move(order, _ACCEPTED, record.ts)
        if fact.filled:
            fill(order, fact.filled, fact.average_price or ZERO, record.ts)
        self._add_order(order)
        if not order.is_final:
            self._put_on(order)
        self._name(order, fact.broker_id)

    def _broker_order_ended(self, record: Record, fact: ev.BrokerOrderEnded) -> None:
        order = self._known(fact.order_id)
        orders.end_ids(order, fact.broker_id)
        order.updated_at = record.ts
        if order.status is Status.FILLED:
            orders.end(order, fact.status, fact.message, record.ts, fact.reason)

    def _trade_filled(self, record: Record, fact: ev.TradeFilled) -> None:
        order = self._orders.get(fact.order_id) or self._known(fact.order_id)
        quantity, price, ts = fact.quantity, fact.price, record.ts
        fill(order, quantity, price, ts)
        account = self.accounts[record.account]
        request = order.request
        symbol = request.symbol
        order.position_id = position_id = take(
            account,
            self.instruments.get(symbol) or guess(symbol),
            order,
            quantity if request.side is _BUY else -quantity,
            price,
            record.seq,
            ts,
            fact.position_id or order.position_id,
        )
        if fact.commission:
            charge(account, fact.commission_currency or account.currency, fact.commission)
        if self._is_indexed and fact.execution_id:
            self._executions[record.account][fact.execution_id] = fact.trade_id
        self._filled.append(new_trade(order, fact, position_id, ts))
        if order.status in FINAL:
            self._take_off(order)

    def _trade_corrected(self, record: Record, fact: ev.TradeCorrected) -> None:
        self._restate(record, fact)

    def _trade_busted(self, record: Record, fact: ev.TradeBusted) -> None:
        self._restate(record, ev.TradeCorrected(fact.trade_id, ZERO, ZERO))

    def _execution_voided(self, record: Record, fact: ev.ExecutionVoided) -> None:
        self._executions[record.account][fact.execution_id] = ""
        self.doubts.voided.setdefault(record.account, []).append(fact.execution_id)

    def _restate(self, record: Record, fact: ev.TradeCorrected) -> None:
        trade = self.trades[fact.trade_id]
        account = self.accounts[trade.account]
        instrument = self._instrument(trade.symbol)
        order = self._known(trade.order_id)
        restate.correct(
            account, instrument, order, trade, fact.quantity, fact.price, fact.commission
        )
        trade.revision = fact.revision
        trade.restated += (record.seq,)
        was_final = order.is_final
        orders.weigh(order, record.ts)
        self._shelve(order, was_final)
        told = [
            one
            for one in self.trades.values()
            if one.account == trade.account and one.symbol == trade.symbol
        ]
        adjustments = self._adjustments.get(trade.account, {}).get(trade.symbol, [])
        restate.refold(account, instrument, told, self.orders, adjustments)
        if order.role is Role.CLOSE:
            debts.reopen(self, order)

    def _cash_adjusted(self, record: Record, fact: ev.CashAdjusted) -> None:
        account = self.accounts[record.account]
        settle(account, fact.currency, fact.amount)
        credit(account.adjustments, fact.currency, fact.amount)

    def _position_adjusted(self, record: Record, fact: ev.PositionAdjusted) -> None:
        account = self.accounts[record.account]
        position = account.position(fact.position_id)
        if position is None and fact.quantity:
            instrument = self._instrument(fact.symbol)
            position = open_at(account, instrument, fact.position_id, record.ts)
        if position is None:
            raise KeyError(f"the tape adjusts position {fact.position_id}, which is not open")
        split(position, fact.ratio)
        adjust(account, position, fact.quantity, fact.cost, record.ts)
        by_symbol = self._adjustments.setdefault(record.account, {})
        by_symbol.setdefault(fact.symbol, []).append((record.seq, record.ts, fact))

    def _books_opened(self, record: Record, fact: ev.BooksOpened) -> None:
        self.accounts[record.account].books_since = fact.taken_at

    def _doubted(self, record: Record, fact: ev.Fact) -> None:
        doubts.FOLDS[type(fact)](self.doubts, record, fact)

    def _limits_changed(self, _record: Record, fact: ev.LimitsChanged) -> None:
        self.limits = dict(fact.limits)

    def _trading_state_changed(self, _record: Record, fact: ev.TradingStateChanged) -> None:
        self.trading_state = fact.trading_state

    def _worker_state_set(self, _record: Record, fact: ev.WorkerStateSet) -> None:
        kept = self.workers.setdefault(fact.worker, {})
        if fact.value is None:
            kept.pop(fact.key, None)
        else:
            kept[fact.key] = fact.value


def _told(_state: State, _record: Record, _fact: ev.Event) -> None:
    """Nothing follows from a fact that is told to people only."""


_FOLDS: dict[type, Callable[[State, Record, Any], None]] = {
    **dict.fromkeys(get_args(ev.Event), _told),
    ev.AccountOpened: State._account_opened,
    ev.InstrumentListed: State._instrument_listed,
    ev.OrderSubmitted: State._order_submitted,
    ev.OrderAccepted: State._order_accepted,
    ev.OrderRefused: State._order_refused,
    ev.OrderRejected: State._order_rejected,
    ev.OrderTriggered: State._order_triggered,
    ev.OrderTrailed: State._order_trailed,
    ev.OrderModifyRequested: State._modify_requested,
    ev.OrderModified: State._order_modified,
    ev.OrderModifyRejected: State._modify_rejected,
    ev.OrderCancelled: State._order_cancelled,
    ev.OrderExpired: State._order_expired,
    ev.OrderCancelRequested: State._cancel_requested,
    ev.OrderCancelRejected: State._cancel_rejected,
    ev.OrderOutcomeUnknown: State._outcome_unknown,
    ev.OrderResolved: State._resolved,
    ev.OrderAdopted: State._order_adopted,
    ev.BrokerOrderEnded: State._broker_order_ended,
    ev.TradeFilled: State._trade_filled,
    ev.TradeCorrected: State._trade_corrected,
    ev.TradeBusted: State._trade_busted,
    ev.ExecutionVoided: State._execution_voided,
    ev.CashAdjusted: State._cash_adjusted,
    ev.BooksOpened: State._books_opened,
    **dict.fromkeys(doubts.FOLDS, State._doubted),
    ev.PositionAdjusted: State._position_adjusted,
    ev.LimitsChanged: State._limits_changed,
    ev.TradingStateChanged: State._trading_state_changed,
    ev.WorkerStateSet: State._worker_state_set,
    ev.BatchSubmitted: lambda state, record, fact: state.batches.submitted(record, fact),
    ev.TargetAnswered: lambda state, _record, fact: state.batches.answered(fact),
    ev.PromptRaised: lambda state, record, fact: state.prompts.raised(record, fact),
    ev.PromptAnswered: lambda state, _record, fact: state.prompts.answered(fact),
}
"""What each fact does to the state."""
