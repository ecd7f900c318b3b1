"""A worker: buy what fell far below its average, and leave by a bracket.

    onetape backtest --strategy examples/workers/mean_reversion.py --demo-data
    onetape worker examples/workers/mean_reversion.py --param symbols=AAPL,MSFT --tick 30s

Every entry carries its exits: a take-profit at the average it should return to, and a stop as far
below. The engine holds them, so they work on while this worker sleeps or is restarted; what it
counts in ``ctx.state`` survives a restart too.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.errors import EngineError

if TYPE_CHECKING:
    from engine.worker.context import Context
    from engine.worker.inbox import TradeEvent

PERIODS = 20


def setup(ctx: Context) -> None:
    """Say what will be done."""
    names = ", ".join(symbols(ctx))
    ctx.log.info("mean reversion on %s; %s entries so far", names, ctx.state.get("entries", 0))


def symbols(ctx: Context) -> list[str]:
    """What to trade."""
    return str(ctx.params.get("symbols", "AAPL,MSFT,SPY")).split(",")


def tick(ctx: Context) -> None:
    """Look at every symbol once in a while."""
    if ctx.every("5m"):
        for symbol in symbols(ctx):
            look(ctx, symbol)


def look(ctx: Context, symbol: str) -> None:
    """Enter if the price is far enough below its average and nothing is held or working."""
    bars = ctx.broker.bars(symbol, "5m", limit=PERIODS)
    if len(bars) < PERIODS or ctx.broker.position(symbol) or ctx.broker.orders(symbol):
        return
    last = bars[-1].close
    average = sum((bar.close for bar in bars), Decimal(0)) / PERIODS
    dip = Decimal(ctx.params.get("dip", "0.003"))
    if last > average * (1 - dip):
        return
    cent = Decimal("0.01")
    profit = average.quantize(cent)
    loss = (2 * last - average).quantize(cent)
    try:
        ctx.broker.submit(symbol, "BUY", 100, stop_loss=loss, take_profit=profit)
    except EngineError as error:
        ctx.log.warning("%s: %s", symbol, error)
        return
    entries = ctx.state.get("entries", 0) + 1
    ctx.state.set("entries", entries)
    ctx.monitor.metric("entries", entries)


def on_trade(ctx: Context, event: TradeEvent) -> None:
    """Say what happened."""
    trade, role = event.trade, event.order.role
    ctx.log.info("%s %s %s at %s (%s)", trade.side, trade.quantity, trade.symbol, trade.price, role)


def on_stop(ctx: Context) -> None:
    """Leave nothing open."""
    ctx.broker.cancel_all()
    ctx.broker.close_all()
