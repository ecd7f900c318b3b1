"""Bars of a remote broker in the gateway's answers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from api.refusals import Refusal
from api.webapi.charts import fetched
from api.webapi.contracts import Contract
from api.webapi.history import Wish
from api.webapi.periods import POINTS_MAX, period
from engine.instruments import Instrument
from engine.market.bars import Bar
from engine.market.timeframes import DAY_NS, HOUR_NS, MINUTE_NS
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
