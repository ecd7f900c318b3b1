"""Ours: the engine, the simulator and a tape, driven by the free loop.

Options: `symbols` that share the file's rows, and `tape`, a file for a durable tape.
"""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import NoReturn

from adapters.brokers.simulator.broker import SimulatedBroker
from adapters.brokers.simulator.options import SimulatorOptions
from adapters.tape_sqlite.committer import Committer
from adapters.tape_sqlite.tape import SqliteTape
from benchmarks.contenders.columns import read_bars
from benchmarks.contenders.crossover import on_bars
from benchmarks.contenders.outcome import CASH, Stopwatch, options, show
from engine.backtest import Backtest, OnRow
from engine.core import Engine
from engine.instruments import guess
from engine.market.bars import Bars
from engine.market.board import Board
from engine.market.merge import timeline
from engine.market.quotes import Quotes
from engine.requests import OrderRequest
from engine.tape import MemoryTape
from engine.valuation import summary

ACCOUNT = "DU8730189"
GROUP = 1024
"""Records that a durable tape syncs at once."""


def prepared(series: list[Bars | Quotes], tape: MemoryTape | SqliteTape) -> Backtest:
    """A run over the series with one account, before its first step."""
    board = Board(series)
    engine = Engine(tape, board)
    engine.now = board.now = min(one.ts[0] for one in series)
    broker = SimulatedBroker(SimulatorOptions(), calendar_of=_no_calendar)
    broker.attach(engine)
    engine.start("backtest", "benchmark")
    for one in series:
        engine.list_instrument(guess(one.symbol))
    engine.open_account(ACCOUNT, broker, "USD", Decimal(CASH))
    return Backtest(engine, broker, board, timeline(series))


def _no_calendar(symbol: str) -> NoReturn:
    raise LookupError(f"no DAY order is placed here, so {symbol} needs no calendar")


def _strategies(series: list[Bars], submit: Callable[[OrderRequest], object]) -> list[OnRow]:
    """One crossover for each symbol."""
    return [on_bars(submit, bars.symbol) for bars in series]


def main() -> None:
    """Run once, the sync of a durable tape's end included."""
    path, chosen = options()
    series = read_bars(path, int(chosen.get("symbols", "1")))
    file = chosen.get("tape")
    tape = SqliteTape.open(Path(file)) if file else MemoryTape()
    run = prepared([*series], tape)
    engine = run.engine
    strategies = _strategies(series, lambda request: engine.submit(ACCOUNT, request))
    watch = Stopwatch()
    if isinstance(tape, SqliteTape):
        watch.start()
        with Committer(tape) as committer:
            engine.listeners.append(lambda record: None if record.seq % GROUP else committer.wake())
            run.run(*strategies)
        watch.stop()
        tape.close()
    else:
        watch.start()
        run.run(*strategies)
        watch.stop()
    equity = summary(engine.account(ACCOUNT), run.board).equity
    show(watch, len(engine.state.orders), len(engine.state.trades), str(equity))


if __name__ == "__main__":
    main()
