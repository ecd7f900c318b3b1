"""`onetape serve`: the Trading API on the wall clock, each account on its broker's market."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from api.commands import options
from api.commands.running import listen_safely
from api.commands.terminal import examples, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.live import Live
    from api.server import Listener
    from api.settings import Settings

_CALLED = {"guide": "the order guide", "webapi": "the IBKR Web API"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "serve",
        epilog=examples(
            "onetape serve",
            "onetape serve --port 0 --tape paper.tape --seed 7",
            "onetape serve --guide-port 8000",
            "onetape serve --webapi-port 5000",
            "onetape serve --config onetape.toml",
        ),
    )(serve)


def serve(
    config: options.Config = None,
    host: options.Host = None,
    port: options.Port = None,
    guide_port: options.GuidePort = None,
    webapi_port: options.WebApiPort = None,
    tape: options.LiveTape = None,
    seed: options.Seed = None,
) -> None:
    """Serve accounts on the wall clock, until interrupted.

    Each sees the market of its broker, which is a synthetic one for the simulator's.
    """
    from api.live import Live

    ports = {"guide_port": guide_port, "webapi_port": webapi_port}
    settings = settings_of(config, host, port, ports, tape, seed)
    listener = listen_safely(settings)
    serve_live(Live(settings), listener)
    say("stopped")


def settings_of(
    config: Path | None,
    host: str | None,
    port: int | None,
    ports: dict[str, int | None],
    tape: Path | None,
    seed: int | None,
) -> Settings:
    """The settings of a live engine, with what was typed on top."""
    from api.settings import file_or_default, load

    given: dict[str, dict[str, Any]] = {
        "server": {"host": host, "port": port},
        "listeners": ports,
        "tape": {"file": tape},
        "feed": {"seed": seed},
    }
    return load(
        file_or_default(config),
        {
            section: {name: value for name, value in values.items() if value is not None}
            for section, values in given.items()
        },
    )


def serve_live(live: Live, listener: Listener) -> None:
    """Serve until a signal, on every port that is set."""
    from api.server import run

    others = _others(live.settings)
    run(live.serve(listener, lambda: say(_ready(listener.url, live, others)), others))


def _others(settings: Settings) -> dict[str, Listener]:
    """The ports of the dialects that have one of their own, by the dialect's name."""
    from api.certificate import certificate

    chosen = settings.listeners
    found = {}
    if chosen.guide_port is not None:
        found["guide"] = listen_safely(settings, chosen.guide_port)
    if chosen.webapi_port is not None:
        found["webapi"] = listen_safely(settings, chosen.webapi_port)
        made = certificate(chosen.webapi_certificate, settings.server.host)
        found["webapi"].certificate = made
        say(f"the certificate of port {found['webapi'].port} is in {made.file}, its SHA-256 is")
        say(made.fingerprint)
    return found


def _ready(url: str, live: Live, others: Mapping[str, Listener]) -> str:
    """The line that says that requests are answered, and what is behind them."""
    accounts = ", ".join(account.id for account in live.settings.accounts)
    kept = f"tape {live.tape.path}"
    if live.resumed:
        kept += f", resumed after record {live.resumed}"
    for name, listener in others.items():
        kept += f"; {_CALLED[name]} is at {listener.url}"
    return f"ready: {url} serves {accounts} on {_market(live)}; {kept}"


def _market(live: Live) -> str:
    """What there is to see, in words."""
    seen = [f"the market of {one.market.provider}" for one in live.desk.markets.remote]
    if live.feed is not None:
        seen.insert(0, f"a synthetic market ({', '.join(live.board.symbols)})")
    return " and ".join(seen)
