"""The portfolio: what is held, what it is worth, in which currency."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.instruments import Instrument
from engine.reports import CashMoved, Filled
from engine.requests import OrderRequest
from engine.values import OrderType, Side
from tests.api.webapi.gate import AAPL, EURUSD, Gate, ticket

pytestmark = pytest.mark.anyio


async def ten_shares(one: Gate) -> None:
    await one.place(ticket())
    one.world.step(2)


async def test_accounts_begin_with_the_default_one(friendly: Gate) -> None:
    for path in ("/portfolio/accounts", "/portfolio/subaccounts"):
        rows = await friendly.get(path)
        assert [(row["accountId"], row["currency"]) for row in rows] == [("A", "USD"), ("B", "USD")]
    assert (await friendly.get("/portfolio/B/meta"))["id"] == "B"


async def test_a_position_is_told_with_its_price_and_profit(friendly: Gate) -> None:
    await ten_shares(friendly)
    (row,) = await friendly.get("/portfolio/A/positions/0")
    assert (row["conid"], row["position"], row["contractDesc"]) == (AAPL, 10.0, "AAPL")
    assert (row["avgPrice"], row["mktPrice"], row["mktValue"]) == (100.1, 100.3, 1003.0)
    assert (row["unrealizedPnl"], row["realizedPnl"], row["ticker"]) == (2.0, 0.0, "AAPL")
    assert await friendly.get("/portfolio/A/position/265598") == [row]
    assert await friendly.get("/portfolio/positions/265598") == {"A": [row]}
    assert await friendly.get(f"/portfolio/A/position/{EURUSD}") == []


async def test_the_newer_portfolio_has_other_names_and_a_text_for_the_contract(
    friendly: Gate,
) -> None:
    await ten_shares(friendly)
    (row,) = await friendly.get("/portfolio2/A/positions")
    assert (row["conid"], row["position"], row["description"]) == (str(AAPL), 10.0, "AAPL")
    assert (row["marketPrice"], row["marketValue"]) == (100.3, 1003.0)


async def test_positions_come_a_hundred_to_the_page(friendly: Gate) -> None:
    engine = friendly.world.engine
    for n in range(105):
        symbol = f"S{n:03}"
        engine.list_instrument(Instrument(symbol))
        order = engine.submit(
            "A", OrderRequest(symbol, Side.BUY, Decimal(1), OrderType.LIMIT, Decimal(5))
        )
        engine.report(Filled(order.id, f"x{n}", Decimal(1), Decimal(5), engine.now))
    pages = [await friendly.get(f"/portfolio/A/positions/{n}") for n in range(3)]
    assert [len(page) for page in pages] == [100, 5, 0]
    conids = [row["conid"] for page in pages for row in page]
    assert len(set(conids)) == 105
    await friendly.get("/portfolio/A/positions/x", 400)


async def test_the_summary_has_an_object_for_each_key_and_its_twins(friendly: Gate) -> None:
    await ten_shares(friendly)
    told = await friendly.get("/portfolio/A/summary")
    assert told["netliquidation"]["amount"] == 1_000_002.0
    assert told["totalcashvalue"]["amount"] == 998_999.0
    assert told["grosspositionvalue"] == told["grosspositionvalue-s"]
    assert told["accountcode"]["value"] == "A"
    assert len(told) > 90
    fields = {"amount", "currency", "isNull", "timestamp", "value", "severity"}
    assert {frozenset(entry) for entry in told.values()} == {frozenset(fields)}


async def test_the_ledger_tells_each_currency_and_all_together(friendly: Gate) -> None:
    await ten_shares(friendly)
    friendly.world.engine.report(CashMoved("A", Decimal(100), "EUR", "deposit"))
    told = await friendly.get("/portfolio/A/ledger")
    assert set(told) == {"USD", "EUR", "BASE"}
    usd, eur, base = told["USD"], told["EUR"], told["BASE"]
    assert (usd["cashbalance"], usd["stockmarketvalue"]) == (998_999.0, 1003.0)
    assert (eur["cashbalance"], eur["exchangerate"]) == (100.0, 1.003)
    assert base["cashbalance"] == pytest.approx(998_999 + 100.3)
    assert base["netliquidationvalue"] == pytest.approx(1_000_002 + 100.3)
    assert (base["secondkey"], usd["secondkey"], base["key"]) == ("BASE", "USD", "LedgerList")


async def test_allocation_is_by_kind_sector_and_group(friendly: Gate) -> None:
    await ten_shares(friendly)
    told = await friendly.get("/portfolio/A/allocation")
    assert told["assetClass"]["long"] == {"STK": 1003.0, "CASH": 998_999.0}
    assert told["sector"] == {"long": {"Computers": 1003.0}, "short": {}}
    both = await friendly.get("/portfolio/allocation", acctIds="A,B")
    assert both["assetClass"]["long"]["CASH"] == 999_499.0
    assert both == await friendly.post("/portfolio/allocation", {"acctIds": ["A", "B"]})


async def test_the_brokerage_summary_is_flat(friendly: Gate) -> None:
    await ten_shares(friendly)
    told = await friendly.get("/iserver/account/A/summary")
    assert (told["netLiquidationValue"], told["totalCashValue"]) == (1_000_002.0, 998_999.0)
    assert told["cashBalances"] == [
        {"currency": "USD", "balance": 998_999.0, "settledCash": 998_999.0}
    ]


async def test_nothing_is_cached_and_nothing_is_combined(friendly: Gate) -> None:
    assert await friendly.post("/portfolio/A/positions/invalidate") == {"message": "success"}
    assert await friendly.get("/portfolio/A/combo/positions") == []


async def test_an_account_that_there_is_not_is_refused(friendly: Gate) -> None:
    for path in ("/portfolio/Z/summary", "/portfolio/Z/ledger", "/portfolio2/Z/positions"):
        await friendly.get(path, 400)
