"""The adapter keeps the broker contract before the Web API that another engine serves: in both
manners, and while its stream says everything twice or nothing at all.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from engine.line import LineState
from tests.adapters.brokers.ibkr_web.loop import ACCOUNT, Near, loop
from tests.contract.bench import RemoteBench
from tests.contract.broker_contract import RemoteContract
from tests.contract.line_cases import LineCases
from tests.contract.position_cases import PositionCases


class LoopBench(RemoteBench):
    """Two engines and real sockets between them."""

    account = ACCOUNT

    def __init__(self, near: Near) -> None:
        self.near = near
        self.engine = near.engine
        self.desk = near.desk
        self.driver = near.driver

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something is true on this side."""
        await self.near.until(holds, what)

    async def rise(self, steps: int = 1) -> None:
        """Move the far market on."""
        await self.near.step(steps)

    async def agree(self) -> None:
        """Wait until both tapes say the same."""
        await self.near.agree()

    async def cut(self) -> None:
        """Have every stream closed. One that was silent could not open again."""
        await self.near.peace()
        await self.near.trouble("stream_drop")
        line = self.driver.line
        await self.until(lambda: line.state is not LineState.CONNECTED, "the line is lost")


class TestWebApi(RemoteContract):
    """Every case, in both manners."""

    @pytest.fixture(params=["friendly", "strict"])
    async def bench(
        self, request: pytest.FixtureRequest, unhurried: None, impatient: None
    ) -> AsyncIterator[LoopBench]:
        """An account of a million dollars behind the adapter."""
        async with loop(request.param) as near:
            yield LoopBench(near)


class TestTroubledWebApi(PositionCases, LineCases):
    """The cases in which news matters most, while the news is in trouble."""

    @pytest.fixture(params=[("friendly", "duplicates"), ("strict", "silence")], ids="-".join)
    async def bench(
        self, request: pytest.FixtureRequest, unhurried: None, impatient: None
    ) -> AsyncIterator[LoopBench]:
        """The same account behind a stream that says everything twice, or nothing."""
        manner, trouble = request.param
        async with loop(manner) as near:
            await near.trouble(trouble, times=0)
            yield LoopBench(near)
