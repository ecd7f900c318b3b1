"""A little broker for every test that asks for one, and the shipped command beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.command import onetape
from tests.remote.hand import Hand, little_broker
from tests.remote.living import Live


@pytest.fixture
def hand() -> Iterator[Hand]:
    """A broker in a process of its own, and the test's hand on it."""
    with little_broker() as made:
        yield made


@pytest.fixture
def live(hand: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Live:
    """An engine whose operator's key is in the environment."""
    made = Live(hand, tmp_path)
    wanted = ("--scopes", "read,trade,admin", "--config", made.config)
    key = onetape("keys", "create", "operator", *wanted).stdout.strip()
    monkeypatch.setenv("ONETAPE_KEY", key)
    return made
