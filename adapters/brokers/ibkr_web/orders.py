"""Carrying out instructions: place, change and cancel, each once.

An instruction leaves as one call and is never repeated; questions that it raises are answered by
policy within the same turn. Given back is what the gateway settled, as reports. Everything short of
that raises, and the order is then looked up. A cancel is settled by the order's end alone, which
comes as a report later.
"""

from __future__ import annotations

from decimal import Decimal

from adapters.brokers.ibkr_web import words
from adapters.brokers.ibkr_web.answers import Refused
from adapters.brokers.ibkr_web.books import Books
from adapters.brokers.ibkr_web.contracts import Contracts
from adapters.brokers.ibkr_web.errors import GatewayError, NoContract, NotAnswered
from adapters.brokers.ibkr_web.questions import Questions
from adapters.brokers.ibkr_web.rows import References
from adapters.brokers.ibkr_web.terms import off_step
from adapters.brokers.ibkr_web.tickets import Ticket, prices, ticket
from adapters.brokers.ibkr_web.transport import Answer, Transport
from adapters.brokers.ibkr_web.turns import Turns
from engine.orders import Order
from engine.ports import Cancel, Instruction, Modify, Submit, Throttled
from engine.reports import (
    Accepted,
    CancelRejected,
    Modified,
    ModifyRejected,
    Rejected,
    Report,
)
from engine.values import RejectReason, Side

NOTHING_LEFT = ("inactive", "doesn't exist", "does not exist", "not found", "cannot be cancelled")


class Orders:
    """The orders of one account."""

    def __init__(
        self,
        account: str,
        transport: Transport,
        contracts: Contracts,
        books: Books,
        references: References,
        questions: Questions,
    ) -> None:
        self._account = account
        self._transport = transport
        self._contracts = contracts
        self._books = books
        self._references = references
        self._questions = questions
        self._turns = Turns()

    async def carry_out(self, instruction: Instruction) -> list[Report]:
        """What came of ``instruction``; raises where that is not known."""
        match instruction:
            case Submit(order=order):
                return await self._submit(order)
            case Modify():
                return await self._modify(instruction)
            case Cancel(order=order):
                return await self._cancel(order)

    async def _submit(self, order: Order) -> list[Report]:
        try:
            conid = await self._contracts.conid(order.symbol)
        except NoContract as error:
            return [Rejected(order.id, RejectReason.SYMBOL_NOT_TRADEABLE, str(error))]
        written = ticket(order, conid, self._account, self._references.of(order.id))
        missed = await self._missed_step(written, order, conid)
        if missed:
            return [Rejected(order.id, RejectReason.INVALID_PRICE, missed)]
        path = f"/iserver/account/{self._account}/orders"
        async with self._turns.turn():
            settled = await self._questions.settle(path, {"orders": [written]}, order.id)
        if isinstance(settled, Refused):
            return [Rejected(order.id, words.reason(settled.text), settled.text)]
        self._books.placed(order.id, settled.order_id)
        return [Accepted(order.id, settled.order_id)]

    async def _modify(self, instruction: Modify) -> list[Report]:
        order, change = instruction.order, instruction.change
        broker_id = self._live_ids(order)[-1]
        conid = await self._contracts.conid(order.symbol)
        reference = self._references.of(order.id)
        written = ticket(order, conid, self._account, reference, change)
        missed = await self._missed_step(written, order, conid)
        if missed:
            return [ModifyRejected(order.id, missed)]
        path = f"/iserver/account/{self._account}/order/{broker_id}"
        async with self._turns.turn():
            settled = await self._questions.settle(path, written, f"a change of {order.id}")
        if isinstance(settled, Refused):
            self._books.wanted.set()  # it may have ended in the meantime
            return [ModifyRejected(order.id, settled.text)]
        self._books.placed(order.id, settled.order_id)
        return [Modified(order.id, change, settled.order_id)]

    async def _cancel(self, order: Order) -> list[Report]:
        """Ask for the end of every incarnation of the order."""
        refusals = []
        async with self._turns.urgent():
            for broker_id in self._live_ids(order):
                path = f"/iserver/account/{self._account}/order/{broker_id}"
                answer = await self._transport.call("DELETE", path, is_urgent=True)
                refused = _refusal_of_cancel(answer, order.id)
                if refused:
                    refusals.append(refused)
        self._books.wanted.set()  # its end may be told by the lists alone
        return [CancelRejected(order.id, one) for one in refusals[:1]]

    def _live_ids(self, order: Order) -> tuple[str, ...]:
        """The gateway's ids under which the order may work; raises if it was never given one."""
        known = order.live_ids or order.broker_ids or self._books.broker_ids(order.id)
        if not known:
            raise NotAnswered(f"{order.id}: the gateway has not told its id for the order yet")
        return known

    async def _missed_step(self, written: Ticket, order: Order, conid: int) -> str:
        """What is wrong with the prices, where the gateway states its steps; else empty."""
        asked = prices(written)
        if not asked:
            return ""
        try:
            steps = await self._contracts.increments(conid, is_buy=order.side is Side.BUY)
        except (GatewayError, Throttled):
            return ""  # without rules the gateway judges by itself
        for field, price in asked.items():
            step = off_step(Decimal(price), steps)
            if step is not None:
                return f"{field} is {price}; expected a multiple of {step.normalize():f}"
        return ""


def _refusal_of_cancel(answer: Answer, order_id: str) -> str:
    """The gateway's words if there is nothing to cancel, empty if it will; raises otherwise."""
    said = answer.error
    if not said:
        return ""
    if answer.status < 500 and any(one in said.lower() for one in NOTHING_LEFT):
        return said
    raise NotAnswered(f"a cancel of {order_id}: {answer.status} {said}")
