"""Whatever the far broker does to orders that it took, both tapes say the same of every one."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from engine.orders import Order
from engine.values import OrderType, Role, Status
from tests.adapters.brokers.ibkr_web.loop import ACCOUNT, Near, loop

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("unhurried", "impatient")]
MANNERS = pytest.mark.parametrize("manner", ["friendly", "strict"])
QUICK: dict[str, Any] = {"timeout_s": 0.5, "login_wait_s": 0.05, "login_wait_longest_s": 0.1}
OPEN, FILLED, REJECTED = Status.OPEN, Status.FILLED, Status.REJECTED
PARTLY, CANCELLED = Status.PARTIALLY_FILLED, Status.CANCELLED


def trades(near: Near, order_id: str) -> list[tuple[Any, Any]]:
    """What was filled of an order, as this side's tape has it."""
    return [
        (one.quantity, one.price)
        for one in near.engine.state.trades.values()
        if one.order_id == order_id
    ]


@MANNERS
async def test_an_order_that_fills_in_parts_is_followed_part_by_part(manner: str) -> None:
    async with loop(manner, **QUICK) as near:
        await near.trouble("partial_fills", percent=40)
        order = near.submit(order_type=OrderType.MARKET, quantity=10)
        await near.reached(order, OPEN)
        for filled in (4, 8, 10):
            await near.step()
            await near.until(partial(_holds, order, filled), f"{filled} are filled")
            await near.agree()
        assert order.status is FILLED
        assert [quantity for quantity, _ in trades(near, order.id)] == [4, 4, 2]
        theirs = near.theirs(order)
        assert order.average_fill_price == theirs.average_fill_price


@MANNERS
async def test_a_rest_that_never_fills_is_cancelled_and_keeps_what_was_filled(
    manner: str,
) -> None:
    async with loop(manner, **QUICK) as near:
        await near.trouble("partial_fills", percent=30, rest="never")
        order = near.submit(order_type=OrderType.MARKET, quantity=10)
        await near.reached(order, OPEN)
        await near.step(3)
        await near.reached(order, PARTLY)
        near.engine.cancel(ACCOUNT, order.id)
        await near.reached(order, CANCELLED)
        await near.agree()
        assert order.filled == 3


@MANNERS
async def test_parts_that_fill_while_the_stream_is_gone_are_counted_once(manner: str) -> None:
    async with loop(manner, tickle_s=0.2, **QUICK) as near:
        await near.trouble("partial_fills", percent=25, times=3)
        orders = [near.submit(order_type=OrderType.MARKET, quantity=8) for _ in range(3)]
        for order in orders:
            await near.reached(order, OPEN)
        await near.step()
        await near.trouble("stream_drop")
        await near.step()
        await near.trouble("duplicates", times=0)
        await near.step(2)
        for order in orders:
            await near.reached(order, FILLED)
        await near.connected()
        await near.agree()


@MANNERS
@pytest.mark.parametrize(
    ("kind", "status"), [("late_reject", REJECTED), ("unasked_cancel", CANCELLED)]
)
async def test_an_order_that_was_taken_and_then_ended_ends_here_with_the_brokers_words(
    manner: str, kind: str, status: Status
) -> None:
    async with loop(manner, **QUICK) as near:
        await near.trouble(kind, reason="no shares to borrow", times=2)
        first = near.submit(limit_price="98.00")
        second = near.submit(order_type=OrderType.MARKET)
        for order in (first, second):
            await near.reached(order, OPEN)
        await near.step()
        for order in (first, second):
            await near.reached(order, status)
            assert "no shares to borrow" in order.message
        await near.agree()
        third = near.submit(order_type=OrderType.MARKET)
        await near.reached(third, OPEN)
        await near.step()
        await near.reached(third, FILLED)
        await near.agree()


@MANNERS
@pytest.mark.parametrize("kind", ["late_reject", "unasked_cancel"])
async def test_an_end_that_nobody_asked_for_is_found_after_the_line_was_down(
    manner: str, kind: str
) -> None:
    async with loop(manner, tickle_s=0.2, **QUICK) as near:
        await near.trouble(kind)
        order = near.submit(order_type=OrderType.MARKET)
        await near.reached(order, OPEN)
        await near.trouble("session_death")
        await near.step()
        await near.reached(order, REJECTED, CANCELLED)
        await near.connected()
        await near.agree()


@MANNERS
async def test_a_bracket_whose_entry_fills_in_parts_protects_what_it_holds(manner: str) -> None:
    async with loop(manner, **QUICK) as near:
        await near.trouble("partial_fills", percent=50)
        entry = near.submit(
            order_type=OrderType.MARKET, quantity=10, stop_loss="98.00", take_profit="102.50"
        )
        await near.reached(entry, OPEN)
        await near.step()
        await near.until(lambda: entry.filled == 5, "the first part is filled")
        await near.step()
        await near.reached(entry, FILLED)

        def protected(role: Role) -> bool:
            legs = [one for one in near.engine.state.orders.values() if one.role is role]
            return sum(one.quantity for one in legs if one.status is OPEN) == 10

        for role in (Role.STOP_LOSS, Role.TAKE_PROFIT):
            await near.until(partial(protected, role), f"{role} protects all ten")
        await near.agree()


@MANNERS
async def test_an_order_that_a_server_asks_about_is_declined_and_its_end_is_proven(
    manner: str,
) -> None:
    async with loop(manner, **QUICK) as near:
        await near.trouble("server_prompt", reason="it is after hours")
        order = near.submit(order_type=OrderType.MARKET)
        await near.reached(order, REJECTED)
        assert "it is after hours" in order.message
        await near.step()
        await near.agree()
        assert near.theirs(order).status is REJECTED


@MANNERS
async def test_an_order_whose_servers_question_went_unheard_is_found_and_waits_on_both_sides(
    manner: str,
) -> None:
    async with loop(manner, **QUICK) as near:
        await near.trouble("server_prompt")
        await near.trouble("no_answer", delay_ms=900)
        order = near.submit(limit_price="98.00")
        await near.reached(order, OPEN)
        near.engine.cancel(ACCOUNT, order.id)
        await near.reached(order, CANCELLED)
        await near.agree()


def _holds(order: Order, filled: int) -> bool:
    return order.filled == filled
