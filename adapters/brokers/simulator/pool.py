"""The quantity that one bar or one quote lets orders trade, shared in the order they are tried.

Nothing is computed until a fill asks, so that a bar that fills nothing costs nothing.
"""

from __future__ import annotations

from decimal import Decimal

from engine.values import ZERO


class Pool:
    """A quantity as a scaled integer, and how much of it is used. Used again for the next bar."""

    __slots__ = ("_scale", "_size", "_used")

    def __init__(self) -> None:
        self._size = 0
        self._scale = 0
        self._used = ZERO

    def fill(self, size: int, scale: int) -> None:
        """Start anew with ``size`` over ``10 ** scale``."""
        self._size = size
        self._scale = scale
        self._used = ZERO

    def left(self) -> Decimal:
        """What is not used yet."""
        return Decimal(self._size).scaleb(-self._scale) - self._used

    def use(self, quantity: Decimal) -> None:
        """Take ``quantity`` out."""
        self._used += quantity
