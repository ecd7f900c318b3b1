"""One worker through one backtest: a configuration in, a result out, nothing else.

`run` can be pickled with its configuration and its result, so that a sweep is a map of it over
configurations, in any pool of processes. It reads the files that it is told to, writes the tape if
it is told to, and leaves nothing behind. The same configuration gives the same tape.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, Literal, Protocol

import msgspec
from pydantic import Field, model_validator

from api.backtesting import Plan, Run
from api.compose import Committer, Series, SqliteTape, bundled_market, load_market
from api.errands import Errands
from api.pulse import Glance, Pulse
from api.report import RunReport, report
from api.sections import Section
from api.settings import Account, Settings, SettingsError, Simulator
from engine.equity import Holdings, equity_curve
from engine.market.timeframes import TIMEFRAMES
from engine.tape import TapeFailed
from engine.worker.context import MetricValue
from engine.worker.errors import WorkerError, WorkerStopped
from engine.worker.free import FreeRun
from engine.worker.ibkr import Ibkr
from engine.worker.words import interval_ns

log = logging.getLogger("onetape.worker")

AT_ITS_END = "the data is at its end"


class RunConfig(Section):
    """The inputs of a run. Exactly one of `strategy` and `source`, `data` or `demo`."""

    strategy: Path | None = Field(default=None, description="The worker's file.")
    source: str | None = Field(default=None, description="The worker's text, in place of a file.")
    params: dict[str, Any] = Field(default={}, description="What the worker finds in `ctx.params`.")
    data: tuple[tuple[str, Path], ...] = Field(
        default=(), description="Symbol and file of each series."
    )
    demo: bool = Field(
        default=False, description="Take the bundled synthetic week, in place of files."
    )
    timeframe: str | None = Field(default=None, description="Bars to make, such as `1h`.")
    account: Account = Account(id="BACKTEST")
    simulator: Simulator = Simulator()
    tape: Path | None = Field(default=None, description="A new file for the facts.")
    durability: Literal["fsync", "none"] = "fsync"
    tick: str = Field(default="1m", description="Simulated time between two calls of `tick`.")
    stop_timeout_s: float = Field(default=5.0, gt=0, description="Longest time for `on_stop`.")

    @model_validator(mode="after")
    def _one_of_each(self) -> RunConfig:
        if (self.strategy is None) is (self.source is None):
            raise ValueError("expected a strategy or a source, not both and not neither")
        if bool(self.data) is self.demo:
            raise ValueError("expected data or the demo, not both and not neither")
        if self.timeframe is not None and self.timeframe not in TIMEFRAMES:
            raise ValueError(f"timeframe: expected one of {', '.join(TIMEFRAMES)}")
        return self


class RunResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a run: its figures, the worker's own, how it ended, and what went wrong."""

    report: RunReport
    metrics: dict[str, MetricValue]
    ended: str
    error: str | None = None


class Watcher(Protocol):
    """Whoever follows a run; called from two threads."""

    def log(self, ts: int, level: str, message: str) -> None:
        """The worker says something."""

    def metric(self, ts: int, name: str, value: MetricValue) -> None:
        """The worker shows a figure."""

    def glance(self, glance: Glance) -> None:
        """How far it is, some times a second."""


class Logged:
    """The watcher that is there when there is no other: the log `onetape.worker`."""

    def log(self, ts: int, level: str, message: str) -> None:
        """Pass it on under its level."""
        log.log(logging.getLevelNamesMapping()[level.upper()], "%s", message)

    def metric(self, ts: int, name: str, value: MetricValue) -> None:
        """The result will have it."""

    def glance(self, glance: Glance) -> None:
        """Nobody looks."""


def run(config: RunConfig, watcher: Watcher | None = None) -> RunResult:
    """Live through the run. What the worker does wrong is in the result's `error`, with its file
    and line; raised are SettingsError for inputs that can not be used, and TapeFailed where the
    disk failed.
    """
    source, path = _strategy(config)
    settings = Settings(accounts=(config.account,), simulator=config.simulator)
    plan = Plan(_series(config), settings, config.account, config.tape, config.durability)
    return _Free(config, Run(plan), source, path, watcher or Logged()).result()


def _strategy(config: RunConfig) -> tuple[str, str]:
    """The worker's text, and what to call its file."""
    if config.strategy is None:
        return config.source or "", "worker.py"
    try:
        return config.strategy.read_text(encoding="utf-8"), str(config.strategy)
    except OSError as error:
        raise SettingsError(f"strategy {config.strategy}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"strategy {config.strategy} is not UTF-8 text: {error}") from None


def _series(config: RunConfig) -> list[Series]:
    length = None if config.timeframe is None else TIMEFRAMES[config.timeframe]
    if not config.demo:
        return load_market(config.data, length)
    return bundled_market() if length is None else bundled_market(length)


class _Free:
    """A run under way."""

    def __init__(
        self, config: RunConfig, made: Run, source: str, path: str, watcher: Watcher
    ) -> None:
        self.config = config
        self.made = made
        self.source, self.path = source, path
        self.watcher = watcher
        self.holdings = Holdings(made.engine, config.account.id)
        made.engine.listeners.append(self.holdings.hear)
        self.seconds = 0.0
        self.metrics: dict[str, MetricValue] = {}
        self.error: str | None = None

    def result(self) -> RunResult:
        """Run, close the tape, and say what came of it."""
        made = self.made
        try:
            ended = self._ended()
            made.engine.stop(ended)
            figures = self._report()
        finally:
            made.tape.close()
        failure = made.tape.failed if isinstance(made.tape, SqliteTape) else None
        if failure is not None:
            raise TapeFailed(f"{self.config.tape} failed, so the run is not on it: {failure}")
        return RunResult(report=figures, metrics=self.metrics, ended=ended, error=self.error)

    def _ended(self) -> str:
        """Run to whatever end there is, and give its name."""
        started = perf_counter()
        try:
            free = FreeRun(
                self.made.backtest,
                self.config.account.id,
                self.source,
                self.path,
                self.config.params,
                self.watcher,
                interval_ns(self.config.tick),
            )
            free.ctx.ibkr_maker = lambda: self._ibkr(free)
            self.metrics = free.ctx.monitor.values
            with self._beside(), _interruptible(free):
                return self._lived(free)
        except WorkerError as error:
            self.error = str(error)
            return f"the worker failed: {error}"
        finally:
            self.seconds = perf_counter() - started

    def _ibkr(self, free: FreeRun) -> Ibkr:
        """The Web API of this run, made for the workers that ask for it, which most do not."""
        from api.ibkr.in_process import in_process

        made, settings = self.made, self.made.plan.settings
        return in_process(made.engine, made.board, settings, self.config.account.id, free.line)

    def _lived(self, free: FreeRun) -> str:
        """Live through the data and take leave."""
        ended = AT_ITS_END
        try:
            free.run()
        except WorkerStopped:
            self.error = ended = "interrupted"
        errands = Errands()
        free.line.call = errands.call
        if not errands.attend(free.stop, self.config.stop_timeout_s):
            cut = f"on_stop had not ended after {self.config.stop_timeout_s:g} s and was cut off"
            self.error = f"{self.path}: {cut}"
            ended = f"{ended}; {cut}"
        return ended

    @contextmanager
    def _beside(self) -> Iterator[None]:
        """What goes on in other threads meanwhile: the tape to the disk, glances to the watcher."""
        tape, backtest = self.made.tape, self.made.backtest
        with ExitStack() as stack:
            beats = [lambda: self.watcher.glance(Glance.of(backtest, self.holdings.account))]
            if isinstance(tape, SqliteTape) and self.config.durability == "fsync":
                beats.append(stack.enter_context(Committer(tape)).wake)
            stack.enter_context(Pulse(beats))
            yield

    def _report(self) -> RunReport:
        made, backtest = self.made, self.made.backtest
        steps = backtest.position
        return report(
            made.engine,
            self.holdings.account,
            equity_curve(self.holdings, made.board, backtest.timeline, steps),
            bars=backtest.bars,
            steps=steps,
            run_seconds=self.seconds,
            tape=str(self.config.tape) if self.config.tape else None,
            assumptions=made.assumptions,
        )


@contextmanager
def _interruptible(free: FreeRun) -> Iterator[None]:
    """Have Ctrl-C or SIGTERM end the run between two callbacks; a second one does what it did
    before.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, _frame: object) -> None:
        signal.signal(number, before[number])
        free.interrupt()

    before: dict[int, Any] = {
        int(number): signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
