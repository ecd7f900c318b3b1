"""A client of a fresh world, for every test of the order guide."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.api.world import World


@pytest.fixture
def world() -> World:
    """A fresh market."""
    return World()


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the whole application, at the guide's base."""
    async with world.client() as one:
        one.base_url = one.base_url.join("/guide")
        yield one
