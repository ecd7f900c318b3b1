"""A worker run in process by a command: its progress, its lines and its report.

Everything but the report goes to stderr. The bar shows steps, simulated time, rows a second and
equity; it is drawn by a thread beside the run, and only where somebody watches.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from api.commands.running import put_report
from api.commands.terminal import BAD_INPUT, FAILED, Failure, console, is_watched
from engine.errors import EngineError
from engine.market.timeframes import TIMEFRAMES
from engine.worker.clock import moment
from engine.worker.words import interval_ns

if TYPE_CHECKING:
    from api.compose import Series
    from api.pulse import Glance
    from api.settings import Settings
    from engine.worker.context import MetricValue

INTERRUPTED = 130
Kept = tuple[Path | None, Literal["fsync", "none"]]
"""Where the facts go, and when they reach the disk."""


class Market(NamedTuple):
    """What will be traded: files by symbol, or the bundled week where there are none."""

    files: tuple[tuple[str, Path], ...]
    timeframe: str | None

    def series(self) -> list[Series]:
        """Read it."""
        from api.compose import bundled_market, load_market

        length = None if self.timeframe is None else TIMEFRAMES[self.timeframe]
        if self.files:
            return load_market(self.files, length)
        return bundled_market() if length is None else bundled_market(length)


def params_of(given: list[str]) -> dict[str, Any]:
    """`NAME=VALUE` texts as what a worker finds in `ctx.params`: numbers exact, `true` and `false`
    as truth values, all else as text.
    """
    params = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise Failure(f"--param is {text!r}; expected NAME=VALUE", BAD_INPUT)
        params[name] = _value(value)
    return params


def _value(text: str) -> Any:
    try:
        value = msgspec.json.decode(text, strict=True)
    except msgspec.DecodeError:
        return text
    if isinstance(value, float):
        return Decimal(text)
    return value if isinstance(value, bool | int) else text


def tick_of(text: str) -> str:
    """A tick's interval as it was given, if it is one."""
    try:
        interval_ns(text)
    except EngineError as error:
        raise Failure(f"--tick: {error}", BAD_INPUT) from None
    return text


def run_worker(
    settings: Settings,
    market: Market,
    kept: Kept,
    strategy: Path,
    params: dict[str, Any],
    tick: str,
    as_json: bool,
) -> None:
    """Run the worker through the market and report; Failure for whatever it does wrong."""
    from api.runs import RunConfig, run

    config = RunConfig(
        strategy=strategy,
        params=params,
        data=market.files,
        demo=not market.files,
        timeframe=market.timeframe,
        account=settings.accounts[0],
        simulator=settings.simulator,
        tape=kept[0],
        durability=kept[1],
        tick=tick_of(tick),
    )
    with _screen() as screen:
        result = run(config, screen)
    if result.error is not None:
        where = f"; the tape is {config.tape}" if config.tape else ""
        code = INTERRUPTED if result.ended == "interrupted" else FAILED
        raise Failure(result.error + where, code)
    put_report(result.report, as_json=as_json)


class Screen:
    """Shows a run to a person."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None, told="")
        self._started = perf_counter()

    def log(self, ts: int, level: str, message: str) -> None:
        """A line of the worker's, with its simulated time."""
        line = f"{moment(ts):%Y-%m-%d %H:%M:%S} {level}: {message}"
        self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def metric(self, ts: int, name: str, value: MetricValue) -> None:
        """A figure of the worker's."""
        self.log(ts, "metric", f"{name} = {value}")

    def glance(self, glance: Glance) -> None:
        """Move the bar."""
        pace = glance.rows / max(perf_counter() - self._started, 1e-9)
        equity = "" if glance.equity is None else f"  {glance.equity:,.2f} {glance.currency}"
        told = f"{moment(glance.now):%Y-%m-%d %H:%M}  {pace:,.0f} rows/s{equity}"
        self._progress.update(
            self._task, completed=glance.position, total=glance.total, told=told, refresh=True
        )


@contextmanager
def _screen() -> Iterator[Screen]:
    columns = (
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[told]}"),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns,
        console=console(),
        transient=True,
        auto_refresh=False,
        disable=not is_watched(),
    ) as progress:
        yield Screen(progress)
