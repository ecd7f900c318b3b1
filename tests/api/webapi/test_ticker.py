"""Fields of the market: decorated or plain, from bars or quotes, absent where nobody knows them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from api.webapi.contracts import Contract
from api.webapi.days import Days
from api.webapi.manners import FRIENDLY, STRICT, Manner
from api.webapi.ticker import KNOWN_FIELDS, Ticker
from engine.accounts import Account
from engine.instruments import Instrument
from engine.market.board import Board
from engine.market.timeframes import DAY_NS, HOUR_NS
from tests.api.webapi.boards import MONDAY_NS, at, hourly, quotes

TUESDAY = MONDAY_NS + DAY_NS
ACCOUNT = Account("A", "USD", "paper")


def ticker(board: Board, manner: Manner = FRIENDLY) -> Ticker:
    return Ticker(board, Days(board), Contract(Instrument("AAPL")), manner, ACCOUNT)


def test_a_day_is_compared_with_the_close_before() -> None:
    board = at(TUESDAY + 16 * HOUR_NS, hourly(3))
    told = ticker(board).fields(["31", "7296", "7741", "82", "83", "70", "71", "7295", "87"])
    assert told == {
        "31": "215.00",
        "7296": "120.00",
        "7741": "120.00",
        "82": "95.00",
        "83": "79.17",
        "70": "216.00",
        "71": "213.00",
        "7295": "213.50",
        "87": "20",
    }
    assert ticker(board, STRICT).fields(["83"]) == {"83": "79.17%"}


def test_yesterdays_price_is_marked_where_that_is_the_manner() -> None:
    board = at(TUESDAY + 3 * HOUR_NS, hourly(3))
    assert ticker(board, STRICT).fields(["31", "87"]) == {"31": "C120.00"}
    assert ticker(board).fields(["31", "87"]) == {"31": "120.00"}


def test_quotes_have_sizes_and_a_market_of_quotes_has_no_volume() -> None:
    board = at(TUESDAY, quotes(TUESDAY))
    fields = ["31", "84", "85", "86", "87", "88", "7059", "7296", "70"]
    known = {"31": "100", "84": "99.90", "85": "700", "86": "100.10", "88": "1300"}
    told = ticker(board).fields(fields)
    assert {name: Decimal(value) for name, value in told.items()} == {
        name: Decimal(value) for name, value in known.items()
    }
    assert ticker(board, STRICT).fields(["88"]) == {"88": "1,300"}


def test_nothing_is_told_before_the_market_shows_anything() -> None:
    told = ticker(at(MONDAY_NS, hourly(1))).fields(KNOWN_FIELDS)
    assert set(told) == {"55", "6004", "6008", "6070", "7051", "7221"}


@pytest.mark.parametrize("hour", [15, 18, 21])
def test_a_day_is_the_same_looked_at_once_or_every_hour(hour: int) -> None:
    bars = hourly(3)
    board = at(MONDAY_NS, bars)
    days = Days(board)
    for step in range(1, 24 + hour):
        board.now = MONDAY_NS + step * HOUR_NS
        days.of("AAPL")
    assert days.of("AAPL") == Days(board).of("AAPL")
