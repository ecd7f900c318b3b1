"""The strict manner: every habit of a real gateway, each of which the friendly one lacks."""

from __future__ import annotations

from typing import Any

import pytest

from api.webapi.manners import FRIENDLY as FRIENDLY_MANNER
from api.webapi.manners import MANNERS
from api.webapi.manners import STRICT as STRICT_MANNER
from tests.api.webapi.gate import AAPL, FRIENDLY, STRICT, Gate, gate, limit, ticket

pytestmark = pytest.mark.anyio

SNAPSHOT: dict[str, Any] = {"conids": str(AAPL), "fields": "31,84,87,88"}
ALL = ["o163", "o354", "o383", "o403", "o451", "o10151", "o10331"]


async def test_each_manner_has_its_name() -> None:
    assert MANNERS == {"friendly": FRIENDLY_MANNER, "strict": STRICT_MANNER}


@pytest.mark.parametrize(
    "path",
    [
        "/iserver/account/orders",
        "/iserver/account/trades",
        "/iserver/account/pnl/partitioned",
        f"/iserver/marketdata/snapshot?conids={AAPL}",
        "/iserver/account/order/status/1",
    ],
)
async def test_orders_and_market_data_want_the_accounts_first(strict: Gate, path: str) -> None:
    said = await strict.get(path, 400)
    assert said == {"error": "Bad Request: Please query /accounts first", "statusCode": 400}
    await strict.get("/iserver/accounts")
    status = 503 if "status" in path else 200
    await strict.get(path, status)


async def test_the_portfolio_wants_its_own_accounts_first(strict: Gate) -> None:
    await strict.get("/portfolio/A/summary", 400)
    await strict.get("/portfolio/subaccounts")
    await strict.get("/portfolio/A/summary")


async def test_the_first_snapshot_shows_nothing_and_the_second_all(strict: Gate) -> None:
    await strict.get("/iserver/accounts")
    assert await strict.get("/iserver/marketdata/snapshot", **SNAPSHOT) == [
        {"conid": AAPL, "conidEx": str(AAPL)}
    ]
    (row,) = await strict.get("/iserver/marketdata/snapshot", conids=AAPL)
    assert (row["31"], row["84"], row["87"]) == ("100.10", "100.10", "1K")
    assert "LastPrice" not in row
    await strict.get("/iserver/marketdata/unsubscribeall")
    (row,) = await strict.get("/iserver/marketdata/snapshot", **SNAPSHOT)
    assert "31" not in row


async def test_the_first_lists_of_a_session_are_empty(strict: Gate) -> None:
    await strict.get("/iserver/accounts")
    paths = {
        "/iserver/account/orders": {"orders": [], "snapshot": False},
        "/iserver/account/trades": [],
        "/iserver/account/pnl/partitioned": {"upnl": {}},
    }
    for path, empty in paths.items():
        assert [await strict.get(path)] == [empty]
    assert (await strict.get("/iserver/account/orders"))["snapshot"] is True
    assert set((await strict.get("/iserver/account/pnl/partitioned"))["upnl"]) == {"A.Core"}
    forced = await strict.get("/iserver/account/orders", force="true")
    assert forced == {"orders": [], "snapshot": False}


async def test_the_first_positions_are_bare() -> None:
    async with gate(STRICT) as one:
        await one.warm_up()
        await _suppress(one)
        await one.place(ticket())
        one.world.step()
        (bare,) = await one.get("/portfolio/A/positions/0")
        (whole,) = await one.get("/portfolio/A/positions/0")
        assert "ticker" not in bare
        assert bare.items() <= whole.items()


async def test_a_search_gives_numbers_as_texts(strict: Gate) -> None:
    (row,) = await strict.get("/iserver/secdef/search", symbol="AAPL")
    assert row["conid"] == str(AAPL)


async def test_cautious_questions_come_before_the_others(strict: Gate) -> None:
    await strict.warm_up()
    question, asked = await strict.place(ticket(quantity=600)), []
    while "message" in question[0]:
        asked += question[0]["messageIds"]
        question = await strict.reply(question)
    assert asked == ["o354", "o383", "o10151"]
    await strict.get("/iserver/marketdata/snapshot", conids=AAPL)
    question = await strict.place(ticket(orderType="STP", price=102))
    assert question[0]["messageIds"] == ["o10331"]


async def test_another_order_makes_an_open_question_void(strict: Gate) -> None:
    await strict.warm_up()
    question = await strict.place(ticket())
    await strict.place(ticket())
    said = await strict.reply(question, status=400)
    assert said["error"].startswith("reply id not found")


async def test_the_same_name_twice_is_an_error(strict: Gate) -> None:
    await strict.warm_up()
    await _suppress(strict)
    await strict.place(limit(100, cOID="once"))
    said = await strict.place(limit(100, cOID="once"))
    assert said["error"].startswith("Order couldn't be submitted: Local order ID=once")


async def test_a_bracket_with_one_bad_leg_goes_live_without_it(strict: Gate) -> None:
    await strict.warm_up()
    await _suppress(strict)
    parent = limit(100, cOID="parent")
    good = limit(105, side="SELL", parentId="parent")
    bad = ticket(side="SELL", orderType="MIDPRICE", parentId="parent")
    acks = await strict.place(parent, bad, good)
    assert [ack["order_status"] for ack in acks] == ["Submitted", "Failed", "PreSubmitted"]
    assert acks[1]["order_id"] == "-1"
    assert "MIDPRICE" in acks[1]["text"]


async def test_filters_count_in_one_spelling_only(strict: Gate) -> None:
    await strict.warm_up()
    await _suppress(strict)
    await strict.place(limit(100))
    assert await strict.orders(filters="Submitted") == []
    assert len(await strict.orders(filters="submitted")) == 1


async def test_only_the_selected_accounts_orders_are_told(strict: Gate) -> None:
    await strict.warm_up()
    await _suppress(strict)
    (ack,) = await strict.place(limit(100))
    await strict.post("/iserver/account", {"acctId": "B"})
    assert await strict.orders() == []
    await strict.get(f"/iserver/account/order/status/{ack['order_id']}", 503)


@pytest.mark.parametrize(
    ("period", "bar", "status"),
    [("1d", "1min", 200), ("1w", "5min", 400), ("1y", "1h", 400), ("1min", "5min", 400)],
)
async def test_a_period_takes_the_bars_of_its_row(
    strict: Gate, period: str, bar: str, status: int
) -> None:
    wish = {"conid": AAPL, "period": period, "bar": bar}
    await strict.get("/iserver/marketdata/history", status, **wish)


async def test_one_call_too_many_is_shut_out_without_a_word() -> None:
    async with gate(STRICT, paced=True) as one:
        await one.get("/portfolio/accounts")
        assert await one.get("/portfolio/accounts", 429) is None
        assert await one.get("/iserver/accounts", 429) is None


@pytest.mark.parametrize("path", ["/iserver/account/orders", "/portfolio/accounts", "/tickle"])
async def test_a_friendly_gateway_counts_nothing(path: str) -> None:
    async with gate(FRIENDLY) as one:
        for _ in range(15):
            await one.get(path)


async def _suppress(one: Gate) -> Any:
    return await one.post("/iserver/questions/suppress", {"messageIds": ALL})
