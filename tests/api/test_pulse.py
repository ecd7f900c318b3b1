"""A pulse beats beside a loop, and a glance is a look at a run from outside."""

import time
from decimal import Decimal

from api.pulse import Glance, Pulse
from tests.adapters.brokers.simulator.kit import Market, bars_of


def test_it_beats_some_times_a_second_and_once_more_at_the_end() -> None:
    beats: list[int] = []
    with Pulse([lambda: beats.append(1)], interval_s=0.01):
        time.sleep(0.2)
        during = len(beats)
    assert during > 2
    assert len(beats) > during
    slow: list[int] = []
    with Pulse([lambda: slow.append(1)], interval_s=60):
        pass
    assert slow == [1]


def test_a_glance_tells_where_the_run_is_and_what_the_account_is_worth() -> None:
    market = Market(bars_of(["10 10 10 10", "11 11 11 11", "12 12 12 12"]))
    account = market.engine.account(market.account)
    assert Glance.of(market.backtest, account)[:3] == (0, 3, 0)
    market.step().buy(10)
    market.step(2)
    glance = Glance.of(market.backtest, account)
    assert (glance.position, glance.total, glance.rows) == (3, 3, 3)
    assert (glance.equity, glance.currency) == (Decimal(1_000_010), "USD")
    assert glance.now == market.engine.now


def test_equity_that_can_not_be_said_is_none() -> None:
    market = Market(bars_of(["10 10 10 10"]))
    account = market.engine.account(market.account)
    account.cash["XYZ"] = Decimal(1)
    assert Glance.of(market.backtest, account).equity is None
