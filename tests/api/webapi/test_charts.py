"""Bars of a remote broker in the gateway's answers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from api.refusals import Refusal
from api.webapi.charts import AGAIN_NS, DELAY_NS, Chart, fetched
from api.webapi.contracts import Contract
from api.webapi.history import Wish
from api.webapi.periods import POINTS_MAX, month_start, period
from engine.errors import ProviderUnavailable
from engine.instruments import Instrument
from engine.market.bars import Bar
from engine.market.timeframes import DAY_NS, HOUR_NS, MINUTE_NS
from engine.values import NANOSECONDS
from tests.api.market.quoting import QuotingEnd, Stall, stall

pytestmark = pytest.mark.anyio
CONTRACT = Contract(Instrument("AAPL"))


def last_bars(made: Stall, length: int, count: int) -> list[Bar]:
    """Bars that end with the last whole one."""
    end = made.engine.now // length * length
    price = Decimal("10.25")
    return [
        Bar("AAPL", length, end - (count - i) * length, price, price, price, price, Decimal(7))
        for i in range(count)
    ]


def early_in_a_minute(made: Stall) -> None:
    """Let it be ten seconds past a full minute to come, so that only the test moves time on."""
    made.engine.now = (made.engine.now // MINUTE_NS + 1) * MINUTE_NS + 10 * NANOSECONDS


async def test_a_wish_is_answered_from_what_the_broker_has_of_it() -> None:
    far = QuotingEnd()
    async with stall(far) as made:
        bars = last_bars(made, MINUTE_NS, 3)
        far.on_bars = lambda _symbol: bars
        wish = Wish(period("1h"), "1min")
        answer = (await fetched(made.remote, "AAPL", wish)).answer(CONTRACT, "1h", wish)
        assert [row["t"] for row in answer["data"]] == [one.ts // 10**6 for one in bars]
        assert answer["data"][0]["c"] == Decimal("10.25")
        (symbol, length, limit, _, start) = far.bars_asked[0]
        assert (symbol, length) == ("AAPL", MINUTE_NS)
        assert limit == 61
        assert start is not None


async def test_days_reach_back_over_those_on_which_nothing_traded() -> None:
    far = QuotingEnd()
    async with stall(far) as made:
        await fetched(made.remote, "AAPL", Wish(period("2d"), "1h"))
        (_, length, limit, end, start) = far.bars_asked[0]
        assert length == HOUR_NS
        assert start is not None
        assert end is not None
        assert end - start > 10 * DAY_NS
        assert limit <= POINTS_MAX


async def test_no_bars_are_no_data() -> None:
    async with stall(QuotingEnd()) as made:
        wish = Wish(period("1h"), "1min")
        with pytest.raises(Refusal):
            (await fetched(made.remote, "AAPL", wish)).answer(CONTRACT, "1h", wish)


async def test_a_chart_goes_on_from_its_last_bar_once_the_next_has_ended() -> None:
    far = QuotingEnd()
    async with stall(far) as made:
        early_in_a_minute(made)
        bars = last_bars(made, MINUTE_NS, 3)
        far.on_bars = lambda _symbol: bars
        wish = Wish(period("1h"), "1min")
        chart = Chart(made.remote, made.desk.board, "AAPL", wish)
        assert (chart.is_ready, chart.is_due) == (False, True)
        await chart.fetch()
        assert (chart.is_ready, chart.is_due) == (True, False)
        assert len(chart.history.answer(CONTRACT, "1h", wish)["data"]) == 3
        made.engine.now += MINUTE_NS + DELAY_NS
        assert chart.is_due
        bars = last_bars(made, MINUTE_NS, 2)
        await chart.fetch()
        assert far.bars_asked[-1][-1] == bars[0].ts, "from the last one on"
        rows = chart.history.since(CONTRACT, wish, bars[0].ts)
        assert sorted(rows) == [one.ts for one in bars]
        assert chart.now == made.engine.now


async def test_a_bar_that_is_late_is_looked_for_once_more_and_a_silent_broker_later() -> None:
    far = QuotingEnd()
    async with stall(far) as made:
        early_in_a_minute(made)
        bars = last_bars(made, MINUTE_NS, 3)
        far.on_bars = lambda _symbol: bars
        chart = Chart(made.remote, made.desk.board, "AAPL", Wish(period("1h"), "1min"))
        await chart.fetch()
        made.engine.now += 2 * MINUTE_NS
        await chart.fetch()
        made.engine.now += AGAIN_NS
        assert chart.is_due
        await chart.fetch()
        far.hangs = {"bars"}
        made.engine.now += MINUTE_NS + DELAY_NS
        with pytest.raises(ProviderUnavailable):
            await chart.fetch()
        assert (chart.is_ready, chart.is_due) == (True, False)
        far.hangs = set()
        far.on_bars = lambda _symbol: []
        made.engine.now += AGAIN_NS
        await chart.fetch()
        assert chart.history.since(CONTRACT, Wish(period("1h"), "1min"), bars[0].ts)


async def test_months_go_on_from_the_first_of_the_last() -> None:
    far = QuotingEnd()
    async with stall(far) as made:
        bars = last_bars(made, DAY_NS, 3)
        far.on_bars = lambda _symbol: bars
        chart = Chart(made.remote, made.desk.board, "AAPL", Wish(period("1y"), "1m"))
        await chart.fetch()
        await chart.fetch()
        assert far.bars_asked[-1][-1] == month_start(bars[-1].ts)
