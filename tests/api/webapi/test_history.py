"""Bars over days, gaps and months: counted in days that traded, and never past now."""

from __future__ import annotations

from typing import Any

import pytest

from api.refusals import Refusal
from api.webapi.contracts import Contract
from api.webapi.history import History, Wish, server_id
from api.webapi.periods import POINTS_MAX, period
from engine.conids import BROKER
from engine.instruments import Instrument
from engine.market.board import Board
from engine.market.timeframes import DAY_NS, HOUR_NS
from tests.api.webapi.boards import MONDAY_NS, at, daily, hourly, quotes

CONTRACT = Contract(Instrument("AAPL"))
NOON_FRIDAY = MONDAY_NS + 4 * DAY_NS + 16 * HOUR_NS


def bars(board: Board, span: str, bar: str, **rest: Any) -> list[Any]:
    data = History(board).answer(CONTRACT, span, Wish(period(span), bar, **rest))["data"]
    return [(row["t"] // 1000 - MONDAY_NS // 10**9) // 3600 for row in data]


def test_a_day_reaches_back_to_the_same_hour_of_the_day_that_traded_before() -> None:
    board = at(NOON_FRIDAY, hourly(5, skip=(3,)))
    friday, wednesday = 4 * 24, 2 * 24
    assert bars(board, "1d", "1h") == [
        *(wednesday + hour for hour in range(16, 21)),
        friday + 14,
        friday + 15,
    ]
    assert len(bars(board, "2d", "1h")) == 5 + 7 + 2


def test_contracts_whose_numbers_end_alike_have_histories_of_their_own() -> None:
    one, other = (Contract(Instrument("X", ids={BROKER: each})) for each in ("265598", "165598"))
    assert server_id(one) != server_id(other)


def test_a_period_longer_than_the_data_gives_them_all() -> None:
    board = at(NOON_FRIDAY, hourly(5))
    assert len(bars(board, "30d", "1h")) == 4 * 7 + 2
    assert len(bars(board, "1w", "1d")) == 5


def test_days_are_made_of_daily_bars_as_well() -> None:
    board = at(MONDAY_NS + 40 * DAY_NS, daily(60))
    assert bars(board, "5d", "1d") == [day * 24 for day in range(35, 40)]
    assert bars(board, "1m", "1m") == [-12 * 24, 19 * 24]
    with pytest.raises(Refusal):
        bars(board, "1d", "1h")


def test_no_more_than_a_thousand_bars_come_the_newest_or_from_a_start_the_oldest() -> None:
    board = at(MONDAY_NS + 1_200 * DAY_NS, daily(1_300))
    newest = bars(board, "4y", "1d")
    assert (len(newest), newest[-1]) == (POINTS_MAX, 1_199 * 24)
    oldest = bars(board, "4y", "1d", anchor=MONDAY_NS, forward=True)
    assert (len(oldest), oldest[0]) == (POINTS_MAX, 0)


def test_an_anchor_in_the_future_is_now() -> None:
    board = at(MONDAY_NS + 10 * DAY_NS, daily(20))
    assert bars(board, "3d", "1d", anchor=MONDAY_NS + 19 * DAY_NS) == [168, 192, 216]


def test_a_market_of_quotes_has_no_bars() -> None:
    with pytest.raises(Refusal) as refused:
        bars(at(NOON_FRIDAY, quotes(NOON_FRIDAY)), "1d", "1h")
    assert (refused.value.status, refused.value.error.message) == (500, "No data.")
