"""One order at a time: from a ticket to the last answer to the questions it raises.

Another order in between makes a question void, so whoever places or changes one takes a turn and
keeps it until the gateway has settled. Turns go in the order of asking, but cancels go first, and a
cancel that has waited long enough goes without: an exit is worth more than an open question, whose
order is looked up.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from engine.ports import Throttled
from engine.values import NANOSECONDS

PATIENCE_S = 2.0
TURN_WAIT_S = 6.0
"""Longest wait for a turn: well below the time after which the line gives an answer up."""


class Turns:
    """Who may talk to the gateway about an order."""

    def __init__(self, patience_s: float = PATIENCE_S, wait_s: float = TURN_WAIT_S) -> None:
        self._patience_s = patience_s
        self._wait_s = wait_s
        self._is_taken = False
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._waiting: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn, and keep it until the block is left. Throttled if it does not come in
        time: nothing was sent then, which is better known than doubted.
        """
        try:
            async with asyncio.timeout(self._wait_s):
                await self._take(self._waiting)
        except TimeoutError:
            wait_ns = int(self._wait_s * NANOSECONDS)
            raise Throttled("not sent: too many orders are under way", wait_ns) from None
        try:
            yield
        finally:
            self._pass_on()

    @asynccontextmanager
    async def urgent(self) -> AsyncIterator[None]:
        """The next turn, or none at all after the patience has run out."""
        is_mine = True
        try:
            async with asyncio.timeout(self._patience_s):
                await self._take(self._urgent)
        except TimeoutError:
            is_mine = False
        try:
            yield
        finally:
            if is_mine:
                self._pass_on()

    async def _take(self, line: deque[asyncio.Future[None]]) -> None:
        if not self._is_taken:
            self._is_taken = True
            return
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.append(called)
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():
                self._pass_on()  # called in the very moment of giving up
            elif called in line:
                line.remove(called)
            raise

    def _pass_on(self) -> None:
        for line in (self._urgent, self._waiting):
            while line:
                called = line.popleft()
                if not called.done():
                    called.set_result(None)
                    return
        self._is_taken = False
