"""How symbols and contract numbers find each other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.brokers.ibkr_web import tls
from adapters.brokers.ibkr_web.contracts import Contracts
from adapters.brokers.ibkr_web.errors import NoContract
from adapters.brokers.ibkr_web.pacing import Pacing
from adapters.brokers.ibkr_web.terms import Increment, off_step
from adapters.brokers.ibkr_web.transport import Transport
from engine.instruments import Listing
from engine.values import AssetClass
from tests.adapters.brokers.ibkr_web.gateway import Gateway
from tests.adapters.brokers.ibkr_web.line import served
from tests.builders import dec

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def contracts(
    gateway: Gateway, given: dict[str, int] | None = None
) -> AsyncIterator[Contracts]:
    """The directory of one gateway."""
    async with served(gateway) as (url, _):
        transport = Transport(url, Pacing(0.001), tls.context(""))
        try:
            yield Contracts(transport, given)
        finally:
            await transport.close()


async def test_a_stock_is_the_american_listing_and_asked_for_once() -> None:
    gateway = Gateway()
    listed = [
        {"name": "RIO PLC", "contracts": [{"conid": 1, "exchange": "LSE", "isUS": False}]},
        {"name": "RIO ADR", "contracts": [{"conid": 2, "exchange": "NYSE", "isUS": True}]},
    ]
    gateway.lay("/trsrv/stocks", {"RIO": listed})
    async with contracts(gateway) as directory:
        assert [await directory.conid("RIO") for _ in range(3)] == [2, 2, 2]
        assert await directory.symbol(2) == "RIO"
    assert len(gateway.calls) == 1


async def test_a_pair_is_that_of_its_quote_currency() -> None:
    gateway = Gateway()
    pairs = [{"symbol": "AUD.CHF", "conid": 3}, {"symbol": "EUR.CHF", "conid": 4}]
    gateway.lay("/iserver/currency/pairs", {"CHF": pairs})
    async with contracts(gateway) as directory:
        assert await directory.conid("EUR/CHF") == 4
    assert gateway.calls[0][2] == {"currency": "CHF"}


async def test_the_search_is_the_last_resort_and_its_numbers_may_be_texts() -> None:
    gateway = Gateway()
    gateway.lay("/trsrv/stocks", {})
    gateway.lay("/iserver/secdef/search", [{"symbol": "SPX", "conid": "416904"}])
    async with contracts(gateway) as directory:
        assert await directory.conid("SPX") == 416904


async def test_a_symbol_without_a_contract_is_named() -> None:
    gateway = Gateway()
    gateway.lay("/trsrv/stocks", {"NOPE": []})
    gateway.lay("/iserver/secdef/search", {"error": "No symbol found"}, status=500)
    async with contracts(gateway) as directory:
        with pytest.raises(NoContract, match="NOPE"):
            await directory.conid("NOPE")


async def test_given_numbers_and_known_ones_cost_no_call() -> None:
    gateway = Gateway()
    async with contracts(gateway, {"SAP": 14204, "AAPL": 5}) as directory:
        assert await directory.conid("SAP") == 14204
        assert await directory.conid("AAPL") == 5
        assert await directory.conid("MSFT") == 272093
        assert await directory.symbol(14204) == "SAP"
    assert gateway.calls == []


@pytest.mark.parametrize(
    ("info", "symbol"),
    [
        ({"symbol": "RIO", "instrument_type": "STK", "local_symbol": "RIO"}, "RIO"),
        ({"symbol": "EUR", "instrument_type": "CASH", "local_symbol": "EUR.CHF"}, "EUR/CHF"),
        ({"symbol": "EUR", "instrument_type": "CASH", "currency": "CHF"}, "EUR/CHF"),
    ],
)
async def test_a_number_that_was_never_looked_for_is_asked_about(
    info: dict[str, str], symbol: str
) -> None:
    gateway = Gateway()
    gateway.stocks = {"RIO": 77}
    gateway.lay("/iserver/currency/pairs", {"CHF": [{"symbol": "EUR.CHF", "conid": 77}]})
    gateway.lay("/iserver/contract/77/info-and-rules", info)
    async with contracts(gateway) as directory:
        assert await directory.symbol(77) == symbol


async def test_another_listing_has_a_symbol_of_its_own_and_can_be_ordered_by_it() -> None:
    gateway = Gateway()
    gateway.stocks = {"RIO": 2}
    gateway.lay("/iserver/contract/1/info-and-rules", {"symbol": "RIO", "instrument_type": "STK"})
    async with contracts(gateway) as directory:
        assert await directory.symbol(1) == "RIO@1"
        assert await directory.conid("RIO@1") == 1
        assert await directory.conid("RIO") == 2


async def test_steps_of_prices_depend_on_the_price() -> None:
    gateway = Gateway()
    rules = [{"lowerEdge": 1.0, "increment": 0.01}, {"lowerEdge": 0.0, "increment": 0.0001}]
    gateway.lay("/iserver/contract/rules", {"incrementRules": rules})
    async with contracts(gateway) as directory:
        steps = await directory.increments(1, is_buy=True)
    assert off_step(dec("0.1234"), steps) is None
    assert off_step(dec("1.2345"), steps) == dec("0.01")
    assert off_step(dec("1.23"), steps) is None
    assert off_step(dec("1.2345"), ()) is None
    assert steps[0] == Increment(dec(0), dec("0.0001"))


async def test_a_stock_is_never_taken_for_the_base_of_a_pair() -> None:
    gateway = Gateway()
    stock = {"symbol": "ETH", "conid": "7", "sections": [{"secType": "STK"}]}
    coin = {"symbol": "ETH", "conid": "8", "sections": [{"secType": "CRYPTO"}]}
    gateway.lay("/iserver/secdef/search", [stock], [stock, coin])
    async with contracts(gateway) as directory:
        with pytest.raises(NoContract):
            await directory.conid("ETH/USD")
        assert await directory.conid("ETH/USD") == 8


async def test_terms_go_by_our_own_symbol_and_keep_the_one_they_were_asked_for() -> None:
    async with contracts(Gateway()) as directory:
        plain = await directory.terms("AAPL")
        other = await directory.terms("AAPL@265598")
    assert (plain.symbol, plain.ids) == ("AAPL", {"ibkr": "265598"})
    assert (other.symbol, other.ids["ibkr_name"]) == ("AAPL", "AAPL@265598")


async def test_a_number_that_the_gateway_does_not_know_is_no_contract() -> None:
    async with contracts(Gateway()) as directory:
        with pytest.raises(NoContract, match="12345"):
            await directory.symbol(12345)


async def test_a_search_finds_contracts_and_leaves_issuers_out() -> None:
    gateway = Gateway()
    hit = {
        "conid": "14204",
        "symbol": "SAP",
        "companyName": "SAP SE",
        "description": "IBIS",
        "sections": [{"secType": "STK"}, {"secType": "OPT"}],
    }
    gateway.lay("/iserver/secdef/search", [hit, {"issuers": [{"id": "e1", "name": "SAP"}]}], [])
    async with contracts(gateway) as directory:
        found = await directory.search("SAP", by_name=True, kind="STK")
        assert await directory.search("NOPE", by_name=False, kind="") == []
        gateway.script.clear()
        assert await directory.search("NOPE", by_name=False, kind="") == []
    assert found == [Listing("14204", "SAP", "SAP SE", "IBIS", (AssetClass.STOCK,))]
    assert gateway.calls[0][2] == {"symbol": "SAP", "name": "true", "secType": "STK"}
