"""Hourly EUR/USD bars, plans written once, and two hands that carry them out: there and here.

A plan acts through a `Hand` at every bar that closed: the `backtesting` package's own strategy is
one, a worker's `ctx.broker` the other. Where the two engines are known to differ (a stop-limit over
a gap, which there can fill outside its bar) the plan keeps away.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from backtesting import Backtest as PeerBacktest
from backtesting import Strategy as PeerStrategy
from backtesting.test import EURUSD

from engine.worker.context import Context

SYMBOL = "EUR/USD"
CASH = 10_000_000
SIZE = 10_000
POINT = Decimal("0.00001")
OPEN, HIGH, LOW, CLOSE = (
    [Decimal(str(round(float(value), 5))) for value in EURUSD[name]]
    for name in ("Open", "High", "Low", "Close")
)


class Hand(ABC):
    """What a plan may do. Quantities are signed: a sale is negative."""

    @abstractmethod
    def order(
        self,
        quantity: int,
        *,
        limit: Decimal | None = None,
        stop: Decimal | None = None,
        loss: Decimal | None = None,
        profit: Decimal | None = None,
    ) -> None:
        """Place an order."""

    @abstractmethod
    def clear(self) -> None:
        """Cancel every order that is not an exit."""

    @abstractmethod
    def held(self) -> int:
        """The position."""

    @abstractmethod
    def is_idle(self) -> bool:
        """Whether there is neither a position nor an order."""


Plan = Callable[[Hand, int], None]


def market(hand: Hand, i: int) -> None:
    """Always in the market, turning at each cross of two averages."""
    if i < 30:
        return
    above = sum(CLOSE[i - 9 : i + 1]) / 10 > sum(CLOSE[i - 29 : i + 1]) / 30
    if above and hand.held() <= 0:
        hand.order(SIZE - hand.held())
    elif not above and hand.held() >= 0:
        hand.order(-SIZE - hand.held())


def limit(hand: Hand, i: int) -> None:
    """Limits on both sides of the close, renewed every five hours, one of them marketable."""
    if i % 5:
        return
    hand.clear()
    hand.order(2_000, limit=_near(i, -15))
    hand.order(-2_000, limit=_near(i, 15))
    if i % 25 == 0:
        hand.order(700, limit=_near(i, 20))


def stop(hand: Hand, i: int) -> None:
    """Stops on both sides of the last ten hours, renewed every seven."""
    if i < 10 or i % 7:
        return
    hand.clear()
    hand.order(3_000, stop=max(HIGH[i - 9 : i + 1]))
    hand.order(-3_000, stop=min(LOW[i - 9 : i + 1]))


def stop_limit(hand: Hand, i: int) -> None:
    """Stop-limits on both sides, their limits beyond the stop or short of it in turn."""
    if i % 7:
        return
    hand.clear()
    for sign in (1, -1):
        level = _near(i, 15 * sign)
        if not _reached_by_gap(i, level, sign):
            hand.order(1_500 * sign, stop=level, limit=_near(i, (25 if i % 2 else 8) * sign))


def bracket(hand: Hand, i: int) -> None:
    """Long or short at market with both exits, again as soon as it is flat."""
    if hand.is_idle():
        sign = 1 if i % 2 else -1
        hand.order(SIZE * sign, loss=_near(i, -30 * sign), profit=_near(i, 40 * sign))


def limit_bracket(hand: Hand, i: int) -> None:
    """Limit entries with exits."""
    if hand.held():
        return
    hand.clear()
    sign = 1 if i % 2 else -1
    price = _near(i, -10 * sign)
    loss, profit = price - 30 * sign * POINT * 10, price + 20 * sign * POINT * 10
    hand.order(4_000 * sign, limit=price, loss=loss, profit=profit)


PLANS: dict[str, Plan] = {
    plan.__name__: plan for plan in (market, limit, stop, stop_limit, bracket, limit_bracket)
}


def _near(i: int, pips: int) -> Decimal:
    return CLOSE[i] + pips * POINT * 10


def _reached_by_gap(i: int, level: Decimal, sign: int) -> bool:
    """Whether the bar that reaches ``level`` after bar ``i`` opens beyond it. A test may peek."""
    extremes = HIGH if sign > 0 else LOW
    for j in range(i + 1, min(i + 8, len(CLOSE))):
        if (extremes[j] - level) * sign >= 0:
            return (OPEN[j] - level) * sign >= 0
    return False


class Result(NamedTuple):
    """Fills as (time, price) to signed quantity, and the equity at the end, in cents."""

    fills: Counter[tuple[str, Decimal]]
    equity: Decimal


class WorkersHand(Hand):
    """Carries a plan out through ``ctx.broker``."""

    def __init__(self, ctx: Context) -> None:
        self.broker = ctx.broker

    def order(
        self,
        quantity: int,
        *,
        limit: Decimal | None = None,
        stop: Decimal | None = None,
        loss: Decimal | None = None,
        profit: Decimal | None = None,
    ) -> None:
        """Place an order."""
        kind = ("STOP_LIMIT" if stop else "LIMIT") if limit else ("STOP" if stop else "MARKET")
        named = {
            "limit_price": limit,
            "stop_price": stop,
            "stop_loss": loss,
            "take_profit": profit,
        }
        given: Any = {name: price for name, price in named.items() if price is not None}
        self.broker.submit(SYMBOL, "BUY" if quantity > 0 else "SELL", abs(quantity), kind, **given)

    def clear(self) -> None:
        """Cancel every order that is not an exit."""
        for order in self.broker.orders(SYMBOL):
            if not order.is_exit:
                self.broker.cancel(order)

    def held(self) -> int:
        """The position."""
        position = self.broker.position(SYMBOL)
        return int(position.quantity) if position else 0

    def is_idle(self) -> bool:
        """Whether there is neither a position nor an order."""
        return not self.held() and not self.broker.orders(SYMBOL)


def there(plan: Plan) -> Result:
    """Carry it out in the package."""

    class Adapter(PeerStrategy, Hand):  # type: ignore[misc]  # the package publishes no types
        """The package's strategy as a hand."""

        def init(self) -> None:
            """Nothing to prepare."""

        def next(self) -> None:
            """A bar closed."""
            plan(self, len(self.data) - 1)

        def order(self, quantity: int, **prices: Decimal | None) -> None:
            """Place an order."""
            place = self.buy if quantity > 0 else self.sell
            names = {"limit": "limit", "stop": "stop", "loss": "sl", "profit": "tp"}
            given = {names[k]: float(v) for k, v in prices.items() if v is not None}
            place(size=abs(quantity), **given)

        def clear(self) -> None:
            """Cancel every order that is not an exit."""
            for order in list(self.orders):
                if not order.is_contingent:
                    order.cancel()

        def held(self) -> int:
            """The position."""
            return int(self.position.size)

        def is_idle(self) -> bool:
            """Whether there is neither a position nor an order."""
            return not self.position and not self.orders

    with warnings.catch_warnings():
        # Of exits that it leaves to the next bar, of trades left open, and of its dependencies.
        warnings.simplefilter("ignore")
        stats = PeerBacktest(EURUSD, Adapter, cash=CASH).run()
    broker = stats["_strategy"]._broker
    fills: Counter[tuple[str, Decimal]] = Counter()
    for trade in [*broker.closed_trades, *broker.trades]:
        fills[_when(trade.entry_bar), _points(trade.entry_price)] += int(trade.size)
        if trade.exit_price is not None:
            fills[_when(trade.exit_bar), _points(trade.exit_price)] -= int(trade.size)
    return Result(moved(fills), Decimal(str(stats["Equity Final [$]"])).quantize(Decimal("0.01")))


def moved(fills: Counter[tuple[str, Decimal]]) -> Counter[tuple[str, Decimal]]:
    """Without what cancels out within one bar at one price."""
    return Counter({where: quantity for where, quantity in fills.items() if quantity})


def _when(bar: int) -> str:
    return f"{EURUSD.index[bar]:%Y-%m-%d %H:%M}"


def _points(price: float) -> Decimal:
    return Decimal(str(price)).quantize(POINT)


def write_csv(file: Path) -> None:
    """The bars as a file of ours."""
    rows = ["timestamp,open,high,low,close,volume"]
    for i, (time, volume) in enumerate(zip(EURUSD.index, EURUSD["Volume"], strict=True)):
        prices = ",".join(f"{column[i]:.5f}" for column in (OPEN, HIGH, LOW, CLOSE))
        rows.append(f"{time:%Y-%m-%dT%H:%M:%SZ},{prices},{volume:.0f}")
    file.write_text("\n".join(rows) + "\n")
