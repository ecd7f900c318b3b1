"""The options of the commands that serve: each declared once, with its help, for every signature.

Numbers of money and price arrive as text, because a float would already have lost digits; the
settings they become are what judges them.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from engine.market.timeframes import TIMEFRAMES
from engine.values import PositionMode


class Exits(StrEnum):
    """When the exits of a bracket begin to work."""

    NEXT_BAR = "next-bar"
    SAME_BAR = "same-bar"


class Durability(StrEnum):
    """When the tape reaches the disk: before every acknowledgement, or once at the end."""

    FSYNC = "fsync"
    NONE = "none"


Data = Annotated[
    list[str] | None,
    typer.Option(metavar="SYMBOL=FILE", help="Bars or quotes, CSV or Parquet; repeatable."),
]
DemoData = Annotated[
    bool, typer.Option("--demo-data", help="Take the bundled synthetic week instead of files.")
]
Strategy = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Run this worker in process, as fast as it can; no server."),
]
Params = Annotated[
    list[str] | None,
    typer.Option("--param", metavar="NAME=VALUE", help="For the worker; repeatable."),
]
Tick = Annotated[
    str, typer.Option(metavar="TIME", help="Time between two ticks of a worker, such as 5s.")
]
Timeframe = Annotated[
    str | None, typer.Option(metavar="NAME", help=f"Bars to make: {', '.join(TIMEFRAMES)}.")
]
Cash = Annotated[str, typer.Option(metavar="N", help="Cash at the start.")]
Currency = Annotated[str, typer.Option(metavar="CCY", help="Currency of the books.")]
Leverage = Annotated[str, typer.Option(metavar="N", help="Leverage of the account.")]
Mode = Annotated[
    PositionMode,
    typer.Option(
        metavar="NETTING|HEDGING", case_sensitive=False, help="One net position, or many."
    ),
]
Commission = Annotated[
    str,
    typer.Option(
        metavar="RULE", help="none, percent:0.1, per-share:0.005,min=1 and others (docs)."
    ),
]
SlippageBps = Annotated[
    str, typer.Option(metavar="N", help="Market and stop fills are worse by this.")
]
SpreadBps = Annotated[str, typer.Option(metavar="N", help="Distance from bid to ask around bars.")]
Participation = Annotated[
    str, typer.Option(metavar="SHARE", help="Share of a bar's volume that may fill; 0: all.")
]
PenetrationTicks = Annotated[
    int, typer.Option(metavar="N", min=0, help="How far a bar must trade through a limit.")
]
LatencyMs = Annotated[
    int, typer.Option(metavar="N", min=0, help="Time an order takes to the market.")
]
ActionsFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Splits and dividends, CSV: symbol,date,action,value."),
]
ExitsRule = Annotated[
    Exits, typer.Option(metavar="next-bar|same-bar", help="When bracket exits begin.")
]
Host = Annotated[
    str | None, typer.Option(metavar="HOST", help="Address to listen on.", show_default="127.0.0.1")
]
Port = Annotated[
    int | None,
    typer.Option(
        metavar="N", min=0, max=65535, help="Port; 0 takes a free one.", show_default="8080"
    ),
]
NewTape = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Keep the facts; in memory without it.")
]
DurabilityRule = Annotated[
    Durability,
    typer.Option(metavar="fsync|none", help="Sync each acknowledgement, or save at the end."),
]
GuidePort = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=0,
        max=65535,
        help="Another port for the order guide alone; 0 takes a free one.",
        show_default="none",
    ),
]
WebApiPort = Annotated[
    int | None,
    typer.Option(
        "--webapi-port",
        metavar="N",
        min=0,
        max=65535,
        help="Another port for the IBKR Web API alone, over TLS; 0 takes a free one.",
        show_default="none",
    ),
]
LiveTape = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="The tape, continued if it exists.", show_default="onetape.tape"
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(metavar="N", min=0, help="Seed of the synthetic market.", show_default="1"),
]
Stay = Annotated[
    bool, typer.Option("--stay", help="Keep serving after the end, until interrupted.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
TapeFile = Annotated[Path, typer.Argument(metavar="FILE", help="The tape.")]
Config = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Settings, in TOML.", show_default="onetape.toml, if it is here"
    ),
]
