"""Which period and bar are asked for."""

from __future__ import annotations

import pytest

from adapters.brokers.ibkr_web.periods import BARS, PERIODS, plan
from engine.errors import InvalidRequest
from engine.market.timeframes import DAY_NS, HOUR_NS, MINUTE_NS, TIMEFRAMES, WEEK_NS

ROWS = {name: (shortest, longest) for name, _, shortest, longest in PERIODS}


@pytest.mark.parametrize("timeframe", sorted(TIMEFRAMES.values()))
@pytest.mark.parametrize("limit", [1, 10, 500, 5_000])
def test_every_timeframe_is_asked_for_within_the_gateways_table(timeframe: int, limit: int) -> None:
    found = plan(timeframe, limit)
    shortest, longest = ROWS[found.period]
    assert shortest <= BARS[found.bar] <= longest
    assert timeframe % found.bar_ns == 0


@pytest.mark.parametrize(
    ("timeframe", "limit", "period", "bar"),
    [
        (MINUTE_NS, 30, "1h", "1min"),
        (MINUTE_NS, 5_000, "1d", "1min"),
        (5 * MINUTE_NS, 100, "1d", "5min"),
        (HOUR_NS, 200, "1m", "1h"),
        (12 * HOUR_NS, 10, "1w", "4h"),
        (DAY_NS, 300, "1y", "1d"),
        (WEEK_NS, 500, "15y", "1w"),
    ],
)
def test_the_shortest_period_that_holds_enough_is_asked_for(
    timeframe: int, limit: int, period: str, bar: str
) -> None:
    found = plan(timeframe, limit)
    assert (found.period, found.bar) == (period, bar)


def test_seconds_are_not_to_be_had() -> None:
    with pytest.raises(InvalidRequest, match="multiple of a minute"):
        plan(1_000_000_000, 10)
