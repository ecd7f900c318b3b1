"""Candles straight from the columns are what the exact way round would have made of them."""

import pytest

from api.streams.market import digits, events_of_step, row_of
from api.trading import render
from engine.backtest import Step
from engine.market.bars import Bars
from engine.market.quotes import Quotes
from tests.api.served import MINUTE_NS, START_NS, bars


@pytest.mark.parametrize(
    ("value", "scale", "text"),
    [
        (0, 0, "0"),
        (0, 2, "0.00"),
        (5, 2, "0.05"),
        (-5, 2, "-0.05"),
        (12345, 2, "123.45"),
        (-12345, 4, "-1.2345"),
        (99, 0, "99"),
        (7, 12, "0.000000000007"),
    ],
)
def test_a_scaled_integer_is_written_with_all_its_digits(value: int, scale: int, text: str) -> None:
    assert digits(value, scale) == text


@pytest.mark.parametrize("scale", [0, 2, 5])
def test_a_row_is_the_bar_that_it_stands_for(scale: int) -> None:
    series = Bars("EUR/USD", MINUTE_NS, scale, 3)
    series.append(START_NS, 10_834, 10_840, 7, 10_839, 1_234_567)
    series.append(START_NS + MINUTE_NS, 0, 0, 0, 0, 0)
    for row in range(2):
        assert row_of(series, row, "file") == render.bar(series.bar(row), "file")


def test_a_step_shows_its_rows_in_order_under_its_number() -> None:
    quotes = Quotes("MSFT", 2)
    quotes.append(START_NS + MINUTE_NS, 100, 102, 5, 6)
    step = Step(START_NS + MINUTE_NS, [(0, 0), (1, 0)])
    events = events_of_step(step, [bars("AAPL", 1), quotes], 7, "file")
    assert [(each.id, each.name) for each in events] == [
        ("mkt_7_0", "candle"),
        ("mkt_7_1", "quote"),
    ]
    assert '"bid":"1.00","ask":"1.02"' in events[1].text
    assert all('"timestamp":"2023-11-14T22:14:00Z"' in each.text for each in events)
