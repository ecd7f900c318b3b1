"""What is carried out is on the tape, whatever becomes of the answer; what is not, is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from api.webapi.faults.faults import Terms
from api.webapi.faults.kinds import Kind
from tests.api.webapi.gate import FRIENDLY, Gate, gate, limit, ticket

pytestmark = pytest.mark.anyio

DELAY_S = 0.05


@pytest.fixture
async def one() -> AsyncIterator[Gate]:
    """A friendly gateway that faults may strike."""
    async with gate(FRIENDLY | {"faults": True}) as made:
        yield made


def placed(one: Gate) -> int:
    """How many orders there are."""
    return len(one.gateway.engine.state.orders)


async def test_an_error_comes_instead_of_the_call(one: Gate) -> None:
    one.gateway.faults.add(Kind.ERROR, terms=Terms(status=500))
    told = await one.place(limit(99), status=500)
    assert told == {"error": "Service Unavailable", "statusCode": 500}
    assert placed(one) == 0
    await one.place(limit(99))
    assert placed(one) == 1


async def test_an_error_after_acceptance_leaves_the_order_working(one: Gate) -> None:
    one.gateway.faults.add(Kind.ERROR_AFTER)
    await one.place(limit(99, cOID="mine"), status=503)
    (row,) = await one.orders()
    assert (row["order_ref"], row["status"]) == ("mine", "Submitted")
    (again,) = await one.place(limit(99, cOID="mine"))
    assert again["order_id"] == str(row["orderId"])


async def test_a_question_passes_and_what_its_answer_places_is_struck(one: Gate) -> None:
    one.gateway.faults.add(Kind.ERROR_AFTER)
    question = await one.place(limit(50))
    assert placed(one) == 0
    await one.reply(question, status=503)
    assert placed(one) == 1


async def test_too_many_calls_are_answered_without_a_word(one: Gate) -> None:
    one.gateway.faults.add(Kind.RATE_LIMIT, times=3)
    for _ in range(3):
        assert await one.get("/portfolio/accounts", 429) is None
    assert await one.get("/portfolio/accounts")


async def test_a_rejection_is_an_error_in_a_success(one: Gate) -> None:
    one.gateway.faults.add(Kind.REJECT)
    assert "cannot accept" in (await one.place(limit(99)))["error"]
    assert placed(one) == 0


@pytest.mark.parametrize(
    ("kind", "at_once", "status", "in_the_end"),
    [
        (Kind.SLOW, 0, 200, 1),
        (Kind.SLOW_ANSWER, 1, 200, 1),
        (Kind.NO_ANSWER, 1, 504, 1),
        (Kind.LOST, 0, 504, 0),
    ],
)
async def test_an_answer_that_is_late_or_never_comes(
    one: Gate, kind: Kind, at_once: int, status: int, in_the_end: int
) -> None:
    one.gateway.faults.add(kind, terms=Terms(delay_s=DELAY_S))
    placing = asyncio.create_task(one.place(limit(99), status=status))
    await asyncio.sleep(DELAY_S / 2)
    assert placed(one) == at_once
    assert not placing.done()
    await placing
    assert placed(one) == in_the_end


async def test_a_cancel_that_is_acknowledged_can_still_come_too_late(one: Gate) -> None:
    (order,) = await one.place(ticket())
    one.gateway.faults.add(Kind.LATE_CANCEL, terms=Terms(delay_s=DELAY_S))
    path = f"/iserver/account/A/order/{order['order_id']}"
    told = await one.delete(path)
    assert told == {
        "msg": "Request was submitted",
        "order_id": int(order["order_id"]),
        "conid": -1,
        "account": None,
    }
    one.world.step()
    await asyncio.sleep(2 * DELAY_S)
    (row,) = await one.orders()
    assert row["status"] == "Filled"


async def test_a_cancel_that_is_late_is_carried_out(one: Gate) -> None:
    (order,) = await one.place(limit(99))
    one.gateway.faults.add(Kind.LATE_CANCEL, terms=Terms(delay_s=DELAY_S))
    await one.delete(f"/iserver/account/A/order/{order['order_id']}")
    assert (await one.orders())[0]["status"] == "Submitted"
    await asyncio.sleep(2 * DELAY_S)
    assert (await one.orders())[0]["status"] == "Cancelled"


async def test_during_a_reset_the_portfolio_stays_and_nothing_else(one: Gate) -> None:
    one.gateway.faults.add(Kind.DAILY_RESET, seconds=60)
    await one.get("/portfolio/accounts")
    await one.get("/iserver/accounts", 503)
    await one.post("/iserver/auth/ssodh/init", {"publish": True}, 503)
    assert await one.post("/iserver/auth/status")
    one.gateway.faults.clear()
    await one.get("/iserver/accounts")


async def test_questions_are_asked_as_often_as_wanted_and_are_facts(one: Gate) -> None:
    one.gateway.faults.add(Kind.QUESTIONS, times=3)
    answer: Any = await one.place(limit(99))
    for number in (1, 2, 3):
        assert answer[0]["messageIds"] == [f"o900{number:02d}"]
        assert len(one.gateway.engine.state.prompts.open("A")) == 1
        answer = await one.reply(answer)
    assert "order_id" in answer[0]


async def test_without_faults_nothing_is_kept_back(one: Gate) -> None:
    assert "order_id" in (await one.place(limit(99)))[0]
