"""A synthetic market that moves with the clock it is shown: quotes as they come, bars as they end.

It opens with a history of one-minute bars, then every `tick` adds one quote a symbol at the time
given, and the bar of a minute once that minute is over. It is for demonstrations and says so: its
prices are `PricePath`s of a seed. Nothing here reads a clock. Old quotes are let go of, because
only the newest is ever shown; bars are kept.
"""

from typing import NamedTuple

from adapters.market_files.synthetic import RECIPES, PricePath, Recipe
from engine.instruments import Instrument, guess
from engine.market.bars import Bars
from engine.market.quotes import Quotes
from engine.market.timeframes import MINUTE_NS

PROVIDER = "synthetic"
HISTORY_QUOTES = 4  # a minute of history is made of this many
QUOTES_MAX = 4_096


class Shown(NamedTuple):
    """A row that a tick added: the index of its series, and the row's own."""

    source: int
    row: int


class _Market:
    """One symbol: its path, its quotes and bars, and the minute that is not over yet."""

    def __init__(self, recipe: Recipe, seed: int, first: int, opens: int) -> None:
        self.path = PricePath(
            seed,
            recipe.symbol,
            recipe.start_price,
            recipe.price_scale,
            recipe.volatility,
            spread=recipe.spread,
            lot=recipe.lot,
        )
        scales = recipe.price_scale, recipe.volume_scale
        self.quotes = Quotes(recipe.symbol, *scales)
        self.bars = Bars(recipe.symbol, MINUTE_NS, *scales)
        self._minute = first
        self._trades: list[int] = []
        self._volume = 0
        for minute in range(first, opens, MINUTE_NS):
            for i in range(HISTORY_QUOTES):
                self.add(minute + i * MINUTE_NS // HISTORY_QUOTES)
        self.add(opens)

    def add(self, ts: int) -> bool:
        """Take one quote at `ts`; whether that ended a minute, which is now a bar."""
        bid, ask, bid_size, ask_size, last = self.path.next_quote(ts)
        ended = ts >= self._minute + MINUTE_NS
        if ended:
            self._end(ts)
        self._trades.append(last)
        self._volume += min(bid_size, ask_size)
        if len(self.quotes) >= QUOTES_MAX:
            _forget_half(self.quotes)
        self.quotes.append(ts, bid, ask, bid_size, ask_size)
        return ended

    def _end(self, ts: int) -> None:
        trades = self._trades
        if trades:
            high, low = max(trades), min(trades)
            self.bars.append(self._minute, trades[0], high, low, trades[-1], self._volume)
        self._minute = ts - ts % MINUTE_NS
        self._trades = []
        self._volume = 0


class SyntheticFeed:
    """The markets of the bundled symbols. `series` are their quotes, then their bars."""

    provider = PROVIDER

    def __init__(self, seed: int, history_bars: int, now: int) -> None:
        opens = now - now % MINUTE_NS
        first = opens - history_bars * MINUTE_NS
        self.now = opens
        self._markets = [_Market(recipe, seed, first, opens) for recipe in RECIPES]
        self.series: list[Bars | Quotes] = [
            *(market.quotes for market in self._markets),
            *(market.bars for market in self._markets),
        ]

    @property
    def instruments(self) -> list[Instrument]:
        """What can be traded."""
        return [guess(recipe.symbol, recipe.price_scale) for recipe in RECIPES]

    def visible(self) -> list[Shown]:
        """The newest row of every series that has one."""
        return [Shown(i, len(one) - 1) for i, one in enumerate(self.series) if len(one)]

    def tick(self, now: int) -> list[Shown]:
        """Move every market to `now`, ns UTC: its new quote, and the bars that ended by then."""
        self.now = max(self.now, now)
        count = len(self._markets)
        ended = [i for i, market in enumerate(self._markets) if market.add(self.now)]
        quotes = [Shown(i, len(self.series[i]) - 1) for i in range(count)]
        bars = [Shown(count + i, len(self.series[count + i]) - 1) for i in ended]
        return [*quotes, *(each for each in bars if each.row >= 0)]


def _forget_half(quotes: Quotes) -> None:
    for values in (quotes.ts, quotes.bid, quotes.ask, quotes.bid_size, quotes.ask_size):
        del values[: QUOTES_MAX // 2]
