"""Profit, summary and ledger are told at once, then as they change, at their own pace."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from api.webapi.stream.books import summary_key
from api.webapi.stream.topic import BOOKS_S
from engine.market.live import LiveBoard
from tests.api.webapi.gate import FRIENDLY, ticket
from tests.api.webapi.stream.talk import Talk, talk

pytestmark = pytest.mark.anyio


@pytest.fixture
async def line() -> AsyncIterator[Talk]:
    """A conversation with a friendly gateway, greeted."""
    async with talk(FRIENDLY) as one:
        one.it.greet()
        one.read()
        yield one


async def hold(line: Talk) -> None:
    """Have a position, so that the books move with the market."""
    await line.gate.place(ticket())
    line.gate.world.step()
    line.read()


async def test_profit_is_told_at_most_once_a_second_and_only_when_it_changed(line: Talk) -> None:
    assert line.one("spl")["args"]["A.Core"]["upl"] == 0
    await hold(line)
    (told,) = line.wait()
    assert told["args"]["A.Core"]["mv"] > 1_000
    line.gate.world.step()
    assert line.wait(0.5) == []
    assert [each["topic"] for each in line.wait(0.5)] == ["spl"]
    assert line.wait(1) == []
    assert line.say("upl") == []
    assert line.step() == []


async def test_a_summary_opens_with_its_account_and_later_tells_what_changed(line: Talk) -> None:
    told = line.one("ssd+A+{}")
    assert told["topic"] == "ssd+A"
    assert told["result"][0] | {"timestamp": 0} == {
        "key": "AccountCode",
        "value": "A",
        "severity": 0,
        "timestamp": 0,
    }
    rows = {row["key"]: row for row in told["result"]}
    assert rows["NetLiquidation-S"]["monetaryValue"] == 1_000_000
    await hold(line)
    assert line.wait() == []
    (told,) = line.wait(BOOKS_S)
    keys = [row["key"] for row in told["result"]]
    assert keys[0] == "AccountCode"
    assert "GrossPositionValue" in keys
    assert "AccountReady" not in keys
    assert line.wait(BOOKS_S) == []
    assert line.one("usd+A") == {"result": "unsubscribed from summary"}


async def test_a_summary_has_the_rows_and_fields_that_were_asked_for(line: Talk) -> None:
    told = line.one('ssd+A+{"keys":["BuyingPower"],"fields":["monetaryValue"]}')
    code, row = told["result"]
    assert code["value"] == "A"
    assert row.keys() == {"key", "monetaryValue", "timestamp"}


async def test_a_ledger_is_told_every_ten_seconds_what_stood_still_by_key_alone(line: Talk) -> None:
    told = line.one("sld+A+{}")
    usd, base = told["result"]
    assert (usd["key"], usd["acctCode"], usd["secondKey"]) == ("LedgerListUSD", "A", "USD")
    assert (base["key"], base["netLiquidationValue"]) == ("LedgerListBASE", 1_000_000)
    line.wait()
    (told,) = line.wait(BOOKS_S)
    assert [row.keys() for row in told["result"]] == [{"key", "timestamp"}] * 2
    await hold(line)
    (told,) = line.wait(BOOKS_S)
    assert told["result"][0]["stockMarketValue"] > 1_000
    assert line.one("uld+A+{}") == {"result": "unsubscribed from ledger"}
    assert line.wait(BOOKS_S) == []


async def test_a_ledger_has_the_currencies_and_fields_that_were_asked_for(line: Talk) -> None:
    told = line.one('sld+A+{"keys":["LedgerListBASE"],"fields":["cashbalance"]}')
    (row,) = told["result"]
    assert row.keys() == {"key", "acctCode", "secondKey", "cashbalance", "timestamp"}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("netliquidation-s", "NetLiquidation-S"),
        ("sma-c", "SMA-C"),
        ("cushion", "Cushion"),
        ("accountcode", "AccountCode"),
        ("lookaheadmaintmarginreq", "LookAheadMaintMarginReq"),
    ],
)
def test_keys_are_written_in_the_streams_way(name: str, key: str) -> None:
    assert summary_key(name) == key


async def test_books_that_have_no_price_for_a_while_say_so_once_and_go_on(line: Talk) -> None:
    await hold(line)
    line.say("spl")
    markets = line.gateway.engine.markets
    markets["A"] = LiveBoard("far", lambda: 0)
    (told,) = line.wait(1)
    assert (told["topic"], told["code"]) == ("error", 503)
    assert "no price of AAPL" in told["error"]
    assert line.wait(1) == []
    del markets["A"]
    line.gate.world.step()
    assert [each["topic"] for each in line.wait(1)] == ["spl"]


async def test_books_that_can_not_be_told_are_not_subscribed_to(line: Talk) -> None:
    await hold(line)
    markets = line.gateway.engine.markets
    markets["A"] = LiveBoard("far", lambda: 0)
    assert line.one("ssd+A")["code"] == 503
    del markets["A"]
    assert line.wait(2 * BOOKS_S) == []
    assert line.wait(2 * BOOKS_S) == []
