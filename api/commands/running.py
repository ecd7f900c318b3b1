"""What the commands that serve have in common: the ready line, the progress, the report.

The ready line goes to stderr, as everything does that is not a result; it holds the address, so
`--port 0` is of use. The bar is drawn only where somebody watches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.commands.terminal import BAD_INPUT, Failure, console, is_watched, put_json, say

if TYPE_CHECKING:
    from api.backtesting import Run
    from api.report import RunReport
    from api.server import Listener
    from api.settings import Settings

SHOWN = (
    "exits",
    "spread",
    "slippage",
    "participation",
    "penetration",
    "latency",
    "commission",
    "corporate_actions",
)
"""The assumptions that options change; the others are in the JSON and in the documentation."""


def listen_safely(settings: Settings, port: int | None = None) -> Listener:
    """The port to serve on, `server.port` unless another is given. One that other machines reach,
    or from which orders reach a broker, is refused without keys.
    """
    from api.keyfile import KeyFile
    from api.sections import SIMULATOR
    from api.server import listen

    host = settings.server.host
    listener = listen(host, settings.server.port if port is None else port)
    brokers = sorted({account.broker for account in settings.accounts} - {SIMULATOR})
    dangers = [] if listener.is_loopback else [f"--host {host} can be reached from other machines"]
    dangers += [f"orders go to {', '.join(brokers)}"] if brokers else []
    if dangers and not KeyFile(settings.server.keys_file).read():
        listener.close()
        raise Failure(
            f"{' and '.join(dangers)}, and there are no API keys in "
            f"{settings.server.keys_file}; make one with: onetape keys create NAME",
            BAD_INPUT,
        )
    if not listener.is_loopback:
        say(f"warning: {host} can be reached from other machines; whoever has a key can trade")
    return listener


def run_to_end(
    run: Run,
    listener: Listener,
    *,
    stay: bool = False,
    on_ready: Callable[[], None] = lambda: None,
) -> RunReport:
    """Serve the run until its data is at its end; Failure if it was stopped before."""
    from api.server import run as run_loop

    told: list[RunReport] = []
    backtest = run.backtest

    def ready() -> None:
        symbols = ", ".join(run.board.symbols)
        say(f"ready: {listener.url} serves {backtest.total:,} steps of {symbols}")
        on_ready()

    def ended(report: RunReport) -> None:
        told.append(report)
        if stay:
            say("the data is at its end; still serving, until interrupted")

    with _bar(backtest.total) as moved:
        run_loop(run.serve(listener, stay=stay, on_ready=ready, on_report=ended, on_move=moved))
    if not told:
        where = f"{backtest.position:,} of {backtest.total:,} steps"
        raise Failure(f"the backtest was stopped after {where}")
    return told[0]


def put_report(report: RunReport, *, as_json: bool) -> None:
    """Print the report on stdout."""
    from api.report import rows

    if as_json:
        put_json(report)
        return
    lines = [*rows(report), *((name.replace("_", " "), report.assumptions[name]) for name in SHOWN)]
    if report.tape:
        lines.append(("tape", report.tape))
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        typer.echo(f"{name:<{width}}  {value}")


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    """A bar that is moved to a step; nothing where nobody watches."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console(), transient=True, disable=not is_watched()) as bar:
        task = bar.add_task("steps", total=total)
        yield lambda position: bar.update(task, completed=position)
