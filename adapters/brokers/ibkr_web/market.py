"""Quotes and bars from the gateway.

The first snapshot of a contract only opens its stream and shows nothing, and some fields come
later than others, so a snapshot is asked for until it shows a price. What a field does not say is
not known, never zero. History is asked for page by page; bars that are still forming are left out.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import msgspec

from adapters.brokers.ibkr_web.contracts import Contracts
from adapters.brokers.ibkr_web.errors import NotAnswered
from adapters.brokers.ibkr_web.numerals import amount, moment, number, prefix, whole
from adapters.brokers.ibkr_web.periods import Plan, plan
from adapters.brokers.ibkr_web.rows import Row
from adapters.brokers.ibkr_web.transport import Transport, as_list, as_object
from engine.market.bars import Bar
from engine.market.quotes import Quote
from engine.market.resample import bucket_start
from engine.values import NANOSECONDS, ZERO

LAST, BID, ASK_SIZE, ASK, BID_SIZE, AVAILABILITY = "31", "84", "85", "86", "88", "6509"
FIELDS = ",".join((LAST, BID, ASK_SIZE, ASK, BID_SIZE, AVAILABILITY))
CONIDS_MAX = 100
TRIES = 8
SPACING_S = 0.5
PAGES_MAX = 20
HISTORY_AT_ONCE = 4


class Shown(msgspec.Struct, frozen=True):
    """What a snapshot shows of one symbol. ``is_halted`` and ``is_stale`` say that its last price
    is that of a halt, or of an earlier day.
    """

    quote: Quote
    is_halted: bool = False
    is_stale: bool = False


class Market:
    """The market data of one session; prices that IBKR delays only where ``takes_delayed``."""

    def __init__(
        self,
        transport: Transport,
        contracts: Contracts,
        now_ns: Callable[[], int] = time.time_ns,
        spacing_s: float = SPACING_S,
        *,
        takes_delayed: bool = False,
    ) -> None:
        self._transport = transport
        self._contracts = contracts
        self._now = now_ns
        self._spacing_s = spacing_s
        self._takes_delayed = takes_delayed
        self._history = asyncio.Semaphore(HISTORY_AT_ONCE)

    async def quote(self, symbol: str) -> Quote:
        """The best bid and ask now; NotAnswered if none is shown in time, or may be seen."""
        return (await self.quotes([symbol]))[symbol].quote

    async def quotes(self, symbols: Sequence[str]) -> dict[str, Shown]:
        """The same of several symbols, 100 at most; all of them or NotAnswered."""
        conids = {await self._contracts.conid(symbol): symbol for symbol in symbols}
        if not 0 < len(conids) <= CONIDS_MAX:
            raise ValueError(f"symbols: {len(conids)} of them; expected 1 to {CONIDS_MAX}")
        seen: dict[int, Row] = {}
        found: dict[str, Shown] = {}
        for _ in range(TRIES):
            for row in await self.snapshot(list(conids)):
                conid = whole(row.get("conid"))
                if conid is not None and conid in conids:
                    seen[conid] = {**seen.get(conid, {}), **row}
            shown = {conids[conid]: self.shown(row, conids[conid]) for conid, row in seen.items()}
            found = {symbol: one for symbol, one in shown.items() if one is not None}
            if len(found) == len(conids):
                return found
            await asyncio.sleep(self._spacing_s)
        missing = ", ".join(sorted(set(conids.values()) - set(found)))
        raise NotAnswered(f"no price is shown of {missing}")

    async def snapshot(self, conids: Sequence[int]) -> list[Row]:
        """One look at some contracts, by number: as much as is shown of them, maybe nothing yet."""
        query = {"conids": ",".join(map(str, conids)), "fields": FIELDS}
        answer = await self._transport.get("/iserver/marketdata/snapshot", query)
        return [row for row in as_list(answer, "a snapshot") if isinstance(row, dict)]

    async def unsubscribe(self, conid: int) -> None:
        """Let go of what a snapshot opened; that it was not open does not matter."""
        await self._transport.post("/iserver/marketdata/unsubscribe", {"conid": conid})

    async def conid(self, symbol: str) -> int:
        """The contract's number; NoContract where IBKR has none."""
        return await self._contracts.conid(symbol)

    def shown(self, row: Row, symbol: str) -> Shown | None:
        """What a row says of a symbol; None while it shows no price, NotAnswered for prices that
        this username may not see, or sees delayed.
        """
        availability = str(row.get(AVAILABILITY, ""))
        if availability.startswith("N"):
            raise NotAnswered(f"this username may not see the prices of {symbol}")
        if availability.startswith(("D", "Y")) and not self._takes_delayed:
            raise NotAnswered(f"this username sees the prices of {symbol} delayed")
        return _shown(row, symbol, self._now())

    async def bars(
        self,
        symbol: str,
        timeframe_ns: int,
        limit: int,
        end: int | None = None,
        start: int | None = None,
    ) -> list[Bar]:
        """The newest ``limit`` bars that were closed by ``end`` (ns UTC; now if None) and began at
        ``start`` or later, ascending. InvalidRequest for what is no multiple of a minute.
        """
        wanted = plan(timeframe_ns, limit)
        conid = await self._contracts.conid(symbol)
        until = min(end or self._now(), self._now())
        found: dict[int, Bar] = {}
        before = until
        for _ in range(PAGES_MAX):
            page = await self._page(symbol, conid, wanted, before)
            older = [one for one in page if one.ts < before and one.ts not in found]
            if not older:
                break
            found |= {one.ts: one for one in older}
            before = min(one.ts for one in older)
            closed = _closed(found, timeframe_ns, until)
            # The oldest of a coarser timeframe may lack its beginning, which is on the next page.
            if len(closed) > limit or (len(closed) == limit and wanted.bar_ns == timeframe_ns):
                break
            if start is not None and before <= start:
                break
        closed = _closed(found, timeframe_ns, until)[-limit:]
        return [one for one in closed if start is None or one.ts >= start]

    async def _page(self, symbol: str, conid: int, wanted: Plan, before: int) -> list[Bar]:
        """One answer's bars, those that began before ``before``."""
        start = datetime.fromtimestamp(before // NANOSECONDS, UTC).strftime("%Y%m%d-%H:%M:%S")
        query: dict[str, str | int] = {
            "conid": conid,
            "period": wanted.period,
            "bar": wanted.bar,
            "startTime": start,
            "outsideRth": "false",
        }
        async with self._history:
            answer = await self._transport.get("/iserver/marketdata/history", query)
        if "no data" in answer.error.lower():
            return []
        told = as_object(answer, f"bars of {symbol}")
        rows = [one for one in told.get("data") or [] if isinstance(one, dict)]
        return [bar for row in rows if (bar := _bar(row, symbol, wanted.bar_ns))]


def _shown(row: Row, symbol: str, now: int) -> Shown | None:
    """What a row says of a symbol; None while it shows no price."""
    last, bid, ask = amount(row.get(LAST)), amount(row.get(BID)), amount(row.get(ASK))
    if last is None and (bid is None or ask is None):
        return None
    at = moment(row.get("_updated")) or now
    low, high = bid or last or ask, ask or last or bid
    if low is None or high is None:
        return None
    sizes = number(row.get(BID_SIZE)), number(row.get(ASK_SIZE))
    mark = prefix(row.get(LAST, ""))
    return Shown(Quote(symbol, at, low, high, *sizes, last), "H" in mark, "C" in mark)


def _bar(row: Row, symbol: str, length: int) -> Bar | None:
    ts = moment(row.get("t"))
    opened, high, low, close = (number(row.get(name)) for name in "ohlc")
    if ts is None or opened is None or high is None or low is None or close is None:
        return None
    return Bar(symbol, length, ts, opened, high, low, close, number(row.get("v")) or ZERO)


def _closed(found: dict[int, Bar], timeframe_ns: int, until: int) -> list[Bar]:
    """Bars in the wanted timeframe that were whole by ``until``, ascending."""
    buckets: dict[int, list[Bar]] = {}
    for ts in sorted(found):
        one = found[ts]
        start = ts if one.timeframe_ns == timeframe_ns else bucket_start(ts, timeframe_ns)
        buckets.setdefault(start, []).append(one)
    return [
        _joined(parts, start, timeframe_ns)
        for start, parts in buckets.items()
        if start + timeframe_ns <= until
    ]


def _joined(parts: list[Bar], start: int, length: int) -> Bar:
    """One bar of its parts, in their order."""
    return Bar(
        parts[0].symbol,
        length,
        start,
        parts[0].open,
        max(one.high for one in parts),
        min(one.low for one in parts),
        parts[-1].close,
        sum((one.volume for one in parts), ZERO),
    )
