"""Contracts: found by symbol, by name and by number, with the rules of their orders."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.webapi.gate import AAPL, EURUSD, MSFT, Gate

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("query", "conids"),
    [
        ({"symbol": "AAPL"}, [AAPL]),
        ({"symbol": "aapl", "name": "False", "secType": "STK"}, [AAPL]),
        ({"symbol": "soft", "name": "True"}, [MSFT]),
        ({"symbol": "EUR.USD"}, [EURUSD]),
        ({"symbol": "EUR", "secType": "CASH"}, [EURUSD]),
    ],
)
async def test_a_search_answers_get_and_post_alike(
    friendly: Gate, query: dict[str, Any], conids: list[int]
) -> None:
    found = await friendly.get("/iserver/secdef/search", **query)
    assert [row["conid"] for row in found] == conids
    body = query | ({"name": query["name"] == "True"} if "name" in query else {})
    assert await friendly.post("/iserver/secdef/search", body) == found


@pytest.mark.parametrize("query", [{"symbol": "ZZZ"}, {"symbol": "AAPL", "secType": "CASH"}])
async def test_a_search_without_a_match_says_so(friendly: Gate, query: dict[str, Any]) -> None:
    said = await friendly.get("/iserver/secdef/search", **query)
    assert said == {"error": "No symbol found"}
    await friendly.get("/iserver/secdef/search", 400)


async def test_stocks_are_found_by_symbol_without_a_brokerage_session(friendly: Gate) -> None:
    await friendly.post("/tickle")
    friendly.gateway.sessions.all()[0].drop()
    told = await friendly.get("/trsrv/stocks", symbols="AAPL,EUR.USD,ZZZ")
    assert told["AAPL"][0]["contracts"] == [{"conid": AAPL, "exchange": "NASDAQ", "isUS": True}]
    assert (told["EUR.USD"], told["ZZZ"]) == ([], [])
    assert await friendly.get("/trsrv/futures", symbols="ES") == {"ES": []}


async def test_contracts_are_found_by_number(friendly: Gate) -> None:
    told = await friendly.get("/trsrv/secdef", conids=f"{AAPL},{EURUSD},7")
    assert [(row["conid"], row["assetClass"]) for row in told["secdef"]] == [
        (AAPL, "STK"),
        (EURUSD, "CASH"),
    ]
    assert told == await friendly.post("/trsrv/secdef", {"conids": [AAPL, EURUSD]})


async def test_a_contract_is_told_in_full_with_its_rules(friendly: Gate) -> None:
    info = await friendly.get(f"/iserver/contract/{AAPL}/info")
    assert (info["con_id"], info["symbol"], info["company_name"]) == (AAPL, "AAPL", "APPLE INC")
    both = await friendly.get(f"/iserver/contract/{AAPL}/info-and-rules", isBuy="True")
    rules = await friendly.post("/iserver/contract/rules", {"conid": str(AAPL), "isBuy": True})
    assert both == info | {"rules": rules}
    assert rules["orderTypes"] == ["market", "limit", "stop", "stop_limit", "trailing_stop"]
    assert rules["incrementRules"] == [{"lowerEdge": 0.0, "increment": 0.01}]
    await friendly.get("/iserver/contract/7/info", 400)


async def test_derivatives_there_are_none(friendly: Gate) -> None:
    strikes = await friendly.get(
        "/iserver/secdef/strikes", conid=AAPL, sectype="OPT", month="JAN26"
    )
    assert strikes == {"call": [], "put": []}
    (row,) = await friendly.get("/iserver/secdef/info", conid=AAPL, sectype="STK")
    assert (row["conid"], row["validExchanges"]) == (AAPL, "SMART,NASDAQ")


async def test_pairs_and_rates_of_currencies_are_told(friendly: Gate) -> None:
    pairs = await friendly.get("/iserver/currency/pairs", currency="USD")
    assert pairs == {"USD": [{"symbol": "EUR.USD", "conid": EURUSD, "ccyPair": "EUR"}]}
    rate = await friendly.get("/iserver/exchangerate", source="EUR", target="USD")
    assert rate == {"rate": 1.001}
    await friendly.get("/iserver/exchangerate", 400, source="EUR", target="CHF")
