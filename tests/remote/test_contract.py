"""The little broker keeps the broker contract: the engine holds what it has not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.contract.broker_contract import RemoteContract
from tests.remote.bench import LittleBench, little_bench


class TestLittleBroker(RemoteContract):
    """Every case, over a socket."""

    @pytest.fixture
    async def bench(self) -> AsyncIterator[LittleBench]:
        """An account of a million dollars at the little broker."""
        async with little_bench() as made:
            yield made
