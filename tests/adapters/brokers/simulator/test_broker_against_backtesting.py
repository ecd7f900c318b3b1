"""The same strategies in the `backtesting` package and here give the same fills, to the cent.

Real daily bars of one stock, which that package brings along. Where the two are known to differ
(a stop-limit over a gap, which there can fill outside its bar) the strategy keeps away.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import pytest

from tests.adapters.brokers.simulator.peer import (
    CENT,
    CLOSE,
    HIGH,
    LOW,
    OPEN,
    Desk,
    Plan,
    run_ours,
    run_peer,
)

pytestmark = [
    pytest.mark.slow,
    # The package warns of exits that it leaves to the next bar, and of trades left open.
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


def _mean(i: int, length: int) -> Decimal:
    return sum(CLOSE[i - length + 1 : i + 1], Decimal(0)) / length


def _at(price: Decimal, percent: int) -> Decimal:
    return (price * (100 + percent) / 100).quantize(CENT)


def crossover(desk: Desk, i: int) -> None:
    """Always in the market, turning at each cross: flips in one order."""
    if i < 30:
        return
    above = _mean(i, 10) > _mean(i, 30)
    if above and desk.held() <= 0:
        desk.order(100 - desk.held())
    elif not above and desk.held() >= 0:
        desk.order(-100 - desk.held())


def breakout(desk: Desk, i: int) -> None:
    """Stops on both sides of the last ten days, renewed every seven."""
    if i < 10 or i % 7:
        return
    desk.clear()
    desk.order(30, stop=max(HIGH[i - 9 : i + 1]))
    desk.order(-30, stop=min(LOW[i - 9 : i + 1]))


def reversion(desk: Desk, i: int) -> None:
    """Limits on both sides of the close, renewed every five days, one of them marketable."""
    if i % 5:
        return
    desk.clear()
    desk.order(20, limit=_at(CLOSE[i], -2))
    desk.order(-20, limit=_at(CLOSE[i], 2))
    if i % 25 == 0:
        desk.order(7, limit=_at(CLOSE[i], 3))


def _reached_by_gap(i: int, stop: Decimal, sign: int) -> bool:
    """Whether the bar that reaches ``stop`` after bar ``i`` opens beyond it. A test may peek."""
    extremes = HIGH if sign > 0 else LOW
    for j in range(i + 1, min(i + 8, len(CLOSE))):
        if (extremes[j] - stop) * sign >= 0:
            return (OPEN[j] - stop) * sign >= 0
    return False


def stop_limits(desk: Desk, i: int) -> None:
    """Stop-limits on both sides, their limits beyond the stop or short of it in turn."""
    if i % 7:
        return
    desk.clear()
    for sign in (1, -1):
        stop = _at(CLOSE[i], 2 * sign)
        limit = _at(CLOSE[i], (3 if i % 2 else 1) * sign)
        if not _reached_by_gap(i, stop, sign):
            desk.order(15 * sign, stop=stop, limit=limit)


def market_brackets(desk: Desk, i: int) -> None:
    """Long or short at market with both exits, again as soon as it is flat."""
    if not desk.is_idle():
        return
    sign = 1 if _mean(i, min(i, 20)) < CLOSE[i] else -1
    loss, profit = _at(CLOSE[i], -2 * sign), _at(CLOSE[i], 3 * sign)
    desk.order(50 * sign, loss=loss, profit=profit)


def stop_brackets(desk: Desk, i: int) -> None:
    """A breakout with exits a day's move away, so that many are met in the entry's bar."""
    if desk.held():
        return
    desk.clear()
    sign = 1 if i % 2 else -1
    stop = _at(CLOSE[i], sign)
    desk.order(40 * sign, stop=stop, loss=_at(stop, -2 * sign), profit=_at(stop, sign))


def limit_brackets(desk: Desk, i: int) -> None:
    """Limit entries with exits, live from the bar after in both engines."""
    if desk.held():
        return
    desk.clear()
    sign = 1 if i % 2 else -1
    limit = _at(CLOSE[i], -sign)
    desk.order(40 * sign, limit=limit, loss=_at(limit, -3 * sign), profit=_at(limit, 2 * sign))


@pytest.mark.parametrize(
    ("plan", "exits", "fills_min"),
    [
        (crossover, "next-bar", 60),
        (breakout, "next-bar", 150),
        (reversion, "next-bar", 200),
        (stop_limits, "next-bar", 100),
        (market_brackets, "same-bar", 500),
        (stop_brackets, "same-bar", 500),
        (limit_brackets, "same-bar", 300),
    ],
)
def test_both_engines_fill_the_same_orders_in_the_same_bars_at_the_same_prices(
    plan: Plan, exits: Literal["next-bar", "same-bar"], fills_min: int
) -> None:
    peer, ours = run_peer(plan), run_ours(plan, exits)
    assert sorted(set(ours.fills.items()) ^ set(peer.fills.items())) == []
    assert len(ours.fills) >= fills_min
    assert (ours.fills, ours.position, ours.equity) == (peer.fills, peer.position, peer.equity)
