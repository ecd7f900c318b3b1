"""The whole of an account, and all that is known of one order, as the gateway shows them.

A snapshot is read list by list, so its parts are of different moments: executions last, and when
one of them happened while positions were read, those are read again. Any part that is not answered
fails the whole. A lookup searches orders and trades by our reference; it is complete if both were
answered and reach back to before the order was made.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from decimal import Decimal

from adapters.brokers.ibkr_web import rows
from adapters.brokers.ibkr_web.books import Books
from adapters.brokers.ibkr_web.contracts import Contracts
from adapters.brokers.ibkr_web.errors import NoContract, NotAnswered, NotTold
from adapters.brokers.ibkr_web.lists import Lists
from adapters.brokers.ibkr_web.numerals import number
from adapters.brokers.ibkr_web.options import Options
from adapters.brokers.ibkr_web.regions import reset_before
from adapters.brokers.ibkr_web.rows import Row
from adapters.brokers.ibkr_web.transport import Transport, as_list, as_object
from engine.instruments import Instrument
from engine.orders import Order
from engine.statements import BrokerOrder, Execution, Holding, Lookup, Snapshot
from engine.values import FINAL, ZERO, exact_sum

PAGE_ROWS = 100
PAGES_MAX = 100
BASE = "BASE"
_READS = 3

log = logging.getLogger("onetape.ibkr_web")


class Statements:
    """What the gateway states about one account."""

    def __init__(
        self,
        options: Options,
        transport: Transport,
        contracts: Contracts,
        lists: Lists,
        books: Books,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._options = options
        self._account = options.account
        self._transport = transport
        self._contracts = contracts
        self._lists = lists
        self._books = books
        self._now = now_ns

    async def snapshot(self) -> Snapshot:
        """The account now; raises if any part was not answered."""
        taken_at = self._now()
        orders = await self._orders(await self._lists.orders())
        for _ in range(_READS):
            began = self._now()
            positions = await self._positions()
            cash = await self._cash()
            executions = await self._books.executions(await self._lists.trades())
            if not any(one.executed_at >= began for one in executions):
                break
        working = tuple(one for one in orders if one.status not in FINAL)
        return Snapshot(
            self._options.name,
            working,
            tuple(one for one in orders if one.status in FINAL),
            tuple(executions),
            positions,
            cash,
            taken_at,
            reset_before(self._options.region, taken_at),
            await self._terms(
                {*positions, *(one.request.symbol for one in working)},
                {one.symbol for one in executions},
            ),
        )

    async def _terms(self, at_stake: set[str], traded: set[str]) -> tuple[Instrument, ...]:
        """The terms of what is held, at work or traded. What IBKR has no terms for is left out, and
        so is what only traded and is not answered about; the rest must be answered.
        """

        async def ask(symbol: str) -> Instrument | None:
            try:
                return await self._contracts.terms(symbol)
            except (NoContract, NotTold) as error:
                log.warning("terms: %s", error)
            except NotAnswered:
                if symbol in at_stake:
                    raise
            return None

        asked = await asyncio.gather(*(ask(symbol) for symbol in sorted(at_stake | traded)))
        return tuple(one for one in asked if one is not None)

    async def lookup(self, order: Order) -> Lookup:
        """All that is known of ``order``; raises unless both lists were answered."""
        asked_at = self._now()
        listed = await self._lists.orders()
        traded = await self._books.executions(await self._lists.trades())
        ids = {*order.broker_ids, *self._books.broker_ids(order.id)}
        meant = [one for one in listed if self._is_of(one, order.id, ids)]
        found = await self._orders(meant)
        own = [one for one in traded if one.order_id == order.id or one.broker_id in ids]
        shown = {one.broker_id for one in found}
        for broker_id in sorted(ids | {one.broker_id for one in own if one.broker_id}):
            if broker_id not in shown:
                found += await self._state(broker_id, order)
        reaches = order.created_at >= reset_before(self._options.region, asked_at)
        return Lookup(order.id, tuple(found), tuple(_of(order, own)), complete=reaches)

    def _is_of(self, row: Row, order_id: str, broker_ids: set[str]) -> bool:
        return self._books.our_id(row) == order_id or rows.order_id_of(row) in broker_ids

    async def _orders(self, listed: list[Row]) -> list[BrokerOrder]:
        """Rows as statements. One that says too little is passed over if it has ended, as some of
        the gateway's own have; one that may work makes the list worth nothing.
        """
        found = []
        for row in listed:
            one = await self._books.order(row)
            if one is not None:
                found.append(one)
            elif not rows.has_ended(row):
                name = rows.order_id_of(row) or "?"
                raise NotAnswered(f"order {name} is listed without its terms")
        return found

    async def _state(self, broker_id: str, order: Order) -> list[BrokerOrder]:
        """The state of an order that the list does not have (any more); nothing if it is unknown,
        which the gateway says with a failure.
        """
        path = f"/iserver/account/order/status/{broker_id}"
        answer = await self._transport.get(path)
        row = answer.document
        if answer.error or not isinstance(row, dict):
            return []
        one = rows.order(row, order.symbol, order.id)
        return [] if one is None else [one]

    async def _positions(self) -> dict[str, Holding]:
        """Every page of them, read anew, not from the gateway's cache."""
        path = f"/portfolio/{self._account}/positions"
        await self._transport.post(f"{path}/invalidate")
        held: dict[str, Holding] = {}
        for page in range(PAGES_MAX):
            listed = as_list(await self._transport.get(f"{path}/{page}"), "positions")
            for row in listed:
                await self._hold(row, held)
            if len(listed) < PAGE_ROWS:
                return held
        raise NotAnswered(f"positions: more than {PAGES_MAX} pages")

    async def _hold(self, row: Row, held: dict[str, Holding]) -> None:
        conid, one = rows.conid_of(row), rows.holding(row)
        if conid is None or one is None:
            raise NotAnswered("positions: a row without a contract or a quantity")
        if one.quantity:
            symbol = await self._contracts.symbol(conid)
            held[symbol] = _both(held.get(symbol), one)

    async def _cash(self) -> dict[str, Decimal]:
        """The cash of every currency."""
        answer = await self._transport.get(f"/portfolio/{self._account}/ledger")
        cash: dict[str, Decimal] = {}
        for currency, entry in as_object(answer, "the ledger").items():
            balance = number(entry.get("cashbalance")) if isinstance(entry, dict) else None
            if currency != BASE and balance is not None:
                cash[currency] = balance
        return cash


def _both(known: Holding | None, more: Holding) -> Holding:
    """Two rows of one symbol together."""
    if known is None:
        return more
    cost = None
    if known.cost is not None and more.cost is not None:
        cost = exact_sum(known.cost, more.cost)
    return Holding(exact_sum(known.quantity, more.quantity) or ZERO, cost)


def _of(order: Order, executions: list[Execution]) -> list[Execution]:
    return [one for one in executions if one.symbol == order.symbol]
