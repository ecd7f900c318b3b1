"""Market data by field number and bars of a period, never of the future."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.market.timeframes import MINUTE_NS
from tests.api.webapi.gate import AAPL, EURUSD, MSFT, Gate
from tests.api.world import START_NS

pytestmark = pytest.mark.anyio
START_MS = START_NS // 1_000_000


async def snapshot(one: Gate, conids: str = str(AAPL), **query: Any) -> dict[str, Any]:
    (row,) = await one.get("/iserver/marketdata/snapshot", conids=conids, **query)
    found: dict[str, Any] = row
    return found


async def history(one: Gate, **query: Any) -> dict[str, Any]:
    wish: dict[str, Any] = {"conid": AAPL, "period": "1d", "bar": "5min"} | query
    found: dict[str, Any] = await one.get("/iserver/marketdata/history", **wish)
    return found


async def test_a_snapshot_without_fields_has_prices_that_python_reads(friendly: Gate) -> None:
    row = await snapshot(friendly)
    assert (row["conid"], float(row["31"])) == (AAPL, 100.1)
    assert {"84", "86", "87", "55"} <= set(row)


async def test_a_snapshot_tells_the_fields_asked_for_and_those_it_knows(friendly: Gate) -> None:
    friendly.world.step(9)
    fields = "31,70,71,87,7295,7762,7059,6008,6070,7051,7221,83,85,9999"
    row = await snapshot(friendly, fields=fields)
    told = {name: value for name, value in row.items() if name in fields.split(",")}
    assert told == {
        "31": "101.00",
        "70": "101.05",
        "71": "99.95",
        "87": "10000",
        "7295": "100.00",
        "7762": "10000",
        "7059": "1000",
        "6008": str(AAPL),
        "6070": "STK",
        "7051": "APPLE INC",
        "7221": "NASDAQ",
    }


async def test_the_published_names_are_told_beside_the_numbers(friendly: Gate) -> None:
    row = await snapshot(friendly)
    assert (row["LastPrice"], row["BidPrice"], row["minTick"]) == ("100.10", "100.10", 0.01)


async def test_a_position_is_told_by_field(friendly: Gate) -> None:
    await friendly.post("/iserver/account/A/orders", _buy())
    friendly.world.step(2)
    row = await snapshot(friendly, fields="73,74,75,76")
    assert [row[tag] for tag in ("73", "74", "75", "76")] == ["1003.00", "100.10", "2.00", "10"]


async def test_several_contracts_are_told_in_the_order_asked(friendly: Gate) -> None:
    rows = await friendly.get("/iserver/marketdata/snapshot", conids=f"{MSFT},{EURUSD}")
    assert [row["conid"] for row in rows] == [MSFT, EURUSD]
    assert [row["55"] for row in rows] == ["MSFT", "EUR"]
    assert rows[1]["31"] == "1.0010"


@pytest.mark.parametrize("conids", ["", "7", "x", ",".join(["1"] * 101)])
async def test_contracts_that_there_are_not_are_refused(friendly: Gate, conids: str) -> None:
    await friendly.get("/iserver/marketdata/snapshot", 400, conids=conids)


async def test_market_data_end_once_and_then_are_not_found(friendly: Gate) -> None:
    await snapshot(friendly)
    path = "/iserver/marketdata/unsubscribe"
    assert await friendly.post(path, {"conid": AAPL}) == {"success": True}
    await friendly.post(path, {"conid": AAPL}, 404)
    assert await friendly.get("/iserver/marketdata/unsubscribeall") == {"unsubscribed": True}


async def test_bars_are_made_of_the_boards_and_the_last_one_is_still_forming(
    friendly: Gate,
) -> None:
    friendly.world.step(6)
    told = await history(friendly)
    first, last = told["data"]
    assert first == {
        "o": 100.0, "h": 100.55, "l": 99.95, "c": 100.5, "v": 5000.0, "t": START_MS,
    }  # fmt: skip
    assert (last["t"], last["c"], last["v"]) == (START_MS + 300_000, 100.7, 2000.0)
    assert (told["points"], told["barLength"], told["timePeriod"]) == (1, 300, "1d")
    assert (told["high"], told["low"]) == ("10075/2000/5", "9995/5000/0")
    assert (told["startTime"], told["symbol"], told["mdAvailability"]) == (
        "20250115-12:00:00",
        "AAPL",
        "S",
    )


@pytest.mark.parametrize(
    ("bar", "count"),
    [("1min", 60), ("2min", 30), ("3min", 20), ("10min", 6), ("30min", 2), ("1h", 1), ("8h", 1)],
)
async def test_every_size_of_bar_is_made(friendly: Gate, bar: str, count: int) -> None:
    friendly.world.step(59)
    told = await history(friendly, bar=bar)
    assert len(told["data"]) == count
    assert sum(row["v"] for row in told["data"]) == 60_000


@pytest.mark.parametrize("bar", ["1d", "1w", "1m"])
async def test_the_day_the_week_and_the_month_are_forming(friendly: Gate, bar: str) -> None:
    friendly.world.step(59)
    (row,) = (await history(friendly, bar=bar, period="1y"))["data"]
    assert (row["o"], row["c"], row["v"]) == (100.0, 106.0, 60_000.0)


async def test_a_period_bounds_the_bars(friendly: Gate) -> None:
    friendly.world.step(59)
    told = await history(friendly, bar="1min", period="30min")
    assert len(told["data"]) == 30
    assert told["data"][-1]["c"] == 106.0


async def test_bars_end_or_begin_where_a_client_says(friendly: Gate) -> None:
    friendly.world.step(59)
    at = datetime.fromtimestamp((START_NS + 30 * MINUTE_NS) / 1e9, UTC).strftime("%Y%m%d-%H:%M:%S")
    before = await history(friendly, bar="1min", period="10min", startTime=at)
    after = await history(friendly, bar="1min", period="10min", startTime=at, direction="1")
    minute = START_MS + 30 * 60_000
    assert (before["data"][-1]["t"], after["data"][0]["t"]) == (minute - 60_000, minute)
    assert len(before["data"]) == len(after["data"]) == 10


async def test_a_source_without_trades_has_no_volume(friendly: Gate) -> None:
    told = await history(friendly, bar="1min", source="midpoint")
    assert told["data"][0]["v"] == 0.0


async def test_no_bar_knows_more_than_now(friendly: Gate) -> None:
    told = await history(friendly, bar="1min", period="1w")
    assert len(told["data"]) == 1


@pytest.mark.parametrize(
    "wish",
    [
        {"bar": "7min"},
        {"bar": ""},
        {"period": "0d"},
        {"period": "31min"},
        {"period": "1q"},
        {"conid": 7},
        {"conid": "x"},
        {"startTime": "yesterday"},
    ],
)
async def test_a_wish_that_means_nothing_is_refused(friendly: Gate, wish: dict[str, Any]) -> None:
    query = {"conid": AAPL, "period": "1d", "bar": "5min"} | wish
    await friendly.get("/iserver/marketdata/history", 400, **query)


async def test_no_bars_are_an_error_in_the_gateways_words(friendly: Gate) -> None:
    query = {"conid": AAPL, "period": "1d", "bar": "1min", "startTime": "20200101-00:00:00"}
    said = await friendly.get("/iserver/marketdata/history", 500, **query)
    assert said["error"] == "No data."


def _buy() -> dict[str, Any]:
    return {"conid": AAPL, "orderType": "MKT", "side": "BUY", "quantity": 10}
