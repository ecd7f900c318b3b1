"""The equity of a run, worked out when it is over instead of at every step.

Between two fills an account's equity follows the prices alone, so a run only notes what it holds
when that changes. Afterwards the whole curve is computed at once over the columns, and the steps
that decide the figures (the last of each day, the deepest fall and the peak before it) are valued
exactly and sampled. The figures are those that sampling every step would have given.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from engine import events as ev
from engine.accounts import Account
from engine.core import Engine
from engine.market.bars import Bars
from engine.market.board import Board
from engine.market.merge import Timeline
from engine.market.quotes import Quotes
from engine.positions import Position
from engine.statistics import DAY_NS, EquityCurve
from engine.tape import Record
from engine.valuation import summary
from engine.values import ZERO, PositionMode

Floats = NDArray[np.float64]
NEAR = 1e-12
"""Falls that differ by less are told apart exactly."""
CANDIDATES_MAX = 1_000
_MOVING = frozenset(
    {ev.TradeFilled, ev.TradeCorrected, ev.TradeBusted, ev.PositionAdjusted, ev.CashAdjusted}
)


class Holdings:
    """What an account held, by time: a listener of its engine."""

    def __init__(self, engine: Engine, account_id: str) -> None:
        self.account = engine.account(account_id)
        self._engine = engine
        self.start = engine.now
        self.cash: dict[str, History] = {}
        self.held: dict[str, History] = {}
        """Net quantity by symbol."""
        self._note(one.symbol for one in self.account.positions.values())

    def hear(self, record: Record) -> None:
        """Note what changed with a fact that was just folded."""
        fact = record.event
        if type(fact) not in _MOVING or record.account != self.account.id:
            return
        if isinstance(fact, ev.TradeFilled):
            order = self._engine.state.order(fact.order_id)
            self._note([order.symbol] if order else [])
        else:
            self._note({*self.held, *(one.symbol for one in self.account.positions.values())})

    def terms(self, symbol: str) -> tuple[str, Decimal]:
        """The currency of ``symbol``, and its multiplier."""
        instrument = self._engine.instrument(symbol)
        return instrument.currency, instrument.multiplier

    def _note(self, symbols: Iterable[str]) -> None:
        """Note all cash, and what is held of ``symbols``."""
        account, now = self.account, self._engine.now
        for currency, amount in account.cash.items():
            _history(self.cash, currency).note(now, amount)
        for symbol in symbols:
            _history(self.held, symbol).note(now, self._quantity(symbol))

    def _quantity(self, symbol: str) -> Decimal:
        """What the account holds of ``symbol`` in all."""
        positions = self.account.positions
        if self.account.position_mode is PositionMode.NETTING:
            held = positions.get(symbol)
            return ZERO if held is None else held.quantity
        return sum((one.quantity for one in positions.values() if one.symbol == symbol), ZERO)


class History:
    """One number over time."""

    __slots__ = ("times", "values")

    def __init__(self) -> None:
        self.times: list[int] = []
        self.values: list[Decimal] = []

    def note(self, ts: int, value: Decimal) -> None:
        """It is ``value`` from ``ts`` on."""
        if self.values and self.values[-1] == value:
            return
        if self.times and self.times[-1] == ts:
            self.values[-1] = value
            return
        self.times.append(ts)
        self.values.append(value)

    def at(self, ts: int) -> Decimal:
        """The number at ``ts``; zero before the first."""
        place = bisect_right(self.times, ts)
        return self.values[place - 1] if place else ZERO

    def along(self, times: NDArray[np.int64]) -> Floats:
        """The number at each of ``times``, as floats."""
        values = np.array([0.0, *map(float, self.values)])
        places = np.searchsorted(np.array(self.times, np.int64), times, side="right")
        along: Floats = values[places]
        return along


def _history(books: dict[str, History], key: str) -> History:
    found = books.get(key)
    if found is None:
        found = books[key] = History()
    return found


def equity_curve(holdings: Holdings, board: Board, timeline: Timeline, steps: int) -> EquityCurve:
    """The curve over the first ``steps`` steps, sampled where it decides the figures."""
    curve = EquityCurve(_exactly(holdings, board, holdings.start))
    if not steps:
        return curve
    visible = np.frombuffer(timeline.visible, np.int64)
    times = visible[np.frombuffer(timeline.steps, np.int32)[:steps]]
    days = (times - 1) // DAY_NS
    chosen = set(np.flatnonzero(days[1:] != days[:-1]).tolist()) | {steps - 1}
    worth = _roughly(holdings, board, times)
    chosen |= _deciding(np.concatenate(([float(curve.start)], worth)))
    for step in sorted(chosen):
        now = int(times[step])
        curve.sample(now, _exactly(holdings, board, now))
    return curve


def _deciding(worth: Floats) -> set[int]:
    """The steps of the deepest fall and of the peak before it; ``worth[0]`` is the start."""
    peaks = np.maximum.accumulate(worth)
    with np.errstate(divide="ignore", invalid="ignore"):
        falls = np.where(peaks > 0, 1 - worth / peaks, 0.0)
    deepest = np.flatnonzero(falls >= falls.max() - NEAR)
    _, first = np.unique(worth[deepest], return_index=True)
    chosen = set()
    for k in deepest[first][:CANDIDATES_MAX].tolist():
        chosen |= {k - 1, int(worth[: k + 1].argmax()) - 1}
    return {step for step in chosen if step >= 0}


def _roughly(holdings: Holdings, board: Board, times: NDArray[np.int64]) -> Floats:
    """Equity at each of ``times`` to float precision."""
    base = holdings.account.currency
    worth = np.zeros(len(times))
    for currency, history in holdings.cash.items():
        amount = history.along(times)
        worth += amount if currency == base else _converted(amount, board, currency, base, times)
    for symbol, history in holdings.held.items():
        currency, multiplier = holdings.terms(symbol)
        value = history.along(times) * _marks(board, symbol, times) * float(multiplier)
        worth += value if currency == base else _converted(value, board, currency, base, times)
    return worth


def _converted(
    amount: Floats, board: Board, currency: str, into: str, times: NDArray[np.int64]
) -> Floats:
    """``amount`` in another currency, by the rates of ``Board.rate``; nothing is nothing even where
    no rate is known.
    """
    direct = _marks(board, f"{currency}/{into}", times)
    inverse = _marks(board, f"{into}/{currency}", times)
    with np.errstate(divide="ignore"):
        rate = np.where(direct > 0, direct, 1 / inverse)
    return np.where(amount == 0, 0.0, amount * np.where(np.isfinite(rate), rate, 0.0))


def _marks(board: Board, symbol: str, times: NDArray[np.int64]) -> Floats:
    """The mark of ``symbol`` at each of ``times``, by the board's own preference."""
    marks = np.zeros(len(times))
    for one in sorted(board.series, key=lambda each: isinstance(each, Quotes)):
        if one.symbol != symbol or not len(one):
            continue
        shown = np.searchsorted(_seen(one), times, side="right") - 1
        prices = _prices(one)[np.maximum(shown, 0)]
        marks = np.where(shown >= 0, prices, marks)
    return marks


def _prices(one: Bars | Quotes) -> Floats:
    if isinstance(one, Bars):
        return np.frombuffer(one.close, np.int64) / 10.0**one.price_scale
    both = np.frombuffer(one.bid, np.int64) + np.frombuffer(one.ask, np.int64)
    prices: Floats = both / (2 * 10.0**one.price_scale)
    return prices


def _seen(one: Bars | Quotes) -> NDArray[np.int64]:
    """When each row became visible."""
    ts = np.frombuffer(one.ts, np.int64)
    return ts + one.timeframe_ns if isinstance(one, Bars) else ts


def _exactly(holdings: Holdings, board: Board, now: int) -> Decimal:
    """Equity at ``now``: the account as it was, valued by the board as it was."""
    then = Board(board.series, board.provider)
    for source, one in enumerate(board.series):
        length = one.timeframe_ns if isinstance(one, Bars) else 0
        then.show(source, bisect_right(one.ts, now - length) - 1)
    then.now = now
    account = holdings.account
    was = Account(account.id, account.currency, account.broker)
    was.cash = {currency: each.at(now) for currency, each in holdings.cash.items()}
    for symbol, history in holdings.held.items():
        quantity = history.at(now)
        if quantity:
            currency, multiplier = holdings.terms(symbol)
            was.positions[symbol] = Position(
                symbol, account.id, symbol, 0, 0, quantity, ZERO, ZERO, currency, multiplier
            )
    return summary(was, then).equity
