"""What became of orders: rows, states, executions, profit."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.webapi.gate import AAPL, Gate, limit, ticket

pytestmark = pytest.mark.anyio


async def a_filled_and_a_working_order(one: Gate) -> tuple[str, str]:
    (filled,) = await one.place(ticket(cOID="filled"))
    one.world.step()
    (working,) = await one.place(limit(99, cOID="working"))
    return filled["order_id"], working["order_id"]


async def test_rows_have_the_types_of_the_gateway(friendly: Gate) -> None:
    _, working = await a_filled_and_a_working_order(friendly)
    answer = await friendly.get("/iserver/account/orders")
    row = answer["orders"][0]
    assert answer["snapshot"] is True
    assert (row["orderId"], row["conid"], row["conidex"]) == (int(working), AAPL, str(AAPL))
    assert (row["price"], row["totalSize"], row["sizeAndFills"]) == ("99.00", 10.0, "0/10")
    assert row["orderDesc"] == "Buy 10 AAPL Limit 99, GTC"
    assert (row["origOrderType"], row["orderType"], row["timeInForce"]) == ("LIMIT", "Limit", "GTC")
    assert (row["side"], row["listingExchange"]) == ("BUY", "NASDAQ.NMS")


async def test_a_filled_row_tells_its_price_and_whole_size(friendly: Gate) -> None:
    await a_filled_and_a_working_order(friendly)
    row = (await friendly.orders())[1]
    assert (row["status"], row["avgPrice"], row["sizeAndFills"]) == ("Filled", "100.10", "10")
    assert row["orderDesc"] == "Bought 10 AAPL Market, Day"


@pytest.mark.parametrize(
    ("query", "states"),
    [
        ({"filters": "filled"}, ["Filled"]),
        ({"filters": "Submitted"}, ["Submitted"]),
        ({"filters": "submitted,filled"}, ["Submitted", "Filled"]),
        ({"filters": ["filled", "pre_submitted"]}, ["Filled"]),
        ({"filters": "PreSubmitted"}, []),
        ({"filters": "sort_by_time"}, ["Submitted", "Filled"]),
        ({"filters": "nonsense"}, []),
        ({"force": "True"}, ["Submitted", "Filled"]),
        ({"accountId": "B"}, []),
    ],
)
async def test_a_list_is_cut_down_by_state_and_account(
    friendly: Gate, query: dict[str, Any], states: list[str]
) -> None:
    await a_filled_and_a_working_order(friendly)
    assert [row["status"] for row in await friendly.orders(**query)] == states


async def test_a_strict_filtered_list_silences_the_stream_of_orders_until_a_forced_one(
    strict: Gate,
) -> None:
    await strict.warm_up()
    await strict.orders(filters="filled")
    (session,) = strict.gateway.sessions.all()
    assert session.is_order_stream_stopped
    await strict.orders(force="true")
    assert not session.is_order_stream_stopped


async def test_a_friendly_filtered_list_leaves_the_stream_of_orders_alone(friendly: Gate) -> None:
    await friendly.orders(filters="filled")
    (session,) = friendly.gateway.sessions.all()
    assert not session.is_order_stream_stopped


async def test_yesterdays_orders_are_not_told_and_working_ones_are(friendly: Gate) -> None:
    await a_filled_and_a_working_order(friendly)
    friendly.world.engine.now += 24 * 3_600_000_000_000
    assert [row["status"] for row in await friendly.orders()] == ["Submitted"]


async def test_one_orders_state_is_told_in_texts(friendly: Gate) -> None:
    filled, working = await a_filled_and_a_working_order(friendly)
    told = await friendly.get(f"/iserver/account/order/status/{filled}")
    assert (told["order_id"], told["order_status"], told["side"]) == (int(filled), "Filled", "B")
    assert (told["size"], told["total_size"], told["cum_fill"]) == ("0.0", "10.0", "10.0")
    assert (told["average_price"], told["order_not_editable"]) == ("100.10", True)
    assert told["order_status_description"] == "Order Filled"
    told = await friendly.get(f"/iserver/account/order/status/{working}")
    assert (told["limit_price"], told["size_and_fills"], told["tif"]) == ("99.00", "0/10", "GTC")


async def test_an_order_that_nobody_sees_is_a_503(friendly: Gate) -> None:
    await friendly.get("/iserver/account/order/status/12", 503)


async def test_executions_are_told_newest_first(friendly: Gate) -> None:
    await a_filled_and_a_working_order(friendly)
    await friendly.place(ticket(side="SELL", quantity=4))
    friendly.world.step()
    sold, bought = await friendly.get("/iserver/account/trades/", days="3", accountId="A")
    assert (sold["side"], sold["size"], sold["price"]) == ("S", 4.0, "100.20")
    assert (sold["net_amount"], bought["net_amount"]) == (400.8, -1001.0)
    assert bought["order_description"] == "Bought 10 @ 100.10 on NASDAQ"
    assert (bought["order_ref"], bought["conid"], bought["symbol"]) == ("filled", AAPL, "AAPL")
    assert bought["execution_id"] != sold["execution_id"]
    assert len(bought["execution_id"].split(".")) == 4


@pytest.mark.parametrize("days", ["0", "8", "x"])
async def test_executions_go_back_seven_days(friendly: Gate, days: str) -> None:
    await friendly.get("/iserver/account/trades", 400, days=days)


async def test_the_profit_of_the_day_counts_from_todays_price(friendly: Gate) -> None:
    await a_filled_and_a_working_order(friendly)
    friendly.world.step(5)
    told = (await friendly.get("/iserver/account/pnl/partitioned"))["upnl"]["A.Core"]
    assert (told["dpl"], told["upl"], told["mv"]) == (6.0, 6.0, 1007.0)
    assert told["nl"] == 1_000_006.0
