"""Whatever goes wrong between two engines, nothing is lost, nothing is doubled, and both tapes say
the same of every order in the end.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from api.webapi.faults.kinds import Kind
from engine.events import OrderOutcomeUnknown
from engine.values import OrderType, RejectReason, Status
from tests.adapters.brokers.ibkr_web.loop import ACCOUNT, Near, loop

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("unhurried", "impatient")]
MANNERS = pytest.mark.parametrize("manner", ["friendly", "strict"])
HERE = Path(__file__)
LATE = {"delay_ms": 900}
QUICK: dict[str, Any] = {"timeout_s": 0.5, "login_wait_s": 0.05, "login_wait_longest_s": 0.1}
OPEN, FILLED, REJECTED = Status.OPEN, Status.FILLED, Status.REJECTED


def doubts(near: Near, order_id: str) -> int:
    """How often an order's fate was unknown."""
    facts = (record.event for record in near.engine.tape.records())
    return sum(isinstance(one, OrderOutcomeUnknown) and one.order_id == order_id for one in facts)


LOSES_THE_ANSWER = pytest.mark.parametrize(
    ("kind", "terms"),
    [
        ("error_after", {"status": 503}),
        ("error_after", {"status": 500}),
        ("slow_answer", LATE),
        ("no_answer", LATE),
    ],
)


def sent(near: Near, order_id: str) -> int:
    """How often an order arrived at the far engine."""
    theirs = near.far.engine.state.orders.values()
    return sum(one.request.client_order_id == order_id for one in theirs)


@MANNERS
@LOSES_THE_ANSWER
async def test_an_order_whose_answer_is_lost_is_known_by_the_stream(
    manner: str, kind: str, terms: dict[str, Any]
) -> None:
    async with loop(manner, **QUICK) as near:
        await near.trouble(kind, **terms)
        order = near.submit(limit_price="98.00")
        await near.reached(order, OPEN)
        await near.agree()
        assert sent(near, order.id) == 1


@MANNERS
@LOSES_THE_ANSWER
async def test_an_order_whose_answer_is_lost_on_a_silent_stream_is_looked_up(
    manner: str, kind: str, terms: dict[str, Any]
) -> None:
    async with loop(manner, poll_s=30.0, **QUICK) as near:
        await near.trouble("silence", times=0)
        await near.trouble(kind, **terms)
        order = near.submit(limit_price="98.00")
        await near.reached(order, OPEN)
        assert doubts(near, order.id) == 1
        await near.agree()
        assert sent(near, order.id) == 1


@MANNERS
@pytest.mark.parametrize(
    ("kind", "terms"), [("error", {"calls": "placing", "status": 503}), ("lost", LATE)]
)
async def test_an_order_that_never_arrived_is_proven_so_and_not_sent_again(
    manner: str, kind: str, terms: dict[str, Any]
) -> None:
    async with loop(manner, **QUICK) as near:
        await near.trouble(kind, **terms)
        order = near.submit(limit_price="98.00")
        await near.reached(order, REJECTED)
        assert doubts(near, order.id) == 1
        assert "never reached the broker" in order.message
        await near.agree()
        assert sent(near, order.id) == 0


@MANNERS
async def test_an_order_that_is_refused_in_words_is_not_doubted(manner: str) -> None:
    async with loop(manner, **QUICK) as near:
        await near.trouble("reject")
        order = near.submit(limit_price="98.00")
        await near.reached(order, REJECTED)
        assert not doubts(near, order.id)
        await near.agree()


@MANNERS
async def test_an_order_that_is_held_up_stands_alike_on_both_sides(manner: str) -> None:
    async with loop(manner, **QUICK) as near:
        await near.trouble("slow", calls="placing", **LATE)
        order = near.submit(limit_price="98.00")
        await near.reached(order, OPEN, REJECTED)
        await near.agree()
        assert sent(near, order.id) == (order.status is OPEN)


@MANNERS
async def test_a_gateway_that_was_asked_too_often_took_nothing(manner: str) -> None:
    async with loop(manner, penalty_s=0.2, **QUICK) as near:
        await near.trouble("rate_limit", calls="placing")
        order = near.submit(limit_price="98.00")
        await near.reached(order, REJECTED)
        assert order.reject_reason is RejectReason.RATE_LIMITED
        assert not doubts(near, order.id)
        await near.agree()


@MANNERS
@pytest.mark.parametrize("kind", ["error", "slow"])
async def test_a_cancel_that_meets_a_fault_is_settled_by_the_orders_own_end(
    manner: str, kind: str
) -> None:
    async with loop(manner, **QUICK) as near:
        order = near.submit(limit_price="98.00")
        await near.reached(order, OPEN)
        await near.trouble(kind, calls="cancelling", **LATE)
        near.engine.cancel(ACCOUNT, order.id)
        await near.until(lambda: order.status is not OPEN, "it is on its way out")
        await near.until(lambda: order.status in (OPEN, Status.CANCELLED), "it is known again")
        if order.status is OPEN:
            near.engine.cancel(ACCOUNT, order.id)
        await near.reached(order, Status.CANCELLED)
        await near.agree()


@MANNERS
async def test_a_fill_overtakes_a_cancel_that_was_acknowledged(manner: str) -> None:
    async with loop(manner, **QUICK) as near:
        order = near.submit(order_type=OrderType.MARKET)
        await near.reached(order, OPEN)
        await near.trouble("late_cancel", delay_ms=500)
        near.engine.cancel(ACCOUNT, order.id)
        await near.step()
        await near.reached(order, FILLED)
        await near.agree()


@MANNERS
@pytest.mark.parametrize("kind", ["session_death", "no_bridge", "stream_drop", "logout"])
async def test_orders_outlive_a_session_and_what_happened_meanwhile_is_found(
    manner: str, kind: str
) -> None:
    async with loop(manner, tickle_s=0.2, **QUICK) as near:
        resting = near.submit(limit_price="98.00")
        market = near.submit(order_type=OrderType.MARKET)
        await near.reached(resting, OPEN)
        await near.reached(market, OPEN)
        await near.trouble(kind)
        await near.step()
        await near.reached(market, FILLED)
        await near.connected()
        await near.agree()
        assert resting.status is OPEN


@MANNERS
async def test_a_session_taken_by_another_program_is_left_to_it_until_it_is_given_back(
    manner: str,
) -> None:
    async with loop(manner, tickle_s=0.1, **QUICK) as near:
        await near.trouble("competing")
        await near.until(lambda: "another program" in near.driver.line.why, "it is left alone")
        await near.http.post("/v1/api/iserver/auth/ssodh/init", json={"compete": True})
        await near.connected()
        await near.agree()


@MANNERS
async def test_a_session_taken_by_another_program_is_taken_back_when_asked_to(manner: str) -> None:
    async with loop(manner, tickle_s=0.1, competing="take", **QUICK) as near:
        before = near.driver.line.reconciled_at
        await near.trouble("competing")
        await near.until(lambda: near.driver.line.reconciled_at > before, "it is back")
        await near.connected()


@MANNERS
async def test_a_daily_reset_is_waited_out(manner: str) -> None:
    async with loop(manner, tickle_s=0.1, **QUICK) as near:
        order = near.submit(limit_price="98.00")
        await near.reached(order, OPEN)
        await near.trouble("daily_reset", seconds=1)
        await near.until(lambda: near.driver.line.down_since is not None, "it is lost")
        await near.connected()
        await near.agree()
        assert order.status is OPEN


@MANNERS
@pytest.mark.parametrize(
    "kind", ["duplicates", "reordered", "orders_muted", "silence", "no_heartbeat"]
)
async def test_a_stream_that_lies_or_is_silent_changes_nothing_in_the_end(
    manner: str, kind: str
) -> None:
    async with loop(manner, **QUICK) as near:
        await near.trouble(kind, times=0)
        orders = [near.submit(limit_price="98.00") for _ in range(3)]
        market = near.submit(order_type=OrderType.MARKET)
        for one in [*orders, market]:
            await near.reached(one, OPEN)
        near.engine.cancel(ACCOUNT, orders[0].id)
        await near.reached(orders[0], Status.CANCELLED)
        await near.step()
        await near.reached(market, FILLED)
        await near.agree()


@MANNERS
async def test_a_stream_without_heartbeats_is_given_up_and_opened_again(manner: str) -> None:
    async with loop(manner, silence_s=0.5, **QUICK) as near:
        await near.trouble("silence", times=0)
        await near.until(lambda: "said nothing" in near.driver.line.why, "it is given up")
        await near.peace()
        await near.connected()
        await near.agree()


async def test_a_chain_of_harmless_questions_is_followed_to_its_end() -> None:
    harmless = frozenset(f"o9{n:04d}" for n in range(1, 6))
    async with loop(harmless=harmless, **QUICK) as near:
        await near.trouble("questions", times=5)
        order = near.submit(limit_price="98.00")
        await near.reached(order, OPEN)
        await near.agree()


async def test_questions_without_end_are_given_up_and_leave_nothing_behind() -> None:
    harmless = frozenset(f"o9{n:04d}" for n in range(1, 40))
    async with loop(harmless=harmless, **QUICK) as near:
        await near.trouble("questions", times=0)
        order = near.submit(limit_price="98.00")
        await near.reached(order, REJECTED)
        assert doubts(near, order.id)
        await near.agree()


async def test_an_unknown_question_ends_the_order_with_its_words() -> None:
    async with loop(**QUICK) as near:
        await near.trouble("questions", times=1)
        order = near.submit(limit_price="98.00")
        await near.reached(order, REJECTED)
        assert "o90001" in order.message
        assert not doubts(near, order.id)


@MANNERS
@pytest.mark.parametrize("status", [401, 500, 503])
async def test_a_burst_of_errors_is_ridden_out(manner: str, status: int) -> None:
    async with loop(manner, **QUICK) as near:
        resting = near.submit(limit_price="98.00")
        market = near.submit(order_type=OrderType.MARKET)
        for one in (resting, market):
            await near.reached(one, OPEN)
        await near.trouble("error", calls="all", status=status, times=8)
        await near.step()
        await near.reached(market, FILLED)
        await near.connected()
        await near.agree()
        assert resting.status is OPEN


@MANNERS
async def test_a_gateway_that_shuts_everybody_out_for_a_while_loses_nothing(manner: str) -> None:
    async with loop(manner, penalty_s=0.3, penalty_longest_s=0.6, **QUICK) as near:
        resting = near.submit(limit_price="98.00")
        market = near.submit(order_type=OrderType.MARKET)
        for one in (resting, market):
            await near.reached(one, OPEN)
        await near.trouble("rate_limit", calls="all", times=0, seconds=1)
        refused = near.submit(limit_price="97.00")
        await near.step()
        await near.reached(market, FILLED)
        await near.reached(refused, REJECTED)
        await near.connected()
        for _ in range(20):  # a cancel that meets the penalty is turned down, and asked for again
            if resting.status is OPEN:
                near.engine.cancel(ACCOUNT, resting.id)
            await asyncio.sleep(0.2)
        await near.reached(resting, Status.CANCELLED)
        await near.agree()


@MANNERS
async def test_whoever_calls_often_enough_keeps_a_session_that_ends_soon(manner: str) -> None:
    async with loop(manner, tickle_s=0.1, **QUICK) as near:
        await near.trouble("short_idle", delay_ms=1_500)
        order = near.submit(limit_price="98.00")
        await near.reached(order, OPEN)
        since = near.driver.line.reconciled_at
        await asyncio.sleep(2.0)
        assert near.driver.line.reconciled_at == since
        await near.agree()


@MANNERS
async def test_a_session_that_ended_by_lying_idle_is_opened_again(manner: str) -> None:
    async with loop(manner, tickle_s=0.8, poll_s=30.0, **QUICK) as near:
        order = near.submit(order_type=OrderType.MARKET)
        await near.reached(order, OPEN)
        since = near.driver.line.reconciled_at
        await near.trouble("short_idle", delay_ms=200)
        await near.until(lambda: near.driver.line.down_since is not None, "it is lost")
        await near.peace()
        await near.step()
        await near.until(lambda: near.driver.line.reconciled_at > since, "it is back")
        await near.reached(order, FILLED)
        await near.agree()


def test_every_fault_that_there_is_is_borne() -> None:
    """Each is brought about by a test here, or in the file about mishaps at the broker."""
    tests = HERE.read_text() + HERE.with_name("test_broker_mishaps.py").read_text()
    assert [kind for kind in Kind if f'"{kind}"' not in tests] == []
