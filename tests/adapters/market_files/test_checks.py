"""Rows that can't be true are refused, the first of them by name."""

import numpy as np
import pytest

from adapters.market_files.checks import check
from adapters.market_files.errors import Fault
from adapters.market_files.layout import Kind
from adapters.market_files.numerals import Column

GOOD = {"open": 10, "high": 12, "low": 9, "close": 11, "volume": 5}


def table(*rows: dict[str, int]) -> dict[str, Column]:
    return {role: np.array([row[role] for row in rows], np.int64) for role in rows[0]}


def fault(kind: Kind, ts: list[int], *rows: dict[str, int]) -> Fault:
    with pytest.raises(Fault) as caught:
        check(kind, np.array(ts, np.int64), table(*rows))
    return caught.value


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"open": 0}, "open is not above zero"),
        ({"low": -1}, "low is not above zero"),
        ({"high": 8}, "high is below low"),
        ({"open": 13}, "high is below open"),
        ({"close": 13}, "high is below close"),
        ({"low": 11, "close": 12}, "low is above open"),
        ({"low": 11, "open": 11, "close": 10}, "low is above close"),
        ({"volume": -1}, "volume is below zero"),
    ],
)
def test_a_bar_that_can_not_be_true_is_refused(change: dict[str, int], message: str) -> None:
    found = fault("bars", [1, 2], GOOD, {**GOOD, **change})
    assert (found.row, found.message) == (1, message)


def test_bars_go_strictly_forward() -> None:
    assert "before the row above" in fault("bars", [1, 3, 2], GOOD, GOOD, GOOD).message
    assert "same as in the row above" in fault("bars", [1, 1], GOOD, GOOD).message


def test_quotes_may_share_a_time_but_not_cross() -> None:
    quote = {"bid": 10, "ask": 11, "bid_size": 0, "ask_size": 0}
    check("quotes", np.array([1, 1], np.int64), table(quote, quote))
    assert fault("quotes", [1], {**quote, "bid": 12}).message == "bid is above ask"
    assert fault("quotes", [1], {**quote, "bid": 0}).message == "bid is not above zero"
    assert fault("quotes", [1], {**quote, "bid": -2, "ask": 0}).row == 0
    assert fault("quotes", [1], {**quote, "ask_size": -1}).message == "ask_size is below zero"


def test_the_first_row_that_is_wrong_is_the_fault() -> None:
    found = fault("bars", [1, 2, 3], GOOD, {**GOOD, "volume": -1}, {**GOOD, "open": 0})
    assert (found.row, found.message) == (1, "volume is below zero")


def test_a_volume_that_can_not_be_added_up_is_refused() -> None:
    huge = {**GOOD, "volume": 2**62}
    assert "adds up to more than 64 bits" in fault("bars", [1, 2], huge, huge).message


def test_a_file_without_rows_is_refused() -> None:
    with pytest.raises(Fault, match="there are no rows"):
        check("bars", np.array([], np.int64), {})
