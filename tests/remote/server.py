"""A small broker as a process: the books of `tests.simulation.broker` behind a TCP port.

Started as `python -m tests.remote.server`, it prints the port it listens on. It lives until its
standard input is closed, so it never outlives the test. Faults are set beforehand by the test, with
the operation they are for and the step of it at which they strike:

    arrived    the request has arrived: the line is cut before the books know of it
    taken      the books have it: the line is cut before anybody is told
    told       everybody has heard the news: the line is cut instead of an answer
    torn       half of the answer has left: then the line is cut
    answered   the answer has left: then the line is cut
    lost       the request vanishes; the line stays
    silent     the books have it, and nobody is ever told; the line stays
    late       the books have it, and the answer comes after a while; the line stays
    doubled    everything is said twice
    failed     the answer is that the question can not be answered
    limited    the answer is to wait, because a limit was reached; nothing is done
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal

from engine.errors import InvalidRequest
from engine.values import ZERO
from tests.remote.wire import ACCOUNT, LINE_BYTES_MAX, Ask, Books, News, Reply, line, read_ask
from tests.simulation import statements
from tests.simulation.broker import Told, Venue, VenueOrder

CUTS_LATE = frozenset({"told", "torn", "answered"})
REFUSALS = frozenset({"failed", "limited"})


class Fault:
    """What is to go wrong, at which step, and the operation it is meant for."""

    def __init__(self, ask: Ask) -> None:
        self.on = ask.on
        self.step = ask.step
        self.seconds = ask.seconds


class Client:
    """One open connection."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.listens = False
        self._writer = writer

    def say(self, text: bytes) -> None:
        """Send, if there is still a line."""
        if not self._writer.is_closing():
            self._writer.write(text)

    def cut(self) -> None:
        """Break the line; what was said before still leaves."""
        self.listens = False
        self._writer.close()


class Server:
    """The books, who listens, and what is to go wrong."""

    def __init__(self) -> None:
        self.venue = Venue()
        self.venue.cash = {ACCOUNT: Decimal(1_000_000)}
        self.venue.on_news = self._tell
        self.asked: list[str] = []
        """What was asked about orders and accounts, in order."""
        self.accepts = True
        self._faults: list[Fault] = []
        self._clients: set[Client] = set()
        self._is_mute = False
        self._copies = 1

    async def attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        client = Client(writer)
        self._clients.add(client)
        try:
            while text := await reader.readline():
                await self._hear(client, read_ask(text))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has gone, or was cut off
        finally:
            self._clients.discard(client)
            writer.close()

    async def _hear(self, client: Client, ask: Ask) -> None:
        self.venue.now = time.time_ns()
        hand = _BY_HAND.get(ask.what)
        if hand is not None:
            client.say(line(Reply(ask.number, books=hand(self, ask))))
            return
        if not self.accepts:
            client.cut()
            return
        fault = self._fault(ask.what)
        step = fault.step if fault else ""
        if step == "arrived":
            client.cut()
        if step in {"arrived", "lost"}:
            return
        if step in REFUSALS:
            client.say(line(Reply(ask.number, error=step, wait_s=fault.seconds if fault else 0)))
            return
        self.asked.append(f"{ask.what} {ask.client_id}".strip())
        self._is_mute = step in {"taken", "silent", "late"}
        self._copies = 2 if step == "doubled" else 1
        reply = self._answer(client, ask)
        self._is_mute, self._copies = False, 1
        await self._reply(client, reply, fault)

    async def _reply(self, client: Client, reply: Reply, fault: Fault | None) -> None:
        step = fault.step if fault else ""
        text = line(reply)
        if step == "torn":
            client.say(text[: len(text) // 2])
        elif step == "late" and fault is not None:
            asyncio.get_running_loop().call_later(fault.seconds, client.say, text)
        elif step == "doubled":
            client.say(text * 2)
        elif step not in {"taken", "told", "silent"}:
            client.say(text)
        if step == "taken" or step in CUTS_LATE:
            client.cut()

    def _answer(self, client: Client, ask: Ask) -> Reply:
        venue, told = self.venue, None
        match ask.what:
            case "listen":
                client.listens = True
            case "submit" if ask.request is not None:
                told = venue.submit(ask.account, ask.client_id, ask.request)
            case "change" if ask.change is not None:
                told = venue.change(ask.account, ask.client_id, ask.change)
            case "cancel":
                told = venue.cancel(ask.account, ask.client_id)
            case "lookup":
                found = statements.lookup(venue, ask.account, ask.client_id)
                return Reply(ask.number, lookup=found)
            case "snapshot":
                return Reply(ask.number, snapshot=statements.snapshot(venue, ask.account))
            case _:
                return Reply(ask.number, error=f"what is {ask.what!r}?")
        return Reply(ask.number, told)

    def _fault(self, what: str) -> Fault | None:
        for fault in self._faults:
            if fault.on == what:
                self._faults.remove(fault)
                return fault
        return None

    def _tell(self, told: Told) -> None:
        if self._is_mute:
            return
        for client in list(self._clients):
            if client.listens:
                client.say(line(News(told)) * self._copies)

    # The test's own hand

    def books(self, ask: Ask) -> Books:
        """Everything of one account."""
        venue = self.venue
        return Books(
            venue.of(ask.account),
            venue.traded(ask.account),
            venue.positions(ask.account),
            venue.received,
            self.asked,
        )

    def plan(self, ask: Ask) -> None:
        """Let something go wrong."""
        self._faults.append(Fault(ask))

    def cut(self, _ask: Ask) -> None:
        """Break every line of those who listen."""
        for client in [each for each in self._clients if each.listens]:
            client.cut()

    def close_shop(self, ask: Ask) -> None:
        """Turn everybody away from now on, and break every line."""
        self.accepts = False
        self.cut(ask)

    def open_shop(self, _ask: Ask) -> None:
        """Serve again."""
        self.accepts = True

    def trade(self, ask: Ask) -> None:
        """Execute part of an order."""
        if ask.quantity is None or ask.price is None:
            raise InvalidRequest("quantity, price", None, "both")
        self.venue.trade(self._order(ask), ask.quantity, ask.price)

    def bust(self, ask: Ask) -> None:
        """Take the last execution of an account back."""
        self.venue.bust(self.venue.traded(ask.account)[-1], reinstates=False)

    def enter(self, ask: Ask) -> None:
        """An order by hand, not the engine's."""
        if ask.request is not None:
            self.venue.enter_by_hand(ask.account, ask.request)

    def reject(self, _ask: Ask) -> None:
        """Turn the next order down."""
        self.venue.rejects_next = True

    def transfer(self, ask: Ask) -> None:
        """Units come into an account without a trade."""
        self.venue.transfer(ask.account, ask.client_id, ask.quantity or ZERO)

    def _order(self, ask: Ask) -> VenueOrder:
        order = self.venue.find(ask.account, ask.client_id)
        if order is None:
            raise InvalidRequest("client_id", ask.client_id, "an order that arrived")
        return order


_BY_HAND: dict[str, Callable[[Server, Ask], Books | None]] = {
    "look": Server.books,
    "plan": Server.plan,
    "cut": Server.cut,
    "close": Server.close_shop,
    "open": Server.open_shop,
    "trade": Server.trade,
    "bust": Server.bust,
    "enter": Server.enter,
    "reject": Server.reject,
    "transfer": Server.transfer,
}


async def main() -> None:
    """Serve until standard input is closed."""
    server = Server()
    listening = await asyncio.start_server(server.attend, "127.0.0.1", 0, limit=LINE_BYTES_MAX)
    sys.stdout.write(f"{listening.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with listening:
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main())
