"""What the Trading API needs of the desk it stands at: the engine, the market, and a few words.

`api.desk.Desk` is the real one. Handlers decode, call the engine (synchronously, on the loop's
thread) and make their answer; `api.endpoints.Resource` holds it back until it is durable.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from api.lines.lines import Lines
from api.market.markets import Markets
from engine.core import Engine
from engine.errors import TradingHalted


class Desk(Protocol):
    """An engine with a market, served to clients."""

    engine: Engine
    markets: Markets
    default_account: str
    lines: Lines
    failure: BaseException | None
    """Why facts can not be kept any more; None while they can."""

    @property
    def is_stopping(self) -> bool:
        """Whether no new work is taken."""

    @property
    def is_settled(self) -> bool:
        """Whether everything written so far is durable."""

    async def settled(self) -> None:
        """Wait until everything written so far is durable; TradingHalted if it can not be."""

    def when_settled(self, tell: Callable[[TradingHalted | None], object]) -> None:
        """Have ``tell`` called once everything written so far is durable, or never will be."""
