"""A whole engine behind a real server, in a thread: what tests of streams talk to.

The market is a few hundred made-up bars of one or more symbols, the broker is the simulator, the
tape is in memory or durable. Everything runs on the server's own loop; `call` reaches into it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from adapters.brokers.simulator.broker import SimulatedBroker
from adapters.brokers.simulator.options import SimulatorOptions
from adapters.market_files.calendars import calendar
from adapters.tape_sqlite.committer import Committer
from adapters.tape_sqlite.tape import SqliteTape
from api.app import dialects
from api.desk import Desk
from api.guards import GuardRules
from api.metrics import Metrics
from api.server import listen, run, serve
from api.service import service
from api.settings import Settings
from api.streams.limits import StreamLimits
from api.streams.routes import routes as stream_routes
from api.trading.routes import routes as trading_routes
from engine.backtest import Backtest
from engine.core import Engine
from engine.instruments import guess
from engine.market.bars import Bars
from engine.market.board import Board
from engine.market.merge import timeline
from engine.tape import MemoryTape

ACCOUNT = "DU1"
START_NS = 1_700_000_000_000_000_000 // 60_000_000_000 * 60_000_000_000
MINUTE_NS = 60_000_000_000
TIMEOUT_S = 10.0

T = TypeVar("T")


def bars(symbol: str, count: int, shift: int = 0) -> Bars:
    """One-minute bars that wander up and down around 100.00, the same every time."""
    made = Bars(symbol, MINUTE_NS, 2, 0)
    price = 10_000 + shift
    for i in range(count):
        close = price + ((i * 7919) % 41) - 20
        high, low = max(price, close) + 15, min(price, close) - 15
        made.append(START_NS + i * MINUTE_NS, price, high, low, close, 1_000 + i % 7)
        price = close
    return made


@dataclass
class Served:
    """A running server and what is behind it."""

    desk: Desk
    tape: MemoryTape | SqliteTape
    url: str
    loop: asyncio.AbstractEventLoop

    @property
    def stream_url(self) -> str:
        """Where its WebSocket is."""
        return self.url.replace("http", "ws", 1) + "/v1/ws"

    def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run a function on the server's loop, and give what it returns."""

        async def there() -> T:
            return function(*arguments)

        return self.wait(there())

    def wait(self, awaited: Awaitable[T], timeout_s: float = TIMEOUT_S) -> T:
        """Wait on the server's loop."""

        async def there() -> T:
            return await awaited

        return asyncio.run_coroutine_threadsafe(there(), self.loop).result(timeout_s)

    def finish(self, timeout_s: float = TIMEOUT_S) -> str:
        """Wait for the backtest's end; the tape's digest in hexadecimal."""
        assert self.desk.stepper is not None
        self.wait(self.desk.stepper.finished.wait(), timeout_s)
        return self.tape.digest().hex()


def build(
    series: list[Bars],
    tape: MemoryTape | SqliteTape,
    *,
    stepped: bool = True,
    limits: StreamLimits | None = None,
    commit: Callable[[], object] = lambda: None,
    accounts: tuple[str, ...] = (ACCOUNT,),
) -> Desk:
    """An engine with its market, at the moment before the first bar."""
    board = Board(list(series))
    broker = SimulatedBroker(SimulatorOptions(), calendar_of=lambda _symbol: calendar("24/7"))
    engine = Engine(tape, board)
    engine.now = board.now = START_NS
    broker.attach(engine)
    engine.start("backtest", "test", "nonce")
    for one in series:
        engine.list_instrument(guess(one.symbol, one.price_scale))
    for account in accounts:
        engine.open_account(account, broker, "USD", Decimal(1_000_000))
    backtest = Backtest(engine, broker, board, timeline(list(series))) if stepped else None
    return Desk(
        engine,
        board,
        backtest=backtest,
        limits=limits or StreamLimits(close_timeout_s=2.0),
        default_account=ACCOUNT,
        commit=commit,
    )


@contextmanager
def serving(
    *series: Bars,
    tape_file: Path | None = None,
    stepped: bool = True,
    limits: StreamLimits | None = None,
    accounts: tuple[str, ...] = (ACCOUNT,),
) -> Iterator[Served]:
    """Serve ``series`` (by default fifty bars of AAPL) until the block ends."""
    shown = list(series) or [bars("AAPL", 50)]
    tape = MemoryTape() if tape_file is None else SqliteTape.open(tape_file)
    committer = Committer(tape) if isinstance(tape, SqliteTape) else None
    commit = committer.wake if committer else lambda: None
    desk = build(shown, tape, stepped=stepped, limits=limits, commit=commit, accounts=accounts)
    if isinstance(tape, SqliteTape) and committer is not None:
        tape.on_durable(desk.committed)
        tape.on_failure(desk.tape_failed)
        committer.start()
    held: dict[str, Any] = {}
    ready = threading.Event()
    thread = threading.Thread(target=run, args=(_main(desk, held, ready),))
    thread.start()
    if not ready.wait(TIMEOUT_S):
        raise TimeoutError("the server did not start")
    served = Served(desk, tape, held["url"], held["loop"])
    try:
        yield served
    finally:
        served.loop.call_soon_threadsafe(held["stop"].set)
        thread.join(TIMEOUT_S)
        if committer is not None:
            committer.stop()
        tape.close()
        assert not thread.is_alive(), "the server did not stop"


async def _main(desk: Desk, held: dict[str, Any], ready: threading.Event) -> None:
    listener = listen("127.0.0.1", 0)
    stop = asyncio.Event()
    held.update(url=listener.url, loop=asyncio.get_running_loop(), stop=stop)
    app = service(
        [*trading_routes(desk), *stream_routes(desk)],
        GuardRules(),
        "test",
        stopping=lambda: desk.is_stopping,
        dialects=dialects(desk, Metrics()),
    )
    await desk.start()
    await serve(app, listener, Settings(), stop, ready.set, desk.close)
