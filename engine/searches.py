"""The searches for orders of unknown outcome on one line: when to look, and what the answer proves.

An order is looked for as long as its outcome is unknown, however long that is. What is found is
explained like a reconciliation of that one order; what is not found is proven never to have reached
the broker only by the rule of ``evidence``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from engine import adoption, restored, unprotected
from engine import events as ev
from engine.actions import LookUp, Timing
from engine.backoff import Backoff
from engine.core import Engine
from engine.evidence import Search
from engine.explanations import explain_execution, explain_order
from engine.findings import Findings
from engine.orders import Order
from engine.pacing import Pacing
from engine.ports import Capabilities
from engine.statements import Lookup
from engine.values import Status


class Searches:
    """One search for each unknown order of the line's accounts."""

    def __init__(
        self,
        engine: Engine,
        accounts: Collection[str],
        capabilities: Capabilities,
        pacing: Pacing,
        timing: Timing,
        chance: Callable[[], float],
    ) -> None:
        self._engine = engine
        self._accounts = accounts
        self._can = capabilities
        self._pacing = pacing
        self._timing = timing
        self._chance = chance
        self._searches: dict[str, Search] = {}
        self._asked_at: dict[str, int] = {}

    def pump(self, now: int) -> Iterator[LookUp]:
        """Begin and end searches as doubts come and go, and give the lookups that are due."""
        doubts = self._engine.state.doubts.orders
        for order_id in [each for each in self._searches if each not in doubts]:
            del self._searches[order_id]
            self._asked_at.pop(order_id, None)
        for order_id, doubt in doubts.items():
            if doubt.account not in self._accounts:
                continue
            if order_id not in self._searches:
                delay = self._can.visibility_delay_ns
                self._searches[order_id] = Search(now, delay, Backoff(self._chance))
            search = self._searches[order_id]
            if search.is_asking or search.next_at > now:
                continue
            if self._pacing.wait(now, is_order=False, is_urgent=True):
                search.failed(now)
                continue
            self._pacing.take(now, is_order=False)
            search.asked()
            self._asked_at[order_id] = now
            yield LookUp(self._engine.state.working_order(order_id))

    def looked_up(self, now: int, lookup: Lookup) -> None:
        """Take the answer to a lookup."""
        search = self._searches.get(lookup.order_id)
        asked_at = self._asked_at.pop(lookup.order_id, None)
        order = self._engine.state.order(lookup.order_id)
        if search is None or order is None or order.status is not Status.UNKNOWN:
            return
        if lookup.found or lookup.executions:
            self._explain(order, lookup, now)
            search.failed(now)
            return
        if asked_at is None:
            return  # it was given up for lost; another one is due
        search.found_nothing(asked_at, now, lookup.complete and self._is_seen_whole(order, now))
        if search.is_proven and not order.broker_ids and not order.filled:
            fact = ev.OrderResolved(order.id, False, f"never reached the broker: {search}")
            covered = unprotected.cover(order)
            self._engine.write(order.account, fact)
            unprotected.lapsed(self._engine, order, covered)
            restored.settle(self._engine)

    def _is_seen_whole(self, order: Order, now: int) -> bool:
        """Whether the broker can be searched by our id, as far back as the order is old."""
        lookback = self._can.execution_lookback_ns
        reaches = lookback is None or now - order.created_at <= lookback
        return self._can.lookup_by_client_id and reaches

    def _explain(self, order: Order, lookup: Lookup, now: int) -> None:
        findings = Findings(self._engine, order.account, "lookup")
        for each in lookup.executions:
            if adoption.owner(self._engine, order.account, each) in (order, None):
                explain_execution(findings, order, each)
        if lookup.found:
            explain_order(findings, order, lookup.found, now)

    def failed(self, now: int, order_id: str) -> None:
        """A lookup got no answer."""
        if self._asked_at.pop(order_id, None) is not None and order_id in self._searches:
            self._searches[order_id].failed(now)

    def overdue(self, now: int) -> list[str]:
        """Orders whose lookup has been under way for too long."""
        limit = self._timing.lookup_ns
        return [each for each, asked in self._asked_at.items() if now - asked >= limit]

    def lost(self, now: int) -> None:
        """The line is gone, and with it every answer."""
        for order_id in list(self._asked_at):
            self.failed(now, order_id)

    def wake_at(self) -> Iterator[int]:
        """When something may have to be done."""
        for order_id, search in self._searches.items():
            if search.is_asking:
                yield self._asked_at[order_id] + self._timing.lookup_ns
            else:
                yield search.next_at
