"""Bars of a remote broker, told once to whoever hears bars."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import pytest

from api.market import candles
from api.streams.limits import StreamLimits
from api.streams.subscriber import Subscriber
from engine.market.bars import Bar
from engine.market.timeframes import MINUTE_NS
from tests.api.lines.far_end import ACCOUNT
from tests.api.market.quoting import LOCAL, QuotingEnd, Stall, stall

pytestmark = pytest.mark.anyio


def newest(made: Stall, symbol: str, later: int = 0) -> Bar:
    """The bar of this minute, or of a later one."""
    price = Decimal(10)
    ts = made.engine.now // MINUTE_NS * MINUTE_NS + later * MINUTE_NS
    return Bar(symbol, MINUTE_NS, ts, price, price, price, price, price)


def show(made: Stall, far: QuotingEnd, *symbols: str) -> None:
    """Have these in use, and quoted."""
    for symbol in symbols:
        made.board.want(symbol)
        far.shown(made.quote(symbol))


async def test_each_bar_is_told_once_to_the_accounts_that_see_it() -> None:
    far = QuotingEnd()
    async with stall(far) as made:
        show(made, far, "AAPL")
        behind, beside = (Subscriber(one, StreamLimits()) for one in (ACCOUNT, LOCAL))
        for each in (behind, beside):
            made.desk.hub.join(each)
        for later in (0, 0, 1):
            far.on_bars = partial(lambda bar, _symbol: [bar], newest(made, "AAPL", later))
            await made.remote.candles.look()
        told = []
        while (event := behind.take()) is not None:
            told.append(event.name)
        assert told == ["candle", "candle"]
        assert beside.take() is None


async def test_while_nobody_listens_nothing_is_asked() -> None:
    far = QuotingEnd()
    async with stall(far) as made:
        show(made, far, "AAPL")
        await made.remote.candles.look()
        assert far.bars_asked == []


async def test_no_more_symbols_are_asked_for_than_leave_room_for_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(candles, "SYMBOLS_MAX", 2)
    far = QuotingEnd()
    async with stall(far) as made:
        show(made, far, "AAPL", "MSFT", "SPY")
        heard: list[Bar] = []
        made.remote.candles.listeners.append(heard.append)
        far.on_bars = lambda symbol: [newest(made, symbol)]
        await made.remote.candles.look()
        assert [one[0] for one in far.bars_asked] == ["SPY", "MSFT"], "what was used last first"
        assert [one.symbol for one in heard] == ["SPY", "MSFT"]


async def test_a_bar_that_does_not_come_holds_up_no_other() -> None:
    far = QuotingEnd()
    async with stall(far) as made:
        show(made, far, "AAPL", "MSFT")
        heard: list[Bar] = []
        made.remote.candles.listeners.append(heard.append)

        def bars(symbol: str) -> list[Bar]:
            if symbol == "AAPL":
                raise ConnectionError("not answered")
            return [newest(made, symbol)]

        far.on_bars = bars
        await made.remote.candles.look()
        assert [one.symbol for one in heard] == ["MSFT"]


async def test_a_minute_whose_bar_comes_late_is_told_with_the_next_one() -> None:
    far = QuotingEnd()
    async with stall(far) as made:
        show(made, far, "AAPL")
        first, late, next_ = (newest(made, "AAPL", later) for later in (-3, -2, -1))
        heard: list[Bar] = []
        asking = candles.Candles(made.desk, made.remote, since=first.ts)
        asking.listeners.append(heard.append)
        for known in ([first], [first], [first, late, next_]):
            far.on_bars = partial(lambda known, _symbol: since(far, known), known)
            await asking.look()
        assert [one.ts for one in heard] == [first.ts, late.ts, next_.ts]


async def test_bars_that_ended_while_nobody_listened_are_not_told_later() -> None:
    far = QuotingEnd()
    async with stall(far) as made:
        show(made, far, "AAPL")
        heard: list[Bar] = []
        asking = candles.Candles(made.desk, made.remote, since=made.engine.now - 30 * MINUTE_NS)
        await asking.look()
        asking.listeners.append(heard.append)
        far.on_bars = lambda _symbol: [newest(made, "AAPL", -5), newest(made, "AAPL")]
        await asking.look()
        assert [one.ts for one in heard] == [newest(made, "AAPL").ts]
        assert far.bars_asked[-1][2] <= 3


def since(far: QuotingEnd, known: list[Bar]) -> list[Bar]:
    """What a broker answers that has these: those of the bounds it was asked within."""
    _, _, limit, _, start = far.bars_asked[-1]
    return [one for one in known if start is None or one.ts >= start][-limit:]
