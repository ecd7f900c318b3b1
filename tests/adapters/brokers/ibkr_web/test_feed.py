"""Live quotes: subscribed to, put together from their parts, confirmed, and let go of."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from starlette.requests import Request

from adapters.brokers.ibkr_web import feed
from adapters.brokers.ibkr_web.errors import SessionLost
from engine.errors import SymbolNotFound
from engine.market.quotes import Quote
from engine.market.timeframes import MINUTE_NS
from engine.reports import ForeignOrder
from tests.adapters.brokers.ibkr_web.gateway import AAPL, Gateway, order_row, until
from tests.adapters.brokers.ibkr_web.line import Line, line
from tests.builders import dec

pytestmark = pytest.mark.anyio
SNAPSHOT, UNSUBSCRIBE = "/iserver/marketdata/snapshot", "/iserver/marketdata/unsubscribe"
MSFT = 272093
QUIET: dict[str, Any] = {"confirm_s": 60.0}


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A feed that looks after its subscriptions many times a second."""
    monkeypatch.setattr(feed, "LOOK_S", 0.02)


class Ear:
    """Everything that one feed showed, and lacked."""

    def __init__(self, made: Line) -> None:
        self.quotes: list[Quote] = []
        self.lacking: list[str] = []
        made.broker.follow(self.quotes.append, self.lacking.append)

    async def heard(self, count: int) -> Quote:
        """Wait for so many quotes; the newest."""
        await until(lambda: len(self.quotes) >= count, f"{count} quotes")
        return self.quotes[-1]


def smd(conid: int = AAPL, **fields: Any) -> dict[str, Any]:
    """A message of the stream, with the fields of these numbers."""
    tags = {name.removeprefix("t"): value for name, value in fields.items()}
    head = {"topic": f"smd+{conid}", "conid": conid, "conidEx": str(conid)}
    return {**head, "_updated": 1775053800000, **tags}


def wishes(gateway: Gateway, kind: str = "smd") -> list[str]:
    """What the stream was asked for, of one kind."""
    return [text for text in gateway.heard if text.startswith(kind)]


async def test_what_is_wanted_is_subscribed_to_with_the_fields_of_a_quote() -> None:
    gateway = Gateway()
    async with line(gateway, **QUIET) as made:
        made.broker.want(["AAPL", "MSFT"])
        await until(lambda: len(wishes(gateway)) == 2, "both are subscribed to")
    topic, _, arguments = wishes(gateway)[0].partition("+{")
    assert topic == f"smd+{AAPL}"
    assert json.loads("{" + arguments) == {"fields": ["31", "84", "85", "86", "88", "6509"]}


async def test_partial_updates_are_put_together() -> None:
    gateway = Gateway()
    async with line(gateway, **QUIET) as made:
        ear = Ear(made)
        made.broker.want(["AAPL"])
        await until(lambda: bool(wishes(gateway)), "it is subscribed to")
        await gateway.tell(smd(t6509="RpB"))
        await gateway.tell(smd(t84="168.40", t88="1,300", t86="168.44", t85="2", t31="168.42"))
        whole = await ear.heard(1)
        await gateway.tell(smd(t86="168.50", _updated=1775053800500))
        moved = await ear.heard(2)
    assert (whole.bid, whole.ask, whole.last) == (dec("168.40"), dec("168.44"), dec("168.42"))
    assert (whole.bid_size, whole.ask_size) == (dec(1300), dec(2))
    assert (moved.bid, moved.ask, moved.ts) == (dec("168.40"), dec("168.50"), 1775053800500 * 10**6)


async def test_what_the_stream_is_silent_about_is_asked_for_and_so_confirmed() -> None:
    gateway = Gateway()
    row = [smd(t84="168.40", t86="168.44")]
    gateway.lay(SNAPSHOT, [{"conid": AAPL, "conidEx": str(AAPL)}], row, row)
    async with line(gateway, confirm_s=0.05) as made:
        ear = Ear(made)
        made.broker.want(["AAPL"])
        await ear.heard(2)
    assert {one["conids"] for one in gateway.asked(SNAPSHOT)} == {str(AAPL)}


async def test_what_the_stream_repeats_is_not_asked_for() -> None:
    gateway = Gateway()
    async with line(gateway, **QUIET) as made:
        ear = Ear(made)
        made.broker.want(["AAPL"])
        await until(lambda: bool(wishes(gateway)), "it is subscribed to")
        await gateway.tell(smd(t31="168.42"))
        await ear.heard(1)
    assert gateway.asked(SNAPSHOT) == []


async def test_a_subscription_is_said_again_before_the_gateway_ends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed, "RENEW_S", 0.1)
    gateway = Gateway()
    async with line(gateway, **QUIET) as made:
        made.broker.want(["AAPL"])
        await until(lambda: len(wishes(gateway)) >= 3, "it was said three times")
    assert len(set(wishes(gateway))) == 1


async def test_what_nobody_wants_any_more_is_let_go_of() -> None:
    gateway = Gateway()
    gateway.lay(SNAPSHOT, [smd(t31="168.42")])
    gateway.lay(UNSUBSCRIBE, {"success": True})
    async with line(gateway, confirm_s=0.05) as made:
        ear = Ear(made)
        made.broker.want(["AAPL"])
        await ear.heard(1)
        made.broker.want([])
        await until(lambda: bool(gateway.asked(UNSUBSCRIBE)), "it is let go of")
        told = len(ear.quotes)
        await gateway.tell(smd(t31="170.00"))
        await gateway.tell({"topic": "sor", "args": [order_row(7)]})
        await made.heard(ForeignOrder)
    assert wishes(gateway, "umd") == [f"umd+{AAPL}+{{}}"]
    assert gateway.asked(UNSUBSCRIBE) == [{"conid": AAPL}]
    assert len(ear.quotes) == told


async def test_a_new_stream_begins_from_nothing_and_subscribes_again() -> None:
    gateway = Gateway()
    async with line(gateway, **QUIET) as made:
        ear = Ear(made)
        made.broker.want(["AAPL"])
        await until(lambda: bool(wishes(gateway)), "it is subscribed to")
        await gateway.tell(smd(t84="168.40", t86="168.44"))
        await ear.heard(1)
        await gateway.hang_up()
        await made.ended()
        made.opened.clear()
        await made.open()
        await until(lambda: len(wishes(gateway)) == 2, "it is subscribed to again")
        await gateway.tell(smd(t84="170.00"))
        await gateway.tell(smd(t86="170.10"))
        newest = await ear.heard(2)
    assert (newest.bid, newest.ask) == (dec("170.00"), dec("170.10"))
    assert len(ear.quotes) == 2, "a bid alone is no quote, and the old ask is forgotten"


async def test_no_more_are_quoted_than_there_are_lines() -> None:
    gateway = Gateway()
    async with line(gateway, lines=1, **QUIET) as made:
        made.broker.want(["MSFT", "AAPL"])
        await until(lambda: bool(wishes(gateway)), "one is subscribed to")
        made.broker.want(["AAPL", "MSFT"])
        await until(lambda: len(wishes(gateway)) == 2, "the other is")
    assert wishes(gateway, "umd") == [f"umd+{MSFT}+{{}}"]


async def test_a_symbol_without_a_contract_is_said_to_lack_and_the_others_are_quoted() -> None:
    gateway = Gateway()
    async with line(gateway, **QUIET) as made:
        ear = Ear(made)
        made.broker.want(["NOSUCH", "AAPL"])
        await until(lambda: bool(wishes(gateway)), "the other is subscribed to")
        with pytest.raises(SymbolNotFound):
            await made.broker.bars("NOSUCH", MINUTE_NS, 1)
    assert ear.lacking == ["NOSUCH"]


async def test_a_symbol_that_is_answered_with_garbage_holds_up_no_other() -> None:
    gateway = Gateway()
    gateway.lay("/trsrv/stocks", *[["garbage"]] * 500)
    row = [smd(t84="168.40", t86="168.44")]
    gateway.lay(SNAPSHOT, *[row] * 50)
    async with line(gateway, conids={"AAPL": AAPL}, confirm_s=0.05) as made:
        ear = Ear(made)
        made.broker.want(["ODD", "AAPL"])
        await ear.heard(3)
    assert {one.symbol for one in ear.quotes} == {"AAPL"}
    assert ear.lacking == [], "no answer is not to lack a contract"
    assert len(gateway.asked("/trsrv/stocks")) == 1, "it is left alone for a while"


@pytest.mark.parametrize("inside", [["garbage"], [{"contracts": ["garbage"]}]])
async def test_garbage_inside_an_answer_about_one_symbol_does_not_end_the_line(
    inside: list[Any],
) -> None:
    gateway = Gateway()
    gateway.lay("/trsrv/stocks", {"ODD": inside})
    gateway.lay("/iserver/secdef/search", ["garbage", {"symbol": "ODD", "sections": ["garbage"]}])
    async with line(gateway, conids={"AAPL": AAPL}, **QUIET) as made:
        made.broker.want(["ODD", "AAPL"])
        await until(lambda: bool(wishes(gateway)), "the other is subscribed to")
        assert made.running is not None
        assert not made.running.done()


async def test_a_symbol_that_was_not_answered_is_looked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed, "REST_S", 0.02)
    gateway = Gateway()
    gateway.stocks = {"ODD": 77}
    gateway.lay("/trsrv/stocks", ["garbage"], ["garbage"])
    async with line(gateway, **QUIET) as made:
        made.broker.want(["ODD"])
        await until(lambda: len(wishes(gateway)) == 1, "it is subscribed to in the end")


async def test_contracts_that_are_slow_to_find_do_not_keep_prices_from_being_confirmed() -> None:
    gateway = Gateway()
    release = asyncio.Event()
    row = [smd(t84="168.40", t86="168.44")]
    gateway.lay(SNAPSHOT, *[row] * 50)
    slow = [f"SLOW{number}" for number in range(4)]

    async def dawdle(request: Request) -> None:
        if request.url.path.endswith("/trsrv/stocks") and not release.is_set():
            await asyncio.sleep(0.05)

    gateway.hook = dawdle
    async with line(gateway, conids={"AAPL": AAPL}, confirm_s=0.01) as made:
        ear = Ear(made)
        made.broker.want(["AAPL", *slow])
        await ear.heard(1)
        looked = len(gateway.asked("/trsrv/stocks"))
        release.set()
        await until(lambda: len(ear.lacking) == len(slow), "each was looked for")
    assert looked < len(slow), "prices came between"


@pytest.mark.parametrize(("availability", "takes"), [("N", True), ("DPB", False), ("Y", False)])
async def test_prices_that_may_not_be_seen_or_are_delayed_are_none(
    availability: str, takes: bool
) -> None:
    gateway = Gateway()
    async with line(gateway, delayed=takes, **QUIET) as made:
        ear = Ear(made)
        made.broker.want(["AAPL", "MSFT"])
        await until(lambda: len(wishes(gateway)) == 2, "both are subscribed to")
        await gateway.tell(smd(t31="168.42", t6509=availability))
        await gateway.tell(smd(MSFT, t31="400.00", t6509="RpB"))
        assert (await ear.heard(1)).symbol == "MSFT"


async def test_delayed_prices_count_where_that_was_chosen() -> None:
    gateway = Gateway()
    async with line(gateway, delayed=True, **QUIET) as made:
        ear = Ear(made)
        made.broker.want(["AAPL"])
        await until(lambda: bool(wishes(gateway)), "it is subscribed to")
        await gateway.tell(smd(t31="168.42", t6509="DPB"))
        assert (await ear.heard(1)).last == dec("168.42")


async def test_a_session_that_is_gone_ends_the_line_also_where_a_quote_finds_out() -> None:
    gateway = Gateway()
    gateway.lay(SNAPSHOT, {"error": "Bad Request: no bridge", "statusCode": 400}, status=400)
    async with line(gateway, confirm_s=0.05) as made:
        made.broker.want(["AAPL"])
        assert isinstance(await made.ended(), SessionLost)
