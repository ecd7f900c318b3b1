"""A backtest that watches itself: equity after every step, and how long the run took.

Sampling costs one valuation of the account a step; the clock of the run is real time and never
gets near the tape.
"""

from __future__ import annotations

from time import perf_counter

from engine.backtest import Backtest, MatchingBroker, Step
from engine.core import Engine
from engine.market.bars import Bars
from engine.market.board import Board
from engine.market.merge import Timeline
from engine.statistics import EquityCurve
from engine.valuation import summary


class Measured(Backtest):
    """A `Backtest` of one account, with its equity curve; `seconds` is from first step to last."""

    def __init__(
        self,
        engine: Engine,
        broker: MatchingBroker,
        board: Board,
        timeline: Timeline,
        account_id: str,
    ) -> None:
        super().__init__(engine, broker, board, timeline)
        self.account = engine.account(account_id)
        self.curve = EquityCurve(summary(self.account, board).equity)
        self.seconds = 0.0
        self._started: float | None = None

    @property
    def bars(self) -> int:
        """How many bars the run has shown, all symbols together."""
        shown = zip(self.board.series, self.board.rows, strict=True)
        return sum(row + 1 for series, row in shown if isinstance(series, Bars))

    def advance(self) -> Step | None:
        """Take one step and sample what the account is worth after it."""
        if self._started is None:
            self._started = perf_counter()
        step = super().advance()
        if step is not None:
            self.curve.sample(self.engine.now, summary(self.account, self.board).equity)
        self.seconds = perf_counter() - self._started
        return step
