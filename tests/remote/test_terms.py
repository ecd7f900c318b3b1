"""What is traded at a broker is counted by the terms that the broker tells, known before anything
is ordered or held by them.
"""

from __future__ import annotations

import asyncio
import json
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from websockets.sync.client import connect

from examples.gateway import Gateway as Client
from examples.gateway import Refused
from tests.adapters.brokers.ibkr_web.gateway import ACCOUNT, contract
from tests.api.command import onetape
from tests.remote.abroad import ANSWER_S, BARE, ES, VOD, abroad, before
from tests.remote.hand import wait_for
from tests.remote.pair import pair
from tests.remote.test_market import webapi

pytestmark = [pytest.mark.crash, pytest.mark.timeout(120)]


def limit(client: Client, symbol: str, price: str, quantity: int = 100) -> Any:
    """A limit order to buy."""
    return client.order(symbol, "BUY", quantity, order_type="LIMIT", limit_price=price)


def refusal(client: Client, symbol: str, price: str = "70.02") -> tuple[str, str]:
    """The code and the words that an order is refused with."""
    with pytest.raises(Refused) as caught:
        limit(client, symbol, price)
    return str(caught.value.code), str(caught.value)


def facts(folder: Path) -> list[dict[str, Any]]:
    """Everything on the near tape."""
    printed = onetape("tape", folder / "near.tape")
    assert printed.returncode == 0, printed.stderr
    return [json.loads(line) for line in printed.stdout.splitlines()]


def test_a_euro_stock_and_a_future_are_worth_what_the_broker_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = abroad()
    gateway.ledger |= {"EUR": {"cashbalance": 50.0}}
    with before(gateway, tmp_path, monkeypatch) as client:

        def equity() -> Decimal | None:
            try:
                return Decimal(client.get("/account")["equity"])
            except Refused:
                return None  # until every price is there

        # 1,000.10 and 50 EUR in cash, 10 SAP at 110 EUR, 2 ES that gained 10 points of 50 each
        expected = Decimal("1000.1") + 50 * Decimal("1.1") + 1100 * Decimal("1.1") + 2 * 10 * 50
        wait_for(lambda: equity() == expected, f"equity is {expected}, not {equity()}", 20)
        gains = {one["symbol"]: one["unrealized_pnl"] for one in client.get("/positions")}
        assert {symbol: Decimal(gain) for symbol, gain in gains.items()} == {
            "SAP": 100,
            f"ES@{ES}": 1000,
        }
        client.call("POST", "/reconcile")
        assert client.get("/alarms") == []
    told = facts(tmp_path)
    kinds = [each["type"] for each in told]
    assert kinds.index("instrument_listed") < kinds.index("books_opened")
    assert "cash_differed" not in kinds
    listed = {
        each["instrument"]["symbol"]: each["instrument"]
        for each in told
        if each["type"] == "instrument_listed"
    }
    assert listed["SAP"]["currency"] == "EUR"
    assert listed[f"ES@{ES}"]["multiplier"] == "50"
    assert listed[f"ES@{ES}"]["asset_class"] == "FUTURES"
    assert listed[f"ES@{ES}"]["ids"] == {"ibkr": str(ES)}


def test_an_order_waits_for_the_terms_and_is_judged_by_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = abroad()
    gateway.positions = []
    with before(gateway, tmp_path, monkeypatch) as client:
        assert refusal(client, "VOD", "70.01")[0] == "INVALID_VALUE"
        placed = limit(client, "VOD", "70.02", 10)
        (ticket,) = gateway.asked(f"/iserver/account/{ACCOUNT}/orders")[-1]["orders"]
        assert (ticket["conid"], ticket["price"]) == (VOD, 70.02)
        assert limit(client, f"VOD@{VOD}", "70.02", 10)["id"] != placed["id"]
        symbols = {order["symbol"] for order in client.get("/orders")}
        assert symbols == {"VOD"}, "the same contract by its number"
    told = facts(tmp_path)
    listed = next(each for each in told if each.get("instrument", {}).get("symbol") == "VOD")
    ordered = next(each for each in told if each["type"] == "order_submitted")
    assert listed["seq"] < ordered["seq"]
    assert listed["instrument"]["multiplier"] == "0.01", "quoted in pence"
    assert listed["instrument"]["currency"] == "GBP"


def test_nothing_is_ordered_whose_terms_the_broker_does_not_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = abroad()
    gateway.positions = []
    path = f"/iserver/account/{ACCOUNT}/orders"
    with before(gateway, tmp_path, monkeypatch) as client:
        assert refusal(client, "NOSUCH")[0] == "SYMBOL_NOT_FOUND"
        code, words = refusal(client, f"BARE@{BARE}")
        assert code == "PROVIDER_UNAVAILABLE"
        assert f"IBKR does not tell the multiplier of BARE@{BARE}" in words

        async def slow(request: Request) -> None:
            if request.url.path.endswith("/info-and-rules"):
                await asyncio.sleep(ANSWER_S + 1)

        gateway.hook = slow
        began = time.monotonic()
        code, words = refusal(client, "VOD")
        assert time.monotonic() - began < ANSWER_S + 1
        assert code == "PROVIDER_UNAVAILABLE"
        assert f"far did not tell the terms of VOD within {ANSWER_S} s" in words
        gateway.hook = None
        assert not gateway.asked(path)
        limit(client, "VOD", "70.02")
        assert len(gateway.asked(path)) == 1


def test_a_position_without_terms_raises_an_alarm_and_can_be_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = abroad()
    gateway.contracts[5] = contract(5, "T", "BOND")
    gateway.positions = [{"acctId": ACCOUNT, "conid": 5, "position": 10.0, "avgCost": 90.0}]
    with before(gateway, tmp_path, monkeypatch) as client:
        (alarm,) = client.get("/alarms")
        assert (alarm["kind"], alarm["symbol"]) == ("TERMS_GUESSED", "T@5")
        assert refusal(client, "T@5")[0] == "PROVIDER_UNAVAILABLE"
        client.order("T@5", "SELL", 10)
        (ticket,) = gateway.asked(f"/iserver/account/{ACCOUNT}/orders")[-1]["orders"]
        assert (ticket["conid"], ticket["side"]) == (5, "SELL")


@pytest.mark.parametrize("manner", ["friendly", "strict"])
def test_what_was_never_heard_of_here_is_ordered_by_the_terms_of_the_broker(
    manner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pair(tmp_path, monkeypatch, manner) as made:
        with pytest.raises(Refused) as caught:
            made.here.order("NOSUCH", "BUY", 1)
        assert caught.value.code == "SYMBOL_NOT_FOUND"
        for symbol in ("SPY", "BTC/USD", "EUR/USD"):
            made.here.order(symbol, "BUY", 1)
        wait_for(lambda: len(made.here.get("/positions")) == 3, "all are filled", 20)
        account = made.here.get("/account")
        assert Decimal(account["balance"]) > 0
    told = [each["instrument"] for each in facts(tmp_path / "near") if "instrument" in each]
    kinds = {
        each["symbol"]: (each.get("asset_class", "STOCK"), each["ids"]["ibkr"]) for each in told
    }
    assert kinds == {
        "SPY": ("STOCK", "756733"),
        "BTC/USD": ("CRYPTO", "479624278"),
        "EUR/USD": ("FOREX", "12087792"),
    }


@pytest.mark.parametrize("manner", ["friendly", "strict"])
def test_the_web_api_before_a_broker_finds_what_that_broker_has(
    manner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pair(tmp_path, monkeypatch, manner) as made:
        webapi(made, "/iserver/accounts")
        (found,) = webapi(made, "/iserver/secdef/search?symbol=MSFT")
        assert (int(found["conid"]), found["companyName"]) == (272093, "MICROSOFT CORP")
        assert found["sections"] == [{"secType": "STK"}]
        named = webapi(made, "/iserver/secdef/search?symbol=microsoft&name=true&secType=STK")
        assert [int(each["conid"]) for each in named] == [272093]
        assert "error" in webapi(made, "/iserver/secdef/search?symbol=NOSUCH")

        info = webapi(made, "/iserver/contract/272093/info")
        assert (info["symbol"], info["currency"], info["instrument_type"]) == ("MSFT", "USD", "STK")
        (told,) = webapi(made, "/trsrv/secdef?conids=756733,7")["secdef"]
        assert (told["conid"], told["ticker"]) == (756733, "SPY")
        stocks = webapi(made, "/trsrv/stocks?symbols=AAPL,NOSUCH")
        assert [one["contracts"][0]["conid"] for one in stocks["AAPL"]] == [265598]
        assert stocks["NOSUCH"] == []
        bars = "/iserver/marketdata/history?conid=479624278&period=1h&bar=5min"
        assert webapi(made, bars)["symbol"] == "BTC.USD"


def test_bars_stream_from_the_web_api_before_a_broker_as_they_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pair(tmp_path, monkeypatch) as made:
        webapi(made, "/iserver/accounts")
        url = f"ws://{made.here.host}/v1/api/ws"
        with connect(url, max_size=None, additional_headers=made.here.headers) as stream:
            heard: list[dict[str, Any]] = []

            def next_of(topic: str) -> dict[str, Any]:
                while True:
                    heard.append(json.loads(stream.recv(80)))
                    if heard[-1].get("topic") == topic:
                        return heard[-1]

            stream.send('smh+265598+{"period":"1h","bar":"1min"}')
            first = next_of("smh+265598")
            asked = webapi(made, "/iserver/marketdata/history?conid=265598&period=1h&bar=1min")
            ours = {row["t"]: row for row in first["data"]}
            common = [row for row in asked["data"] if row["t"] in ours]
            assert len(common) > 50
            assert [ours[row["t"]] for row in common] == common
            assert (first["serverId"], first["barLength"]) == (asked["serverId"], 60)

            stream.send("smh+7+{}")
            assert next_of("error")["code"] == 400
            stream.send('smd+272093+{"fields":["84","86"]}')
            assert next_of("smd+272093")["conid"] == 272093

            later = next_of("smh+265598")
            assert later["data"][-1]["t"] > first["data"][-1]["t"], "a bar that ended meanwhile"
            stream.send(f"umh+{first['serverId']}")
            while "message" not in heard[-1]:
                heard.append(json.loads(stream.recv(10)))
            assert heard[-1] == {"message": f"Unsubscribed {first['serverId']}"}
