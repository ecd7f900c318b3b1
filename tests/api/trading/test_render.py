"""Times, numbers and words as this API writes them; the published client's models can read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tektii import models

from api.trading import render, wire
from engine.market.quotes import Quote
from engine.orders import new_order
from engine.requests import OrderRequest
from engine.values import Holder, OrderType, Side, Status, decimal_text, parse_decimal
from tests.api.world import World

SECOND_NS = 1_000_000_000
REQUEST = OrderRequest(
    "AAPL", Side.BUY, Decimal("3"), OrderType.LIMIT, limit_price=Decimal("1E+2"), hidden=True
)


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_736_937_000 * SECOND_NS, "2025-01-15T10:30:00Z"),
        (1_736_937_000 * SECOND_NS + 123_000_000, "2025-01-15T10:30:00.123Z"),
        (1_736_937_000 * SECOND_NS + 123_456_789, "2025-01-15T10:30:00.123456Z"),
        (1_736_937_000 * SECOND_NS + 999, "2025-01-15T10:30:00Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
    ],
)
def test_a_time_is_iso_8601_in_utc_with_as_many_digits_as_it_needs(ns: int, text: str) -> None:
    assert render.moment(ns) == text


@given(st.integers(0, 250 * 365 * 86_400 * 1_000_000))
def test_a_time_survives_the_way_there_and_back(micros: int) -> None:
    time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    assert datetime.fromisoformat(render.moment(micros * 1_000)) == time


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15))
def test_a_number_is_plain_digits_and_loses_nothing_before_the_twelfth(number: Decimal) -> None:
    text = render.number(number)
    assert msgspec.json.decode(b'"%s"' % text.encode(), type=wire.Number) == text
    assert abs(parse_decimal(text) - number) <= Decimal("5E-13")


def test_a_quotient_is_rounded_and_an_exact_number_is_not() -> None:
    assert render.number(Decimal(1) / Decimal(3)) == "0.333333333333"
    assert render.number(Decimal("0.10")) == "0.10"
    assert render.number(Decimal("1E+3")) == "1000"
    assert render.number(Decimal("-0")) == "0"
    assert decimal_text(Decimal("-0.0")) == "0.0"


def test_an_order_leaves_out_what_it_has_no_value_for_and_the_client_reads_it() -> None:
    order = new_order("ord_1", "A", REQUEST, 0)
    encoded = msgspec.json.encode(render.order(order))
    given_ = msgspec.json.decode(encoded)
    assert None not in given_.values()
    read = models.Order.model_validate_json(encoded)
    assert (read.limit_price, read.hidden, read.remaining_quantity) == ("100", True, "3")


def test_an_order_of_unknown_fate_is_shown_as_pending() -> None:
    order = new_order("ord_1", "A", REQUEST, 0)
    order.status = Status.UNKNOWN
    assert render.order(order).status == render.handle(order).status == "PENDING"


def test_an_order_says_who_keeps_it() -> None:
    request = OrderRequest("AAPL", Side.SELL, Decimal(1), OrderType.TRAILING_STOP)
    kept = new_order("ord_1", "DU1", request, 0, holder=Holder.ENGINE)
    assert msgspec.to_builtins(render.order(kept))["held_by"] == "ENGINE"


def test_a_changed_order_is_both_an_order_and_a_result() -> None:
    order = new_order("ord_1", "A", REQUEST, 0)
    encoded = msgspec.json.encode(render.modified(order, "ord_0"))
    assert models.Order.model_validate_json(encoded).id == "ord_1"
    assert models.ModifyOrderResult.model_validate_json(encoded).previous_order_id == "ord_0"


def test_a_quote_without_a_last_trade_shows_the_mark_or_the_middle() -> None:
    quote = Quote("AAPL", 0, Decimal(99), Decimal(101))
    assert render.quote(quote, "feed").last == "100"
    assert render.quote(quote, "feed", Decimal("99.5")).last == "99.5"
    read = models.Quote.model_validate(msgspec.to_builtins(render.quote(quote, "feed")))
    assert (read.bid, read.bid_size) == ("99", None)


def test_a_position_that_was_just_closed_is_worth_nothing() -> None:
    world = World()
    world.engine.submit("A", OrderRequest("AAPL", Side.BUY, Decimal(3), OrderType.MARKET))
    world.step()
    position = world.engine.state.accounts["A"].positions["AAPL"]
    assert render.position(position, world.engine.prices).quantity == "3"
    position.quantity = position.cost = Decimal(0)
    shown = render.position(position, world.engine.prices)
    assert (shown.quantity, shown.unrealized_pnl) == ("0", "0.00")
