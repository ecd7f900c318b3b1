"""Backtests over bars in process: ours, a bare loop, and four other engines, on one core.

A moving average crossover over 500,000 one-minute bars, market orders, every fact on a tape. All
contenders must place the same orders and end with the same equity.
"""

import tempfile
from pathlib import Path

from benchmarks import market
from benchmarks.harness import Line
from benchmarks.peers import peers_python
from benchmarks.race import Contender, race

BARS = 500_000
SHORT = 62_500
SYMBOLS, EACH = 50, 20_000
ROUNDS = 9
"""Of the short races, whose contenders are near one another."""


def run() -> list[Line]:
    """All figures of bars."""
    with tempfile.TemporaryDirectory() as folder:
        paths = Path(folder)
        return [*_against_peers(paths), *_against_bare_loops(paths), *_against_ourselves(paths)]


def _against_peers(folder: Path) -> list[Line]:
    data = market.saved(market.bars(BARS), folder / "bars.npy")
    ours = Contender("onetape, tape in memory", "ours", data, BARS)
    backtesting = Contender("backtesting 0.6.6", "backtesting_peer", data, BARS)
    others = _others(data)
    race([ours, backtesting, *others])
    _check_alike([ours, backtesting, *others])
    wanted = {"backtrader": 1.0, "legacy": 40.0, "new": 4.0}
    lines = [
        _line("bars against backtesting", ours, backtesting, 3),
        Line("peak memory", ours.peak_mb, backtesting.peak_mb, "MB", backtesting.title, 1.3, True),
    ]
    for other in others:
        target = next(value for key, value in wanted.items() if key in other.title)
        lines.append(_line(f"bars against {other.title}", ours, other, target))
    return lines


def _others(data: Path) -> list[Contender]:
    """Those that live in an environment of their own."""
    python = peers_python()
    if python is None:
        return []
    bypass = {"bypass": "1"}
    wanted = [
        ("backtrader", "backtrader_peer", {}, 1),
        ("nautilus, legacy engine", "nautilus_legacy_peer", {}, 1),
        ("nautilus, new engine", "nautilus_new_peer", {}, 1),
        ("nautilus, new engine, risk bypassed", "nautilus_new_peer", bypass, 2),
    ]
    return [
        Contender(title, module, data, BARS, options, python, rounds)
        for title, module, options, rounds in wanted
    ]


def _against_bare_loops(folder: Path) -> list[Line]:
    data = market.saved(market.bars(BARS), folder / "bars.npy")
    objects = {"objects": "1"}
    ours = Contender("onetape, tape in memory", "ours", data, BARS, rounds=ROUNDS)
    loop = Contender("bare loop", "bare", data, BARS, rounds=ROUNDS)
    making = Contender("bare loop, an object a bar", "bare", data, BARS, objects, rounds=ROUNDS)
    race([ours, loop, making])
    return [
        _line("bars against a bare loop", ours, loop, 0),
        _line("bars against a bare loop, an object a bar", ours, making, 1 / 3),
    ]


def _against_ourselves(folder: Path) -> list[Line]:
    data = market.saved(market.bars(BARS), folder / "bars.npy")
    short = market.saved(market.bars(SHORT), folder / "short.npy")
    wide = market.saved(market.bars(SYMBOLS * EACH), folder / "wide.npy")
    one = Contender("onetape, one symbol", "ours", data, BARS)
    few = Contender("onetape, 62,500 bars", "ours", short, SHORT)
    many = Contender("onetape, 50 symbols", "ours", wide, SYMBOLS * EACH, {"symbols": str(SYMBOLS)})
    wall = Contender("onetape, on the wall clock", "ours", data, BARS, clock="seconds")
    durable = _Durable("onetape, durable tape", "ours", data, BARS, clock="seconds")
    contenders = [one, few, many, wall, durable]
    for each in contenders:
        each.rounds = ROUNDS
    race(contenders)
    return [
        _line("bars with a durable tape", durable, wall, 0.75),
        _line("bars, 500,000 of them", one, few, 0.9),
        _line("bars of 50 symbols", many, one, 0.7),
    ]


class _Durable(Contender):
    """A contender that gets a new file for its tape each round."""

    def run(self) -> None:
        """One round."""
        with tempfile.TemporaryDirectory() as folder:
            self.options = {"tape": f"{folder}/run.tape"}
            super().run()


def _line(name: str, ours: Contender, peer: Contender, target: float) -> Line:
    return Line(name, ours.rate, peer.rate, "bars/s", peer.title, target)


def _check_alike(contenders: list[Contender]) -> None:
    """Raise unless all traded alike: speed is worth nothing where the fills differ."""
    found = {
        each.title: tuple(each.result[key] for key in ("orders", "fills", "equity"))
        for each in contenders
    }
    if len(set(found.values())) != 1:
        raise RuntimeError(f"contenders traded differently: {found}")
