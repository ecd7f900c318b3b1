"""`onetape demo`: the whole path in some seconds, with nothing to set up.

A synthetic week of stocks, a currency and a coin is served as a backtest on a real port; the
example strategy runs as a process of its own and trades it over REST and a WebSocket; every fact
goes to a durable tape. At the end stands the report, and how to look at the tape.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands import options
from api.commands.running import put_report, run_to_end
from api.commands.terminal import Failure, examples, say

if TYPE_CHECKING:
    from api.server import Listener
    from api.settings import Settings

STRATEGY = "examples.crossover"
HOME = Path(__file__).resolve().parents[2]
"""What the example is found below: a checkout, or wherever the package is installed."""
STRATEGY_TIMEOUT_S = 10.0

Strategy = subprocess.Popen[bytes]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", epilog=examples("onetape demo", "onetape demo --tape demo.tape --port 0"))(
        demo
    )


def demo(
    port: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            max=65535,
            help="Port.",
            show_default="8080, or a free one if that is taken",
        ),
    ] = None,
    tape: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where to keep the facts.", show_default="demo.tape"),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Watch a strategy trade a backtest through a real server, in some seconds."""
    from api.backtesting import Plan, Run
    from api.compose import bundled_market
    from api.settings import Account, load

    settings = load()
    listener = _listen(settings, port)
    file = tape if tape is not None else _fresh(Path("demo.tape"))
    account = Account(id="DEMO")
    run = Run(Plan(bundled_market(), settings, account, file))
    strategies: list[Strategy] = []
    try:
        report = run_to_end(run, listener, on_ready=lambda: strategies.append(_start(listener.url)))
        code = strategies[0].wait(STRATEGY_TIMEOUT_S)
    finally:
        for each in strategies:
            each.kill()
            each.wait()
    if code:
        raise Failure(f"the example strategy ended with code {code}")
    put_report(report, as_json=as_json)
    typed = "onetape" if shutil.which("onetape") else sys.argv[0]
    say("\nThe market was made up; the server, the orders and the tape are real.")
    say(f"Read every fact of the run:  {typed} tape {file}")
    say(f"Prove that none is missing:  {typed} verify {file}")
    say(f"Fold them to a state again:  {typed} replay {file}")


def _listen(settings: Settings, port: int | None) -> Listener:
    """The port asked for; unasked, the usual one or else a free one."""
    from api.server import CannotListen, listen

    host = "127.0.0.1"
    if port is not None:
        return listen(host, port)
    try:
        return listen(host, settings.server.port)
    except CannotListen:
        say(f"port {settings.server.port} is taken, so the demo uses a free one")
        return listen(host, 0)


def _fresh(file: Path) -> Path:
    """`file`, numbered where it exists: a demo can be repeated and overwrites nothing."""
    number = 1
    fresh = file
    while fresh.exists():
        number += 1
        fresh = file.with_name(f"{file.stem}-{number}{file.suffix}")
    return fresh


def _start(url: str) -> Strategy:
    """The example strategy as a process of its own, knowing nothing but the address."""
    say(f"a strategy ({STRATEGY}) connects as a process of its own and trades")
    strategy = subprocess.Popen(
        [sys.executable, "-m", STRATEGY, "--url", url], cwd=HOME, stdout=sys.stderr
    )
    threading.Thread(target=_stop_with, args=(strategy,), daemon=True).start()
    return strategy


def _stop_with(strategy: Strategy) -> None:
    """The clock would wait for ever for a strategy that broke down, so the demo ends with it."""
    if strategy.wait():
        os.kill(os.getpid(), signal.SIGTERM)
