"""Quotes as columns of scaled integers, and one quote as people see it.

Like `engine.market.bars`: the columns are exact, only grow at their end, and are in order of
time; unlike bars, several quotes may share one timestamp. Sizes are optional: without them
`has_sizes` is false and both size columns stay empty.
"""

from array import array
from decimal import Decimal

import msgspec

from engine.market.bars import column, scale_of


class Quote(msgspec.Struct, frozen=True, gc=False):
    """The best bid and ask at *ts* (ns since the epoch, UTC); None means not known."""

    symbol: str
    ts: int
    bid: Decimal
    ask: Decimal
    bid_size: Decimal | None = None
    ask_size: Decimal | None = None
    last: Decimal | None = None


class Quotes:
    """The quotes of one symbol, ascending by time; value = int / 10**scale."""

    __slots__ = (
        "ask",
        "ask_size",
        "bid",
        "bid_size",
        "has_sizes",
        "price_scale",
        "size_scale",
        "span",
        "symbol",
        "ts",
        "unit",
    )

    def __init__(
        self,
        symbol: str,
        price_scale: int,
        size_scale: int = 0,
        *,
        has_sizes: bool = True,
        ts: "array[int] | None" = None,
        bid: "array[int] | None" = None,
        ask: "array[int] | None" = None,
        bid_size: "array[int] | None" = None,
        ask_size: "array[int] | None" = None,
    ) -> None:
        self.symbol = symbol
        self.price_scale = price_scale
        self.size_scale = size_scale
        self.has_sizes = has_sizes
        self.unit = Decimal(1).scaleb(-price_scale)
        """The price of one scaled unit."""
        self.ts = column(ts)
        self.bid = column(bid)
        self.ask = column(ask)
        self.span = self.bid, self.ask
        """The columns between which every price of a row lies, either way round."""
        self.bid_size = column(bid_size)
        self.ask_size = column(ask_size)
        rows = len(self.ts)
        sizes = rows if has_sizes else 0
        lengths = [len(c) for c in (self.bid, self.ask, self.bid_size, self.ask_size)]
        if lengths != [rows, rows, sizes, sizes]:
            raise ValueError(f"quotes of {symbol}: columns differ in length")

    @classmethod
    def of(cls, quote: Quote) -> "Quotes":
        """The columns of a single quote, at the scale that its prices need."""
        sizes = (quote.bid_size, quote.ask_size)
        known = [size for size in sizes if size is not None]
        has_sizes = len(known) == len(sizes)
        scale, size_scale = scale_of(quote.bid, quote.ask), scale_of(*known)
        made = cls(quote.symbol, scale, size_scale, has_sizes=has_sizes)
        bid, ask = (int(price.scaleb(scale)) for price in (quote.bid, quote.ask))
        made.append(quote.ts, bid, ask, *(int(size.scaleb(size_scale)) for size in known[:2]))
        return made

    def __len__(self) -> int:
        return len(self.ts)

    def __repr__(self) -> str:
        return f"Quotes({self.symbol!r}, rows={len(self)})"

    def append(self, ts: int, bid: int, ask: int, bid_size: int = 0, ask_size: int = 0) -> None:
        """Add one quote, its values already scaled; ValueError if it is older than the last.

        The sizes are dropped if these quotes have none.
        """
        if self.ts and ts < self.ts[-1]:
            raise ValueError(f"ts: {ts} is before the last quote of {self.symbol}, {self.ts[-1]}")
        self.ts.append(ts)
        self.bid.append(bid)
        self.ask.append(ask)
        if self.has_sizes:
            self.bid_size.append(bid_size)
            self.ask_size.append(ask_size)

    def price(self, value: int) -> Decimal:
        """The exact decimal of a scaled price."""
        return self.unit * value

    def size(self, value: int) -> Decimal:
        """The exact decimal of a scaled size."""
        return Decimal(value).scaleb(-self.size_scale)

    def quote(self, i: int) -> Quote:
        """Row *i* in decimals; a file of quotes has no last trade, so *last* is None."""
        return Quote(
            self.symbol,
            self.ts[i],
            self.price(self.bid[i]),
            self.price(self.ask[i]),
            self.size(self.bid_size[i]) if self.has_sizes else None,
            self.size(self.ask_size[i]) if self.has_sizes else None,
        )
