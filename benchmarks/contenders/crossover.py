"""The strategy as a plain callback: exact sums of cents, kept up as closes leave and arrive."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from benchmarks.contenders.outcome import FAST, SIZE, SLOW
from engine.backtest import OnRow
from engine.requests import OrderRequest
from engine.values import OrderType, Side

Submit = Callable[[OrderRequest], object]


def on_bars(submit: Submit, symbol: str) -> OnRow:
    """A callback for the bars of one symbol."""
    quantity, buy, sell, market = Decimal(SIZE), Side.BUY, Side.SELL, OrderType.MARKET
    fast = slow = 0
    was_above = False

    def on_bar(bars: Any, i: int) -> None:
        nonlocal fast, slow, was_above
        close = bars.close
        price = close[i]
        if i < SLOW:
            slow += price
            fast += price if i >= SLOW - FAST else 0
            was_above = 3 * fast > slow
            return
        fast += price - close[i - FAST]
        slow += price - close[i - SLOW]
        is_above = 3 * fast > slow
        if is_above is not was_above:
            was_above = is_above
            submit(OrderRequest(symbol, buy if is_above else sell, quantity, market))

    return on_bar
