"""`onetape worker`: a worker live, beside a server of the same engine or by a gateway.

The engine is composed as `onetape serve` composes it. The worker trades one of its accounts; other
clients can watch and trade beside it. With `--broker ibkr-web` nothing is served, and a gateway
does the trading that the worker asks of `ctx.ibkr`.
"""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands import options
from api.commands.free import params_of, tick_of
from api.commands.running import listen_safely
from api.commands.serve import serve_live, settings_of
from api.commands.terminal import BAD_INPUT, Failure, examples, refuse, say
from engine.worker.clock import moment
from engine.worker.words import interval_ns

if TYPE_CHECKING:
    from engine.worker.context import MetricValue

KEY_VARIABLE = "ONETAPE_GATEWAY_KEY"
"""Where the key is found for a gateway that is an engine and asks for one."""


GATEWAY = "https://localhost:5000"


class Behind(StrEnum):
    """Who trades for a worker."""

    SIMULATOR = "simulator"
    IBKR_WEB = "ibkr-web"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "worker",
        epilog=examples(
            "onetape worker examples/workers/crossover.py",
            "onetape worker examples/workers/mean_reversion.py --tick 5s --param symbols=AAPL",
            "onetape worker strategy.py --config onetape.toml --account DU8730189",
            "onetape worker strategy.py --broker ibkr-web --gateway https://localhost:5000",
        ),
    )(worker)


def worker(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The worker.")],
    config: options.Config = None,
    account: Annotated[
        str | None, typer.Option(metavar="ID", help="Account to trade.", show_default="the first")
    ] = None,
    param: options.Params = None,
    tick: options.Tick = "1m",
    stop_timeout: Annotated[
        float, typer.Option(metavar="S", min=0.1, help="Longest time for its leave, in seconds.")
    ] = 5.0,
    host: options.Host = None,
    port: options.Port = None,
    tape: options.LiveTape = None,
    seed: options.Seed = None,
    broker: Annotated[
        Behind, typer.Option(help="Who trades: this engine's accounts, or a gateway.")
    ] = Behind.SIMULATOR,
    gateway: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The gateway.", show_default="https://localhost:5000"),
    ] = None,
    fingerprint: Annotated[
        str | None,
        typer.Option(metavar="SHA256", help="The only certificate that the gateway may show."),
    ] = None,
) -> None:
    """Run a worker live beside a server of the same engine, or by a gateway, until interrupted."""
    from api.live import Live
    from api.live_worker import LiveWorker

    source = _read(file)
    params = params_of(param or [])
    tick_ns = interval_ns(tick_of(tick))
    if broker is Behind.IBKR_WEB:
        serving = {"--config": config, "--account": account, "--host": host, "--port": port}
        refuse({**serving, "--seed": seed}, "with --broker ibkr-web nothing is served")
        kept = tape or Path(f"{file.stem}.tape")
        _run_by_gateway(source, file, params, tick_ns, stop_timeout, kept, gateway, fingerprint)
        return
    refuse({"--gateway": gateway, "--fingerprint": fingerprint}, "it needs --broker ibkr-web")
    settings = settings_of(config, host, port, {}, tape, seed)
    known = [each.id for each in settings.accounts]
    if account is not None and account not in known:
        raise Failure(f"--account is {account!r}; expected one of {', '.join(known)}", BAD_INPUT)
    listener = listen_safely(settings)
    live = Live(settings)
    made = LiveWorker(
        live, account or known[0], source, str(file), params, Lines(), tick_ns, stop_timeout
    )
    live.companion = made
    serve_live(live, listener)
    if made.error is not None:
        raise Failure(f"{made.error}; the tape is {live.tape.path}")
    say("stopped")


def _run_by_gateway(
    source: str,
    file: Path,
    params: dict[str, Any],
    tick_ns: int,
    stop_timeout_s: float,
    tape: Path,
    gateway: str | None,
    fingerprint: str | None,
) -> None:
    """Run the worker with a gateway behind it."""
    from api.gateway_time import time_at
    from api.gateway_worker import GatewayWorker
    from api.ibkr.over_https import OverHttps
    from api.ibkr.trust import pin_of
    from engine.worker.errors import WorkerError
    from engine.worker.ibkr import Ibkr

    try:
        pin = pin_of(fingerprint) if fingerprint else ""
    except ValueError as error:
        raise Failure(f"--fingerprint is {error}", BAD_INPUT) from None
    try:
        line = OverHttps(gateway or GATEWAY, pin, os.environ.get(KEY_VARIABLE, ""))
    except ValueError as error:
        raise Failure(f"--gateway is {error}", BAD_INPUT) from None
    try:
        time = time_at(line)
        limits = (tick_ns, stop_timeout_s)
        made = GatewayWorker(
            source, str(file), params, Lines(), *limits, tape, lambda: Ibkr(line), time
        )
        say(f"ready: {file} by the gateway at {line.url}; what it keeps is on {tape}")
        made.run()
    except WorkerError as error:
        raise Failure(f"{error}; the tape is {tape}") from None
    finally:
        line.close()
    say("stopped")


class Lines:
    """Puts what a worker says on stderr, a line each."""

    def log(self, ts: int, level: str, message: str) -> None:
        """A line, with its time."""
        sys.stderr.write(f"{moment(ts):%Y-%m-%d %H:%M:%S} {level}: {message}\n")
        sys.stderr.flush()

    def metric(self, ts: int, name: str, value: MetricValue) -> None:
        """A figure."""
        self.log(ts, "metric", f"{name} = {value}")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise Failure(f"{file}: {error.strerror}", BAD_INPUT) from None
    except UnicodeDecodeError as error:
        raise Failure(f"{file} is not UTF-8 text: {error}", BAD_INPUT) from None
