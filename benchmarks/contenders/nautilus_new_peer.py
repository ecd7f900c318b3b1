"""NautilusTrader's new engine, in Rust, through its Python face; `bypass=1` leaves its risk checks
out.
"""

from importlib import import_module
from typing import Any

import numpy as np

from benchmarks.contenders.nautilus_setup import STOCK, engine_of, equity_of
from benchmarks.contenders.outcome import FAST, NEAR, SIZE, SLOW, Stopwatch, options, show


def main() -> None:
    """Run once."""
    path, chosen = options()
    library: Any = import_module("nautilus_trader.core.nautilus_pyo3")
    bar_type = library.BarType.from_str(f"{STOCK}-1-MINUTE-LAST-EXTERNAL")
    counts = {"orders": 0, "fills": 0}
    engine = engine_of(library, bypass=bool(chosen.get("bypass")))
    engine.add_data(_bars(np.load(path), library, bar_type))
    engine.add_strategy(_strategy(library, bar_type, counts))
    watch = Stopwatch()
    watch.start()
    engine.run()
    watch.stop()
    show(watch, counts["orders"], counts["fills"], equity_of(library, engine))


def _strategy(library: Any, bar_type: Any, counts: dict[str, int]) -> Any:
    name = library.InstrumentId.from_str(STOCK)

    class Crossover(library.Strategy):  # type: ignore[misc]  # the library has no types
        """Buys and sells at the crossings."""

        def on_start(self) -> None:
            self.fast = library.SimpleMovingAverage(FAST)
            self.slow = library.SimpleMovingAverage(SLOW)
            self.register_indicator_for_bars(bar_type, self.fast)
            self.register_indicator_for_bars(bar_type, self.slow)
            self.was_above: bool | None = None
            self.size = library.Quantity.from_int(SIZE)
            self.subscribe_bars(bar_type)

        def on_bar(self, bar: Any) -> None:
            if not self.slow.initialized:
                return
            is_above = self.fast.value > self.slow.value + NEAR
            if self.was_above is None:
                self.was_above = is_above
            elif is_above != self.was_above:
                self.was_above = is_above
                side = library.OrderSide.BUY if is_above else library.OrderSide.SELL
                self.submit_order(self.order_factory.market(name, side, self.size))
                counts["orders"] += 1

        def on_order_filled(self, event: Any) -> None:
            counts["fills"] += 1

    return Crossover(library.StrategyConfig())


def _bars(columns: Any, library: Any, bar_type: Any) -> list[Any]:
    made = []
    for ts, *prices, volume in columns.T.tolist():
        quoted = (library.Price(cents / 100, 2) for cents in prices)
        end = ts + 60_000_000_000
        made.append(library.Bar(bar_type, *quoted, library.Quantity(volume, 0), end, end))
    return made


if __name__ == "__main__":
    main()
