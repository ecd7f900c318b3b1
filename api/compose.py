"""Where the outside world is plugged in: tapes, market data files, the simulator, by their ports.

Together with `app.py` this is the only part of `api` that knows an adapter by name; commands and
dialects ask here and get engine types. Whatever was set by hand and can not be used is raised as
`SettingsError`.
"""

from __future__ import annotations

import logging
from array import array
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

from adapters.brokers.simulator.action_file import Actions, read_actions
from adapters.brokers.simulator.broker import SimulatedBroker
from adapters.brokers.simulator.options import SimulatorOptions
from adapters.market_files.bundle import bundled
from adapters.market_files.calendars import calendar
from adapters.market_files.errors import DataError
from adapters.market_files.feed import SyntheticFeed
from adapters.market_files.loading import load
from adapters.tape_sqlite import snapshots
from adapters.tape_sqlite.committer import Committer
from adapters.tape_sqlite.reader import SqliteTapeReader
from adapters.tape_sqlite.tape import SqliteTape
from adapters.tape_sqlite.verify import verify
from api.sections import Broker
from api.settings import SettingsError, Simulator
from engine.instruments import guess
from engine.market.bars import Bars
from engine.market.calendar import Calendar
from engine.market.quotes import Quotes
from engine.market.resample import resample
from engine.market.timeframes import MINUTE_NS
from engine.ports import RemoteBroker
from engine.state import State
from engine.tape.verify import Report
from engine.values import AssetClass

__all__ = [
    "REMOTE_BROKERS",
    "Committer",
    "Series",
    "SimulatedBroker",
    "SqliteTape",
    "SyntheticFeed",
    "always_open",
    "bundled_market",
    "calendar_of",
    "fingerprint",
    "load_market",
    "open_tape",
    "read_tape",
    "remote_broker",
    "restored_state",
    "save_snapshot",
    "simulator",
    "verify_tape",
]

log = logging.getLogger("onetape.tape")

Series = Bars | Quotes
MILLISECOND_NS = 1_000_000
_CALENDARS = {
    AssetClass.STOCK: "XNYS",
    AssetClass.FUTURES: "XNYS",
    AssetClass.FOREX: "FOREX",
    AssetClass.CRYPTO: "24/7",
}


def _ibkr_web(name: str, options: Mapping[str, Any]) -> RemoteBroker:
    from adapters.brokers.ibkr_web.broker import broker  # with the HTTP client, which is large

    return broker(name, options)


REMOTE_BROKERS: dict[str, Callable[[str, Mapping[str, Any]], RemoteBroker]] = {
    "ibkr-web": _ibkr_web,
}
"""What makes each kind of broker behind a line, from its name and its options; ValueError names the
option that can not be.
"""


def remote_broker(name: str, chosen: Broker) -> RemoteBroker:
    """The broker that the settings call ``name``; SettingsError for what can not be."""
    maker = REMOTE_BROKERS.get(chosen.kind)
    if maker is None:
        known = ", ".join(sorted(REMOTE_BROKERS)) or "none in this build"
        raise SettingsError(
            f"brokers.{name}.kind is {chosen.kind!r}; expected a kind there is: {known}"
        )
    secrets = {option: secret.reveal() for option, secret in chosen.secrets.items()}
    try:
        return maker(name, {**chosen.options, **secrets})
    except ValueError as error:
        raise SettingsError(f"brokers.{name}.options: {error}") from None


def read_tape(file: Path) -> SqliteTapeReader:
    """A tape for reading, whether or not somebody writes it; raises TapeError."""
    return SqliteTapeReader.open(file)


def verify_tape(file: Path) -> Report:
    """What a check of the whole tape found; raises TapeError where there is none."""
    return verify(file)


def open_tape(file: Path, durability: Literal["fsync", "none"] = "fsync") -> SqliteTape:
    """A tape for writing, made if it is absent; raises TapeError, or OSError."""
    return SqliteTape.open(file, durability=durability)


def restored_state(tape: SqliteTape, until: int | None = None) -> State | None:
    """The state of the snapshot that the tape agrees with, if it is of record `until` or one before
    it (of any where that is None); None to fold from the tape's beginning.
    """
    return snapshots.restore(tape.path, tape, until)


def save_snapshot(tape: SqliteTape, seq: int, content: bytes) -> None:
    """Keep the state's bytes beside the tape, which is durable up to record `seq`. Where they can
    not be kept the log says so: the next start folds more of the tape, and that is all.
    """
    try:
        snapshots.save(tape.path, tape, seq, content)
    except OSError as error:
        log.warning("%s: no snapshot of record %d was kept: %s", tape.path, seq, error)


def simulator(
    chosen: Simulator,
    calendar_by: Callable[[str], Calendar] | None = None,
    symbols: Collection[str] | None = None,
) -> SimulatedBroker:
    """The simulated broker by the settings' rules; SettingsError names the rule that can not be.

    `calendar_by` says when the market of a symbol is open; by its kind of instrument if not given.
    Corporate actions are those of `symbols`, where these are given.
    """
    actions = _actions(chosen.actions_file, symbols)
    try:
        options = SimulatorOptions(
            exits=chosen.exits,
            spread_bps=chosen.spread_bps,
            slippage_bps=chosen.slippage_bps,
            slippage_ticks=chosen.slippage_ticks,
            participation=chosen.participation,
            penetration_ticks=chosen.penetration_ticks,
            latency_ns=chosen.latency_ms * MILLISECOND_NS,
            commission=chosen.commission,
            borrow_bps=chosen.borrow_bps,
            financing_bps=chosen.financing_bps,
            max_leverage=chosen.max_leverage,
            splits=actions.splits,
            dividends=actions.dividends,
        )
    except ValueError as error:
        raise SettingsError(f"simulator.{error}") from None
    return SimulatedBroker(options, calendar_of=calendar_by or calendar_of)


def _actions(file: Path | None, symbols: Collection[str] | None) -> Actions:
    """The corporate actions that the settings name."""
    if file is None:
        return Actions((), ())
    try:
        return read_actions(file, symbols)
    except DataError as error:
        raise SettingsError(f"simulator.actions_file: {error}") from None


def always_open(_: str) -> Calendar:
    """The calendar of a market that never closes; its days end at midnight UTC."""
    return calendar("24/7")


@lru_cache(maxsize=1_024)
def calendar_of(symbol: str) -> Calendar:
    """When the market of `symbol` is open, by what kind of instrument the symbol looks like."""
    return calendar(_CALENDARS[guess(symbol).asset_class])


def load_market(files: Sequence[tuple[str, Path]], timeframe_ns: int | None = None) -> list[Series]:
    """The series of each (symbol, file), bars brought to `timeframe_ns` where that is given."""
    series: list[Series] = []
    for symbol, file in files:
        try:
            one = load(file, symbol, timeframe_ns=timeframe_ns)
            if any(type(each) is type(one) and each.symbol == symbol for each in series):
                kind = type(one).__name__.lower()
                raise SettingsError(f"--data {symbol} has {kind} twice; expected one file")
            series.append(one)
        except DataError as error:
            raise SettingsError(f"--data {symbol}={file}: {error}") from None
        except OSError as error:
            raise SettingsError(f"--data {symbol}={file}: {error.strerror}") from None
    return series


def bundled_market(timeframe_ns: int = MINUTE_NS) -> list[Series]:
    """The synthetic week that ships in the package: bars of five symbols."""
    return [resample(bars, timeframe_ns) for bars in bundled()]


def fingerprint(series: Sequence[Series], *rules: object) -> str:
    """A name for a run that follows from its inputs alone: every value of the data, every rule."""
    hashed = blake2b(digest_size=16)
    for one in series:
        columns = _columns(one)
        hashed.update(f"{one!r} {one.price_scale} {len(columns)}\n".encode())
        for values in columns:
            hashed.update(values)
    for rule in rules:
        hashed.update(f"{rule}\n".encode())
    return hashed.hexdigest()


def _columns(one: Series) -> list[memoryview]:
    if isinstance(one, Bars):
        arrays: tuple[array[int], ...] = (
            one.ts,
            one.open,
            one.high,
            one.low,
            one.close,
            one.volume,
        )
    else:
        arrays = (one.ts, one.bid, one.ask, one.bid_size, one.ask_size)
    return [memoryview(each).cast("B") for each in arrays]
