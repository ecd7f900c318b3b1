"""Commission models: their figures, their bounds, and the words they are asked for with."""

from __future__ import annotations

from decimal import Decimal

import pytest

from adapters.brokers.simulator.commission import parse_commission
from engine.instruments import Instrument
from engine.values import Side
from tests.adapters.brokers.simulator.kit import Market, rule

QUIET = "100 101 99 100"


@pytest.mark.parametrize(
    ("text", "side", "quantity", "price", "cost"),
    [
        ("none", "BUY", 100, "25", "0"),
        ("percent:0.1", "BUY", 100, "25", "2.5"),
        ("per-share:0.005", "BUY", 100, "25", "0.5"),
        ("per-share:0.005,min=1", "BUY", 100, "25", "1"),
        ("per-share:0.005,min=1,max=3", "BUY", 1000, "25", "3"),
        ("per-share:0.005,min=1,max=1%", "BUY", 1000, "0.25", "2.5"),
        ("per-share:0.005,max=1%,min=1", "BUY", 10, "0.20", "0.02"),
        ("ibkr-fixed", "BUY", 100, "25", "1"),
        ("ibkr-fixed", "BUY", 1000, "25", "5"),
        ("ibkr-fixed", "BUY", 1000, "0.25", "2.5"),
        ("ibkr-fixed", "SELL", 1000, "25", "5.87"),
        ("ibkr-tiered", "BUY", 1000, "25", "3.70"),
        ("ibkr-tiered", "BUY", 10, "25", "0.352"),
        ("alpaca", "BUY", 1000, "25", "0"),
        ("alpaca", "SELL", 1000, "25", "0.87"),
        ("alpaca", "SELL", 100_000, "25", "77.80"),
    ],
)
@rule("commission")
def test_each_model_costs_what_it_says(
    text: str, side: str, quantity: int, price: str, cost: str
) -> None:
    model = parse_commission(text)
    amount = model.total(Side(side), Decimal(quantity), quantity * Decimal(price))
    assert amount == Decimal(cost)


@rule("commission-minimum")
def test_a_minimum_is_charged_once_however_many_fills_an_order_takes() -> None:
    rows = [QUIET, *["100 101 99 100 1000"] * 4]
    market = Market(rows, participation=Decimal("0.1"), commission="per-share:0.005,min=1.2").step()
    market.buy(400)
    market.to_the_end()
    assert [Decimal(paid) for paid in market.commissions()] == [
        Decimal("1.2"),
        Decimal(0),
        Decimal("0.3"),
        Decimal("0.5"),
    ]


def test_commission_leaves_the_cash_of_the_account() -> None:
    market = Market([QUIET, QUIET], commission="percent:0.1").step()
    market.buy(10)
    market.step()
    assert market.cash() == 1_000_000 - 1000 - 1


def test_commission_counts_the_multiplier() -> None:
    instrument = Instrument("AAPL", multiplier=Decimal(50))
    market = Market([QUIET, QUIET], commission="percent:0.1", instrument=instrument).step()
    market.buy(1)
    market.step()
    assert [Decimal(paid) for paid in market.commissions()] == [5]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "free",
        "percent",
        "percent:-1",
        "percent:x",
        "percent:nan",
        "per-share:",
        "per-share:1,least=2",
        "per-share:1,min=1,min=2",
        "per-share:1,max=",
    ],
)
def test_an_unknown_model_is_refused_with_those_that_exist(text: str) -> None:
    with pytest.raises(ValueError, match=r"commission: .*expected none, percent:0.1, per-share"):
        parse_commission(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("none", "none"),
        ("percent:0.1", "0.1 % of the value"),
        ("per-share:0.005", "0.005 a unit"),
        ("per-share:0.005,min=1,max=2", "at least 1 an order, at most 2 an order"),
        ("ibkr-fixed", "at most 1 % of its value; on sales SEC fee 0.0000278"),
        ("ibkr-tiered", "clearing 0.0002 a share; first volume tier always"),
        ("alpaca", "figures of 2025-01-01"),
    ],
)
def test_a_model_tells_its_figures(text: str, words: str) -> None:
    assert words in parse_commission(text).describe()
