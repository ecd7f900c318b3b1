"""Live quotes of what is wanted, over one stream of the gateway after another.

The stream tells a contract whole when it is subscribed to, then by the fields that changed; it
ends a subscription without a word after a quarter of an hour, so each is said again in time. What
the stream is silent about is asked for by a snapshot, which also wakes contracts that show nothing
at first: so every price is either confirmed every few seconds, or not confirmed at all. A new
stream begins from nothing. A symbol whose contract can not be found out is left alone for a while,
longer each time, and holds up no other. No fault of a quote ends the line; that of the session
does.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from adapters.brokers.ibkr_web.errors import (
    Competing,
    GatewayError,
    LoginNeeded,
    NoContract,
    NotAnswered,
    SessionLost,
)
from adapters.brokers.ibkr_web.market import FIELDS, Market
from adapters.brokers.ibkr_web.numerals import encode, whole
from adapters.brokers.ibkr_web.rows import Row
from engine.market.quotes import Quote
from engine.ports import Throttled
from engine.values import NANOSECONDS

RENEW_S = 540.0
"""A subscription is said again after this, well before the gateway ends it."""
ABSENT_S = 300.0
"""How long a symbol without a contract is not looked for again."""
REST_S = 5.0
"""How long one is left alone whose contract could not be found out; twice as long each time, up to
``ABSENT_S``.
"""
LOOK_S = 1.0
"""How often what is open is looked after, and how long it may wait for contracts to be found."""
FIRST_LOOK_S = 2.0
"""How long the stream may take for the first price before a snapshot is asked for as well."""

log = logging.getLogger("onetape.ibkr_web")
Say = Callable[[str], Awaitable[None]]


@dataclass
class _Subscription:
    """One contract on the open stream; times are those of the feed's clock."""

    symbol: str
    renew_at: float
    look_at: float
    patience_s: float
    row: Row = field(default_factory=dict)
    """Every field as it was told last."""
    has_snapshot: bool = False
    complaint: str = ""


@dataclass
class _Rest:
    """A symbol without a subscription is left alone until then; ``rest_s`` was the last one."""

    until: float
    rest_s: float


class Feed:
    """The quotes of one username: at most ``lines`` symbols at once, each confirmed every
    ``confirm_s``.
    """

    def __init__(
        self,
        market: Market,
        lines: int,
        confirm_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._market = market
        self._lines = lines
        self._confirm_s = confirm_s
        self._clock = clock
        self._wanted: tuple[str, ...] = ()
        self._changed = asyncio.Event()
        self._shown: Callable[[Quote], None] = lambda _quote: None
        self._lacks: Callable[[str], None] = lambda _symbol: None
        self._open: dict[int, _Subscription] = {}
        self._resting: dict[str, _Rest] = {}

    def follow(self, shown: Callable[[Quote], None], lacks: Callable[[str], None]) -> None:
        """Tell ``shown`` every quote from now on, and ``lacks`` what IBKR has no contract for."""
        self._shown, self._lacks = shown, lacks

    def want(self, symbols: Sequence[str]) -> None:
        """Quote these and no others, the first ones where there are too many."""
        wanted = tuple(symbols[: self._lines])
        if len(symbols) > self._lines and len(wanted) != len(self._wanted):
            log.warning("%d symbols are in use, %d are quoted", len(symbols), self._lines)
        if set(wanted) != set(self._wanted):
            self._changed.set()
        self._wanted = wanted

    async def run(self, say: Say) -> None:
        """Keep the subscriptions of a stream that takes messages by ``say``, until cancelled.

        Raises what ends the session.
        """
        self._open.clear()
        while True:
            self._changed.clear()
            try:
                await self._tend(say)
                await self._add(say)
                await self._confirm()
            except (SessionLost, LoginNeeded, Competing):
                raise
            except Throttled as error:
                await asyncio.sleep(error.wait_ns / NANOSECONDS)
            except GatewayError as error:
                log.info("quotes: %s", error)
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._changed.wait()
            except TimeoutError:
                pass  # nobody wanted anything else; what is open may need to be looked after

    def hear(self, row: Row) -> None:
        """Take the fields of one contract that the stream, or a snapshot, tells."""
        conid = whole(row.get("conid"))
        one = None if conid is None else self._open.get(conid)
        if one is None:
            return
        one.row.update(row)
        try:
            shown = self._market.shown(one.row, one.symbol)
        except NotAnswered as error:
            if one.complaint != str(error):
                one.complaint = str(error)
                log.warning("quotes: %s", error)
            return
        if shown is not None:
            one.patience_s = self._confirm_s
            one.look_at = self._clock() + self._confirm_s
            self._shown(shown.quote)

    async def _tend(self, say: Say) -> None:
        """Say again what is due, and end what is not wanted any more."""
        now = self._clock()
        for conid, one in list(self._open.items()):
            if one.symbol not in self._wanted:
                del self._open[conid]
                await self._end(conid, one, say)
            elif now >= one.renew_at:
                one.renew_at = now + RENEW_S
                await say(_subscription(conid))

    async def _end(self, conid: int, one: _Subscription, say: Say) -> None:
        await say(f"umd+{conid}+{{}}")
        if one.has_snapshot:
            await self._market.unsubscribe(conid)

    async def _add(self, say: Say) -> None:
        """Subscribe to what is wanted and not open, what was never in vain first.

        It is left for the next time what a slow gateway has no time for: what is open must be
        confirmed meanwhile.
        """
        begun = self._clock()
        followed = {one.symbol for one in self._open.values()}
        missing = [one for one in self._wanted if one not in followed and not self._rests(one)]
        for symbol in sorted(missing, key=self._resting.__contains__):
            conid = await self._found(symbol)
            now = self._clock()
            if conid is not None:
                patience_s = min(FIRST_LOOK_S, self._confirm_s)
                opened = _Subscription(symbol, now + RENEW_S, now + patience_s, patience_s)
                self._open[conid] = opened
                await say(_subscription(conid))
            if now >= begun + LOOK_S:
                return

    def _rests(self, symbol: str) -> bool:
        rest = self._resting.get(symbol)
        return rest is not None and self._clock() < rest.until

    async def _found(self, symbol: str) -> int | None:
        """The contract's number; None, and the symbol left alone, where it is not to be had."""
        try:
            conid = await self._market.conid(symbol)
        except NoContract:
            self._leave(symbol, ABSENT_S)
            self._lacks(symbol)
            return None
        except NotAnswered as error:
            rest = self._resting.get(symbol)
            self._leave(symbol, REST_S if rest is None else min(2 * rest.rest_s, ABSENT_S))
            log.warning("quotes: %s", error)
            return None
        self._resting.pop(symbol, None)
        return conid

    def _leave(self, symbol: str, rest_s: float) -> None:
        self._resting[symbol] = _Rest(self._clock() + rest_s, rest_s)

    async def _confirm(self) -> None:
        """Ask for a snapshot of what the stream says nothing of."""
        now = self._clock()
        silent = [conid for conid, one in self._open.items() if now >= one.look_at]
        if not silent:
            return
        for conid in silent:
            one = self._open[conid]
            one.has_snapshot = True
            one.look_at = now + one.patience_s
            one.patience_s = min(2 * one.patience_s, self._confirm_s)
        for row in await self._market.snapshot(silent):
            self.hear(row)


def _subscription(conid: int) -> str:
    return f"smd+{conid}+{encode({'fields': FIELDS.split(',')}).decode()}"
