"""Orders are told whole and then by what changed, executions one by one, in the tape's order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.api.webapi.gate import AAPL, FRIENDLY, STRICT, limit, ticket
from tests.api.webapi.stream.talk import Talk, talk

pytestmark = pytest.mark.anyio


@pytest.fixture
async def line() -> AsyncIterator[Talk]:
    """A conversation with a friendly gateway."""
    async with talk(FRIENDLY) as one:
        yield one


async def said(line: Talk) -> list[dict[str, Any]]:
    """The rows of everything that is said now, once the commands are over."""
    await asyncio.sleep(0)
    return [row for told in line.read() for row in told["args"]]


async def test_the_orders_of_the_day_come_first_with_their_prices_as_numbers(line: Talk) -> None:
    await line.gate.place(limit(99, cOID="before"))
    (row,) = line.one("sor+{}")["args"]
    assert (row["order_ref"], row["price"], row["status"]) == ("before", 99, "Submitted")


async def test_later_only_what_changed_is_told_with_the_account_and_the_number(line: Talk) -> None:
    line.say("sor+{}")
    (placed,) = await line.gate.place(limit(99))
    whole, accepted = await said(line)
    number = int(placed["order_id"])
    assert (whole["orderId"], whole["status"]) == (number, "PendingSubmit")
    assert {"acct": "A", "orderId": number, "status": "Submitted"}.items() <= accepted.items()
    assert "ticker" not in accepted
    await line.gate.delete(f"/iserver/account/A/order/{number}")
    asked, cancelled = await said(line)
    assert (asked["status"], cancelled["status"]) == ("PendingCancel", "Cancelled")
    assert cancelled.keys() >= {"acct", "orderId", "sizeAndFills", "bgColor"}


async def test_a_fill_is_told_with_its_execution_and_the_legs_it_wakes(line: Talk) -> None:
    line.say("sor+{}")
    line.say("str+{}")
    answer = await line.gate.place(
        ticket(cOID="entry"),
        ticket(orderType="STP", price=50, side="SELL", parentId="entry", tif="GTC"),
    )
    numbers = [int(each["order_id"]) for each in answer]
    rows = await said(line)
    assert [row["orderId"] for row in rows[:2]] == numbers
    assert rows[1]["status"] == "PreSubmitted"
    line.gate.world.step()
    await asyncio.sleep(0)
    told = line.read()
    trade = next(each["args"][0] for each in told if each["topic"] == "str")
    assert (trade["side"], trade["order_id"], trade["open_close"]) == ("B", numbers[0], "?")
    states = {
        row["orderId"]: row for each in told if each["topic"] == "sor" for row in each["args"]
    }
    assert states.keys() == set(numbers)
    assert states[numbers[0]]["filledQuantity"] == 10
    assert not any(each["topic"] == "str" and each["args"] == [] for each in told)


async def test_only_the_wanted_states_are_told_in_either_spelling(line: Talk) -> None:
    await line.gate.place(limit(99))
    assert line.one('sor+{"filters":["Filled"]}')["args"] == []
    assert len(line.one('sor+{"filters":["submitted","pre_submitted"]}')["args"]) == 1
    line.say('sor+{"filters":["Filled"]}')
    await line.gate.place(limit(98))
    assert await said(line) == []
    await line.gate.place(ticket())
    line.gate.world.step()
    (row,) = await said(line)
    assert (row["status"], row["ticker"]) == ("Filled", "AAPL")


async def test_what_the_first_answer_covers_is_not_told_again(line: Talk) -> None:
    line.it.hear("sor+{}")
    first = line.gate.gateway.engine.state.seq
    await line.gate.place(limit(99))
    line.it.hear("sor+{}")
    told = line.read()
    assert [len(each["args"]) for each in told] == [0, 1]
    assert line.gate.gateway.engine.state.seq > first


async def test_unsubscribing_ends_it_without_a_word(line: Talk) -> None:
    line.say("sor+{}")
    line.say("str+{}")
    assert line.say("uor+{}") == line.say("utr") == []
    await line.gate.place(ticket())
    line.gate.world.step()
    assert await said(line) == []


async def test_executions_before_are_told_unless_only_new_ones_are_wanted(line: Talk) -> None:
    await line.gate.place(ticket())
    line.gate.world.step()
    (row,) = line.one('str+{"days":1}')["args"]
    assert (row["size"], row["contract_description_2"]) == (10, "AAPL")
    for name in ("realtimeUpdatesOnly", "realtime_updates_only"):
        assert line.one(f'str+{{"{name}":true}}')["args"] == []


async def test_a_friendly_stream_tells_of_every_account_of_the_key(line: Talk) -> None:
    line.say("sor+{}")
    await line.gate.place(limit(99, quantity=1), account="B")
    assert {row["acct"] for row in await said(line)} == {"B"}
    await line.gate.place(limit(99))
    assert {row["acct"] for row in await said(line)} == {"A"}
    assert {row["acct"] for row in line.one("sor+{}")["args"]} == {"A", "B"}


async def test_a_strict_stream_tells_of_the_account_that_is_selected() -> None:
    async with talk(STRICT) as line:
        await line.gate.warm_up()
        await line.gate.get(f"/iserver/marketdata/snapshot?conids={AAPL}&fields=31")
        line.say("sor+{}")
        await line.gate.place(limit(99, quantity=1), account="B")
        assert await said(line) == []
        await line.gate.post("/iserver/account", {"acctId": "B"})
        await line.gate.place(limit(98, quantity=1), account="B")
        assert {row["acct"] for row in await said(line)} == {"B"}


async def test_a_filtered_list_silences_the_stream_until_it_is_forced() -> None:
    async with talk(STRICT | {"price_percent_max": 0}) as line:
        await line.gate.warm_up()
        await line.gate.get(f"/iserver/marketdata/snapshot?conids={AAPL}&fields=31")
        assert line.one("sor+{}")["args"] == []
        await line.gate.get("/iserver/account/orders", filters="filled")
        await line.gate.place(limit(99))
        assert await said(line) == []
        assert line.say("sor+{}") == []
        await line.gate.get("/iserver/account/orders", force="true")
        await line.gate.place(limit(98))
        assert [row["price"] for row in await said(line) if "price" in row] == [98]
