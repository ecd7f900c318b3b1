"""`onetape backtest`: a market from files, traded by a client or by a worker in this process.

Served, it is as if it were live: the server waits for a client that acknowledges what it is told
(or for `POST /clock/step`), moves one step whenever everything has been acknowledged, and ends
after the last bar with a report. With `--strategy` a worker's file runs through it as fast as it
can, on the same engine, and the report is the same.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from api.commands import free, options
from api.commands.free import Kept, Market
from api.commands.running import listen_safely, put_report, run_to_end
from api.commands.terminal import BAD_INPUT, Failure, examples, refuse
from engine.market.timeframes import TIMEFRAMES
from engine.values import PositionMode

if TYPE_CHECKING:
    from api.settings import Settings

ACCOUNT = "BACKTEST"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "backtest",
        epilog=examples(
            "onetape backtest --data AAPL=aapl.csv --timeframe 1d --cash 100000",
            "onetape backtest --data EUR/USD=eurusd.parquet --commission percent:0.01 --json",
            "onetape backtest --data AAPL=a.csv --data MSFT=m.csv --tape run.tape --port 0",
            "onetape backtest --demo-data --strategy examples/workers/crossover.py --param fast=5",
        ),
    )(backtest)


def backtest(
    data: options.Data = None,
    demo_data: options.DemoData = False,
    timeframe: options.Timeframe = None,
    strategy: options.Strategy = None,
    param: options.Params = None,
    tick: options.Tick = "1m",
    cash: options.Cash = "1000000",
    currency: options.Currency = "USD",
    leverage: options.Leverage = "1",
    position_mode: options.Mode = PositionMode.NETTING,
    commission: options.Commission = "none",
    slippage_bps: options.SlippageBps = "0",
    spread_bps: options.SpreadBps = "0",
    participation: options.Participation = "0",
    penetration_ticks: options.PenetrationTicks = 0,
    latency_ms: options.LatencyMs = 0,
    exits: options.ExitsRule = options.Exits.NEXT_BAR,
    actions_file: options.ActionsFile = None,
    host: options.Host = None,
    port: options.Port = None,
    tape: options.NewTape = None,
    durability: options.DurabilityRule = options.Durability.FSYNC,
    stay: options.Stay = False,
    as_json: options.AsJson = False,
) -> None:
    """Backtest: serve a market to a client on localhost, or run a worker in process; and report."""
    settings = _settings(
        simulator={
            "commission": commission,
            "slippage_bps": slippage_bps,
            "spread_bps": spread_bps,
            "participation": participation,
            "penetration_ticks": penetration_ticks,
            "latency_ms": latency_ms,
            "exits": exits.value,
            "actions_file": actions_file,
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
    market = _market(data or [], demo=demo_data, timeframe=timeframe)
    kept: Kept = tape, durability.value
    if strategy is None:
        refuse({"--param": param}, "nothing takes it without --strategy")
        _serve(settings, market, kept, stay=stay, as_json=as_json)
        return
    refuse({"--host": host, "--port": port, "--stay": stay}, "a run with --strategy serves nobody")
    free.run_worker(settings, market, kept, strategy, free.params_of(param or []), tick, as_json)


def _serve(settings: Settings, market: Market, kept: Kept, *, stay: bool, as_json: bool) -> None:
    """Serve the market until a client has traded it to its end, and report."""
    from api.backtesting import Plan, Run

    series = market.series()
    listener = listen_safely(settings)
    run = Run(Plan(series, settings, settings.accounts[0], *kept))
    put_report(run_to_end(run, listener, stay=stay), as_json=as_json)


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


def _market(data: list[str], *, demo: bool, timeframe: str | None) -> Market:
    if bool(data) is demo:
        raise Failure("expected --data SYMBOL=FILE, or --demo-data, and not both", BAD_INPUT)
    if timeframe is not None and timeframe not in TIMEFRAMES:
        names = ", ".join(TIMEFRAMES)
        raise Failure(f"--timeframe is {timeframe!r}; expected one of {names}", BAD_INPUT)
    return Market(tuple(_pair(each) for each in data), timeframe)


def _pair(text: str) -> tuple[str, Path]:
    symbol, equals, file = text.partition("=")
    if not (symbol and equals and file):
        raise Failure(f"--data is {text!r}; expected SYMBOL=FILE", BAD_INPUT)
    return symbol, Path(file)
