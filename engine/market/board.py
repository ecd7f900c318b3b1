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
        self._bars = {one.symbol: k for k, one in enumerate(series) if isinstance(one, Bars)}
        self._quotes = {one.symbol: k for k, one in enumerate(series) if isinstance(one, Quotes)}
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
        k = self._quotes.get(symbol)
        if k is not None and self.rows[k] >= 0:
            quotes, i = self.series[k], self.rows[k]
            assert isinstance(quotes, Quotes)
            return quotes.price(quotes.bid[i] + quotes.ask[i]) / 2
        k = self._bars.get(symbol)
        if k is None or self.rows[k] < 0:
            return None
        bars = self.series[k]
        assert isinstance(bars, Bars)
        return bars.price(bars.close[self.rows[k]])

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
        k = self._quotes.get(symbol)
        if k is not None and self.rows[k] >= 0:
            quotes = self.series[k]
            assert isinstance(quotes, Quotes)
            return quotes.quote(self.rows[k])
        price = self.mark(symbol)
        if price is None:
            if k is None and symbol not in self._bars:
                raise SymbolNotFound(symbol)
            raise ProviderUnavailable(f"no price of {symbol} is known yet", symbol=symbol)
        bars_at = self._bars[symbol]
        bars = self.series[bars_at]
        assert isinstance(bars, Bars)
        ts = bars.end(self.rows[bars_at])
        return Quote(symbol, ts, price, price, None, None, price)

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
