"""The tape against plain SQLite, against `eventsourcing`, and against the clock.

Every write here is synced before it counts. The peers write payloads of the same length; plain
SQLite gets them ready-made, with nothing to encode or hash, but stores a record a row, and its log
grows while ours has its length from the start.
Replay is timed by the processor's clock, because it waits for nothing, and the rest by the wall's.
It folds a million facts of whole order lives (submitted, accepted, filled) into a state; the
peer's aggregate only counts its events, so the line that is like for like is the one without fold.
"""

import sqlite3
import tempfile
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from itertools import count
from pathlib import Path
from time import process_time

from adapters.tape_sqlite import snapshots
from adapters.tape_sqlite.reader import SqliteTapeReader
from adapters.tape_sqlite.tape import SqliteTape
from benchmarks.eventsourcing_peer import Peer
from benchmarks.harness import Line, rate, seconds, side_by_side
from engine import events
from engine.events import (
    AccountOpened,
    Event,
    InstrumentListed,
    OrderAccepted,
    OrderSubmitted,
    TradeFilled,
)
from engine.instruments import guess
from engine.requests import OrderRequest
from engine.state import State
from engine.tape import Record, Tape
from engine.values import OrderType, Side

SINGLES = 1000
GROUP = 64
GROUPS = 200
REPLAYED = 1_000_000
PEER_REPLAYED = 20_000
RESTART_LIMIT_S = 0.3
REPLAY_WANTED = 400_000.0
ACCOUNT = "DU8730189"

FACT = OrderSubmitted(
    "ord_000000000001",
    OrderRequest("AAPL", Side.BUY, Decimal(100), OrderType.LIMIT, limit_price=Decimal("187.25")),
)


def run() -> list[Line]:
    """All figures of the tape."""
    with tempfile.TemporaryDirectory() as folder:
        place = map(Path(folder).joinpath, map(str, count()))
        return [*_appends(partial(next, place)), *_replays(partial(next, place))]


def _appends(fresh: Callable[[], Path]) -> list[Line]:
    single, plain_single = side_by_side(
        lambda: _tape_rate(fresh(), SINGLES, 1), lambda: _plain_rate(fresh(), SINGLES, 1)
    )
    group, plain_group = side_by_side(
        lambda: _tape_rate(fresh(), GROUPS, GROUP), lambda: _plain_rate(fresh(), GROUPS, GROUP)
    )
    peer = _peer_rate(fresh(), 500, 1)
    peer_group = _peer_rate(fresh(), 50, GROUP)
    return [
        Line("durable append, one at a time", single, plain_single, "/s", "plain SQLite", 0.8),
        Line("durable append, groups of 64", group, plain_group, "/s", "plain SQLite", 0.7),
        Line("durable append, groups of 64", group, peer, "/s", "eventsourcing saves", 10),
        Line(
            "durable append, groups of 64", group, peer_group, "/s", "eventsourcing, 64 a save", 1
        ),
    ]


def _replays(fresh: Callable[[], Path]) -> list[Line]:
    path = fresh()
    tape = SqliteTape.open(path, durability="none")
    live(tape, REPLAYED)
    tape.close()
    peer = Peer(fresh())
    peer.save(1, PEER_REPLAYED)
    ours, theirs = side_by_side(
        lambda: rate(REPLAYED, lambda: _fold(path), process_time),
        lambda: rate(PEER_REPLAYED, peer.replay, process_time),
        rounds=3,
    )
    read = rate(REPLAYED, lambda: _read(path), process_time)
    peer.close()
    _save_snapshot(path)
    restart, limit = side_by_side(lambda: seconds(lambda: _restart(path)), lambda: RESTART_LIMIT_S)
    return [
        Line("replay, facts only", read, theirs, "/s", "eventsourcing replay", 8),
        Line("replay to state", ours, REPLAY_WANTED, "/s", "wanted", 1),
        Line("replay to state", ours, theirs, "/s", "eventsourcing replay", 8),
        Line("restart from a snapshot", restart, limit, "s", "wanted", 1, at_most=True),
    ]


def _tape_rate(path: Path, groups: int, size: int) -> float:
    tape = SqliteTape.open(path)

    def job() -> None:
        for _ in range(groups):
            for ts in range(size):
                tape.append(ts, ACCOUNT, 0, FACT)
            tape.commit()

    result = rate(groups * size, job)
    tape.close()
    return result


def _plain_rate(path: Path, groups: int, size: int) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(
        "CREATE TABLE records (seq INTEGER PRIMARY KEY, ts INTEGER, account TEXT,"
        " causation INTEGER, payload BLOB)"
    )
    payload = events.encode(FACT)
    insert = "INSERT INTO records VALUES (?, ?, ?, ?, ?)"
    seqs = count(1)

    def one_by_one() -> None:
        for _ in range(groups):
            connection.execute(insert, (next(seqs), 0, ACCOUNT, 0, payload))

    def by_groups() -> None:
        for _ in range(groups):
            connection.execute("BEGIN")
            rows = [(next(seqs), ts, ACCOUNT, 0, payload) for ts in range(size)]
            connection.executemany(insert, rows)
            connection.execute("COMMIT")

    result = rate(groups * size, one_by_one if size == 1 else by_groups)
    connection.close()
    return result


def _peer_rate(path: Path, groups: int, size: int) -> float:
    peer = Peer(path)
    result = rate(groups * size, lambda: peer.save(groups, size))
    peer.close()
    return result


def live(tape: Tape, length: int) -> None:
    """Fill a tape with whole order lives, one after another, up to `length` records."""
    append = tape.append
    append(0, ACCOUNT, 0, AccountOpened("USD", "simulator"))
    append(0, ACCOUNT, 0, InstrumentListed(guess("AAPL")))
    for number in count(1):
        for event in _life(number):
            if tape.head == length:
                return
            append(number, ACCOUNT, 0, event)


def _life(number: int) -> tuple[Event, Event, Event]:
    order_id = f"ord_{number:012d}"
    quantity, price = Decimal(10), Decimal("101.25") + number % 7
    side = Side.BUY if number % 2 else Side.SELL
    request = OrderRequest("AAPL", side, quantity, OrderType.MARKET)
    return (
        OrderSubmitted(order_id, request),
        OrderAccepted(order_id, f"b{number}"),
        TradeFilled(
            f"trd_{number:012d}", order_id, f"x{number}", quantity, price, number, Decimal("0.35")
        ),
    )


def _fold(path: Path) -> State:
    state = State()
    apply: Callable[[Record], None] = state.apply
    with SqliteTapeReader.open(path) as reader:
        for record in reader.records():
            apply(record)
    return state


def _read(path: Path) -> None:
    """Read and decode every fact, which is all that the peer's aggregate asks of it."""
    with SqliteTapeReader.open(path) as reader:
        deque(reader.records(), maxlen=0)


def _save_snapshot(path: Path) -> None:
    state = _fold(path)
    with SqliteTapeReader.open(path) as reader:
        snapshots.save(path, reader, state.seq, state.to_bytes())


def _restart(path: Path) -> None:
    """What a start does before it serves: lock, check the end, load the state, fold the rest."""
    tape = SqliteTape.open(path)
    state = snapshots.restore(path, tape)
    if state is None:
        raise RuntimeError(f"{path} has no usable snapshot")
    for record in tape.records(state.seq):
        state.apply(record)
    tape.close()
