"""Waiting for something to become true of an engine, in limited time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.core import Engine


async def until(engine: Engine, holds: Callable[[], bool], timeout_s: float) -> bool:
    """Ask ``holds`` now and after every fact until it is true; False if it is not in time.

    It is asked on the loop that runs this, never while a fact is being written.
    """
    if holds():
        return True
    news = asyncio.Event()

    def hear(_: object) -> None:
        news.set()

    engine.listeners.append(hear)
    try:
        async with asyncio.timeout(timeout_s):
            while not holds():
                news.clear()
                await news.wait()
    except TimeoutError:
        return False
    finally:
        engine.listeners.remove(hear)
    return True
