"""What is in use is quoted, what is quoted is shown, and what is not answered is unavailable."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal

import pytest

from api.market import remote
from engine.errors import InvalidRequest, ProviderUnavailable, SymbolNotFound
from engine.market.bars import Bar
from engine.market.timeframes import MINUTE_NS
from engine.reports import CashMoved
from engine.requests import OrderRequest
from engine.values import OrderType, Side
from tests.api.lines.far_end import ACCOUNT, FarEnd
from tests.api.market.quoting import QuotingEnd, stall

pytestmark = pytest.mark.anyio
PRICE = Decimal(10)


def bar(ts: int) -> Bar:
    return Bar("AAPL", MINUTE_NS, ts, PRICE, PRICE, PRICE, PRICE, Decimal(1))


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110  any condition of the test's may be meant
            await asyncio.sleep(0.005)


async def test_what_is_ordered_held_as_money_or_named_in_the_settings_is_quoted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remote, "LOOK_S", 0.02)
    far = QuotingEnd()
    async with stall(far, always=["SPY"]) as made:
        assert set(far.wanted) == {"SPY"}
        made.engine.report(CashMoved(ACCOUNT, Decimal(5), "EUR", "deposit"))
        await until(lambda: {"EUR/USD", "USD/EUR"} <= set(far.wanted))
        price = Decimal(90)
        made.board.show(made.quote("EUR/USD", "1.1", "1.1"))
        request = OrderRequest("TSLA", Side.BUY, PRICE, OrderType.LIMIT, limit_price=price)
        made.engine.submit(ACCOUNT, request)
        await until(lambda: "TSLA" in far.wanted)


async def test_the_first_quote_of_a_symbol_is_asked_for_and_waited_for() -> None:
    far = QuotingEnd()
    async with stall(far) as made:
        asked = asyncio.create_task(made.remote.quote("AAPL"))
        await until(lambda: far.wanted == ["AAPL"])
        assert not asked.done()
        shown = made.quote()
        far.shown(shown)
        assert await asked == shown


async def test_a_symbol_that_the_broker_lacks_is_not_waited_for() -> None:
    far = QuotingEnd()
    async with stall(far) as made:
        far.on_want = far.lacks
        with pytest.raises(SymbolNotFound):
            await made.remote.quote("NOSUCH")
        made.board.want("AAPL")
        await until(lambda: "AAPL" in far.wanted)
        assert made.board.is_lacking("NOSUCH")


async def test_a_price_that_does_not_come_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "FIRST_QUOTE_S", 0.05)
    async with stall(QuotingEnd()) as made:
        with pytest.raises(ProviderUnavailable, match="far shows no price of AAPL yet"):
            await made.remote.quote("AAPL")


async def test_while_the_line_is_down_nothing_is_waited_for_and_the_last_price_is_shown() -> None:
    far = QuotingEnd()
    async with stall(far) as made:
        shown = made.quote()
        far.shown(shown)
        far.hangs.add("run")
        far.cut.set()
        await made.fallen()
        async with asyncio.timeout(1):
            assert await made.remote.quote("AAPL") == shown
            with pytest.raises(ProviderUnavailable):
                await made.remote.quote("MSFT")
            with pytest.raises(ProviderUnavailable, match="no bars of AAPL"):
                await made.remote.bars("AAPL", MINUTE_NS)


async def test_what_is_quoted_is_listed_as_exactly_as_it_is_quoted() -> None:
    far = QuotingEnd()
    async with stall(far) as made:
        far.shown(made.quote("EUR/USD", "1.1", "1.2"))
        assert made.engine.instrument("EUR/USD").price_scale == 2
        far.shown(made.quote("EUR/USD", "1.10005", "1.2"))
        assert made.engine.instruments.resolve("EUR/USD").price_scale == 5
        head = made.engine.tape.head
        far.shown(made.quote("EUR/USD", "1.1", "1.2"))
        assert made.engine.tape.head == head


async def test_listeners_hear_what_is_news_and_not_what_is_only_confirmed() -> None:
    far = QuotingEnd()
    async with stall(far) as made:
        heard: list[Decimal] = []
        made.remote.listeners.append(lambda quote: heard.append(quote.bid))
        first = made.quote()
        for shown in (first, first, made.quote(bid="98")):
            far.shown(shown)
        assert heard == [99, 98]


async def test_bars_are_asked_for_within_the_bounds_and_no_more_of_them() -> None:
    far = QuotingEnd(on_bars=lambda _symbol: [bar(0), bar(MINUTE_NS), bar(2 * MINUTE_NS)])
    async with stall(far) as made:
        found = await made.remote.bars("AAPL", MINUTE_NS, 0, MINUTE_NS, 50)
        assert [one.ts for one in found] == [0, MINUTE_NS]
        assert far.bars_asked == [("AAPL", MINUTE_NS, 3, 2 * MINUTE_NS, 0)]
        assert await made.remote.bars("AAPL", MINUTE_NS, limit=0) == []
        await made.remote.bars("AAPL", MINUTE_NS)
        assert far.bars_asked[-1][2] == remote.WITHOUT_LIMIT


@pytest.mark.parametrize(
    ("raised", "becomes"),
    [
        (SymbolNotFound("AAPL"), SymbolNotFound),
        (InvalidRequest("timeframe", "1 ns", "a multiple of a minute"), InvalidRequest),
        (ValueError("not a number: 'garbage'"), ProviderUnavailable),
        (ConnectionError("not answered"), ProviderUnavailable),
    ],
)
async def test_what_the_broker_raises_becomes_an_answer(
    raised: Exception, becomes: type[Exception]
) -> None:
    far = QuotingEnd()

    def fail(_symbol: str) -> list[Bar]:
        raise raised

    far.on_bars = fail
    async with stall(far) as made:
        with pytest.raises(becomes):
            await made.remote.bars("AAPL", MINUTE_NS)


async def test_bars_that_do_not_come_are_unavailable() -> None:
    far = QuotingEnd(hangs={"bars"})
    async with stall(far) as made:
        with pytest.raises(ProviderUnavailable, match="far gave no bars of AAPL"):
            await made.remote.bars("AAPL", MINUTE_NS)


async def test_a_broker_without_a_market_shows_nothing() -> None:
    async with stall(FarEnd()) as made:
        with pytest.raises(ProviderUnavailable):
            await made.remote.quote("AAPL")
        with pytest.raises(ProviderUnavailable):
            await made.remote.bars("AAPL", MINUTE_NS)
