"""Backtests over quotes in process: the crossover, and limit orders that are moved and cancelled.

The peer is NautilusTrader's best: its new engine with its risk checks bypassed. It fills at the
quote that a strategy sees and we at the next one, so the orders and fills are the same and their
prices are not.
"""

import tempfile
from pathlib import Path

from benchmarks import market
from benchmarks.contenders.outcome import EVERY
from benchmarks.harness import Line
from benchmarks.peers import peers_python
from benchmarks.race import Contender, race

QUOTES = 1_000_000
MOVING = 200_000
COMMANDS_EACH = 3
"""An order is placed, moved and cancelled."""
AT_WORK = {1: 0.0, 20: 3.0, 100: 0.0}
"""How many orders work at once, and the ratio that is wanted. With 20 of them the peer does a ninth
as many commands as quotes a second, which is what it did (40 and 371 thousand) when the wanted
ratio was set.
"""


def run() -> list[Line]:
    """All figures of quotes."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        data = market.saved(market.quotes(QUOTES), place / "quotes.npy")
        short = market.saved(market.quotes(MOVING), place / "moving.npy")
        lines = _lines(data, QUOTES, 0)
        return [*lines, *(line for count in AT_WORK for line in _lines(short, MOVING, count))]


def _lines(data: Path, rows: int, at_work: int) -> list[Line]:
    options = {"orders": str(at_work)} if at_work else {}
    kind = f"{at_work} limit orders at work" if at_work else "crossover"
    ours = Contender(f"onetape, {kind}", "ours_quotes", data, rows, options)
    python = peers_python()
    if python is None:
        race([ours])
        return []
    title = "nautilus, new engine, risk bypassed"
    peer = Contender(title, "nautilus_quotes_peer", data, rows, options, python)
    race([ours, peer])
    alike = ("orders", "fills")
    if any(ours.result[key] != peer.result[key] for key in alike):
        raise RuntimeError(f"contenders traded differently: {ours.result}, {peer.result}")
    if not at_work:
        return [Line("quotes, crossover", ours.rate, peer.rate, "quotes/s", title, 2.5)]
    name = f"order commands, {at_work} at work"
    commands = COMMANDS_EACH / EVERY
    wanted = AT_WORK[at_work]
    return [Line(name, ours.rate * commands, peer.rate * commands, "/s", title, wanted)]
