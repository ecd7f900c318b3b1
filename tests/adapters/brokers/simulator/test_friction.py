"""Spread and slippage: who pays them, how they round, and where a limit holds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.instruments import Instrument
from tests.adapters.brokers.simulator.kit import Market, rule

QUIET = "100 101 99 100"


@rule("spread")
def test_takers_pay_half_the_spread() -> None:
    market = Market([QUIET, QUIET], spread_bps=Decimal(20)).step()
    market.buy(10)
    market.sell(5)
    market.sell(5, "stop", stop_price="99.5")
    market.step()
    assert market.fills() == [(1, "10", "100.10"), (1, "5", "99.90"), (1, "5", "99.40")]


@rule("slippage")
@pytest.mark.parametrize(
    ("options", "bought", "sold"),
    [
        ({"slippage_bps": Decimal(5)}, "100.05", "99.95"),
        ({"slippage_ticks": 3}, "100.03", "99.97"),
        ({"slippage_bps": Decimal(5), "slippage_ticks": 3}, "100.08", "99.92"),
    ],
)
def test_takers_pay_slippage_in_bps_and_in_ticks(
    options: dict[str, Any], bought: str, sold: str
) -> None:
    market = Market([QUIET, QUIET], **options).step()
    market.buy(10)
    market.sell(10)
    market.step()
    assert market.fills() == [(1, "10", bought), (1, "10", sold)]


def test_a_tick_is_the_instruments_where_it_declares_one() -> None:
    instrument = Instrument("AAPL", tick=Decimal("0.25"))
    market = Market([QUIET, QUIET], instrument=instrument, slippage_ticks=1).step()
    market.buy(10)
    market.step()
    assert market.fills() == [(1, "10", "100.25")]


@rule("rounding")
def test_a_worsened_price_is_rounded_against_the_trader() -> None:
    market = Market([QUIET, QUIET], slippage_bps=Decimal("0.01")).step()
    market.buy(10)
    market.sell(10)
    market.buy(10, "stop", stop_price="100.501")
    market.step()
    assert [price for _, _, price in market.fills()] == ["100.01", "99.99", "100.52"]


@rule("limit-held")
def test_a_limit_that_takes_is_worsened_up_to_its_limit() -> None:
    market = Market([QUIET, QUIET], slippage_bps=Decimal(50)).step()
    market.buy(10, "limit", limit_price="100.2")
    market.buy(10, "limit", limit_price="102")
    market.buy(10, "stop-limit", stop_price="100.5", limit_price="100.6")
    market.step()
    assert [price for _, _, price in market.fills()] == ["100.2", "100.50", "100.6"]


@rule("maker")
def test_a_limit_that_rested_is_a_maker_and_pays_neither() -> None:
    rows = [QUIET, QUIET, "98 99 97 98"]
    market = Market(rows, slippage_bps=Decimal(50), spread_bps=Decimal(10)).step()
    market.buy(10, "limit", limit_price="99")
    market.buy(10, "limit", limit_price="98.5")
    market.buy(10, "limit", limit_price="100")
    market.buy(10)
    market.step(2)
    assert market.fills()[0] == (1, "10", "99")
    assert market.fills()[-1] == (2, "10", "98.00")
    assert market.makers() == [True, False, False, True]
