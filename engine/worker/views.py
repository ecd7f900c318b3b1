"""The bar and the quote that a callback is given: a light view of one row of the columns.

One view serves a whole run and moves on with it, so that a row costs no object. Decimals are made
when asked for; the scaled integers beside them (``close_ticks``: the price times ``10 ** scale``)
cost least and compare exactly. Keep ``view.copy()``, never the view.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from engine.market.bars import Bar, Bars
from engine.market.quotes import Quote, Quotes
from engine.worker.clock import moment


class BarView:
    """The bar that just closed."""

    __slots__ = (
        "_bars",
        "_close",
        "_high",
        "_low",
        "_open",
        "_volume",
        "row",
        "scale",
        "symbol",
        "timeframe_ns",
        "volume_scale",
    )

    def __init__(self, bars: Bars) -> None:
        self.symbol = bars.symbol
        self.timeframe_ns = bars.timeframe_ns
        self.scale = bars.price_scale
        self.volume_scale = bars.volume_scale
        self.row = -1
        """How many bars of this series came before it."""
        self._bars = bars
        self._open = bars.open
        self._high = bars.high
        self._low = bars.low
        self._close = bars.close
        self._volume = bars.volume

    def __repr__(self) -> str:
        return f"view of {self.copy()!r}" if self.row >= 0 else f"view of {self._bars!r}"

    def copy(self) -> Bar:
        """The bar as a value to keep."""
        return self._bars.bar(self.row)

    @property
    def ts(self) -> int:
        """When the bar began, ns UTC."""
        return self._bars.ts[self.row]

    @property
    def end(self) -> int:
        """When the bar ended, ns UTC: the time of the callback."""
        return self._bars.ts[self.row] + self.timeframe_ns

    @property
    def time(self) -> datetime:
        """When the bar began, UTC."""
        return moment(self._bars.ts[self.row])

    @property
    def open(self) -> Decimal:
        """First price."""
        return Decimal(self._open[self.row]).scaleb(-self.scale)

    @property
    def high(self) -> Decimal:
        """Highest price."""
        return Decimal(self._high[self.row]).scaleb(-self.scale)

    @property
    def low(self) -> Decimal:
        """Lowest price."""
        return Decimal(self._low[self.row]).scaleb(-self.scale)

    @property
    def close(self) -> Decimal:
        """Last price."""
        return Decimal(self._close[self.row]).scaleb(-self.scale)

    @property
    def volume(self) -> Decimal:
        """What traded, in units."""
        return Decimal(self._volume[self.row]).scaleb(-self.volume_scale)

    @property
    def open_ticks(self) -> int:
        """First price times ``10 ** scale``."""
        return self._open[self.row]

    @property
    def high_ticks(self) -> int:
        """Highest price times ``10 ** scale``."""
        return self._high[self.row]

    @property
    def low_ticks(self) -> int:
        """Lowest price times ``10 ** scale``."""
        return self._low[self.row]

    @property
    def close_ticks(self) -> int:
        """Last price times ``10 ** scale``."""
        return self._close[self.row]

    @property
    def volume_ticks(self) -> int:
        """What traded, times ``10 ** volume_scale``."""
        return self._volume[self.row]


class QuoteView:
    """The quote that just came."""

    __slots__ = ("_ask", "_bid", "_quotes", "row", "scale", "size_scale", "symbol")

    def __init__(self, quotes: Quotes) -> None:
        self.symbol = quotes.symbol
        self.scale = quotes.price_scale
        self.size_scale = quotes.size_scale
        self.row = -1
        """How many quotes of this series came before it."""
        self._quotes = quotes
        self._bid = quotes.bid
        self._ask = quotes.ask

    def __repr__(self) -> str:
        return f"view of {self.copy()!r}" if self.row >= 0 else f"view of {self._quotes!r}"

    def copy(self) -> Quote:
        """The quote as a value to keep."""
        return self._quotes.quote(self.row)

    @property
    def ts(self) -> int:
        """When it was made, ns UTC."""
        return self._quotes.ts[self.row]

    @property
    def time(self) -> datetime:
        """When it was made, UTC."""
        return moment(self._quotes.ts[self.row])

    @property
    def bid(self) -> Decimal:
        """What a seller gets."""
        return Decimal(self._bid[self.row]).scaleb(-self.scale)

    @property
    def ask(self) -> Decimal:
        """What a buyer pays."""
        return Decimal(self._ask[self.row]).scaleb(-self.scale)

    @property
    def bid_size(self) -> Decimal | None:
        """Units wanted at the bid; None where sizes are not known."""
        quotes = self._quotes
        return quotes.size(quotes.bid_size[self.row]) if quotes.has_sizes else None

    @property
    def ask_size(self) -> Decimal | None:
        """Units offered at the ask; None where sizes are not known."""
        quotes = self._quotes
        return quotes.size(quotes.ask_size[self.row]) if quotes.has_sizes else None

    @property
    def bid_ticks(self) -> int:
        """The bid times ``10 ** scale``."""
        return self._bid[self.row]

    @property
    def ask_ticks(self) -> int:
        """The ask times ``10 ** scale``."""
        return self._ask[self.row]


View = BarView | QuoteView


def view_of(series: Bars | Quotes) -> View:
    """The view that moves along ``series``."""
    return BarView(series) if isinstance(series, Bars) else QuoteView(series)
