"""`onetape serve`: the Trading API on the wall clock, over a simulated market."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands import options
from api.commands.running import listen_safely
from api.commands.terminal import examples, say

if TYPE_CHECKING:
    from api.live import Live


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "serve",
        epilog=examples(
            "onetape serve",
            "onetape serve --port 0 --tape paper.tape --seed 7",
            "onetape serve --config onetape.toml",
        ),
    )(serve)


def serve(
    config: options.Config = None,
    host: options.Host = None,
    port: options.Port = None,
    tape: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The tape, continued if it exists.", show_default="onetape.tape"
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="Seed of the synthetic market.", show_default="1"),
    ] = None,
) -> None:
    """Serve accounts on a simulated market that moves on the wall clock, until interrupted."""
    from api.live import Live
    from api.server import run
    from api.settings import file_or_default, load

    given: dict[str, dict[str, Any]] = {
        "server": {"host": host, "port": port},
        "tape": {"file": tape},
        "feed": {"seed": seed},
    }
    settings = load(
        file_or_default(config),
        {
            section: {name: value for name, value in values.items() if value is not None}
            for section, values in given.items()
        },
    )
    listener = listen_safely(settings)
    live = Live(settings)
    run(live.serve(listener, lambda: say(_ready(listener.url, live))))
    say("stopped")


def _ready(url: str, live: Live) -> str:
    """The line that says that requests are answered, and what is behind them."""
    accounts = ", ".join(account.id for account in live.settings.accounts)
    kept = f"tape {live.tape.path}"
    if live.resumed:
        kept += f", resumed after record {live.resumed}"
    symbols = ", ".join(live.board.symbols)
    return f"ready: {url} serves {accounts} on a synthetic market ({symbols}); {kept}"
