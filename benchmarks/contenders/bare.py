"""No engine at all: a loop that calls the strategy and counts its orders.

With `objects=1` it makes one object a bar first, as an engine that hands out bars would.
"""

from dataclasses import dataclass

import msgspec

from benchmarks.contenders.columns import read_bars, symbol
from benchmarks.contenders.crossover import on_bars
from benchmarks.contenders.outcome import CASH, Stopwatch, options, show
from engine.market.bars import Bars
from engine.requests import OrderRequest


class Row(msgspec.Struct, gc=False):
    """One bar as an object."""

    ts: int
    open: int
    high: int
    low: int
    close: int
    volume: int


@dataclass
class Counter:
    """Takes orders and forgets them."""

    orders: int = 0

    def submit(self, _request: OrderRequest) -> None:
        """Count one."""
        self.orders += 1


def _call(bars: Bars, counter: Counter) -> None:
    on_bar = on_bars(counter.submit, symbol(0))
    for i in range(len(bars)):
        on_bar(bars, i)


def _make_and_call(bars: Bars, counter: Counter) -> None:
    on_bar = on_bars(counter.submit, symbol(0))
    columns = bars.ts, bars.open, bars.high, bars.low, bars.close, bars.volume
    ts, open_, high, low, close, volume = columns
    for i in range(len(bars)):
        Row(ts[i], open_[i], high[i], low[i], close[i], volume[i])
        on_bar(bars, i)


def main() -> None:
    """Run once."""
    path, chosen = options()
    (bars,) = read_bars(path)
    loop = _make_and_call if chosen.get("objects") else _call
    counter = Counter()
    watch = Stopwatch()
    watch.start()
    loop(bars, counter)
    watch.stop()
    show(watch, counter.orders, 0, CASH)


if __name__ == "__main__":
    main()
