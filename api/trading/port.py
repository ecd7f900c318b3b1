"""What the Trading API needs of the desk it stands at: the engine, the market, and a few words.

`api.desk.Desk` is the real one. Handlers decode, call the engine (synchronously, on the loop's
thread), wait for `settled` when something was written, and encode.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from engine.core import Engine
from engine.market.board import Board


class Connection(msgspec.Struct, frozen=True):
    """The line to an account's broker: ``heard_at`` is ns UTC, ``latency_ms`` its round trip."""

    connected: bool
    latency_ms: int
    heard_at: int


class Desk(Protocol):
    """An engine with a market, served to clients."""

    engine: Engine
    board: Board
    default_account: str

    @property
    def is_stopping(self) -> bool:
        """Whether no new work is taken."""

    def connection(self, account: str) -> Connection:
        """The line to the broker of ``account``."""

    async def settled(self) -> None:
        """Wait until everything written so far is durable; TradingHalted if it can not be."""
