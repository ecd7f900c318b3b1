"""Whose turn it is to talk about an order."""

from __future__ import annotations

import asyncio

import pytest

from adapters.brokers.ibkr_web.turns import Turns
from engine.ports import Throttled

pytestmark = pytest.mark.anyio


async def test_turns_go_in_order_with_cancels_first() -> None:
    turns, told = Turns(), []

    async def order(name: str) -> None:
        async with turns.turn():
            told.append(name)
            await asyncio.sleep(0.01)

    async def cancel() -> None:
        async with turns.urgent():
            told.append("cancel")

    async with asyncio.TaskGroup() as group:
        for name in ("first", "second", "third"):
            group.create_task(order(name))
        await asyncio.sleep(0)
        group.create_task(cancel())
    assert told == ["first", "cancel", "second", "third"]


async def test_a_cancel_that_has_waited_long_enough_goes_without_a_turn() -> None:
    turns = Turns(0.05)
    async with turns.turn():
        async with asyncio.timeout(1), turns.urgent():
            pass
        other = asyncio.create_task(_take(turns))
        await asyncio.sleep(0.01)
        assert not other.done()
    await other


async def test_a_turn_that_does_not_come_in_time_means_that_nothing_was_sent() -> None:
    turns = Turns(wait_s=0.05)
    async with turns.turn():
        with pytest.raises(Throttled, match="not sent"):
            await _take(turns)
    await _take(turns)


async def test_a_turn_that_is_given_up_is_passed_on() -> None:
    turns = Turns()
    async with turns.turn():
        gone = asyncio.create_task(_take(turns))
        stays = asyncio.create_task(_take(turns))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait([gone])
    async with asyncio.timeout(1):
        await stays


async def test_a_turn_given_up_in_the_moment_it_comes_is_passed_on() -> None:
    turns = Turns()
    async with turns.turn():
        gone = asyncio.create_task(_take(turns))
        stays = asyncio.create_task(_take(turns))
        await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait([gone])
    async with asyncio.timeout(1):
        await stays
        await _take(turns)


async def _take(turns: Turns) -> None:
    async with turns.turn():
        pass
