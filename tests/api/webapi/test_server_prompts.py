"""An order that a server asks about has its number, waits, and goes on or ends by the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.brokers.simulator.broker import SimulatedBroker
from api.webapi.faults.faults import Terms
from api.webapi.faults.kinds import Kind
from engine.events import PromptAnswered
from engine.market.timeframes import MINUTE_NS
from engine.prompts import OPEN_MAX
from engine.values import PromptAnswer, Status
from tests.api.webapi.gate import FRIENDLY, Gate, gate, limit, ticket
from tests.api.webapi.stream.talk import Talk

pytestmark = pytest.mark.anyio

NOTIFICATION = "/iserver/notification"


@pytest.fixture
async def one() -> AsyncIterator[Gate]:
    """A friendly gateway whose servers ask about the next order."""
    async with gate(FRIENDLY | {"faults": True}) as made:
        made.gateway.faults.add(Kind.SERVER_PROMPT, terms=Terms(reason="it is after hours"))
        yield made


def said(asked: dict[str, Any], option: str, **other: Any) -> dict[str, Any]:
    """The body of an answer."""
    return {"orderId": asked["orderId"], "reqId": asked["reqId"], "text": option, **other}


async def test_the_question_comes_instead_of_the_acknowledgement(one: Gate) -> None:
    asked = await one.place(ticket(cOID="asked"))
    (row,) = await one.orders()
    assert asked.pop("reqId")
    assert asked.pop("text").startswith("The server would reject this order: it is after hours.")
    assert asked == {
        "orderId": row["orderId"],
        "dismissable": [],
        "options": ["Yes", "No"],
        "type": "M",
        "messageId": "p9001",
        "prompt": True,
    }
    assert (row["status"], row["order_ref"]) == ("Submitted", "asked")
    assert one.facts()[-3:] == ["OrderSubmitted", "OrderAccepted", "PromptRaised"]


async def test_until_it_is_answered_the_order_does_not_trade(one: Gate) -> None:
    asked = await one.place(ticket())
    one.world.step()
    assert (await one.orders())[0]["status"] == "Submitted"
    assert await one.post(NOTIFICATION, said(asked, "Yes")) == "Success"
    assert (await one.orders())[0]["status"] == "Submitted"
    one.world.step()
    (row,) = await one.orders()
    assert (row["orderId"], row["status"]) == (asked["orderId"], "Filled")


async def test_a_no_leaves_the_order_inactive_with_the_servers_words(one: Gate) -> None:
    asked = await one.place(ticket())
    assert await one.post(NOTIFICATION, said(asked, "No")) == "Success"
    (row,) = await one.orders()
    assert row["status"] == "Inactive"
    assert "it is after hours" in row["text"]
    one.world.step()
    assert (await one.orders())[0]["status"] == "Inactive"
    await one.post(NOTIFICATION, said(asked, "Yes"), 400)


async def test_an_order_that_waits_can_be_cancelled(one: Gate) -> None:
    asked = await one.place(limit(99, tif="GTC"))
    await one.delete(f"/iserver/account/A/order/{asked['orderId']}")
    assert (await one.orders())[0]["status"] == "Cancelled"
    await one.post(NOTIFICATION, said(asked, "Yes"))
    assert (await one.orders())[0]["status"] == "Cancelled"


async def test_only_as_many_orders_are_asked_about_as_was_said(one: Gate) -> None:
    assert "prompt" in await one.place(ticket())
    (acknowledged,) = await one.place(ticket())
    assert acknowledged["order_status"] == "Submitted"


async def test_an_order_that_was_placed_before_is_not_asked_about_again(one: Gate) -> None:
    asked = await one.place(ticket(cOID="once"))
    one.gateway.faults.add(Kind.SERVER_PROMPT)
    (again,) = await one.place(ticket(cOID="once"))
    assert again["order_id"] == str(asked["orderId"])


async def test_questions_of_the_gateway_come_before_those_of_a_server(one: Gate) -> None:
    question = await one.place(limit(50))
    asked = await one.reply(question)
    assert asked["prompt"] is True
    await one.post(f"/iserver/reply/{asked['reqId']}", {"confirmed": True}, 400)


async def test_a_bracket_is_not_asked_about(one: Gate) -> None:
    legs = [
        {**ticket(side="SELL", orderType="STP", price=95), "parentId": "entry"},
        {**limit(103, side="SELL"), "parentId": "entry"},
    ]
    answer = await one.place(ticket(cOID="entry"), *legs)
    assert next(row["order_status"] for row in answer) == "Submitted"


async def test_a_suppressed_question_is_not_asked(one: Gate) -> None:
    await one.post("/iserver/questions/suppress", {"messageIds": ["p9001"]})
    (acknowledged,) = await one.place(ticket())
    assert acknowledged["order_id"]


@pytest.mark.parametrize(
    ("option", "other", "words"),
    [
        ("Maybe", {}, "text is 'Maybe'"),
        ("Yes", {"orderId": 1}, "orderId 1 is not that"),
        ("Yes", {"reqId": "x"}, "reqId 'x' asks for nothing"),
        ("Yes", {"orderId": "one"}, "orderId"),
    ],
)
async def test_an_answer_that_can_mean_nothing_changes_nothing(
    one: Gate, option: str, other: dict[str, Any], words: str
) -> None:
    asked = await one.place(ticket())
    before = one.facts()
    told = await one.post(NOTIFICATION, said(asked, option, **other), 400)
    assert words in told["error"]
    assert one.facts() == before


async def test_a_question_of_the_gateway_is_not_answered_by_notification(one: Gate) -> None:
    (question,) = await one.place(limit(50))
    body = {"orderId": 1, "reqId": question["id"], "text": "Yes"}
    await one.post(NOTIFICATION, body, 400)
    assert one.gateway.engine.state.prompts.find(question["id"]) is not None


async def test_an_answer_that_comes_too_late_ends_the_order(one: Gate) -> None:
    asked = await one.place(limit(99, tif="GTC"))
    one.world.step(int(one.gateway.settings.prompt_timeout_s * 1_000_000_000 // MINUTE_NS) + 1)
    await one.post(NOTIFICATION, said(asked, "Yes"), 400)
    (row,) = await one.orders()
    assert row["status"] == "Inactive"
    events = [record.event for record in one.world.engine.tape.records()]
    (answered,) = [each for each in events if isinstance(each, PromptAnswered)]
    assert answered.answer is PromptAnswer.EXPIRED


async def test_every_stream_of_the_account_is_notified(one: Gate) -> None:
    talk = Talk(one)
    talk.it.greet()
    talk.read()
    asked = await one.place(ticket())
    await asyncio.sleep(0)
    (told,) = talk.read()
    assert told["topic"] == "ntf"
    (notice,) = told["args"]
    assert {"id", "title", "text", "url"} <= notice.keys()
    assert asked.items() <= notice.items()
    talk.leave()


async def test_after_a_restart_the_order_works_and_a_no_still_ends_it(one: Gate) -> None:
    asked = await one.place(limit(99, tif="GTC"))
    broker: object = one.gateway.engine.local["A"]
    (order,) = one.gateway.engine.state.working()
    assert isinstance(broker, SimulatedBroker)
    broker.release(order)  # what a restart comes to
    await one.post(NOTIFICATION, said(asked, "No"))
    assert order.status is Status.REJECTED


async def test_a_question_that_newer_ones_push_out_ends_its_order(one: Gate) -> None:
    await one.place(ticket(cOID="first"))
    for number in range(OPEN_MAX):
        if number == 3:  # a server's question pushes others out as one of the gateway does
            one.gateway.faults.add(Kind.SERVER_PROMPT)
            assert "prompt" in await one.place(ticket(cOID="second"))
        else:
            assert (await one.place(limit(50, cOID=f"far{number}")))[0]["messageIds"] == ["o163"]
    first, second = sorted(await one.orders(), key=lambda row: row["orderId"])
    assert (first["order_ref"], first["status"]) == ("first", "Inactive")
    assert (second["order_ref"], second["status"]) == ("second", "Submitted")
    for number in range(4):
        await one.place(limit(50, cOID=f"more{number}"))
    (_, second) = sorted(await one.orders(), key=lambda row: row["orderId"])
    assert second["status"] == "Inactive"


async def test_a_servers_question_pushes_out_an_older_one_and_ends_its_order(one: Gate) -> None:
    one.gateway.faults.add(Kind.SERVER_PROMPT, times=OPEN_MAX)
    for _ in range(OPEN_MAX + 1):
        assert "prompt" in await one.place(ticket())
    rows = sorted(await one.orders(), key=lambda row: row["orderId"])
    assert [row["status"] for row in rows] == ["Inactive", *["Submitted"] * OPEN_MAX]
