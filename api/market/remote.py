"""A remote broker's market at this edge: its quotes are asked for as they are used, and shown.

In use is what its accounts hold and have ordered, the currencies they have money in, what the
settings name, and what anybody asked for lately. The broker quotes that and nothing else. What it
does not answer is unavailable: no price here comes from anywhere else.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from api.lines.lines import UP
from api.market.candles import Candles
from api.market.source import BARS_MAX
from api.market.terms import Terms
from engine.errors import EngineError, ProviderUnavailable, SymbolNotFound
from engine.instruments import guess
from engine.market.bars import Bar, scale_of
from engine.market.quotes import Quote
from engine.ports import Feed
from engine.values import NANOSECONDS

if TYPE_CHECKING:
    from api.desk import Desk
    from api.lines.driver import Driver
    from api.streams.freshness import Freshness
    from engine.market.live import LiveBoard

LOOK_S = 1.0
FIRST_QUOTE_S = 5.0
"""How long a question waits for the first price of a symbol."""
SCALE_MAX = 8
WITHOUT_LIMIT = 1_000
"""Bars that are asked for where the question sets no bounds."""

log = logging.getLogger("onetape.market")
Hear = Callable[[Quote], None]


class Remote:
    """The market of the accounts behind one line, on ``board``; ``always`` names what is quoted
    whether or not anybody asks.
    """

    def __init__(
        self,
        desk: Desk,
        driver: Driver,
        board: LiveBoard,
        freshness: Freshness,
        always: Collection[str] = (),
    ) -> None:
        self.market = board
        self.freshness = freshness
        self.accounts = driver.line.accounts
        self.listeners: list[Hear] = []
        """Told of every quote that is news."""
        self.candles = Candles(desk, self)
        """The bars that end from now on."""
        self.terms = Terms(desk.engine, driver)
        """What its contracts are."""
        self._desk = desk
        self._engine = desk.engine
        self._driver = driver
        self._feed = driver.broker if isinstance(driver.broker, Feed) else None
        self._always = tuple(always)
        self._turned = asyncio.Event()
        if self._feed is not None:
            self._feed.follow(self._show, self._lack)

    async def run(self) -> None:
        """Have the broker quote what is in use, and tell what it shows, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow())
            group.create_task(self.candles.run())
            group.create_task(self.terms.run())

    async def _follow(self) -> None:
        wished = asyncio.Event()
        self.market.on_wish = wished.set
        while self._feed is not None:
            wished.clear()
            self._look()
            wanted = self.market.wanted()
            self._feed.want(wanted)
            self.freshness.watch_only([one for one in wanted if not self.market.is_lacking(one)])
            try:
                async with asyncio.timeout(LOOK_S):
                    await wished.wait()
            except TimeoutError:
                pass  # nobody asked for anything else

    async def quote(self, symbol: str) -> Quote:
        """The newest quote; the first of a symbol is waited for, while the line stands."""
        await self._while_coming(lambda: self._is_coming(symbol))
        return self.market.quote(symbol)

    async def know(self, account_id: str, symbols: Collection[str]) -> None:
        """Have all that an order in ``account_id`` is judged by: the broker's terms of what is
        ordered, as `Terms.know` asks for them, and a rate of the currency that it is traded in.
        """
        await self.terms.know(account_id, symbols)
        account, found = self._engine.account(account_id), self._engine.instruments.find
        for instrument in filter(None, map(found, symbols)):
            if account.held(instrument.symbol) is None:
                lacks = partial(self._lacks_rate, instrument.currency, account.currency)
                await self._while_coming(lacks)

    async def _while_coming(self, is_coming: Callable[[], bool]) -> None:
        """Wait for a first price, in limited time; who needs it says that it is missing."""
        try:
            async with asyncio.timeout(FIRST_QUOTE_S):
                while is_coming():
                    self._turned.clear()
                    await self._turned.wait()
        except TimeoutError:
            pass  # it is missing

    def _lacks_rate(self, currency: str, into: str) -> bool:
        return self._driver.line.state in UP and self.market.rate(currency, into) is None

    async def bars(
        self,
        symbol: str,
        timeframe_ns: int,
        start: int | None = None,
        end: int | None = None,
        limit: int | None = None,
    ) -> list[Bar]:
        """Closed bars as the broker has them."""
        now = time.time_ns()
        until = now if end is None else min(now, end + timeframe_ns)
        most = limit
        if most is None:
            most = WITHOUT_LIMIT if start is None else BARS_MAX
        if start is not None:
            most = min(most, (until - start) // timeframe_ns + 1)
        if most <= 0:
            return []
        found = await self._asked(symbol, timeframe_ns, most, until, start)
        return [one for one in found if end is None or one.ts <= end]

    async def _asked(
        self, symbol: str, timeframe_ns: int, most: int, until: int, start: int | None
    ) -> list[Bar]:
        line, feed = self._driver.line, self._feed
        if feed is None or line.state not in UP:
            raise ProviderUnavailable(f"{self._said(line.why)}: no bars of {symbol}", symbol=symbol)
        try:
            async with asyncio.timeout(self._driver.timing.snapshot_ns / NANOSECONDS):
                return await feed.bars(symbol, timeframe_ns, most, until, start)
        except EngineError:
            raise
        except Exception as error:
            why = str(error) or type(error).__name__
            raise ProviderUnavailable(
                f"{line.broker} gave no bars of {symbol}: {why}", symbol=symbol
            ) from error

    def _said(self, why: str) -> str:
        line = self._driver.line
        return f"{line.broker} is {line.state}" + (f" ({why})" if why else "")

    def _is_coming(self, symbol: str) -> bool:
        """Whether a first price of ``symbol`` may be shown soon."""
        if self._feed is None or self._driver.line.state not in UP:
            return False
        try:
            self.market.quote(symbol)
        except ProviderUnavailable:
            return True
        except SymbolNotFound:
            return False
        return False

    def _look(self) -> None:
        """Note what is in use, and what there is to be heard of it."""
        engine, market = self._engine, self.market
        engine.now = max(engine.now, time.time_ns())
        for symbol in self._always:
            market.want(symbol)
        for name in self.accounts:
            account = engine.account(name)
            for position in account.positions.values():
                market.want(position.symbol)
                market.rate(position.currency, account.currency)
            for currency, amount in account.cash.items():
                if amount:
                    market.rate(currency, account.currency)
            for order in engine.state.working(name):
                market.want(order.symbol)

    def _show(self, quote: Quote) -> None:
        """Take a quote of the broker's, and pass it on if it says anything new."""
        engine, market = self._engine, self.market
        engine.now = max(engine.now, time.time_ns())
        is_news = market.show(quote)
        self.freshness.heard(quote.symbol)
        self._turned.set()
        if not is_news:
            return
        self._list(quote)
        if quote.symbol in engine.trailing_held:
            engine.watch(quote.symbol, quote.bid, quote.ask, market)
        self._desk.publish_quote(quote, self)
        for hear in self.listeners:
            hear(quote)

    def _lack(self, symbol: str) -> None:
        self.market.lacks(symbol)
        self._turned.set()

    def _list(self, quote: Quote) -> None:
        """List what the broker quotes, by its terms if it tells any, as exactly as it quotes."""
        told = self.terms.wish(quote.symbol)
        scale = min(scale_of(quote.bid, quote.ask), SCALE_MAX)
        known = self._engine.instruments.find(quote.symbol)
        if known is None and not told:
            self._engine.list_instrument(guess(quote.symbol, max(scale, 2)))
        elif known is not None and known.price_scale < scale:
            self._engine.list_instrument(msgspec.structs.replace(known, price_scale=scale))
