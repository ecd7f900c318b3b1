"""Plays a strategy of `tests.clients.goog` as a worker: the same actions through `ctx.broker`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.clients.goog import CANCEL, CLOSE, STRATEGIES, Place

if TYPE_CHECKING:
    from engine.worker.context import Context
    from engine.worker.views import BarView

closes: list[float] = []
entries: list[str] = []


def on_bar(ctx: Context, bar: BarView) -> None:
    """Ask the strategy, and do what it says."""
    closes.append(float(bar.close))
    if len(closes) == 1:  # the other package never asks at the first bar
        return
    position = ctx.broker.position("GOOG")
    size = int(position.quantity) if position else 0
    entries[:] = [each for each in entries if not ctx.broker.order(each).is_final]
    for action in STRATEGIES[ctx.params["strategy"]](closes, size, bool(entries)):
        if action == CLOSE and position is not None:
            ctx.broker.close(position)
        elif action == CANCEL:
            for order_id in entries:
                ctx.broker.cancel(order_id)
        elif isinstance(action, Place):
            entries.append(place(ctx, action))


def place(ctx: Context, action: Place) -> str:
    """Place an order; its id."""
    kind = "LIMIT" if action.limit is not None else "STOP" if action.stop is not None else "MARKET"
    named = {
        "limit_price": action.limit,
        "stop_price": action.stop,
        "stop_loss": action.sl,
        "take_profit": action.tp,
    }
    given: Any = {name: price for name, price in named.items() if price is not None}
    side = "BUY" if action.size > 0 else "SELL"
    return ctx.broker.submit("GOOG", side, abs(action.size), kind, **given).id
