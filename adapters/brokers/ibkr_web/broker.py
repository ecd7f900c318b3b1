"""The IBKR Web API as `engine.ports.RemoteBroker`.

It does what the port says and no more: opens a session and a stream once, passes on what it hears,
carries instructions out once, and raises whatever is no answer. The stream may be muted without a
word, so orders and trades are listed now and then beside it. Whatever ends (stream, tickles,
session) ends the line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, TypeVar

from adapters.brokers.ibkr_web import options as options_of
from adapters.brokers.ibkr_web import tls
from adapters.brokers.ibkr_web.books import Books
from adapters.brokers.ibkr_web.capabilities import capabilities
from adapters.brokers.ibkr_web.contracts import Contracts
from adapters.brokers.ibkr_web.errors import (
    Competing,
    GatewayError,
    LoginNeeded,
    NoContract,
    NotConnected,
    NotTold,
    SessionLost,
)
from adapters.brokers.ibkr_web.feed import Feed
from adapters.brokers.ibkr_web.lists import Lists
from adapters.brokers.ibkr_web.market import Market
from adapters.brokers.ibkr_web.oauth import OAuth, is_meant
from adapters.brokers.ibkr_web.options import Options
from adapters.brokers.ibkr_web.orders import Orders
from adapters.brokers.ibkr_web.pacing import Pacing
from adapters.brokers.ibkr_web.questions import Questions
from adapters.brokers.ibkr_web.rows import References, Row
from adapters.brokers.ibkr_web.session import Session
from adapters.brokers.ibkr_web.snapshot import Statements
from adapters.brokers.ibkr_web.stream import PRICES, Stream, session_headers
from adapters.brokers.ibkr_web.transport import Signer, Transport
from engine.conids import BROKER
from engine.errors import ProviderUnavailable, SymbolNotFound
from engine.instruments import Instrument, Listing
from engine.market.bars import Bar
from engine.orders import Order
from engine.ports import Instruction, Throttled
from engine.reports import Report
from engine.statements import Lookup, Snapshot
from engine.values import NANOSECONDS

KIND = "ibkr-web"
POLLS_MISSED_MAX = 3
T = TypeVar("T")
_SESSION_GONE = (SessionLost, LoginNeeded, Competing)


class IbkrWebBroker:
    """One account behind a gateway. ``signer`` signs calls to IBKR's own host instead."""

    vendor = BROKER

    def __init__(self, name: str, options: Options, signer: Signer | None = None) -> None:
        self.name = name
        self.capabilities = capabilities(options)
        self._options = options
        self._trust = tls.context(options.pin)
        self._transport = Transport(
            options.base,
            Pacing(options.pace, options.penalty_s, options.penalty_longest_s),
            self._trust,
            timeout_s=options.timeout_s,
            connect_timeout_s=options.connect_timeout_s,
            signer=signer,
        )
        self._references = references = References(options.prefix)
        self._contracts = contracts = Contracts(self._transport, options.conids)
        self._lists = Lists(self._transport, options.account)
        self._session = Session(options, self._transport, self._lists)
        self._books = Books(options.account, options.name, contracts, references)
        questions = Questions(self._transport, options.harmless)
        self._orders = Orders(
            options.account, self._transport, contracts, self._books, references, questions
        )
        self._statements = Statements(options, self._transport, contracts, self._lists, self._books)
        self._market = Market(self._transport, contracts, takes_delayed=options.delayed)
        self._feed = Feed(self._market, options.lines, options.confirm_s)
        self.follow, self.want = self._feed.follow, self._feed.want
        self._failed: asyncio.Future[None] | None = None

    def mark(self, tape_id: str) -> None:
        """Mark orders with the tape that they are on, unless the options have a prefix for them."""
        self._references.mark(tape_id)

    async def run(self, opened: Callable[[], None], reports: Callable[[Report], None]) -> None:
        """Open the session and the stream, and pass on every report until either is lost."""
        self._failed = asyncio.get_running_loop().create_future()
        try:
            await self._session.open()
            self._books.begin()
            await self._first_to_end(
                self._follow(opened, reports),
                self._session.keep(),
                self._poll(reports),
                _wait(self._failed),
            )
        finally:
            self._session.close()
            self._lists.cancel()
            if self._failed.done() and not self._failed.cancelled():
                self._failed.exception()  # it is raised, or came too late to be
            await self._transport.close()

    async def send(self, instruction: Instruction) -> Iterable[Report]:
        """Carry out ``instruction`` once; raises where its outcome is not known."""
        return await self._asked(self._orders.carry_out(instruction))

    async def lookup(self, order: Order) -> Lookup:
        """What orders and trades of the gateway hold under our id."""
        return await self._asked(self._statements.lookup(order))

    async def snapshot(self, account: str) -> Snapshot:
        """The account whole; raises if any part of it was not answered."""
        if account != self._options.name:
            raise NotConnected(f"account {account} is not behind {self.name}")
        return await self._asked(self._statements.snapshot())

    async def bars(
        self,
        symbol: str,
        timeframe_ns: int,
        limit: int,
        end: int | None = None,
        start: int | None = None,
    ) -> list[Bar]:
        """Closed bars as the gateway has them; see `market.Market.bars`."""
        try:
            return await self._asked(self._market.bars(symbol, timeframe_ns, limit, end, start))
        except NoContract as error:
            raise SymbolNotFound(symbol) from error

    async def terms(self, symbol: str) -> Instrument:
        """The contract that ``symbol`` means, by what the gateway tells of it."""
        try:
            return await self._asked(self._contracts.terms(symbol))
        except NoContract as error:
            raise SymbolNotFound(symbol) from error
        except NotTold as error:
            raise ProviderUnavailable(str(error), symbol=symbol) from error

    async def terms_of(self, contract_id: str) -> Instrument:
        """The contract of a number, likewise."""
        if not contract_id.isdecimal():
            raise SymbolNotFound(contract_id)
        try:
            symbol = await self._asked(self._contracts.symbol(int(contract_id)))
        except NoContract as error:
            raise SymbolNotFound(contract_id) from error
        return await self.terms(symbol)

    async def find(self, text: str, *, by_name: bool = False, kind: str = "") -> list[Listing]:
        """What the gateway's search finds."""
        return await self._asked(self._contracts.search(text, by_name=by_name, kind=kind))

    async def _asked(self, question: Coroutine[Any, Any, T]) -> T:
        """The answer to a question, if there is a session to ask in; one that turns out to be gone
        ends the line.
        """
        if not self._session.is_open:
            question.close()
            raise NotConnected("there is no session at the gateway")
        try:
            return await question
        except _SESSION_GONE as error:
            if self._failed is not None and not self._failed.done():
                self._failed.set_exception(error)
            raise

    async def _follow(self, opened: Callable[[], None], reports: Callable[[Report], None]) -> None:
        options, session = self._options, self._session
        is_secure = options.stream_url.startswith("wss")
        signer = self._transport.signer
        stream = Stream(
            options.stream_url + (f"?oauth_token={signer.token}" if signer else ""),
            session_headers(session.id, is_signed=signer is not None),
            self._trust if is_secure else None,
            session.id,
            silence_s=options.silence_s,
            open_s=options.timeout_s,
            tic_s=options.tic_s,
        )

        is_open = asyncio.Event()

        def begun() -> None:
            is_open.set()
            opened()

        async def quote() -> None:
            await is_open.wait()
            await self._feed.run(stream.say)

        async def hear(topic: str, listed: list[Row]) -> None:
            if topic == PRICES:
                for row in listed:
                    self._feed.hear(row)
                return
            heard = self._books.heard_orders if topic == "sor" else self._books.heard_trades
            for report in await heard(listed):
                reports(report)

        await self._first_to_end(stream.run(begun, hear), quote())

    async def _poll(self, reports: Callable[[Report], None]) -> None:
        """List orders and trades now and then, and when only that can explain what was heard."""
        missed = 0
        while True:
            await self._until_wanted()
            try:
                listed, traded = await asyncio.gather(self._lists.orders(), self._lists.trades())
                told = await self._books.heard_orders(listed)
                told += await self._books.heard_trades(traded)
                missed = 0
            except _SESSION_GONE:
                raise
            except Throttled as error:
                await asyncio.sleep(error.wait_ns / NANOSECONDS)
            except GatewayError:
                missed += 1
                if missed > POLLS_MISSED_MAX:
                    raise
            else:
                for report in told:
                    reports(report)

    async def _until_wanted(self) -> None:
        try:
            async with asyncio.timeout(self._options.poll_s):
                await self._books.wanted.wait()
        except TimeoutError:
            pass  # nobody wanted it, so it is time anyway
        self._books.wanted.clear()

    async def _first_to_end(self, *jobs: Coroutine[Any, Any, None]) -> None:
        """Do all of these until the first ends, and raise what ended it."""
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(job) for job in jobs]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            for task in tasks:
                if not task.cancelled():
                    task.exception()  # the first one's is raised below; the others came too late
        for task in done:
            task.result()


async def _wait(failed: asyncio.Future[None]) -> None:
    await failed


def broker(name: str, chosen: Mapping[str, Any]) -> IbkrWebBroker:
    """The broker by its options as settings hold them; ValueError names the option that can not be.
    Options of `oauth` make it sign its calls.
    """
    signing = {key: value for key, value in chosen.items() if is_meant(key)}
    rest = {key: value for key, value in chosen.items() if key not in signing}
    options = options_of.read(rest)
    return IbkrWebBroker(name, options, OAuth.read(signing) if signing else None)
