"""A client with a key of a fresh world, for every test of the target API."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.api.world import World

KEY = {"X-API-Key": "your-api-key-here"}


@pytest.fixture
def world() -> World:
    """A fresh market."""
    return World()


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the whole application that sends a key."""
    async with world.client() as one:
        one.headers.update(KEY)
        yield one
