"""A strategy: hold what rises. It buys when a fast average crosses above a slow one, sells below.

Run a server first (`onetape backtest --data AAPL=aapl.csv`), then `python -m examples.crossover`.
The same file trades a backtest and a live simulator, because it only ever sees the Trading API.
Orders are bracketed: should the price fall two percent below the entry, the stop sells.
"""

from __future__ import annotations

import argparse
import sys
from collections import deque
from decimal import ROUND_DOWN, Decimal
from typing import Any

from examples.gateway import Gateway

STOP = Decimal("0.98")
CENT = Decimal("0.01")


class Crossover:
    """One symbol's averages, and whether we hold it."""

    def __init__(self, fast: int, slow: int) -> None:
        self.fast = fast
        self.closes: deque[Decimal] = deque(maxlen=slow)
        self.above: bool | None = None

    def signal(self, close: Decimal) -> str | None:
        """BUY or SELL when the averages cross at this close, else None."""
        self.closes.append(close)
        slow = self.closes.maxlen or 1
        if len(self.closes) < slow:
            return None
        recent = list(self.closes)[-self.fast :]
        before, self.above = self.above, sum(recent) / self.fast > sum(self.closes) / slow
        if before is None or before == self.above:
            return None
        return "BUY" if self.above else "SELL"


class Strategy:
    """Reacts to every event of the stream."""

    def __init__(self, gateway: Gateway, budget: Decimal, fast: int, slow: int) -> None:
        self.gateway = gateway
        self.budget = budget
        self.fast, self.slow = fast, slow
        self.averages: dict[str, Crossover] = {}
        self.held: dict[str, str] = {}
        self.trades = 0

    def on_event(self, event: dict[str, Any]) -> None:
        """Take in one event."""
        kind = event["type"]
        if kind == "candle":
            self.on_bar(event["bar"])
        elif kind == "trade":
            self.trades += 1
        elif kind == "position":
            position = event["position"]
            if event["event"] == "POSITION_CLOSED":
                self.held.pop(position["symbol"], None)
            else:
                self.held[position["symbol"]] = position["id"]

    def on_bar(self, bar: dict[str, Any]) -> None:
        """Trade when the averages cross."""
        symbol, close = bar["symbol"], Decimal(bar["close"])
        averages = self.averages.setdefault(symbol, Crossover(self.fast, self.slow))
        signal = averages.signal(close)
        position = self.held.get(symbol)
        if signal == "BUY" and position is None:
            quantity = (self.budget / close).quantize(Decimal(1), ROUND_DOWN)
            stop = (close * STOP).quantize(CENT)
            if quantity > 0:
                self.gateway.order(symbol, "BUY", quantity, stop_loss=stop)
        elif signal == "SELL" and position is not None:
            self.gateway.call("DELETE", f"/positions/{position}")


def main() -> None:
    """Trade until the backtest is complete."""
    parser = argparse.ArgumentParser(description="Trade a crossover of two moving averages.")
    parser.add_argument("--url", default="http://localhost:8080", help="where the server is")
    parser.add_argument("--budget", type=Decimal, default=Decimal(100_000), help="per position")
    parser.add_argument("--fast", type=int, default=20, help="bars in the fast average")
    parser.add_argument("--slow", type=int, default=60, help="bars in the slow average")
    options = parser.parse_args()
    with Gateway(options.url) as gateway:
        strategy = Strategy(gateway, options.budget, options.fast, options.slow)
        try:
            for event in gateway.events():
                strategy.on_event(event)
        except KeyboardInterrupt:
            sys.exit(f"strategy: interrupted; {strategy.trades} fills were reported to me")
    print(f"strategy: the backtest is complete; {strategy.trades} fills were reported to me")


if __name__ == "__main__":
    main()
