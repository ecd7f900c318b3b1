"""Quotes that need several askings, and bars from several pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from adapters.brokers.ibkr_web import tls
from adapters.brokers.ibkr_web.contracts import Contracts
from adapters.brokers.ibkr_web.errors import NotAnswered
from adapters.brokers.ibkr_web.market import TRIES, Market
from adapters.brokers.ibkr_web.pacing import Pacing
from adapters.brokers.ibkr_web.transport import Transport
from engine.market.timeframes import HOUR_NS, MINUTE_NS
from tests.adapters.brokers.ibkr_web.gateway import AAPL, Gateway
from tests.adapters.brokers.ibkr_web.line import served
from tests.builders import dec

pytestmark = pytest.mark.anyio
SNAPSHOT, HISTORY = "/iserver/marketdata/snapshot", "/iserver/marketdata/history"
PREFLIGHT = [{"conid": AAPL, "conidEx": str(AAPL)}]
START_MS = 1_775_053_800_000 // 43_200_000 * 43_200_000
NOW_NS = (START_MS + 24 * 3_600_000) * 1_000_000


@asynccontextmanager
async def market(gateway: Gateway, now_ns: int = NOW_NS) -> AsyncIterator[Market]:
    """The market of one gateway, at a time of the test's."""
    async with served(gateway) as (url, _):
        transport = Transport(url, Pacing(0.001), tls.context(""))
        try:
            yield Market(transport, Contracts(transport), lambda: now_ns, 0.001)
        finally:
            await transport.close()


def row(**fields: Any) -> list[dict[str, Any]]:
    """A snapshot of AAPL."""
    tags = {name.removeprefix("t"): value for name, value in fields.items()}
    return [{**PREFLIGHT[0], "_updated": 1775053800000, **tags}]


def bar(minute: int, price: float = 10.0, volume: float = 1.0) -> dict[str, Any]:
    """A bar that starts so many minutes after the start."""
    t = START_MS + minute * 60_000
    return {"o": price, "h": price + 1, "l": price - 1, "c": price, "v": volume, "t": t}


async def test_a_snapshot_is_asked_for_until_it_shows_a_price() -> None:
    gateway = Gateway()
    gateway.lay(SNAPSHOT, PREFLIGHT, row(), row(t84="168.40", t88="1,300"), row(t86="168.44"))
    async with market(gateway) as shown:
        quote = await shown.quote("AAPL")
    assert (quote.bid, quote.ask) == (dec("168.40"), dec("168.44"))
    assert (quote.bid_size, quote.ask_size, quote.last) == (dec(1300), None, None)
    assert quote.ts == 1775053800000 * 1_000_000


async def test_a_price_of_yesterday_or_of_a_halt_says_so() -> None:
    gateway = Gateway()
    gateway.lay(SNAPSHOT, row(t31="C168.42"), row(t31="H168.42"))
    async with market(gateway) as shown:
        closed = (await shown.quotes(["AAPL"]))["AAPL"]
        halted = (await shown.quotes(["AAPL"]))["AAPL"]
    assert (closed.quote.last, closed.is_stale, closed.is_halted) == (dec("168.42"), True, False)
    assert (halted.is_stale, halted.is_halted) == (False, True)


async def test_a_price_that_never_comes_is_not_answered() -> None:
    gateway = Gateway()
    gateway.lay(SNAPSHOT, *[PREFLIGHT] * TRIES)
    async with market(gateway) as shown:
        with pytest.raises(NotAnswered, match="no price is shown of AAPL"):
            await shown.quote("AAPL")


async def test_prices_that_the_username_may_not_see_are_not_waited_for() -> None:
    gateway = Gateway()
    gateway.lay(SNAPSHOT, [{**PREFLIGHT[0], "6509": "N"}])
    async with market(gateway) as shown:
        with pytest.raises(NotAnswered, match="may not see"):
            await shown.quote("AAPL")


async def test_bars_come_in_pages_until_there_are_enough() -> None:
    gateway = Gateway()
    gateway.lay(HISTORY, {"data": [bar(n) for n in range(1430, 1440)]})
    gateway.lay(HISTORY, {"data": [bar(n) for n in range(1420, 1432)]})
    async with market(gateway) as shown:
        bars = await shown.bars("AAPL", MINUTE_NS, 15)
    assert [one.ts for one in bars] == [
        (START_MS + n * 60_000) * 1_000_000 for n in range(1425, 1440)
    ]
    pages = gateway.asked(HISTORY)
    assert [one["period"] for one in pages] == ["1h", "1h"]
    assert pages[0]["startTime"] > pages[1]["startTime"]


async def test_a_bar_that_still_forms_is_left_out() -> None:
    gateway = Gateway()
    gateway.lay(HISTORY, {"data": [bar(1438), bar(1439), bar(1440)]}, {"data": []})
    now = NOW_NS + 30 * 1_000_000_000
    async with market(gateway, now) as shown:
        bars = await shown.bars("AAPL", MINUTE_NS, 10)
    assert [one.ts // 1_000_000 for one in bars] == [bar(1438)["t"], bar(1439)["t"]]


async def test_a_timeframe_that_the_gateway_lacks_is_made_of_shorter_bars() -> None:
    gateway = Gateway()
    fours = [bar(hour * 60, 10.0 + hour, 1.5) for hour in (12, 16, 20)]
    gateway.lay(HISTORY, {"data": fours}, {"error": "No data."})
    async with market(gateway) as shown:
        (made,) = await shown.bars("AAPL", 12 * HOUR_NS, 5)
    assert (made.ts // 1_000_000, made.volume) == (START_MS + 12 * 3_600_000, dec("4.5"))
    assert (made.open, made.high, made.low, made.close) == (dec(22), dec(31), dec(21), dec(30))


async def test_no_data_are_no_bars_and_a_failure_is_not_answered() -> None:
    gateway = Gateway()
    gateway.lay(HISTORY, {"error": "No data."}, {"error": "Chart data unavailable"}, status=500)
    async with market(gateway) as shown:
        assert await shown.bars("AAPL", MINUTE_NS, 5) == []
        with pytest.raises(NotAnswered):
            await shown.bars("AAPL", MINUTE_NS, 5)
