"""The engine on the wall clock: a market that moves by itself, accounts that outlive the process.

What the tape holds is what the process starts from: positions, working orders and the ids that
clients gave are there again after a restart, whether the last process ended in good order or not.
Snapshots only shorten the way. If the tape fails, new orders are refused at once, cancels and reads
pass for a short grace, and the process ends with an error, so that the next one can recover.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from types import MappingProxyType
from typing import Protocol

from api.app import Desk, Gateway, WallClock, alone, application
from api.compose import (
    Committer,
    SyntheticFeed,
    always_open,
    open_tape,
    remote_broker,
    restored_state,
    save_snapshot,
    simulator,
)
from api.keyfile import KeyFile
from api.keywatch import KeyWatch
from api.lines.port import Marking
from api.market.remote import Remote
from api.sections import Broker
from api.server import Listener, serve, stop_after, stop_on_signals
from api.settings import Settings
from api.snapshots import Snapshots, is_quick
from api.steady import SteadyClock
from api.streams.freshness import Freshness
from engine import batching, restored
from engine.actions import Timing
from engine.core import Engine
from engine.market.bars import Bars
from engine.market.board import Board
from engine.market.live import LiveBoard
from engine.market.quotes import Quotes
from engine.ports import RemoteBroker
from engine.tape import TapeFailed
from engine.values import NANOSECONDS

SHUT_DOWN = "shut down"
NOTHING = "nothing"
"""What shows the market of this process where no account is in it."""
NONCE_BYTES = 16


class Companion(Protocol):
    """Who lives beside the server, on the same engine: a worker."""

    def start(self, stop: Callable[[], None]) -> None:
        """Begin, on the loop that serves; ``stop`` ends everything."""

    def row(self, one: Bars | Quotes, i: int) -> None:
        """A row became visible."""

    async def leave(self) -> str:
        """End in limited time, while commands still work; what to say of it on the tape."""


class Live:
    """One engine from the opening of its tape to its closing: accounts of the simulator over a
    synthetic market, and accounts behind lines over what their brokers quote.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.keys = KeyWatch(KeyFile(settings.server.keys_file))
        self.broker = simulator(settings.simulator, always_open)
        self.remote = {
            name: remote_broker(name, chosen) for name, chosen in settings.brokers.items()
        }
        self.tape = open_tape(settings.tape.file)
        try:
            self.resumed = self.tape.head
            self.feed = self._synthetic()
            self.board = Board([], NOTHING)
            if self.feed is not None:
                self.board = Board(self.feed.series, self.feed.provider)
            self.engine = Engine(self.tape, self.board, restored_state(self.tape))
            age_max_ns = int(settings.feed.expire_after_s * NANOSECONDS)
            self.boards = {
                name: LiveBoard(name, lambda: self.engine.now, age_max_ns) for name in self.remote
            }
            self._open()
        except BaseException:
            self.tape.close()
            raise
        self.committer = Committer(self.tape)
        self.snapshots = Snapshots(
            self.tape.path,
            self.engine.state.seq,
            settings.tape.snapshot_records,
            lambda: self.tape.durable,
            settings.tape.snapshot_pause_s,
        )
        self.desk = Desk(
            self.engine,
            self.board,
            settings=settings,
            default_account=settings.account_id,
            keys=self.keys.ring,
            commit=self.committer.wake,
            kept=lambda seq: restored_state(self.tape, seq),
        )
        self.gateway = Gateway(self.desk)
        self.tape.on_durable(self.desk.committed)
        self.tape.on_failure(self.desk.tape_failed)
        for name, broker in self.remote.items():
            self._add_line(broker, settings.brokers[name])
        self.companion: Companion | None = None
        self._ended = SHUT_DOWN

    def _synthetic(self) -> SyntheticFeed | None:
        """The market of the accounts that no remote broker serves, if there are any."""
        if all(account.broker in self.remote for account in self.settings.accounts):
            return None
        feed = self.settings.feed
        return SyntheticFeed(feed.seed, feed.history_bars, _now())

    def _add_line(self, broker: RemoteBroker, chosen: Broker) -> None:
        """Put a line under the accounts that are behind this broker, if there are any."""
        accounts = [each.id for each in self.settings.accounts if each.broker == broker.name]
        answer_ns = int(chosen.answer_timeout_s * NANOSECONDS)
        query_ns = int(chosen.query_timeout_s * NANOSECONDS)
        timing = Timing(
            open_ns=query_ns, answer_ns=answer_ns, snapshot_ns=query_ns, lookup_ns=answer_ns
        )
        if isinstance(broker, Marking) and self.tape.tape_id is not None:
            broker.mark(self.tape.tape_id)
        if accounts:
            patience_s = chosen.patience_ms / 1_000
            driver = self.desk.lines.add(broker, accounts, timing, patience_s=patience_s)
            board = self.boards[broker.name]
            stale_after_ns = int(self.settings.feed.stale_after_s * NANOSECONDS)
            freshness = Freshness(stale_after_ns, SteadyClock(), broker.name)
            self.desk.markets.add(Remote(self.desk, driver, board, freshness, chosen.symbols))

    def _open(self) -> None:
        """Begin a session on the tape: the market, the accounts, and the orders that still work."""
        engine, broker = self.engine, self.broker
        engine.now = max(engine.now, _now())
        self.board.now = engine.now
        broker.attach(engine)
        assumptions = {f"market of {name}": "quoted by that broker" for name in self.boards}
        if self.feed is not None:
            for source, row in self.feed.visible():
                self.board.show(source, row)
            assumptions |= broker.assumptions() | {"market": "synthetic, made up from a seed"}
        engine.start("live", version("onetape"), secrets.token_hex(NONCE_BYTES), assumptions)
        for instrument in self.feed.instruments if self.feed is not None else ():
            engine.list_instrument(instrument)
        for account in self.settings.accounts:
            terms = (account.position_mode, account.leverage)
            remote = self.remote.get(account.broker)
            if remote is not None:
                market = self.boards[remote.name]
                engine.serve_remotely(account.id, remote, account.currency, *terms, market)
            else:
                engine.open_account(account.id, broker, account.currency, account.cash, *terms)
        local = [order for order in engine.state.working() if order.account in engine.local]
        broker.restore(local)
        restored.settle(engine)
        batching.resume(engine)

    async def serve(
        self,
        listener: Listener,
        on_ready: Callable[[], None],
        others: Mapping[str, Listener] = MappingProxyType({}),
    ) -> None:
        """Serve until a signal, or until the tape fails, which raises TapeFailed; and on each of
        ``others`` the one dialect that it is named for.
        """
        stop = asyncio.Event()
        stop_on_signals(stop)
        self.committer.start()
        self.committer.wake()
        self.desk.markets.here.freshness.watch(self.board.symbols)
        await self.desk.start()

        def ready() -> None:
            on_ready()
            if self.companion is not None:
                self.companion.start(stop.set)

        app = WallClock(application(self.desk, self.settings, self.gateway), self.engine)
        try:
            async with asyncio.TaskGroup() as group:
                feeds = [one.run() for one in self.desk.markets.remote]
                if self.feed is not None:
                    feeds.append(self._move_market(self.feed))
                work = [
                    *(group.create_task(feed) for feed in feeds),
                    group.create_task(self.snapshots.run()),
                    group.create_task(self.keys.run(self.desk.dismiss)),
                    group.create_task(self.desk.lines.run()),
                    group.create_task(stop_after(self.desk.halted, stop, self.settings)),
                ]
                for name, other in others.items():
                    await self._serve_alone(group, name, other, stop)
                await serve(app, listener, self.settings, stop, ready, self._take_leave)
                stop.set()
                for task in work:
                    task.cancel()
        finally:
            self._close()

    async def _serve_alone(
        self, group: asyncio.TaskGroup, name: str, listener: Listener, stop: asyncio.Event
    ) -> None:
        """Serve a dialect on a port of its own until ``stop``; comes back once it answers."""
        ready = asyncio.Event()
        app = WallClock(alone(name, self.desk, self.settings, self.gateway), self.engine)
        group.create_task(serve(app, listener, self.settings, stop, ready.set))
        await ready.wait()

    async def _take_leave(self) -> None:
        """See the companion out, then the clients."""
        if self.companion is not None:
            self._ended = await self.companion.leave()
        await self.desk.lines.close(self.settings.server.shutdown_grace_s)
        await self.desk.close()

    def _close(self) -> None:
        """End the session on the tape and let go of it."""
        if self.desk.failure is None:
            self.engine.stop(self._ended)
        self.committer.stop()
        try:
            state, grace_s = self.engine.state, self.settings.server.shutdown_grace_s
            is_wanted = self.settings.tape.snapshot_records and is_quick(state.seq, grace_s)
            if self.desk.failure is None and is_wanted:
                save_snapshot(self.tape, state.seq, state.to_bytes())
        finally:
            self.tape.close()
        if self.desk.failure is not None:
            raise TapeFailed(f"{self.tape.path} failed: {self.desk.failure}; restart to recover")

    async def _move_market(self, feed: SyntheticFeed) -> None:
        """Tick the market as often as the settings say."""
        pause = 1 / self.settings.feed.quotes_per_second
        while True:
            self._tick(feed, _now())
            await asyncio.sleep(pause)

    def _tick(self, feed: SyntheticFeed, now: int) -> None:
        """One quote a symbol: orders are tried against it first, then it is shown."""
        engine, board, broker = self.engine, self.board, self.broker
        engine.now = board.now = now = max(engine.now, now)
        shown = feed.tick(now)
        for source, row in shown:
            one = board.series[source]
            if isinstance(one, Bars):
                continue
            watch = broker.watched.get(one.symbol)
            if watch is not None and watch.is_touched(one, row):
                broker.match_quote(one, row)
        for source, row in shown:
            board.show(source, row)
            one = board.series[source]
            if self.companion is not None:
                self.companion.row(one, row)
            if isinstance(one, Bars):
                self.desk.publish_bar(one.bar(row))
                continue
            if one.symbol in engine.trailing_held:
                engine.watch(one.symbol, one.price(one.bid[row]), one.price(one.ask[row]))
            self.desk.publish_quote(one.quote(row))
        if now >= broker.next_due:
            broker.step_done(now)


def _now() -> int:
    return time.time_ns()
