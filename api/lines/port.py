"""What the lines need of the desk they belong to: the engine, and when its facts are durable."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Protocol, runtime_checkable

from engine.core import Engine


class Floor(Protocol):
    """An engine whose facts become durable. `api.desk.Desk` is the real one."""

    engine: Engine

    async def settled(self) -> None:
        """Wait until everything written so far is durable; TradingHalted if it never will be."""

    async def settled_if_alive(self) -> None:
        """Wait like ``settled``; on a dead tape let pass what only ever reduces risk."""


@runtime_checkable
class Marking(Protocol):
    """A broker behind a line that marks our orders with the tape they are on, because it remembers
    ids longer than a tape may last: another tape begins with the same ones.
    """

    def mark(self, tape_id: str) -> None:
        """Mark orders with this tape from now on."""


@runtime_checkable
class Bookkeeper(Protocol):
    """A broker of this process that can show what it holds. The simulator is one."""

    def working(self, account: str) -> AbstractSet[str]:
        """The ids of the orders that are in its books for ``account``."""
