"""A backtest as a served thing: built from its inputs, run on a port, and reported.

The same inputs give the same tape to the byte: the session is named by a fingerprint of the data
and the rules, times are simulated, and ids are the tape's own numbers. What is on the tape never
depends on how it was kept or how fast the clients were.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from api.app import Desk, application
from api.compose import Committer, Series, SqliteTape, fingerprint, open_tape, simulator
from api.keyfile import KeyFile
from api.keywatch import KeyWatch
from api.measured import Measured
from api.report import RunReport, report
from api.server import Listener, serve, stop_after, stop_on_signals
from api.settings import Account, Settings, SettingsError
from engine.core import Engine
from engine.errors import TradingHalted
from engine.instruments import guess
from engine.market.board import Board
from engine.market.merge import timeline
from engine.tape import MemoryTape, TapeFailed

PROVIDER = "backtest"
WATCH_S = 0.2


@dataclass(frozen=True)
class Plan:
    """The inputs of a run. Without a `tape` the facts live in memory."""

    series: list[Series]
    settings: Settings
    account: Account
    tape: Path | None = None
    durability: Literal["fsync", "none"] = "fsync"


class Run:
    """One backtest, from the first record of its tape to its report."""

    def __init__(self, plan: Plan) -> None:
        if not any(len(one) for one in plan.series):
            raise SettingsError("the data has no rows; expected at least one bar or quote")
        self.plan = plan
        self.board = Board(plan.series, PROVIDER)
        symbols = {one.symbol for one in plan.series}
        self.broker = simulator(plan.settings.simulator, symbols=symbols)
        self.assumptions = self.broker.assumptions()
        self.tape = _fresh_tape(plan)
        self.engine = self._engine(plan)
        self._committer = Committer(self.tape) if isinstance(self.tape, SqliteTape) else None
        self._has_ended = False
        lines = timeline(plan.series)
        self.backtest = Measured(self.engine, self.broker, self.board, lines, plan.account.id)

    def _engine(self, plan: Plan) -> Engine:
        """An engine at the moment before the first row, its account open."""
        engine = Engine(self.tape, self.board)
        engine.now = self.board.now = min(one.ts[0] for one in plan.series if len(one))
        self.broker.attach(engine)
        nonce = fingerprint(plan.series, plan.account, self.broker.options)
        engine.start("backtest", version("onetape"), nonce, self.assumptions)
        for one in plan.series:
            engine.list_instrument(guess(one.symbol, one.price_scale))
        account = plan.account
        engine.open_account(
            account.id,
            self.broker,
            account.currency,
            account.cash,
            account.position_mode,
            account.leverage,
        )
        return engine

    async def serve(
        self,
        listener: Listener,
        *,
        stay: bool,
        on_ready: Callable[[], None],
        on_report: Callable[[RunReport], None],
        on_move: Callable[[int], None],
    ) -> None:
        """Serve the run until its end, or with `stay` until a signal.

        `on_report` gets the figures once the clients have heard the end, and never where the run is
        stopped before it; `on_move` gets the number of steps taken, now and then.
        """
        settings = self.plan.settings
        stop = asyncio.Event()
        stop_on_signals(stop)
        # What only this machine reaches is a simulation of nobody's money: it needs no key.
        keys = None if listener.is_loopback else KeyWatch(KeyFile(settings.server.keys_file))
        desk = self._desk(keys)
        await desk.start()
        try:
            async with asyncio.TaskGroup() as group:
                work = [
                    group.create_task(self._end(desk, stop, stay, on_report)),
                    group.create_task(self._watch(on_move)),
                    group.create_task(stop_after(desk.halted, stop, settings)),
                ]
                if keys is not None:
                    work.append(group.create_task(keys.run(desk.dismiss)))
                app = application(desk, settings)
                await serve(app, listener, settings, stop, on_ready, desk.close)
                for task in work:
                    task.cancel()
        finally:
            self._close(desk)

    def _desk(self, keys: KeyWatch | None) -> Desk:
        """The desk, with the tape connected to it."""
        committer = self._committer
        desk = Desk(
            self.engine,
            self.board,
            backtest=self.backtest,
            settings=self.plan.settings,
            default_account=self.plan.account.id,
            keys=None if keys is None else keys.ring,
            commit=committer.wake if committer else _nothing,
        )
        if committer and isinstance(self.tape, SqliteTape):
            self.tape.on_durable(desk.committed)
            self.tape.on_failure(desk.tape_failed)
            committer.start()
        return desk

    def _close(self, desk: Desk) -> None:
        """Let go of the tape, which says why it ends here."""
        if not self._has_ended and desk.failure is None:
            self.engine.stop("stopped before the data was at its end")
        if self._committer:
            self._committer.stop()
        self.tape.close()
        if desk.failure is not None:
            raise TapeFailed(f"{self.plan.tape} failed: {desk.failure}")

    async def _end(
        self, desk: Desk, stop: asyncio.Event, stay: bool, on_report: Callable[[RunReport], None]
    ) -> None:
        """When the clients have heard the end, close the session on the tape and report."""
        if desk.stepper is None:
            raise TypeError("a run needs a desk with a stepped clock")
        await desk.stepper.finished.wait()
        self.engine.stop("the data is at its end")
        self._has_ended = True
        try:
            await desk.settled()
        except TradingHalted:
            return  # the tape has failed, which ends the run by another way
        on_report(self.report())
        if not stay:
            stop.set()

    async def _watch(self, on_move: Callable[[int], None]) -> None:
        while True:
            on_move(self.backtest.position)
            await asyncio.sleep(WATCH_S)

    def report(self) -> RunReport:
        """The figures of the run so far."""
        backtest = self.backtest
        return report(
            self.engine,
            backtest.account,
            backtest.curve,
            bars=backtest.bars,
            steps=backtest.position,
            run_seconds=backtest.seconds,
            tape=str(self.plan.tape) if self.plan.tape else None,
            assumptions=self.assumptions,
        )


def _nothing() -> None:
    """What a tape in memory needs to become durable."""


def _fresh_tape(plan: Plan) -> SqliteTape | MemoryTape:
    """A new tape; SettingsError where an older one would be continued, which no run may."""
    if plan.tape is None:
        return MemoryTape()
    tape = open_tape(plan.tape, plan.durability)
    if tape.head:
        tape.close()
        raise SettingsError(
            f"--tape {plan.tape} holds {tape.head} records already; a backtest needs a new file"
        )
    return tape
