"""NautilusTrader's new engine on quotes, risk checks bypassed; `orders=20` moves limit orders, so
many of them at work at once.
"""

from collections import deque
from importlib import import_module
from typing import Any

import numpy as np

from benchmarks.contenders.nautilus_setup import STOCK, engine_of, equity_of
from benchmarks.contenders.outcome import (
    BELOW_CENTS,
    EVERY,
    FAST,
    NEAR,
    SIZE,
    SLOW,
    Stopwatch,
    options,
    show,
)

BELOW = BELOW_CENTS / 100


def main() -> None:
    """Run once."""
    path, chosen = options()
    library: Any = import_module("nautilus_trader.core.nautilus_pyo3")
    name = library.InstrumentId.from_str(STOCK)
    counts = {"orders": 0, "fills": 0, "at": 0}
    half = int(chosen.get("orders", "0")) * EVERY // 2
    engine = engine_of(library, bypass=True)
    engine.add_data(_quotes(np.load(path), library, name))
    kind = _limits(library, name, counts, half) if half else _crossover(library, name, counts)
    engine.add_strategy(kind(library.StrategyConfig()))
    watch = Stopwatch()
    watch.start()
    engine.run()
    watch.stop()
    show(watch, counts["orders"], counts["fills"], equity_of(library, engine))


def _base(library: Any, name: Any, counts: dict[str, int]) -> Any:
    class Base(library.Strategy):  # type: ignore[misc]  # the library has no types
        """What both strategies share."""

        def on_start(self) -> None:
            self.size = library.Quantity.from_int(SIZE)
            self.last: deque[float] = deque(maxlen=SLOW)
            self.placed: deque[tuple[int, Any]] = deque()
            self.moved: deque[tuple[int, Any]] = deque()
            self.subscribe_quotes(name)

        def on_order_filled(self, event: Any) -> None:
            counts["fills"] += 1

    return Base


def _crossover(library: Any, name: Any, counts: dict[str, int]) -> Any:
    base = _base(library, name, counts)

    class Crossover(base):  # type: ignore[misc,valid-type]  # the library has no types
        """Buys and sells at the crossings of the means of the middle."""

        fast = slow = 0.0
        was_above: bool | None = None

        def on_quote(self, quote: Any) -> None:
            doubled = quote.bid_price.as_double() + quote.ask_price.as_double()
            last = self.last
            if len(last) < SLOW:
                self.slow += doubled
                self.fast += doubled if len(last) >= SLOW - FAST else 0
                last.append(doubled)
                return
            if self.was_above is None:
                self.was_above = 3 * self.fast > self.slow + NEAR
            self.fast += doubled - last[SLOW - FAST]
            self.slow += doubled - last[0]
            last.append(doubled)
            is_above = 3 * self.fast > self.slow + 1e-5
            if is_above != self.was_above:
                self.was_above = is_above
                side = library.OrderSide.BUY if is_above else library.OrderSide.SELL
                self.submit_order(self.order_factory.market(name, side, self.size))
                counts["orders"] += 1

    return Crossover


def _limits(library: Any, name: Any, counts: dict[str, int], half: int) -> Any:
    base = _base(library, name, counts)

    class Limits(base):  # type: ignore[misc,valid-type]  # the library has no types
        """Places, moves and cancels."""

        def on_quote(self, quote: Any) -> None:
            i = counts["at"]
            counts["at"] = i + 1
            if self.placed and self.placed[0][0] + half <= i:
                order = self.placed.popleft()[1]
                price = library.Price(quote.bid_price.as_double() - BELOW, 2)
                self.modify_order(order.client_order_id, price=price)
                self.moved.append((i, order))
            if self.moved and self.moved[0][0] + half <= i:
                self.cancel_order(self.moved.popleft()[1].client_order_id)
            if i % EVERY == 0:
                price = library.Price(quote.bid_price.as_double() - BELOW, 2)
                buy = library.OrderSide.BUY
                order = self.order_factory.limit(name, buy, self.size, price)
                self.submit_order(order)
                self.placed.append((i, order))
                counts["orders"] += 1

    return Limits


def _quotes(columns: Any, library: Any, name: Any) -> list[Any]:
    size = library.Quantity.from_int(1_000_000)
    price = library.Price
    return [
        library.QuoteTick(name, price(bid / 100, 2), price(ask / 100, 2), size, size, ts, ts)
        for ts, bid, ask in columns.T.tolist()
    ]


if __name__ == "__main__":
    main()
