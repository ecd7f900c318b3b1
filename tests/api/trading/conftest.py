"""A client of a fresh world, for every test of the Trading API."""

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
    """A client of the whole application."""
    async with world.client() as one:
        yield one
