"""The strategies on quotes: the crossover on their middle, and one that only moves limit orders."""

from collections import deque
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from benchmarks.contenders.outcome import BELOW_CENTS, EVERY, FAST, SIZE, SLOW
from engine.backtest import OnRow
from engine.core import Engine
from engine.orders import Order
from engine.requests import OrderChange, OrderRequest
from engine.values import OrderType, Side

Submit = Callable[[OrderRequest], object]


def on_quotes(submit: Submit, symbol: str) -> OnRow:
    """The crossover: sums of bid and ask, kept up as quotes leave and arrive."""
    quantity, buy, sell, market = Decimal(SIZE), Side.BUY, Side.SELL, OrderType.MARKET
    last: deque[int] = deque(maxlen=SLOW)
    fast = slow = 0
    was_above: bool | None = None

    def on_quote(quotes: Any, i: int) -> None:
        nonlocal fast, slow, was_above
        doubled = quotes.bid[i] + quotes.ask[i]
        if len(last) < SLOW:
            slow += doubled
            fast += doubled if len(last) >= SLOW - FAST else 0
            last.append(doubled)
            return
        if was_above is None:
            was_above = 3 * fast > slow
        fast += doubled - last[SLOW - FAST]
        slow += doubled - last[0]
        last.append(doubled)
        is_above = 3 * fast > slow
        if is_above is not was_above:
            was_above = is_above
            submit(OrderRequest(symbol, buy if is_above else sell, quantity, market))

    return on_quote


def moving_limits(engine: Engine, account: str, symbol: str, at_work: int) -> OnRow:
    """A limit order below the market every ten quotes, so many of them ``at_work`` at once: each is
    moved in the middle of its life, and cancelled at the end.
    """
    quantity, buy, limit = Decimal(SIZE), Side.BUY, OrderType.LIMIT
    half = at_work * EVERY // 2
    placed: deque[tuple[int, Order]] = deque()
    moved: deque[tuple[int, Order]] = deque()

    def on_quote(quotes: Any, i: int) -> None:
        if placed and placed[0][0] + half <= i:
            order = placed.popleft()[1]
            price = quotes.price(quotes.bid[i] - BELOW_CENTS)
            engine.modify(account, order.id, OrderChange(limit_price=price))
            moved.append((i, order))
        if moved and moved[0][0] + half <= i:
            engine.cancel(account, moved.popleft()[1].id)
        if i % EVERY == 0:
            price = quotes.price(quotes.bid[i] - BELOW_CENTS)
            request = OrderRequest(symbol, buy, quantity, limit, limit_price=price)
            placed.append((i, engine.submit(account, request)))

    return on_quote
