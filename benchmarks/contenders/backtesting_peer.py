"""`backtesting` 0.6.6, its indicators computed ahead in numpy, as its documentation advises.

The watch stops before its statistics, which our run does not compute either.
"""

import sys
import warnings
from importlib import import_module
from typing import Any

import numpy as np

from benchmarks.contenders.outcome import CASH, FAST, SIZE, SLOW, Stopwatch, options, show


def _sum(closes: Any, length: int) -> Any:
    total = np.cumsum(closes)
    sums = np.full(len(closes), np.nan)
    sums[length - 1] = total[length - 1]
    sums[length:] = total[length:] - total[:-length]
    return sums


def main() -> None:
    """Run once."""
    warnings.simplefilter("ignore")
    pandas: Any = import_module("pandas")
    library: Any = import_module("backtesting")
    inside: Any = sys.modules["backtesting.backtesting"]
    columns = np.load(options()[0])
    cents = columns[4]
    frame = pandas.DataFrame(
        {
            name: columns[k] / 100
            for k, name in enumerate(("Open", "High", "Low", "Close"), start=1)
        },
        index=pandas.to_datetime(columns[0]),
    )
    frame["Volume"] = columns[5]
    watch = Stopwatch()

    class Crossover(library.Strategy):  # type: ignore[misc]  # the library has no types
        """Buys and sells at the crossings."""

        def init(self) -> None:
            self.fast = self.I(lambda: 3 * _sum(cents, FAST), plot=False)
            self.slow = self.I(lambda: _sum(cents, SLOW), plot=False)
            self.was_above = bool(self.fast[SLOW - 1] > self.slow[SLOW - 1])
            self.orders_placed = 0

        def next(self) -> None:
            is_above = self.fast[-1] > self.slow[-1]
            if is_above != self.was_above:
                self.was_above = is_above
                if is_above:
                    self.buy(size=SIZE)
                else:
                    self.sell(size=SIZE)

    statistics = inside.compute_stats

    def stamped(*arguments: Any, **named: Any) -> Any:
        watch.stop()
        return statistics(*arguments, **named)

    inside.compute_stats = stamped
    inside._tqdm = lambda rows, **_: rows
    run = library.Backtest(frame, Crossover, cash=CASH, margin=1, finalize_trades=False)
    watch.start()
    result = run.run()
    closed, still_open = len(result["_trades"]), len(result["_strategy"].trades)
    fills = 2 * closed + still_open
    show(watch, fills, fills, result["Equity Final [$]"])


if __name__ == "__main__":
    main()
