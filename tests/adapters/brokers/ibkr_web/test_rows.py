"""Rows of the gateway as statements: with every field missing once."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.brokers.ibkr_web import rows
from adapters.brokers.ibkr_web.rows import References
from engine.values import OrderType
from tests.adapters.brokers.ibkr_web.gateway import order_row, trade_row
from tests.builders import dec

NEEDED_OF_ORDERS = {"side", "status", "orderId"}
NEEDED_OF_TRADES = {"side", "size", "price", "trade_time_r", "execution_id"}


@pytest.mark.parametrize("field", sorted(order_row(1)))
def test_an_order_without_a_field_is_read_or_is_nothing(field: str) -> None:
    row = order_row(1)
    del row[field]
    assert (rows.order(row, "AAPL", None) is None) == (field in NEEDED_OF_ORDERS)


@pytest.mark.parametrize("field", sorted(trade_row("x.1")))
def test_a_trade_without_a_field_is_read_or_is_nothing(field: str) -> None:
    row = trade_row("x.1")
    del row[field]
    assert (rows.execution(row, "AAPL", None) is None) == (field in NEEDED_OF_TRADES)


@pytest.mark.parametrize("fields", [{"price": "95.5"}, {"auxPrice": 95.5}, {"stop_price": "95.5"}])
def test_the_stop_of_a_stop_order_is_found_wherever_it_stands(fields: dict[str, Any]) -> None:
    read = rows.order(order_row(1, origOrderType="STOP", **{"price": "", **fields}), "AAPL", None)
    assert read is not None
    assert (read.request.order_type, read.request.limit_price) == (OrderType.STOP, None)
    assert float(read.request.stop_price or 0) == 95.5


def test_the_quantity_is_what_is_filled_and_what_is_left_where_no_total_is_told() -> None:
    row = order_row(1, filledQuantity=4.0, remainingQuantity=6.0)
    del row["totalSize"]
    read = rows.order(row, "AAPL", None)
    assert read is not None
    assert read.request.quantity == dec(10)


@pytest.mark.parametrize(
    ("told", "lasting"),
    [
        ("0000e0d5.6576fd38.01.01", ("0000e0d5.6576fd38.01", 0)),
        ("0000e0d5.6576fd38.01.03", ("0000e0d5.6576fd38.01", 2)),
        ("anything.else", ("anything.else", 0)),
    ],
)
def test_the_last_part_of_an_execution_id_counts_corrections(
    told: str, lasting: tuple[str, int]
) -> None:
    assert rows.revised(told) == lasting


@pytest.mark.parametrize(
    ("prefix", "reference", "ours"),
    [
        ("", "ord_0000000042", "ord_0000000042"),
        ("a-", "a-ord_0000000042", "ord_0000000042"),
        ("a-", "ord_0000000042", None),
        ("", "a-ord_0000000042", None),
        ("", "my note", None),
        ("", None, None),
    ],
)
def test_only_a_reference_that_we_gave_names_an_order_of_ours(
    prefix: str, reference: Any, ours: str | None
) -> None:
    assert References(prefix).read(reference) == ours


def test_a_tape_marks_its_orders_unless_a_prefix_was_chosen() -> None:
    marked, chosen = References(), References("mine-")
    for each in (marked, chosen):
        each.mark("0123456789abcdef")
    assert marked.of("ord_0000000042") == "0123456789-ord_0000000042"
    assert marked.read("0123456789-ord_0000000042") == "ord_0000000042"
    assert marked.read("9876543210-ord_0000000042") is None
    assert chosen.of("ord_0000000042") == "mine-ord_0000000042"


def test_a_position_of_unknown_quantity_is_nothing_and_of_unknown_cost_has_none() -> None:
    assert rows.holding({"conid": 1}) is None
    read = rows.holding({"conid": 1, "position": "-5"})
    assert read is not None
    assert (read.quantity, read.cost) == (dec(-5), None)
