"""A gateway in each manner, for every test of the Web API."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.api.webapi.gate import FRIENDLY, STRICT, Gate, gate


@pytest.fixture
async def friendly() -> AsyncIterator[Gate]:
    """A gateway as one would wish it."""
    async with gate(FRIENDLY) as one:
        yield one


@pytest.fixture
async def strict() -> AsyncIterator[Gate]:
    """A gateway as it is."""
    async with gate(STRICT) as one:
        yield one
