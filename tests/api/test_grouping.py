"""Facts are made durable together when the loop would rest, or when there are enough of them."""

from __future__ import annotations

import asyncio

import pytest

from api import grouping
from api.grouping import GROUP_FACTS, Grouping

pytestmark = pytest.mark.anyio


class Tape:
    """Counts what is written, and where the disk was asked to begin."""

    def __init__(self) -> None:
        self.head = 0
        self.begun: list[int] = []
        self.grouping = Grouping(lambda: self.head, lambda: self.begun.append(self.head))

    def write(self, facts: int = 1) -> None:
        """Write some, and ask."""
        self.head += facts
        self.grouping.ask()


async def test_the_disk_begins_when_a_turn_of_the_loop_brings_nothing_more() -> None:
    tape = Tape()
    for _ in range(5):
        tape.write()
        assert tape.begun == []
        await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    assert tape.begun == [5]
    tape.write()
    await asyncio.sleep(0.01)
    assert tape.begun == [5, 6]


async def test_it_begins_with_a_full_group_while_the_loop_is_busy() -> None:
    tape = Tape()
    for _ in range(2 * GROUP_FACTS + 5):
        tape.write()
    assert tape.begun == [GROUP_FACTS, 2 * GROUP_FACTS]
    await asyncio.sleep(0.01)
    assert tape.begun == [GROUP_FACTS, 2 * GROUP_FACTS, 2 * GROUP_FACTS + 5]


async def test_a_trickle_waits_no_longer_than_its_patience(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(grouping, "PATIENCE_S", 0.0)
    tape = Tape()
    for _ in range(6):
        tape.write()
        await asyncio.sleep(0)
    assert len(tape.begun) > 1


async def test_what_was_begun_is_not_begun_again() -> None:
    tape = Tape()
    tape.write()
    for _ in range(3):
        tape.grouping.ask()
        await asyncio.sleep(0.01)
    assert tape.begun == [1]
