"""Prices that look like a market and are not: a seeded walk, and the bundled week made from it.

`PricePath` is integers from the first step to the last (square roots, draws and rounding
included), so the same seed gives the same prices on every machine. It walks in a finer unit than
the price's own, moves with the square root of the time passed, and leans gently back to where it
began, so that it can run for months. Run as a module it writes the bundled files again.
"""

from math import isqrt
from pathlib import Path
from random import Random
from typing import NamedTuple

from engine.market.bars import Bars
from engine.market.timeframes import DAY_NS, HOUR_NS, MINUTE_NS

SEED = 20240304
COMMENT = f"SYNTHETIC data made by adapters/market_files/synthetic.py with seed {SEED}; no market"
FOLDER = Path(__file__).parent / "bundled"
SECOND_NS = 1_000_000_000
FINE = 10**6  # the walk's unit is a millionth of the price's
PPM = 10**6
DRAW_SD = 2**16  # of the sum of twelve uniform draws below
REVERSION_NS = 20 * DAY_NS  # the time in which the walk would lean all the way back
ELAPSED_MAX_NS = DAY_NS  # a closed weekend moves a price no more than one day


class PricePath:
    """A seeded walk of one symbol's price.

    *start_price* is scaled by ``10 ** price_scale``; *volatility* is the standard deviation over
    one second in millionths of the price (80 is a calm stock, 17 a currency pair); *spread* in
    millionths too. Sizes are whole multiples of *lot*, in whatever unit the caller gives it.
    """

    def __init__(
        self,
        seed: int,
        symbol: str,
        start_price: int,
        price_scale: int,
        volatility: int,
        *,
        spread: int = 60,
        lot: int = 100,
    ) -> None:
        if start_price <= 0:
            raise ValueError(f"start_price: {start_price}, expected more than zero")
        self.symbol = symbol
        self.price_scale = price_scale
        self._random = Random(f"{seed}:{symbol}")
        self._start = start_price * FINE
        self._price = self._start
        self._floor = max(FINE, self._start // 10)
        self._volatility = volatility
        self._spread = spread
        self._lot = lot
        self._ts: int | None = None

    def next_quote(self, ts: int) -> tuple[int, int, int, int, int]:
        """(bid, ask, bid_size, ask_size, last) at *ts*; ValueError if time goes back."""
        self._walk(ts)
        middle = self._price // FINE
        half = max(1, middle * self._spread // PPM) // 2
        bid = max(1, middle - half)
        ask = max(bid + 1, middle + half)
        draw = self._random.randrange
        return bid, ask, self._size(), self._size(), bid + draw(ask - bid + 1)

    def _walk(self, ts: int) -> None:
        elapsed = 0 if self._ts is None else min(ts - self._ts, ELAPSED_MAX_NS)
        if elapsed < 0:
            raise ValueError(f"ts: {ts}, expected {self._ts} or later")
        self._ts = ts
        draw = self._random.randrange
        normal = sum(draw(2 * DRAW_SD) for _ in range(12)) - 12 * DRAW_SD
        step = self._price * self._volatility * normal * isqrt(elapsed)
        # uniform draws below 2n deviate by n/sqrt(3), twelve of them by 2n
        step //= PPM * 2 * DRAW_SD * isqrt(SECOND_NS)
        lean = (self._start - self._price) * elapsed // REVERSION_NS
        self._price = max(self._floor, self._price + step + lean)

    def _size(self) -> int:
        return self._lot * (1 + self._random.randrange(20))


class Recipe(NamedTuple):
    """How one symbol of the bundled set is made."""

    symbol: str
    start_price: int
    price_scale: int
    volatility: int  # ppm over one second
    spread: int  # ppm
    lot: int
    volume_scale: int
    sessions: tuple[tuple[int, int], ...]  # opens and closes, ns

    @property
    def file_name(self) -> str:
        """The name of the file, which says that it is synthetic."""
        return f"{self.symbol.replace('/', '')}.synthetic.1m.csv.gz"


MONDAY_NS = 1_709_510_400 * SECOND_NS  # 2024-03-04, a week without holidays or clock changes
_STOCKS = tuple(
    (
        MONDAY_NS + day * DAY_NS + 14 * HOUR_NS + 30 * MINUTE_NS,
        MONDAY_NS + day * DAY_NS + 21 * HOUR_NS,
    )
    for day in range(5)
)
_FOREX = ((MONDAY_NS - 2 * HOUR_NS, MONDAY_NS + 5 * DAY_NS - 2 * HOUR_NS),)
_CRYPTO = ((MONDAY_NS, MONDAY_NS + 5 * DAY_NS),)

RECIPES = (
    Recipe("AAPL", 175_20, 2, 85, 60, 100, 0, _STOCKS),
    Recipe("MSFT", 411_50, 2, 80, 50, 100, 0, _STOCKS),
    Recipe("SPY", 512_30, 2, 45, 20, 100, 0, _STOCKS),
    Recipe("EUR/USD", 1_08450, 5, 17, 20, 10_000, 0, _FOREX),
    Recipe("BTC/USD", 65_200_00, 2, 90, 30, 5, 2, _CRYPTO),
)


def make(recipe: Recipe, seed: int = SEED) -> Bars:
    """The one-minute bars of *recipe*; six trades a minute, the first at its start."""
    path = PricePath(
        seed,
        recipe.symbol,
        recipe.start_price,
        recipe.price_scale,
        recipe.volatility,
        spread=recipe.spread,
        lot=recipe.lot,
    )
    bars = Bars(recipe.symbol, MINUTE_NS, recipe.price_scale, recipe.volume_scale)
    for opens, closes in recipe.sessions:
        for ts in range(opens, closes, MINUTE_NS):
            quotes = [path.next_quote(ts + i * MINUTE_NS // 6) for i in range(6)]
            trades = [last for _, _, _, _, last in quotes]
            volume = sum(bid_size for _, _, bid_size, _, _ in quotes)
            bars.append(ts, trades[0], max(trades), min(trades), trades[-1], volume)
    return bars


def write_bundled(folder: Path = FOLDER) -> None:
    """Write every file of the bundled set into *folder*."""
    from adapters.market_files.saving import save

    for recipe in RECIPES:
        save(make(recipe), folder / recipe.file_name, comment=COMMENT)


if __name__ == "__main__":
    write_bundled()
