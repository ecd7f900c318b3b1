"""Waiting ends with the news or with the time, and leaves nothing behind."""

from __future__ import annotations

import asyncio

import pytest

from api.waiting import until
from tests.builders import World

pytestmark = pytest.mark.anyio


async def test_what_holds_already_is_not_waited_for() -> None:
    assert await until(World().engine, lambda: True, 0)


async def test_the_news_is_asked_about_after_the_fact_is_written() -> None:
    world = World()
    engine = world.engine
    waiting = asyncio.create_task(until(engine, lambda: bool(world.state.working()), 5))
    await asyncio.sleep(0)
    engine.list_instrument(engine.instruments.resolve("AAPL"))
    world.buy()
    assert await waiting
    assert engine.listeners == []


async def test_the_wait_is_limited() -> None:
    engine = World().engine
    assert not await until(engine, lambda: False, 0.01)
    assert engine.listeners == []
