"""What is done some times a second beside a loop that never waits.

The loop does not know of it: a thread looks at where it is. A glance takes figures that belong
together only loosely, which is enough to be looked at and for nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from threading import Event, Thread
from typing import NamedTuple

import msgspec

from engine.accounts import Account
from engine.backtest import Backtest
from engine.errors import EngineError
from engine.valuation import summary

INTERVAL_S = 0.1


class Glance(NamedTuple):
    """How far a run is: steps and rows, simulated time in ns UTC, and what the account is worth
    (None where that can not be said just now).
    """

    position: int
    total: int
    rows: int
    now: int
    equity: Decimal | None
    currency: str

    @classmethod
    def of(cls, backtest: Backtest, account: Account) -> Glance:
        """Look, from any thread."""
        # Copying a dictionary is one step to the interpreter; going through one that grows is not.
        equity: Decimal | None
        still = msgspec.structs.replace(
            account, cash=dict(account.cash), positions=dict(account.positions)
        )
        try:
            equity = summary(still, backtest.board).equity
        except EngineError:
            equity = None
        position = backtest.position
        rows = backtest.timeline.steps[position]
        now = backtest.board.now
        return cls(position, backtest.total, rows, now, equity, account.currency)


class Pulse:
    """Calls `beats` one after the other, every `interval_s`, while it is entered."""

    def __init__(self, beats: Sequence[Callable[[], object]], interval_s: float = INTERVAL_S):
        self._beats = beats
        self._interval_s = interval_s
        self._ended = Event()
        self._thread = Thread(target=self._run, name="pulse", daemon=True)

    def __enter__(self) -> Pulse:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Beat once more, and end."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        last = False
        while not last:
            last = self._ended.wait(self._interval_s)
            for beat in self._beats:
                beat()
