"""A server over twenty symbols that can be told to kill itself in the middle of a batch.

`python -m tests.crash.batch_server TAPE COUNT`: with a COUNT above zero it dies, as by `kill -9`,
when that many facts have followed the beginning of a batch of twenty, all of them on disk. With
zero it finishes what it finds, lets the market move so that everything fills, and serves. Its
address is its first line.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from adapters.brokers.simulator.broker import SimulatedBroker
from adapters.tape_sqlite.committer import Committer
from adapters.tape_sqlite.tape import SqliteTape
from api.app import application
from api.desk import Desk
from api.server import listen, run, serve, stop_on_signals
from api.settings import Settings
from engine import batching
from engine.events import BatchSubmitted
from engine.tape import Record
from tests.api.served import ACCOUNT, bars, build

SYMBOLS = tuple(f"S{number:02d}" for number in range(20))
STEPS = 3


class Fate:
    """Kills this process so many facts into a batch of twenty."""

    def __init__(self, tape: SqliteTape, count: int) -> None:
        self._tape = tape
        self._left = count
        self._is_near = False

    def __call__(self, record: Record) -> None:
        """Hear one fact."""
        event = record.event
        if self._is_near:
            self._left -= 1
            if not self._left:
                self._tape.commit()
                os.kill(os.getpid(), signal.SIGKILL)
        elif isinstance(event, BatchSubmitted):
            self._is_near = len(event.targets) == len(SYMBOLS)


def opened(tape: SqliteTape, committer: Committer) -> Desk:
    """The engine on what the tape holds, with everything unfinished finished."""
    market = [bars(symbol, 50) for symbol in SYMBOLS]
    desk = build(market, tape, commit=committer.wake)
    engine = desk.engine
    broker = engine.local[ACCOUNT]
    assert isinstance(broker, SimulatedBroker)
    broker.restore(engine.state.working())
    batching.resume(engine)
    tape.on_durable(desk.committed)
    tape.on_failure(desk.tape_failed)
    return desk


async def main(tape: SqliteTape, count: int) -> None:
    """Serve until a signal, or until fate strikes."""
    committer = Committer(tape)
    desk = opened(tape, committer)
    committer.start()
    if count:
        desk.engine.listeners.append(Fate(tape, count))
    elif desk.backtest is not None:
        for _ in range(STEPS):
            desk.backtest.advance()
    listener = listen("127.0.0.1", 0)
    stop = asyncio.Event()
    stop_on_signals(stop)
    await desk.start()

    def ready() -> None:
        os.write(1, f"{listener.url}\n".encode())

    await serve(application(desk, Settings()), listener, Settings(), stop, ready, desk.close)
    committer.stop()
    tape.close()


if __name__ == "__main__":
    run(main(SqliteTape.open(Path(sys.argv[1])), int(sys.argv[2])))
