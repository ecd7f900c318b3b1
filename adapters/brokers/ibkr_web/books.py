"""What the gateway has shown so far, and the reports that follow from what is new in it.

The stream tells of an order whole, then only what changed; the lists tell it whole again. Each
telling is laid over the last, and what moved becomes a report, once. An order that has ended never
begins again here, since a list may be older than the stream. Trades come from executions alone: an
order that says it has filled more than its executions do makes the lists be read now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from decimal import Decimal

import msgspec

from adapters.brokers.ibkr_web import rows, words
from adapters.brokers.ibkr_web.contracts import Contracts
from adapters.brokers.ibkr_web.rows import References, Row
from engine import reports
from engine.reports import Report
from engine.statements import BrokerOrder, Execution
from engine.values import FINAL, ZERO, Status


class Books:
    """The orders and executions of one account as told; the gateway's id of it, and ours."""

    def __init__(
        self, account: str, known_as: str, contracts: Contracts, references: References
    ) -> None:
        self.wanted = asyncio.Event()
        """Set when something can only be understood by reading the lists."""
        self._theirs = account
        self._account = known_as
        self._contracts = contracts
        self._references = references
        self._ours: dict[str, str] = {}
        self._rows: dict[str, Row] = {}
        self._told: dict[str, Status] = {}
        self._executions: dict[str, Execution] = {}
        self._missed: dict[str, Decimal] = {}

    def begin(self) -> None:
        """Forget what was told: a new line tells everything again."""
        self._rows.clear()
        self._told.clear()
        self._executions.clear()
        self._missed.clear()
        self.wanted.clear()

    def placed(self, order_id: str, broker_id: str) -> None:
        """Note the gateway's id of an order of ours."""
        self._ours[broker_id] = order_id

    def broker_ids(self, order_id: str) -> tuple[str, ...]:
        """The gateway's ids of an order of ours, as far as they were shown."""
        return tuple(one for one, ours in self._ours.items() if ours == order_id)

    def our_id(self, row: Row) -> str | None:
        """Our id of the order that a row is about, or None if it is not ours."""
        found = self._references.read(row.get("order_ref"))
        broker_id = rows.order_id_of(row)
        if found is not None and broker_id:
            self._ours[broker_id] = found
        return found or self._ours.get(broker_id)

    async def symbol(self, row: Row) -> str | None:
        """Our symbol of what a row is about; None where the row names no contract."""
        conid = rows.conid_of(row)
        return None if conid is None else await self._contracts.symbol(conid)

    async def order(self, row: Row) -> BrokerOrder | None:
        """A whole row as a statement."""
        symbol = await self.symbol(row)
        return None if symbol is None else rows.order(row, symbol, self.our_id(row))

    async def executions(self, listed: list[Row]) -> list[Execution]:
        """Whole rows as statements, each execution once, as last corrected. A commission that was
        known is not forgotten when a later row leaves it out.
        """
        found: dict[str, Execution] = {}
        for row in listed:
            symbol = await self.symbol(row)
            one = None if symbol is None else rows.execution(row, symbol, self.our_id(row))
            if one is None:
                continue
            before = self._executions.get(one.execution_id)
            if before is not None and not rows.has_commission(row):
                one = msgspec.structs.replace(one, commission=before.commission)
            rival = found.get(one.execution_id)
            if rival is None or one.revision >= rival.revision:
                found[one.execution_id] = one
        return sorted(found.values(), key=lambda one: (one.executed_at, one.execution_id))

    async def heard_orders(self, listed: list[Row]) -> list[Report]:
        """What rows of orders, whole or in part, tell that is new."""
        told: list[Report] = []
        for part in listed:
            broker_id = rows.order_id_of(part)
            if not broker_id or rows.account_of(part) not in (self._theirs, ""):
                continue
            row = self._rows[broker_id] = {**self._rows.get(broker_id, {}), **part}
            one = await self.order(row)
            if one is None:
                self.wanted.set()  # a part of an order that was never shown whole
                continue
            told += self._news(one)
            if one.filled > max(self._executed(broker_id), self._missed.get(broker_id, ZERO)):
                self._missed[broker_id] = one.filled  # asked for once: it may be too old to be seen
                self.wanted.set()
        return told

    async def heard_trades(self, listed: list[Row]) -> list[Report]:
        """What rows of trades tell that is new."""
        own = [one for one in listed if rows.account_of(one) in (self._theirs, "")]
        told: list[Report] = []
        for one in await self.executions(own):
            before = self._executions.get(one.execution_id)
            if before is not None and (before == one or before.revision > one.revision):
                continue
            self._executions[one.execution_id] = one
            if one.order_id or one.broker_id:
                told.append(self._executed_report(one, is_first=before is None))
        return told

    def _news(self, one: BrokerOrder) -> Iterator[Report]:
        before = self._told.get(one.broker_id)
        if before == one.status or before in FINAL:
            return
        self._told[one.broker_id] = one.status
        if one.order_id is None and one.status not in FINAL:
            if before is None:
                yield reports.ForeignOrder(self._account, one)
        elif one.order_id is not None and one.status not in FINAL:
            if before is None:
                yield reports.Accepted(one.order_id, one.broker_id)
        elif one.order_id is not None or before is not None:
            yield from self._ended(one)

    def _ended(self, one: BrokerOrder) -> Iterator[Report]:
        order_id, broker_id, account = one.order_id or "", one.broker_id, self._account
        match one.status:
            case Status.CANCELLED:
                yield reports.Cancelled(order_id, one.message or "client", broker_id, account)
            case Status.EXPIRED:
                yield reports.Expired(order_id, broker_id, account)
            case Status.REJECTED:
                text = one.message or "the order became inactive at the broker"
                yield reports.Rejected(order_id, words.reason(text), text, broker_id, account)

    def _executed_report(self, one: Execution, *, is_first: bool) -> Report:
        figures = (
            one.order_id or "",
            one.execution_id,
            one.quantity,
            one.price,
            one.executed_at,
            one.commission,
        )
        if is_first and not one.revision:
            return reports.Filled(*figures, broker_id=one.broker_id, account=self._account)
        return reports.Corrected(
            *figures, revision=one.revision, broker_id=one.broker_id, account=self._account
        )

    def _executed(self, broker_id: str) -> Decimal:
        """What the executions of an order come to."""
        ours = self._ours.get(broker_id)
        return sum(
            (
                one.quantity
                for one in self._executions.values()
                if one.broker_id == broker_id or (ours is not None and one.order_id == ours)
            ),
            ZERO,
        )
