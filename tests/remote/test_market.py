"""The market of an account behind a line is its broker's: followed, waited for, aged, and never
made up.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from websockets.sync.client import connect

from examples.gateway import Gateway, Refused
from tests.remote.hand import wait_for
from tests.remote.pair import FAR_ACCOUNT, HERE, Pair, pair

pytestmark = [pytest.mark.crash, pytest.mark.timeout(90)]
CHANGES = 4

Price = tuple[str, str, str]


class Told:
    """What one server's stream tells, as it comes."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The messages of one kind so far."""
        return [each for each in list(self.messages) if each["type"] == kind]

    @property
    def prices(self) -> set[Price]:
        """Every symbol's bids and asks so far."""
        return {price(each["quote"]) for each in self.of("quote")}


def price(quote: dict[str, Any]) -> Price:
    bid, ask = (str(Decimal(quote[side]).normalize()) for side in ("bid", "ask"))
    return quote["symbol"], bid, ask


@contextmanager
def listening(gateway: Gateway, account: str = "") -> Iterator[Told]:
    """Listen to a stream until the block ends."""
    told = Told()
    query = f"?account_id={account}" if account else ""
    url = f"ws://{gateway.host}/v1/ws{query}"
    with connect(url, max_size=None, additional_headers=gateway.headers) as stream:

        def listen() -> None:
            for text in stream:
                told.messages.append(json.loads(text))

        thread = threading.Thread(target=listen)
        thread.start()
        wait_for(lambda: bool(told.messages), "the greeting")
        try:
            yield told
        finally:
            stream.close()
            thread.join(10)


def follows(made: Pair, told: Told, symbol: str) -> None:
    """Quotes asked of the near server move as the far one's do, whose stream may leave one out."""
    seen: set[Price] = set()

    def has_moved() -> bool:
        quote = made.here.get(f"/quotes/{symbol}")
        assert quote["provider"] == "far"
        seen.add(price(quote))
        return len(seen & told.prices) >= CHANGES

    wait_for(has_moved, f"{symbol} moves with the far market", 20)


@pytest.mark.parametrize("manner", ["friendly", "strict"])
def test_prices_follow_the_brokers_and_a_position_is_worth_what_they_say(
    manner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pair(tmp_path, monkeypatch, manner) as made, listening(made.far) as told:
        assert "on the market of far" in "".join(made.near.said)
        assert "synthetic" not in "".join(made.near.said)
        follows(made, told, "AAPL")
        follows(made, told, "EUR%2FUSD")
        assert _code(made, "/quotes/NOSUCH") == "SYMBOL_NOT_FOUND"

        made.here.order("MSFT", "BUY", 10)
        wait_for(lambda: bool(made.here.get("/positions")), "it is filled", 20)

        def is_worth_the_same() -> bool:
            (ours,), (theirs,) = made.here.get("/positions"), made.far.get("/positions")
            middles = {
                (Decimal(bid) + Decimal(ask)) / 2
                for symbol, bid, ask in told.prices
                if symbol == "MSFT"
            }
            return ours["quantity"] == theirs["quantity"] and any(
                abs(Decimal(ours["current_price"]) - middle) <= Decimal("0.01")
                for middle in middles
            )

        wait_for(is_worth_the_same, "valued by the broker's price", 20)
        account = made.here.get("/account")
        gained = Decimal(account["equity"]) - Decimal(account["balance"])
        assert gained == Decimal(account["unrealized_pnl"])
        assert abs(Decimal(account["equity"]) - Decimal(made.far.get("/account")["equity"])) < 100


def test_bars_are_the_brokers_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pair(tmp_path, monkeypatch) as made:
        for timeframe in ("1m", "5m", "1h"):
            ours = made.here.get(f"/bars/AAPL?timeframe={timeframe}&limit=20")
            theirs = made.far.get(f"/bars/AAPL?timeframe={timeframe}&limit=40")
            assert {bar["provider"] for bar in ours} == {"far"}
            assert [figures(bar) for bar in theirs if bar["timestamp"] in moments(ours)] == [
                figures(bar) for bar in ours
            ]
            assert len(ours) == 20
        first, last = sorted(moments(ours))[-3:-1]
        between = made.here.get(f"/bars/AAPL?timeframe=1h&start={first}&end={last}")
        assert [bar["timestamp"] for bar in between] == [first, last]
        assert _code(made, "/bars/NOSUCH?timeframe=1m") == "SYMBOL_NOT_FOUND"


def moments(bars: list[dict[str, Any]]) -> set[str]:
    return {bar["timestamp"] for bar in bars}


def figures(bar: dict[str, Any]) -> list[Decimal]:
    return [Decimal(bar[name]) for name in ("open", "high", "low", "close", "volume")]


def test_a_cut_line_makes_prices_stale_then_ends_them_and_they_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        pair(tmp_path, monkeypatch, expire_s=4.0) as made,
        listening(made.far) as theirs,
        listening(made.here) as told,
    ):
        follows(made, theirs, "AAPL")
        made.trouble("daily_reset")
        wait_for(lambda: not made.here.get("/status")["connected"], "the line is down", 20)
        last = made.here.get("/quotes/AAPL")
        assert last == made.here.get("/quotes/AAPL"), "the last one, with its own time"

        def states() -> list[tuple[str, bool]]:
            return [
                (each["event"], "AAPL" in each["symbols"])
                for each in told.of("data_staleness")
                if each["broker"] == "far"
            ]

        wait_for(lambda: ("STALE", True) in states(), "it is said", 20)
        wait_for(lambda: _code(made, "/quotes/AAPL") == "PROVIDER_UNAVAILABLE", "it ends", 20)
        assert _code(made, "/bars/AAPL?timeframe=1m") == "PROVIDER_UNAVAILABLE"

        made.peace()
        made.connected()
        follows(made, theirs, "AAPL")
        wait_for(lambda: ("FRESH", True) in states(), "that is said too", 20)
        assert {each["quote"]["provider"] for each in told.of("quote")} == {"far"}


def test_each_account_sees_its_own_market(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        pair(tmp_path, monkeypatch, beside=True) as made,
        listening(made.far) as theirs,
        listening(made.here, FAR_ACCOUNT) as behind,
        listening(made.here, HERE) as beside,
    ):
        follows(made, theirs, "AAPL")
        here = made.here.get(f"/bars/AAPL?timeframe=1m&limit=1&account_id={HERE}")
        assert here[0]["provider"] == "synthetic"
        wait_for(lambda: len(behind.prices) > 3 and len(beside.prices) > 20, "both are told")
        wait_for(lambda: len(behind.prices & theirs.prices) > 3, "one the far market")
        providers = [
            {each["quote"]["provider"] for each in one.of("quote")} for one in (behind, beside)
        ]
        assert providers == [{"far"}, {"synthetic"}]
        assert behind.messages[0]["broker"] == "far"
        assert beside.messages[0]["broker"] == "synthetic"


def _code(made: Pair, path: str) -> str:
    try:
        made.here.get(path)
    except Refused as refused:
        return str(refused.code)
    return ""


WORKER = """
import json, pathlib

FILE = pathlib.Path({file!r})
found = {{"quotes": []}}

def tick(ctx):
    if "history" in found:
        FILE.with_suffix(".new").write_text(json.dumps(found))
        FILE.with_suffix(".new").replace(FILE)
        return
    try:
        quote = ctx.broker.quote("AAPL")
        found["asked"] = [quote.symbol, str(quote.bid.normalize()), str(quote.ask.normalize())]
        found["bars"] = [str(bar.close) for bar in ctx.broker.bars("AAPL", "5m", limit=3)]
        rows = ctx.ibkr.get_historical_data(265598, "1h", "5min")["data"]
        found["history"] = [str(row["c"]) for row in rows]
    except Exception as error:  # until the line stands
        found["error"] = repr(error)

def on_quote(ctx, quote):
    found["quotes"].append([quote.symbol, str(quote.bid.normalize()), str(quote.ask.normalize())])
"""


def test_a_worker_sees_its_brokers_market_and_hears_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, kept = tmp_path / "worker.py", tmp_path / "found.json"
    file.write_text(WORKER.format(file=str(kept)))
    command = ("worker", file, "--tick", "200ms")
    with pair(tmp_path, monkeypatch, command=command) as made, listening(made.far) as theirs:
        wait_for(kept.exists, "it has asked for everything", 30)

        def has_heard() -> bool:
            heard = {tuple(each) for each in json.loads(kept.read_text())["quotes"]}
            return len(heard & theirs.prices) >= CHANGES

        wait_for(has_heard, "it hears what the far market shows", 20)
        found = json.loads(kept.read_text())
        closes = {Decimal(bar["close"]) for bar in made.far.get("/bars/AAPL?timeframe=5m&limit=20")}
        assert {Decimal(close) for close in found["bars"]} <= closes
        assert {Decimal(close) for close in found["history"]} <= closes


def test_the_web_api_before_a_broker_shows_that_brokers_market(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pair(tmp_path, monkeypatch) as made, listening(made.far) as theirs:
        made.here.get("/quotes/AAPL")
        webapi(made, "/iserver/accounts")
        seen: set[Price] = set()

        def has_moved() -> bool:
            (row,) = webapi(made, "/iserver/marketdata/snapshot?conids=265598&fields=84,86")
            if "84" in row:
                seen.add(price({"symbol": "AAPL", "bid": row["84"], "ask": row["86"]}))
            return len(seen & theirs.prices) >= CHANGES

        wait_for(has_moved, "the snapshot moves with the far market", 20)
        told = webapi(made, "/iserver/marketdata/history?conid=265598&period=1h&bar=5min")
        closes = {Decimal(bar["close"]) for bar in made.far.get("/bars/AAPL?timeframe=5m&limit=20")}
        assert {Decimal(str(row["c"])) for row in told["data"]} <= closes


def webapi(made: Pair, path: str) -> Any:
    """What the near server's Web API answers."""
    asked = Request(f"{made.near.url}/v1/api{path}", headers=made.here.headers)
    with urlopen(asked, timeout=10) as answer:
        return json.loads(answer.read())
