"""A client of the stream is greeted, heard, told what it asked for, and told when that ends."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from api.auth import Principal, Scope
from api.webapi.session import IDLE_MS
from api.webapi.stream import shown
from api.webapi.stream.conversation import HEARTBEAT_S
from api.webapi.stream.topic import HISTORIES_MAX, LINES_MAX, Message, Topic
from engine.errors import SymbolNotFound
from tests.api.webapi.gate import AAPL, FRIENDLY, STRICT
from tests.api.webapi.stream.talk import Talk, talk

pytestmark = pytest.mark.anyio


@pytest.fixture
async def line() -> AsyncIterator[Talk]:
    """A conversation that has been greeted, in the friendly manner."""
    async with talk(FRIENDLY) as one:
        yield one


async def test_the_greeting_says_who_and_what_and_whether_the_session_is_open(line: Talk) -> None:
    line.it.greet()
    system, accounts, state = line.read()
    assert system == {"topic": "system", "success": "owner", "isFT": False, "isPaper": True}
    assert accounts["topic"] == "act"
    assert accounts["args"]["accounts"] == ["A", "B"]
    assert state["topic"] == "sts"
    assert state["args"]["authenticated"] is True


async def test_without_a_session_the_greeting_names_no_accounts(line: Talk) -> None:
    line.session.drop(competing=True)
    line.it.greet()
    topics = {told["topic"]: told for told in line.read()}
    assert topics.keys() == {"system", "sts"}
    assert (
        topics["sts"]["args"] | {"authenticated": False, "competing": True} == topics["sts"]["args"]
    )


async def test_a_heartbeat_comes_every_ten_seconds(line: Talk) -> None:
    line.it.greet()
    line.read()
    line.now_s += HEARTBEAT_S - 0.1
    line.it.beat()
    assert line.read() == []
    line.now_s += 0.1
    line.it.beat()
    assert [told["hb"] > 10**12 for told in line.read()] == [True]
    line.it.beat()
    assert line.read() == []


async def test_a_change_of_the_session_is_told_once_and_ends_what_hung_on_it(line: Talk) -> None:
    line.it.greet()
    line.say("sor+{}")
    line.say(f"smd+{AAPL}+{{}}")
    line.session.drop()
    (state,) = line.wait()
    assert (state["topic"], state["args"]["authenticated"]) == ("sts", False)
    assert line.step() == []
    line.session.init(compete=False)
    (state,) = line.wait()
    assert state["args"]["authenticated"] is True
    await line.gate.place({"conid": AAPL, "orderType": "MKT", "side": "BUY", "quantity": 1})
    assert line.step() == []


async def test_a_session_that_came_and_went_between_two_beats_ends_them_too(line: Talk) -> None:
    line.it.greet()
    line.say(f"smd+{AAPL}+{{}}")
    line.session.drop()
    line.session.init(compete=False)
    line.wait()
    assert line.step() == []


async def test_subscribing_needs_the_session(line: Talk) -> None:
    line.session.drop()
    error = line.one("sor+{}")
    assert error == {"topic": "error", "error": "Bad Request: no bridge", "code": 400}


async def test_a_strict_gateway_wants_its_accounts_asked_for_first() -> None:
    async with talk(STRICT) as line:
        assert "query /accounts first" in line.one("sor+{}")["error"]
        await line.gate.get("/iserver/accounts")
        assert line.one("sor+{}") == {"topic": "sor", "args": []}


async def test_a_strict_session_that_lies_idle_ends_on_the_stream_as_well() -> None:
    async with talk(STRICT) as line:
        line.it.greet()
        line.read()
        began = line.session.now_ms()
        line.session.now_ms = lambda: began + IDLE_MS + 1_000
        (state,) = line.wait()
        assert state["args"]["authenticated"] is False


async def test_a_tic_is_answered_and_a_tickle_is_a_sign_of_life(line: Talk) -> None:
    began = line.session.now_ms()
    line.session.now_ms = lambda: began + 5_000
    told = line.one("tic")
    assert (told["alive"], told["id"], told["lastAccessed"]) == (
        True,
        line.session.id,
        began + 5_000,
    )
    assert line.session.tickled_at < began + 5_000
    assert line.one("tickle")["iserver"]["authStatus"]["connected"] is True
    assert line.session.tickled_at == began + 5_000


async def test_an_echo_comes_back(line: Talk) -> None:
    assert line.one("ech+hb") == {"topic": "ech", "args": ["hb"]}


async def test_naming_the_session_has_its_state_told_again(line: Talk) -> None:
    line.it.greet()
    line.read()
    assert line.one(f'{{"session":"{line.session.id}"}}')["topic"] == "sts"
    assert "unknown topic" in line.one('{"session":"another"}')["error"]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("xyz", 400, "unknown topic: xyz"),
        ("sbd+A+265598", 400, "unknown topic"),
        ("s", 400, "unknown topic"),
        ("", 400, "unknown topic"),
        ("smd+1+{}", 400, "conid"),
        ("smd+" + "9" * 5_000, 400, "conid"),
        ("umd+" + "9" * 5_000, 400, "conid"),
        ("smd+{}", 400, "conid"),
        ("smd+265598+{", 400, "body"),
        ("smh+265598+{\"bar\":\"7min\"}", 400, "bar"),
        ("smh+265598+{\"period\":\"9\"}", 400, "period"),
        ("ssd+Z+{}", 400, "Invalid account ID"),
        ("sld+{}", 400, "Invalid account ID"),
        ("str+{\"days\":8}", 400, "days"),
        ("umd+x", 400, "conid"),
    ],
)  # fmt: skip
async def test_what_can_mean_nothing_is_answered_with_an_error(
    line: Talk, text: str, code: int, words: str
) -> None:
    told = line.one(text)
    assert (told["topic"], told["code"]) == ("error", code)
    assert words in told["error"]


async def test_a_key_sees_its_own_accounts_alone() -> None:
    caller = Principal("bot", Scope.TRADE, ("B",), key_id="1")
    async with talk(FRIENDLY, caller) as line:
        line.it.greet()
        accounts = line.read()[1]["args"]
        assert (accounts["accounts"], accounts["selectedAccount"]) == (["B"], "B")
        assert line.one("ssd+A+{}")["code"] == 403
        await line.gate.place({"conid": AAPL, "orderType": "MKT", "side": "BUY", "quantity": 1})
        assert line.one("sor+{}")["args"] == []
        assert line.step() == []


class Silent(Topic):
    """A topic that has nothing to tell."""

    def first(self) -> Message | None:
        """Nothing."""
        return None


async def test_the_number_of_histories_is_limited_and_one_more_is_named(line: Talk) -> None:
    line.it._topics.update({("mh", str(n)): Silent() for n in range(HISTORIES_MAX)})
    told = line.one(f'smh+{AAPL}+{{"period":"1h","bar":"1min"}}')
    assert told["code"] == 429
    assert f"at most {HISTORIES_MAX}" in told["error"]


async def test_the_number_of_market_data_lines_is_limited(line: Talk) -> None:
    line.it._topics.update({("md", str(n)): Silent() for n in range(LINES_MAX)})
    assert line.one(f"smd+{AAPL}+{{}}")["code"] == 429
    assert AAPL not in line.session.fields


async def test_a_client_that_is_behind_is_told_what_changed_in_one(line: Talk) -> None:
    line.say(f'smd+{AAPL}+{{"fields":["31"]}}')
    line.it.hear("tic")
    line.gate.world.step()
    line.it.beat()
    assert [told["topic"] for told in line.read()] == ["tic", "sts"]
    line.gate.world.step()
    (told,) = line.wait()
    assert told["31"] == "100.30"


class Broken(Silent):
    """A topic that has lost what it told of."""

    def beat(self, now_s: float) -> Message | None:
        """Fail."""
        raise SymbolNotFound("AAPL")


async def test_a_topic_that_fails_says_so_once_and_ends(line: Talk) -> None:
    line.it.greet()
    line.read()
    line.it._topics[("pl", "")] = Broken()
    (told,) = line.wait()
    assert (told["topic"], told["code"]) == ("error", 400)
    assert "AAPL" in told["error"]
    assert line.wait() == []


async def test_a_topic_says_nothing_of_what_it_is_not_about() -> None:
    topic = Silent()
    assert topic.beat(0.0) is None
    assert topic.heard(shown.row(shown.ORDER, 1, "A", {})) is None
