"""What a broker may do to an order that no market data explain: fill it in parts, turn it down
after it was taken.

A broker that is made to have mishaps is told of them by whoever composed it, one order at a time.
What happens is reported as everything else is, so it stands on the tape as an ordinary fact.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Protocol, runtime_checkable

import msgspec

from engine.orders import Order


class InParts(msgspec.Struct, frozen=True):
    """The order fills ``share`` of its quantity at a time, with at least ``pause_ns`` between two
    parts; after the first part never again if that is None.
    """

    share: Decimal
    pause_ns: int | None = 0


class TurnedDown(msgspec.Struct, frozen=True):
    """The order is taken, does not trade, and ends ``after_ns`` later, rejected in these words; or
    cancelled.
    """

    after_ns: int
    message: str
    is_cancel: bool = False


Mishap = InParts | TurnedDown
Mishaps = Callable[[Order], Mishap | None]
"""Asked of every order that a broker takes: what befalls it, if anything."""


def none(_order: Order) -> None:
    """Nothing befalls any order."""


@runtime_checkable
class Pliable(Protocol):
    """A broker that can be made to have mishaps, and to hold orders that it took."""

    mishaps: Mishaps

    def hold(self, order: Order) -> None:
        """Let a working order wait: it does not trade."""

    def release(self, order: Order) -> None:
        """Let it trade again, from now on."""

    def turn_down(self, order: Order, message: str) -> None:
        """Reject it after all, in these words."""
