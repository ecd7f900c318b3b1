"""A little broker for every test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.remote.hand import Hand, little_broker


@pytest.fixture
def hand() -> Iterator[Hand]:
    """A broker in a process of its own, and the test's hand on it."""
    with little_broker() as made:
        yield made
