"""`onetape backtest`: a market from files, served as if it were live, for a client to trade.

The server waits for a client that acknowledges what it is told (or for `POST /clock/step`), moves
one step whenever everything has been acknowledged, and ends after the last bar with a report.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.running import listen_safely, put_report, run_to_end
from api.commands.terminal import BAD_INPUT, Failure, examples
from engine.market.timeframes import TIMEFRAMES
from engine.values import PositionMode

if TYPE_CHECKING:
    from api.settings import Settings

ACCOUNT = "BACKTEST"


class Exits(StrEnum):
    """When the exits of a bracket begin to work."""

    NEXT_BAR = "next-bar"
    SAME_BAR = "same-bar"


class Durability(StrEnum):
    """When the tape reaches the disk: before every acknowledgement, or once at the end."""

    FSYNC = "fsync"
    NONE = "none"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "backtest",
        epilog=examples(
            "onetape backtest --data AAPL=aapl.csv --timeframe 1d --cash 100000",
            "onetape backtest --data EUR/USD=eurusd.parquet --commission percent:0.01 --json",
            "onetape backtest --data AAPL=a.csv --data MSFT=m.csv --tape run.tape --port 0",
        ),
    )(backtest)


def backtest(
    data: Annotated[
        list[str],
        typer.Option(metavar="SYMBOL=FILE", help="Bars or quotes, CSV or Parquet; repeatable."),
    ],
    timeframe: Annotated[
        str | None, typer.Option(metavar="NAME", help=f"Bars to make: {', '.join(TIMEFRAMES)}.")
    ] = None,
    cash: Annotated[str, typer.Option(metavar="N", help="Cash at the start.")] = "1000000",
    currency: Annotated[str, typer.Option(metavar="CCY", help="Currency of the books.")] = "USD",
    leverage: Annotated[str, typer.Option(metavar="N", help="Leverage of the account.")] = "1",
    position_mode: Annotated[
        PositionMode, typer.Option(case_sensitive=False, help="One net position, or many.")
    ] = PositionMode.NETTING,
    commission: Annotated[
        str,
        typer.Option(
            metavar="RULE", help="none, percent:0.1, per-share:0.005,min=1 and others (docs)."
        ),
    ] = "none",
    slippage_bps: Annotated[
        str, typer.Option(metavar="N", help="Market and stop fills are worse by this.")
    ] = "0",
    spread_bps: Annotated[
        str, typer.Option(metavar="N", help="Distance from bid to ask around bars.")
    ] = "0",
    participation: Annotated[
        str, typer.Option(metavar="SHARE", help="Share of a bar's volume that may fill; 0: all.")
    ] = "0",
    penetration_ticks: Annotated[
        int, typer.Option(min=0, help="How far a bar must trade through a limit.")
    ] = 0,
    latency_ms: Annotated[int, typer.Option(min=0, help="Time an order takes.")] = 0,
    exits: Annotated[Exits, typer.Option(help="When bracket exits begin.")] = Exits.NEXT_BAR,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Port; 0 takes a free one.", show_default="8080"),
    ] = None,
    tape: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep the facts; in memory without it.")
    ] = None,
    durability: Annotated[
        Durability, typer.Option(help="Sync each acknowledgement, or save at the end.")
    ] = Durability.FSYNC,
    stay: Annotated[
        bool, typer.Option("--stay", help="Keep serving after the end, until interrupted.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the report as one JSON object.")
    ] = False,
) -> None:
    """Serve a backtest on localhost, wait for a client to trade it, and report."""
    from api.backtesting import Plan, Run
    from api.compose import load_market

    settings = _settings(
        simulator={
            "commission": commission,
            "slippage_bps": slippage_bps,
            "spread_bps": spread_bps,
            "participation": participation,
            "penetration_ticks": penetration_ticks,
            "latency_ms": latency_ms,
            "exits": exits.value,
        },
        account={
            "id": ACCOUNT,
            "cash": cash,
            "currency": currency,
            "leverage": leverage,
            "position_mode": position_mode,
        },
        server={"host": host, "port": port},
    )
    files = [_pair(each) for each in data]
    series = load_market(files, _length(timeframe))
    listener = listen_safely(settings)
    run = Run(Plan(series, settings, settings.accounts[0], tape, durability.value))
    report = run_to_end(run, listener, stay=stay)
    put_report(report, as_json=as_json)


def _settings(
    simulator: dict[str, Any], account: dict[str, Any], server: dict[str, Any]
) -> Settings:
    """The options as settings; what can not be used is named by its option."""
    from api.settings import SettingsError, load

    given = {name: value for name, value in server.items() if value is not None}
    try:
        return load(overrides={"simulator": simulator, "server": given, "accounts": [account]})
    except SettingsError as error:
        raise Failure(_by_option(str(error)), BAD_INPUT) from None


def _by_option(message: str) -> str:
    """A message about settings as one about options: `simulator.spread_bps` is `--spread-bps`."""
    named = r"\b(?:simulator|server|accounts\.0)\.(\w+)"
    return re.sub(named, lambda found: "--" + found[1].replace("_", "-"), message)


def _pair(text: str) -> tuple[str, Path]:
    symbol, equals, file = text.partition("=")
    if not (symbol and equals and file):
        raise Failure(f"--data is {text!r}; expected SYMBOL=FILE", BAD_INPUT)
    return symbol, Path(file)


def _length(timeframe: str | None) -> int | None:
    if timeframe is None:
        return None
    if timeframe not in TIMEFRAMES:
        names = ", ".join(TIMEFRAMES)
        raise Failure(f"--timeframe is {timeframe!r}; expected one of {names}", BAD_INPUT)
    return TIMEFRAMES[timeframe]
