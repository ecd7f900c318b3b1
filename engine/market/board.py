"""The board: what the market shows now, and nothing of what it will show.

A board holds series of bars or quotes and, for each, the row that is visible: everything served
from it (marks, quotes, rates, history) is cut there. A backtest moves the rows along its timeline;
a live feed appends rows and shows each as it comes. Marks are the last close, or the middle of the
last quote where a symbol has quotes.
"""

from __future__ import annotations

from decimal import Decimal

from engine.errors import ProviderUnavailable, SymbolNotFound
from engine.market.bars import Bar, Bars
from engine.market.history import History
from engine.market.quotes import Quote, Quotes
from engine.values import ONE


class Board:
    """Prices of every symbol as known at ``now`` (ns UTC)."""

    def __init__(self, series: list[Bars | Quotes], provider: str = "simulator") -> None:
        self.now = 0
        self.provider = provider
        self.series = series
        self.rows = [-1] * len(series)
        """The visible row of each series; -1 before the first."""
        self._bars: dict[str, tuple[int, Bars]] = {}
        self._quotes: dict[str, tuple[int, Quotes]] = {}
        for k, one in enumerate(series):
            if isinstance(one, Bars):
                self._bars[one.symbol] = k, one
            else:
                self._quotes[one.symbol] = k, one
        self._closes = {
            symbol: (k, bars.close, bars.unit)
            for symbol, (k, bars) in self._bars.items()
            if symbol not in self._quotes
        }
        """Where the marks are of symbols that have no quotes: series, closes, price of one unit."""
        self._history = History(one for one in series if isinstance(one, Bars))

    @property
    def symbols(self) -> list[str]:
        """Every symbol on the board, in the order the series were given."""
        return list(dict.fromkeys(one.symbol for one in self.series))

    def show(self, source: int, row: int) -> None:
        """Make ``row`` of series ``source`` the visible one."""
        self.rows[source] = row

    def mark(self, symbol: str) -> Decimal | None:
        """The last known price of ``symbol``; None before the first."""
        closes = self._closes.get(symbol)
        if closes is not None:
            k, close, unit = closes
            i = self.rows[k]
            return unit * close[i] if i >= 0 else None
        quoted = self._quotes.get(symbol)
        if quoted is not None:
            k, quotes = quoted
            i = self.rows[k]
            if i >= 0:
                return quotes.unit * (quotes.bid[i] + quotes.ask[i]) / 2
        charted = self._bars.get(symbol)
        if charted is None:
            return None
        k, bars = charted
        i = self.rows[k]
        return bars.unit * bars.close[i] if i >= 0 else None

    def touch(self, symbol: str, buys: bool) -> Decimal | None:
        """What a taker would pay now, or get: a side of the visible quote, else the mark."""
        quoted = self._quotes.get(symbol)
        i = self.rows[quoted[0]] if quoted is not None else -1
        if quoted is None or i < 0:
            return self.mark(symbol)
        quotes = quoted[1]
        return quotes.price(quotes.ask[i] if buys else quotes.bid[i])

    def rate(self, currency: str, into: str) -> Decimal | None:
        """What one unit of ``currency`` is worth in another, by the pair or its inverse."""
        if currency == into:
            return ONE
        direct = self.mark(f"{currency}/{into}")
        if direct is not None:
            return direct
        inverse = self.mark(f"{into}/{currency}")
        return ONE / inverse if inverse else None

    def quote(self, symbol: str) -> Quote:
        """The visible quote; where there are only bars, their last close on both sides.

        Raises SymbolNotFound, or ProviderUnavailable before the first row.
        """
        quoted = self._quotes.get(symbol)
        if quoted is not None and self.rows[quoted[0]] >= 0:
            return quoted[1].quote(self.rows[quoted[0]])
        charted = self._bars.get(symbol)
        if quoted is None and charted is None:
            raise SymbolNotFound(symbol)
        if charted is None or self.rows[charted[0]] < 0:
            raise ProviderUnavailable(f"no price of {symbol} is known yet", symbol=symbol)
        k, bars = charted
        i = self.rows[k]
        price = bars.price(bars.close[i])
        return Quote(symbol, bars.end(i), price, price, None, None, price)

    def timeframe_ns(self, symbol: str) -> int:
        """How long the bars of ``symbol`` last as they came; SymbolNotFound where it has none."""
        charted = self._bars.get(symbol)
        if charted is None:
            raise SymbolNotFound(symbol)
        return charted[1].timeframe_ns

    def bars(
        self,
        symbol: str,
        timeframe_ns: int,
        start: int | None = None,
        end: int | None = None,
        limit: int | None = None,
    ) -> list[Bar]:
        """Bars closed by now, ascending, the newest ``limit``; see ``History.bars``."""
        return self._history.bars(symbol, timeframe_ns, self.now, start, end, limit)
