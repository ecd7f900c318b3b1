"""Questions that hold orders back: when they are asked, how, and what becomes of them."""

from __future__ import annotations

from typing import Any

import pytest

from engine.market.timeframes import MINUTE_NS
from tests.api.webapi.gate import EURUSD, FRIENDLY, Gate, gate, limit, ticket
from tests.api.world import World

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("fields", "message_id", "words"),
    [
        ({"orderType": "LMT", "price": 50}, "o163", "price exceeds the Percentage constraint of"),
        ({"quantity": 501}, "o383", "size exceeds the Size Limit of 500"),
        ({"orderType": "STP", "price": 90}, "o403", "most likely trigger and fill immediately"),
        ({"conid": EURUSD, "quantity": 200_000}, "o451", "Total Value Limit of 100,000 USD"),
    ],
)  # fmt: skip
async def test_an_order_that_looks_like_a_mistake_is_questioned(
    friendly: Gate, fields: dict[str, Any], message_id: str, words: str
) -> None:
    (question,) = await friendly.place(ticket(**fields))
    assert question["messageIds"] == [message_id]
    assert words in question["message"][0].strip().replace("\n", "")
    assert friendly.facts()[-1] == "PromptRaised"
    assert await friendly.orders() == []


async def test_questions_chain_until_the_order_is_placed(friendly: Gate) -> None:
    question = await friendly.place(limit(50, quantity=3_000, cOID="big"))
    asked = []
    while "message" in question[0]:
        asked += question[0]["messageIds"]
        question = await friendly.reply(question)
    assert asked == ["o163", "o383", "o451"]
    assert question[0]["local_order_id"] == "big"
    assert friendly.facts()[-3:] == ["PromptAnswered", "OrderSubmitted", "OrderAccepted"]


async def test_a_question_answered_no_lets_the_order_go(friendly: Gate) -> None:
    question = await friendly.place(limit(50))
    assert await friendly.reply(question, False) == {"error": "Order not confirmed "}
    said = await friendly.reply(question, status=400)
    assert said["error"] == f"reply id not found: '{question[0]['id']}'"


async def test_a_reply_needs_a_json_boolean(friendly: Gate) -> None:
    question = await friendly.place(limit(50))
    await friendly.reply(question, "true", 500)
    assert (await friendly.reply(question))[0]["order_status"] == "Submitted"


async def test_a_question_expires_with_the_markets_time(friendly: Gate) -> None:
    question = await friendly.place(limit(50))
    friendly.world.engine.now += 3 * MINUTE_NS
    await friendly.reply(question, status=400)
    assert friendly.facts()[-1] == "PromptAnswered"
    assert await friendly.orders() == []


async def test_the_same_named_order_is_asked_about_once(friendly: Gate) -> None:
    question = await friendly.place(limit(50, cOID="again"))
    assert await friendly.place(limit(50, cOID="again")) == question
    await friendly.reply(question)
    (row,) = await friendly.orders()
    assert row["order_ref"] == "again"


async def test_a_reply_places_the_order_even_after_the_gateway_began_anew() -> None:
    world = World()
    async with gate(FRIENDLY, world=world) as one:
        question = await one.place(limit(50, cOID="kept"))
    async with gate(FRIENDLY, world=world) as another:
        assert (await another.reply(question))[0]["local_order_id"] == "kept"


async def test_a_suppressed_question_is_not_asked_until_all_are_asked_again(
    friendly: Gate,
) -> None:
    said = await friendly.post("/iserver/questions/suppress", {"messageIds": ["o163"]})
    assert said == {"status": "submitted"}
    assert (await friendly.place(limit(50)))[0]["order_status"] == "Submitted"
    assert await friendly.post("/iserver/questions/suppress/reset") == {"status": "submitted"}
    assert "message" in (await friendly.place(limit(50)))[0]
    assert friendly.facts().count("PromptsSuppressed") == 2
    many = {"messageIds": [f"o{n}" for n in range(52)]}
    await friendly.post("/iserver/questions/suppress", many, 500)


async def test_the_limits_of_questions_can_be_set_and_taken_away() -> None:
    settings = FRIENDLY | {"price_percent_max": 60, "size_max": 0, "value_max": 0}
    async with gate(settings) as one:
        assert (await one.place(limit(50, quantity=3_000)))[0]["order_status"] == "Submitted"
        assert "message" in (await one.place(limit(30)))[0]


async def test_the_largest_order_is_asked_about_in_full_and_a_larger_one_is_none(
    friendly: Gate,
) -> None:
    largest = limit("123456789012345", quantity="987654321098765")
    await friendly.post("/iserver/questions/suppress", {"messageIds": ["o163", "o383"]})
    (question,) = await friendly.place(largest)
    assert "121,932,631,137,021,071,359,549,253,925.00 USD" in question["message"][0]
    said = await friendly.place(limit("1234567890123456"), status=400)
    assert "at most 15 digits" in said["error"]
    assert friendly.facts().count("PromptRaised") == 1
