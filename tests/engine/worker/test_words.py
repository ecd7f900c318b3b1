"""What a worker writes is taken exactly, or refused by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from engine.errors import InvalidRequest
from engine.values import OrderType, Side
from engine.worker.words import instant_ns, interval_ns, number, word


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (1, "1"),
        ("1.10", "1.10"),
        (Decimal("2.5"), "2.5"),
        (0.1, "0.1"),
        (1e-7, "1E-7"),
        (100.0, "100.0"),
        (np.float64(0.3), "0.3"),
        (np.int64(7), "7"),
    ],
)
def test_a_number_is_the_shortest_decimal_that_names_it(value: Any, meant: str) -> None:
    assert str(number("quantity", value)) == meant


@pytest.mark.parametrize(
    "value", [True, None, "ten", "", float("nan"), float("inf"), Decimal("NaN"), [1], "Infinity"]
)
def test_what_is_no_number_is_refused_by_its_fields_name(value: Any) -> None:
    with pytest.raises(InvalidRequest, match=r"limit_price is .*; expected a number"):
        number("limit_price", value)


def test_words_are_taken_in_any_letter_case() -> None:
    assert word("side", "buy", Side) is Side.BUY
    assert word("side", Side.SELL, Side) is Side.SELL
    assert word("order_type", "Stop_Limit", OrderType) is OrderType.STOP_LIMIT
    with pytest.raises(InvalidRequest, match=r"side is 'hold'; expected one of BUY, SELL"):
        word("side", "hold", Side)
    with pytest.raises(InvalidRequest, match="side is 'None'"):
        word("side", None, Side)


@pytest.mark.parametrize(
    ("value", "ns"),
    [
        ("500ms", 500_000_000),
        ("5s", 5_000_000_000),
        ("1.5m", 90_000_000_000),
        (" 4H ", 14_400_000_000_000),
        ("1d", 86_400_000_000_000),
        ("1w", 604_800_000_000_000),
        (30, 30_000_000_000),
        (0.5, 500_000_000),
        (timedelta(minutes=2), 120_000_000_000),
    ],
)
def test_a_length_of_time_is_text_seconds_or_a_timedelta(value: Any, ns: int) -> None:
    assert interval_ns(value) == ns


@pytest.mark.parametrize("value", ["", "5", "5x", "soon", 0, -1, timedelta(0)])
def test_a_length_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(InvalidRequest, match="interval is "):
        interval_ns(value)


def test_a_moment_is_ns_or_a_datetime_and_naive_means_utc() -> None:
    aware = datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert instant_ns("start", aware) == instant_ns("start", aware.replace(tzinfo=None)) == 10**9
    assert instant_ns("start", 5) == 5
    assert instant_ns("start", None) is None
    with pytest.raises(InvalidRequest, match="start is 'monday'; expected a datetime"):
        instant_ns("start", "monday")  # type: ignore[arg-type]  # what a worker may well write
