"""The gateway's words for orders, and ours."""

from __future__ import annotations

import pytest

from adapters.brokers.ibkr_web import words
from engine.values import OrderType, RejectReason, Side, Status, TimeInForce


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("PendingSubmit", Status.OPEN),
        ("PreSubmitted", Status.OPEN),
        ("Submitted", Status.OPEN),
        ("WarnState", Status.OPEN),
        ("PendingCancel", Status.PENDING_CANCEL),
        ("PreCancelled", Status.PENDING_CANCEL),
        ("Filled", Status.FILLED),
        ("Cancelled", Status.CANCELLED),
        ("Inactive", Status.REJECTED),
    ],
)
def test_every_status_of_the_gateway_has_one_of_ours(word: str, status: Status) -> None:
    assert words.status(word, has_filled=False, reason="") is status


def test_a_status_nobody_knows_is_none() -> None:
    assert words.status("Sleeping", has_filled=False, reason="") is None


def test_an_order_that_traded_is_partly_filled_and_was_never_turned_down() -> None:
    assert words.status("Submitted", has_filled=True, reason="") is Status.PARTIALLY_FILLED
    assert words.status("Inactive", has_filled=True, reason="") is Status.CANCELLED
    told = words.status("Cancelled", has_filled=True, reason="Order rejected")
    assert told is Status.CANCELLED


@pytest.mark.parametrize("word", ["B", "BUY", "Buy", "BOT", "b"])
def test_a_buy_has_many_names(word: str) -> None:
    assert words.side(word) is Side.BUY


@pytest.mark.parametrize("word", ["S", "SELL", "SLD"])
def test_a_sell_has_many_names(word: str) -> None:
    assert words.side(word) is Side.SELL


def test_no_side_is_none() -> None:
    assert words.side("") is None


@pytest.mark.parametrize("word", ["STOP_LIMIT", "Stop Limit", "STP LMT", "STPLMT", "STP_LMT"])
def test_a_stop_limit_has_many_spellings(word: str) -> None:
    assert words.order_type(word, has_price=True) is OrderType.STOP_LIMIT


def test_a_type_that_we_lack_is_told_as_the_nearest() -> None:
    assert words.order_type("MIDPRICE", has_price=True) is OrderType.LIMIT
    assert words.order_type("MOC", has_price=False) is OrderType.MARKET


def test_whatever_ends_with_the_day_is_day() -> None:
    assert words.time_in_force("CLOSE") is TimeInForce.DAY
    assert words.time_in_force("OPG") is TimeInForce.DAY
    assert words.time_in_force("gtc") is TimeInForce.GTC


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("YOUR ORDER IS NOT ACCEPTED. ... INITIAL MARGIN", RejectReason.INSUFFICIENT_MARGIN),
        ("Exchange is closed.", RejectReason.MARKET_CLOSED),
        (
            "We cannot accept an order at the limit price you selected",
            RejectReason.INVALID_PRICE,
        ),
        ("size exceeds the Size Limit of 500", RejectReason.INVALID_QUANTITY),
        ("No trading permissions", RejectReason.SYMBOL_NOT_TRADEABLE),
        ("computer says no", RejectReason.UNKNOWN),
    ],
)
def test_the_reason_is_read_from_the_words(text: str, reason: RejectReason) -> None:
    assert words.reason(text) is reason
