"""The adapter of the little broker: `engine.ports.RemoteBroker` over its socket.

It does what the port says and no more: it connects once, carries questions there and answers back,
turns the broker's words into reports, and raises whatever is not an answer. It never waits for ever
by itself and never asks twice: that is for whoever drives it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from itertools import count

from engine.orders import Order
from engine.ports import Capabilities, Instruction, Modify, Submit, Throttled
from engine.reports import Report
from engine.statements import Lookup, Snapshot
from engine.values import NANOSECONDS, AssetClass, OrderType
from tests.remote.wire import LINE_BYTES_MAX, Ask, News, Reply, line, read_said
from tests.simulation import statements
from tests.simulation.broker import Told

CAPABILITIES = Capabilities(
    order_types=frozenset(OrderType) - {OrderType.TRAILING_STOP},
    asset_classes=frozenset(AssetClass),
    replace_keeps_id=False,
)


class NotAnswered(Exception):
    """Raised for every question that got no answer, or one that settles nothing."""


class LoopbackBroker:
    """The broker on a port of this machine."""

    def __init__(
        self, port: int, name: str = "loopback", capabilities: Capabilities = CAPABILITIES
    ) -> None:
        self.name = name
        self.capabilities = capabilities
        self._port = port
        self._numbers = count(1)
        self._asked: dict[int, asyncio.Future[Reply]] = {}
        self._writer: asyncio.StreamWriter | None = None

    async def run(self, opened: Callable[[], None], reports: Callable[[Report], None]) -> None:
        """Connect, listen, and pass on the news until the line is lost."""
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self._port, limit=LINE_BYTES_MAX
        )
        self._writer = writer
        listening = asyncio.create_task(self._ask(Ask(0, "listen")))
        listening.add_done_callback(lambda done: _announce(done, opened))
        try:
            while text := await reader.readline():
                self._hear(text, reports)
            raise ConnectionError("the broker closed the line")
        finally:
            self._writer = None
            listening.cancel()
            writer.close()
            for answer in self._asked.values():
                if not answer.done():
                    answer.set_exception(NotAnswered("the line was lost"))

    async def send(self, instruction: Instruction) -> Iterable[Report]:
        """Carry an instruction there, and its answer back."""
        order = instruction.order
        match instruction:
            case Submit():
                ask = Ask(0, "submit", order.account, order.id, order.request)
            case Modify(change=change):
                ask = Ask(0, "change", order.account, order.id, change=change)
            case _:
                ask = Ask(0, "cancel", order.account, order.id)
        return [_answer(order.id, (await self._ask(ask)).told)]

    async def lookup(self, order: Order) -> Lookup:
        """What the broker's books hold under our id."""
        found = (await self._ask(Ask(0, "lookup", order.account, order.id))).lookup
        if found is None:
            raise NotAnswered(f"nobody looked for {order.id}")
        return found

    async def snapshot(self, account: str) -> Snapshot:
        """The broker's books of one account."""
        taken = (await self._ask(Ask(0, "snapshot", account))).snapshot
        if taken is None:
            raise NotAnswered(f"the books of {account} were not shown")
        return taken

    async def _ask(self, ask: Ask) -> Reply:
        if self._writer is None:
            raise NotAnswered("there is no line to the broker")
        ask.number = next(self._numbers)
        answer = asyncio.get_running_loop().create_future()
        self._asked[ask.number] = answer
        try:
            self._writer.write(line(ask))
            reply: Reply = await answer
        finally:
            del self._asked[ask.number]
        if reply.error == "limited":
            raise Throttled("the broker's limit was reached", int(reply.wait_s * NANOSECONDS))
        if reply.error:
            raise NotAnswered(reply.error)
        return reply

    def _hear(self, text: bytes, reports: Callable[[Report], None]) -> None:
        said = read_said(text)
        if isinstance(said, News):
            report = statements.report(said.told)
            if report is not None:
                reports(report)
            return
        answer = self._asked.get(said.number)
        if answer is not None and not answer.done():
            answer.set_result(said)


def _announce(listening: asyncio.Task[Reply], opened: Callable[[], None]) -> None:
    if not listening.cancelled() and listening.exception() is None:
        opened()


def _answer(order_id: str, told: Told | None) -> Report:
    """What an answer means; NotAnswered where it settles nothing."""
    report = None if told is None else statements.report(told)
    if report is None:
        raise NotAnswered(f"{order_id}: the broker's answer settles nothing")
    return report
