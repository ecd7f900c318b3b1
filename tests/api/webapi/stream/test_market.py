"""Market data come whole, then by what changed, until they are let go; bars come bar by bar."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from api.webapi.stream.topic import LINE_LIFE_S
from tests.api.webapi.gate import AAPL, FRIENDLY, MSFT, STRICT, ticket
from tests.api.webapi.stream.talk import Talk, talk

pytestmark = pytest.mark.anyio
HISTORY = "/iserver/marketdata/history"


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
    rest = await line.gate.get(HISTORY, conid=AAPL, period="1h", bar="1min")
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


async def test_bars_go_on_with_each_one_that_began_or_changed(line: Talk) -> None:
    wish = f'smh+{AAPL}+{{"period":"1d","bar":"5min","source":"trades"}}'
    first = line.one(wish)
    assert line.wait() == []
    (told,) = line.step()
    assert (told["topic"], told["serverId"]) == (first["topic"], first["serverId"])
    assert (told["payload"], told["startTime"]) == (first["payload"], first["startTime"])
    (forming,) = told["data"]
    assert (forming["t"], forming["o"]) == (first["data"][-1]["t"], first["data"][-1]["o"])
    assert forming["c"] > first["data"][-1]["c"]
    assert forming["v"] == first["data"][-1]["v"] + 1_000
    (told,) = line.step(9)
    assert [row["t"] - forming["t"] for row in told["data"]] == [0, 300_000, 600_000]
    rest = await line.gate.get(HISTORY, conid=AAPL, period="1d", bar="5min")
    assert told["data"] == rest["data"][-3:]
    line.say(f"umh+{told['serverId']}")
    assert line.step() == []


async def test_bars_of_a_month_go_on_as_well(line: Talk) -> None:
    line.say(f'smh+{AAPL}+{{"period":"1y","bar":"1m"}}')
    (told,) = line.step(3)
    rest = await line.gate.get(HISTORY, conid=AAPL, period="1y", bar="1m")
    assert told["data"] == rest["data"]


async def test_bars_of_prices_alone_have_no_volume_later_either(line: Talk) -> None:
    line.say(f'smh+{AAPL}+{{"period":"1h","bar":"1min","source":"midpoint"}}')
    (told,) = line.step()
    assert [row["v"] for row in told["data"]] == [0]


async def test_the_same_history_can_be_asked_for_over_and_over(line: Talk) -> None:
    for _ in range(10):
        assert "data" in line.one(f'smh+{AAPL}+{{"period":"1h","bar":"1min"}}')


async def test_strict_bars_keep_to_the_table_of_periods() -> None:
    async with talk(STRICT) as line:
        await line.gate.get("/iserver/accounts")
        assert line.one(f'smh+{AAPL}+{{"period":"1y","bar":"1min"}}')["code"] == 400
