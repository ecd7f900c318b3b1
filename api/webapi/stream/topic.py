"""What every subscription can be asked, and the limits on subscriptions.

A topic is synchronous and knows no socket: it makes its first answer, what it has to add from time
to time, and what it makes of a row that was shown. Each answer is one message, or None.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, TypeVar

from api.webapi.stream.shown import Shown

Message = dict[str, Any]
TOPICS_MAX = 128
"""Most subscriptions of one client."""
LINES_MAX = 100
"""Most contracts whose market data one client streams."""
HISTORIES_MAX = 5
"""Most histories that one client holds at once."""
LINE_LIFE_S = 15 * 60
"""How long market data stream without being asked for again, where that is the manner."""
BOOKS_S = 10.0
"""Time between two looks at an account's summary or ledger."""


class Topic(ABC):
    """One subscription of one client."""

    is_over = False
    """Whether it has ended by itself."""
    is_blind = False
    """Whether it has said that it can not see what it tells of, and nothing since."""

    @abstractmethod
    def first(self) -> Message | None:
        """The answer to the subscription: everything that is known now."""

    def beat(self, now_s: float) -> Message | None:
        """What has changed by now, by the clock that never jumps; asked twice a second."""
        return None

    def heard(self, event: Shown) -> Message | None:
        """What a row comes to here."""
        return None


Key = TypeVar("Key")


def changed(before: dict[Key, Any] | None, after: dict[Key, Any]) -> dict[Key, Any]:
    """The entries of ``after`` that are not in ``before`` in the same way."""
    if before is None:
        return after
    missing = object()
    return {name: value for name, value in after.items() if before.get(name, missing) != value}
