"""Market data come whole, then by what changed, until they are let go; bars come once."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from api.webapi.stream.topic import LINE_LIFE_S
from tests.api.webapi.gate import AAPL, FRIENDLY, MSFT, STRICT, ticket
from tests.api.webapi.stream.talk import Talk, talk

pytestmark = pytest.mark.anyio


@pytest.fixture
async def line() -> AsyncIterator[Talk]:
    """A conversation with a friendly gateway, greeted."""
    async with talk(FRIENDLY) as one:
        one.it.greet()
        one.read()
        yield one


async def test_every_known_field_comes_first_and_then_those_that_changed(line: Talk) -> None:
    first = line.one(f'smd+{AAPL}+{{"fields":["31","55","86"]}}')
    assert first["topic"] == f"smd+{AAPL}"
    assert (first["conid"], first["31"], first["55"]) == (AAPL, "100.10", "AAPL")
    (told,) = line.step()
    assert told["31"] == "100.20"
    assert told["6509"] == first["6509"]
    assert "55" not in told
    assert line.wait() == []


async def test_the_target_is_named_as_it_was_asked_for(line: Talk) -> None:
    assert line.one(f"smd+{AAPL}@ARCA+{{}}")["topic"] == f"smd+{AAPL}@ARCA"


async def test_without_fields_those_of_the_last_snapshot_are_told(line: Talk) -> None:
    await line.gate.get("/iserver/marketdata/snapshot", conids=MSFT, fields="7051")
    told = line.one(f"smd+{MSFT}")
    assert told["7051"] == "MICROSOFT CORP"
    assert "31" not in told


async def test_a_position_changes_its_fields_without_the_market(line: Talk) -> None:
    line.say(f'smd+{AAPL}+{{"fields":["76"]}}')
    await line.gate.place(ticket(quantity=3))
    (told,) = line.step()
    assert told["76"] == "3"


@pytest.mark.parametrize("by", ["stream", "one", "all"])
async def test_market_data_end_without_a_word_however_they_are_let_go(line: Talk, by: str) -> None:
    line.say(f"smd+{AAPL}+{{}}")
    if by == "stream":
        assert line.say(f"umd+{AAPL}+{{}}") == []
    elif by == "one":
        await line.gate.post("/iserver/marketdata/unsubscribe", {"conid": AAPL})
    else:
        await line.gate.get("/iserver/marketdata/unsubscribeall")
    assert line.step() == []
    assert AAPL not in line.session.fields


async def test_a_strict_stream_ends_by_itself_unless_it_is_asked_for_again() -> None:
    async with talk(STRICT) as line:
        await line.gate.get("/iserver/accounts")
        line.it.greet()
        wish = f'smd+{AAPL}+{{"fields":["31"]}}'
        line.say(wish)
        line.wait(LINE_LIFE_S - 10)
        line.say(wish)
        line.wait(LINE_LIFE_S - 10)
        assert len(line.step()) == 1
        line.wait(10)
        assert line.step() == []


async def test_a_friendly_stream_does_not_end_by_itself(line: Talk) -> None:
    line.say(f"smd+{AAPL}+{{}}")
    line.wait(2 * LINE_LIFE_S)
    assert len(line.step()) == 1


async def test_bars_are_the_answer_of_rest_under_the_topic(line: Talk) -> None:
    path = "/iserver/marketdata/history"
    rest = await line.gate.get(path, conid=AAPL, period="1h", bar="1min")
    told = line.one(f'smh+{AAPL}+{{"period":"1h","bar":"1min","outside_rth":false}}')
    assert told.pop("topic") == f"smh+{AAPL}"
    assert told.pop("payload") == {
        "conid": AAPL,
        "source": "",
        "period": "1h",
        "bar": "1min",
    }
    assert told == rest
    assert line.one(f"umh+{told['serverId']}") == {"message": f"Unsubscribed {told['serverId']}"}


async def test_the_same_history_can_be_asked_for_over_and_over(line: Talk) -> None:
    for _ in range(10):
        assert "data" in line.one(f'smh+{AAPL}+{{"period":"1h","bar":"1min"}}')


async def test_strict_bars_keep_to_the_table_of_periods() -> None:
    async with talk(STRICT) as line:
        await line.gate.get("/iserver/accounts")
        assert line.one(f'smh+{AAPL}+{{"period":"1y","bar":"1min"}}')["code"] == 400
