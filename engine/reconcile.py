"""Reconciliation: one account's books compared with its broker's, every difference explained.

Theory. The broker's snapshot is the truth about what it holds; the tape is the truth about what we
know. The terms of instruments are taken before all else, since everything is counted by them.
Executions come first and are matched by their ids, so that the same one is never counted twice;
then the orders of others are adopted, ours are brought in line, and those that the broker should
show and does not become unknown, to be looked up. A position that still differs is in dispute:
nothing is invented to make it fit, new risk in the symbol stops, and it ends when the books agree
again or a person accepts the broker's word. Cash that differs is told and not booked. The first
reconciliation of an account opens its books with what the broker holds.

Each difference is a ``DifferenceFound`` fact and its explanation names it as cause. What agrees
writes nothing: reconciling twice adds nothing. Scope is one account, and inside it one symbol:
``unsettled`` symbols, where something is under way right now, are left for the next time.

Usage::

    differences = reconcile(engine, snapshot)          # at start and on reconnect
    differences = reconcile(engine, snapshot, unsettled={"AAPL"}, unsent={"ord_0000000042"})

``line.Line`` calls it; a failed query has no snapshot and therefore never comes here.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from engine import adoption
from engine import events as ev
from engine.accounts import Account
from engine.core import Engine
from engine.explanations import explain_execution, explain_order, quantity_of
from engine.findings import Findings
from engine.orders import Order
from engine.requests import OrderRequest
from engine.statements import BrokerOrder, Execution, Snapshot
from engine.valuation import settled_daily
from engine.values import FINAL, ZERO, Holder, OrderType, Side, Status

CENT = Decimal("0.01")


def reconcile(
    engine: Engine,
    snapshot: Snapshot,
    unsettled: Collection[str] = (),
    unsent: Collection[str] = (),
    asked_at: int | None = None,
) -> int:
    """Explain every difference between ``snapshot`` and our books; gives how many there were.

    ``unsettled`` symbols keep their statuses, terms and positions for now (new executions always
    count); ``unsent`` orders (ids) are not expected at the broker yet. ``asked_at`` is when the
    snapshot was asked for by the clock that labels facts, by default when it was taken: what
    changed after it, less what the broker takes to show things, is not compared.
    """
    at = snapshot.taken_at if asked_at is None else asked_at
    return _Reconciliation(engine, snapshot, unsettled, unsent, at).run()


class _Reconciliation:
    def __init__(
        self,
        engine: Engine,
        snapshot: Snapshot,
        unsettled: Collection[str],
        unsent: Collection[str],
        asked_at: int,
    ) -> None:
        self._engine = engine
        self._snapshot = snapshot
        self._unsettled = unsettled
        self._unsent = unsent
        self._asked_at = asked_at
        self._account: Account = engine.account(snapshot.account)
        self._findings = Findings(engine, snapshot.account, "snapshot")
        self._stated = (*snapshot.completed, *snapshot.open_orders)
        self._working = engine.state.working(snapshot.account)  # not what explaining will place

    def run(self) -> int:
        is_first = not self._account.books_since
        for instrument in self._snapshot.instruments:
            self._engine.learn(instrument)
        adoption.warn_of_guesses(self._engine, self._account, self._snapshot)
        strange = self._explain_executions()
        since = self._snapshot.taken_at if is_first else self._account.books_since
        self._adopt(strange, since)
        self._explain_orders()
        if is_first:
            adoption.open_books(self._engine, self._account, self._snapshot)
            self._findings.count += 1
        else:
            self._compare_positions()
            self._compare_cash()
        count = self._findings.count
        if count:
            self._engine.write(self._account.id, ev.BrokerReconciled(self._account.broker, count))
        return count

    def _explain_executions(self) -> list[Execution]:
        """Take in the executions of orders we know; gives the others."""
        strange = []
        ordered = sorted(
            self._snapshot.executions, key=lambda one: (one.executed_at, one.execution_id)
        )
        for one in ordered:
            order = adoption.owner(self._engine, self._account.id, one)
            if order is None:
                strange.append(one)
            elif self._is_known(one):
                if order.symbol not in self._unsettled:
                    explain_execution(self._findings, order, one)
            elif not adoption.is_opening(self._engine, order, one.executed_at):
                explain_execution(self._findings, order, one)
        return strange

    def _is_known(self, one: Execution) -> bool:
        return self._engine.state.execution(self._account.id, one.execution_id) is not None

    def _adopt(self, strange: list[Execution], since: int) -> None:
        """Take in the orders of others: those that work, and those that traded since the books
        began.
        """
        traded: dict[tuple[str, str, Side], list[Execution]] = {}
        for each in strange:
            if each.executed_at > since and not each.busted:
                key = each.broker_id, each.symbol, each.side  # an id may be given away again
                traded.setdefault(key, []).append(each)
        for stated in self._stated:
            if adoption.find(self._engine, self._account.id, stated) is None:
                request = stated.request
                own = traded.pop((stated.broker_id, request.symbol, request.side), [])
                if own or stated.status not in FINAL:
                    self._take_in(stated, own)
        for (broker_id, _, _), own in traded.items():
            self._take_in(_order_of(broker_id, own), own)

    def _take_in(self, stated: BrokerOrder, own: list[Execution]) -> None:
        symbol, theirs = stated.request.symbol, f"{stated.broker_id}, {stated.status}"
        with self._findings.difference("order", "none", theirs, symbol):
            before = max(ZERO, stated.filled - quantity_of(own))
            order = adoption.take_in(self._engine, self._account, stated, before)
        for each in own:
            explain_execution(self._findings, order, each)

    def _explain_orders(self) -> None:
        """Bring each order that works here, or is stated to, in line."""
        incarnations: dict[str, list[BrokerOrder]] = {}
        for stated in self._stated:
            found = adoption.find(self._engine, self._account.id, stated)
            if found is not None:
                incarnations.setdefault(found.id, []).append(stated)
        state = self._engine.state
        for order_id, all_stated in incarnations.items():
            order = state.orders[order_id]
            if self._is_comparable(order):
                explain_order(self._findings, order, all_stated, self._asked_at)
        for order in self._working:
            if order.id not in incarnations and self._is_missing(order):
                with self._findings.difference(
                    "order", order.status, "not shown", order.symbol, order.id
                ):
                    why = "the broker does not show it"
                    self._engine.write(order.account, ev.OrderOutcomeUnknown(order.id, why))

    def _is_comparable(self, order: Order) -> bool:
        """Whether the snapshot can have the order as it stands here."""
        delay = self._engine.capabilities[order.account].visibility_delay_ns
        is_settled = order.updated_at + delay <= self._asked_at
        return is_settled and order.symbol not in self._unsettled and order.id not in self._unsent

    def _is_missing(self, order: Order) -> bool:
        """Whether the broker should show an order and does not."""
        held_here = order.holder is Holder.ENGINE and not order.triggered
        is_open = not order.is_final and order.status is not Status.UNKNOWN
        return is_open and not held_here and self._is_comparable(order)

    def _compare_positions(self) -> None:
        """Put in dispute what differs, and end the disputes that are settled."""
        engine, account = self._engine, self._account
        held, doubts = adoption.net(account), engine.state.doubts
        known = doubts.disputes.get(account.id, {})
        for symbol in sorted({*held, *self._snapshot.positions, *known}):
            if symbol in self._unsettled:
                continue
            stated = self._snapshot.positions.get(symbol)
            ours = held.get(symbol, ZERO)
            theirs = stated.quantity if stated is not None else ZERO
            dispute = doubts.dispute(account.id, symbol)
            if ours == theirs:
                if dispute is not None:
                    self._findings.count += 1
                    engine.write(account.id, ev.PositionAgreed(symbol, "the books agree again"))
            elif dispute is None or dispute.difference != theirs - ours:
                self._findings.count += 1
                cost = adoption.difference_of_cost(engine, account, self._snapshot, symbol)
                engine.write(account.id, ev.PositionDisputed(symbol, ours, theirs, cost))

    def _compare_cash(self) -> None:
        """Tell how the broker's cash differs, when that changed by a cent or more."""
        told = self._engine.state.doubts.cash.get(self._account.id, {})
        unpaid = settled_daily(self._account, self._engine.instrument)
        for currency, theirs in sorted(self._snapshot.cash.items()):
            ours = self._account.cash.get(currency, ZERO) + unpaid.get(currency, ZERO)
            difference = theirs - ours
            if abs(difference - told.get(currency, ZERO)) >= CENT:
                self._findings.count += 1
                fact = ev.CashDiffered(currency, theirs, difference)
                self._engine.write(self._account.id, fact)


def _order_of(broker_id: str, executions: list[Execution]) -> BrokerOrder:
    """The order that executions imply whose order the broker shows no more."""
    first, quantity = executions[0], quantity_of(executions)
    request = OrderRequest(first.symbol, first.side, quantity, OrderType.MARKET)
    return BrokerOrder(broker_id, None, request, Status.FILLED, quantity, first.price)
