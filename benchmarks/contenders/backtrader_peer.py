"""`backtrader` with its own moving averages."""

from importlib import import_module
from typing import Any

import numpy as np

from benchmarks.contenders.outcome import CASH, FAST, NEAR, SIZE, SLOW, Stopwatch, options, show


def main() -> None:
    """Run once."""
    pandas: Any = import_module("pandas")
    library: Any = import_module("backtrader")
    columns = np.load(options()[0])
    frame = pandas.DataFrame(
        {
            name: columns[k] / 100
            for k, name in enumerate(("open", "high", "low", "close"), start=1)
        },
        index=pandas.to_datetime(columns[0]),
    )
    frame["volume"] = columns[5]
    counts = {"orders": 0, "fills": 0}

    class Crossover(library.Strategy):  # type: ignore[misc]  # the library has no types
        """Buys and sells at the crossings."""

        def __init__(self) -> None:
            self.fast = library.indicators.SimpleMovingAverage(self.data.close, period=FAST)
            self.slow = library.indicators.SimpleMovingAverage(self.data.close, period=SLOW)
            self.was_above: bool | None = None

        def next(self) -> None:
            is_above = self.fast[0] > self.slow[0] + NEAR
            if self.was_above is None:
                self.was_above = is_above
            elif is_above != self.was_above:
                self.was_above = is_above
                counts["orders"] += 1
                if is_above:
                    self.buy(size=SIZE)
                else:
                    self.sell(size=SIZE)

        def notify_order(self, order: Any) -> None:
            counts["fills"] += order.status == order.Completed

    cerebro = library.Cerebro(stdstats=False)
    cerebro.broker.setcash(CASH)
    cerebro.adddata(library.feeds.PandasData(dataname=frame))
    cerebro.addstrategy(Crossover)
    watch = Stopwatch()
    watch.start()
    cerebro.run()
    watch.stop()
    show(watch, counts["orders"], counts["fills"], cerebro.broker.getvalue())


if __name__ == "__main__":
    main()
