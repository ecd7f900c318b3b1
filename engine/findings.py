"""What a comparison with a broker's books found: each difference a fact, its explanation caused by
it.

So the tape reads as a story: the broker said this where we had that; therefore this fill, this
cancel. ``count`` is how many differences there were.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine import events as ev

if TYPE_CHECKING:
    from engine.core import Engine


class Findings:
    """The differences of one comparison about one account. ``source`` says what was compared."""

    def __init__(self, engine: Engine, account: str, source: str) -> None:
        self.engine = engine
        self.account = account
        self.source = source
        self.count = 0

    @contextmanager
    def difference(
        self, subject: str, ours: object, theirs: object, symbol: str = "", order_id: str = ""
    ) -> Iterator[None]:
        """Write that ``theirs`` differs from ``ours``; what is written inside names it as cause."""
        self.count += 1
        fact = ev.DifferenceFound(
            f"{subject} ({self.source})", str(ours), str(theirs), symbol, order_id
        )
        record = self.engine.write(self.account, fact)
        outer, self.engine.cause = self.engine.cause, record.seq
        try:
            yield
        finally:
            self.engine.cause = outer
