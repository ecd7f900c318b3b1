"""What the simulator needs of the engine it serves; the engine's core is one.

A narrow port, so that a test can stand in for the engine with twenty lines.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol, runtime_checkable

from engine.orders import Order
from engine.ports import Prices
from engine.reports import Report
from engine.state import State


class Host(Protocol):
    """The clock, the books and the ear of an engine."""

    @property
    def now(self) -> int:
        """The time in force, ns UTC."""

    @property
    def state(self) -> State:
        """The books, to read."""

    @property
    def prices(self) -> Prices:
        """What the market shows now."""

    def report(self, report: Report) -> None:
        """Hear what happened. May send instructions back before it returns."""

    def affords(self, order: Order, quantity: Decimal, price: Decimal) -> bool:
        """Whether the account can carry ``quantity`` more of ``order`` at ``price``."""

    def closable(self, order: Order) -> Decimal:
        """How much of the position ``order`` could reduce, unsigned."""


@runtime_checkable
class Quoting(Protocol):
    """Prices that also know the best bid and ask."""

    def touch(self, symbol: str, buys: bool) -> Decimal | None:
        """What a taker of ``symbol`` would pay now, or get; None before the first price."""
