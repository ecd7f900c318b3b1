"""Ours on quotes, tape in memory; `orders=20` moves limit orders, so many of them at work at once,
instead of trading crossovers.
"""

from benchmarks.contenders.columns import read_quotes
from benchmarks.contenders.crossover_quotes import moving_limits, on_quotes
from benchmarks.contenders.ours import ACCOUNT, prepared
from benchmarks.contenders.outcome import Stopwatch, options, show
from engine.tape import MemoryTape
from engine.valuation import summary


def main() -> None:
    """Run once."""
    path, chosen = options()
    quotes = read_quotes(path)
    run = prepared([quotes], MemoryTape())
    engine = run.engine
    if chosen.get("orders"):
        strategy = moving_limits(engine, ACCOUNT, quotes.symbol, int(chosen["orders"]))
    else:
        strategy = on_quotes(lambda request: engine.submit(ACCOUNT, request), quotes.symbol)
    watch = Stopwatch()
    watch.start()
    run.run(strategy)
    watch.stop()
    equity = summary(engine.account(ACCOUNT), run.board).equity
    show(watch, len(engine.state.orders), len(engine.state.trades), str(equity))


if __name__ == "__main__":
    main()
