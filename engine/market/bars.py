"""Bars as columns of scaled integers, and one bar as people see it.

A column value is the exact decimal times ``10 ** scale``, so that the hot loop compares integers
and nothing is ever rounded. `Bars` only grows at its end (live feeds append), in order of time;
rows that exist never change. `Bar` is the same row in decimals, made on demand.
"""

from array import array
from collections.abc import Sequence
from decimal import Decimal

import msgspec


class Bar(msgspec.Struct, frozen=True, gc=False):
    """One bar; *ts* is its start in ns since the epoch, UTC, and ts + timeframe_ns its end."""

    symbol: str
    timeframe_ns: int
    ts: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


def scale_of(*values: Decimal) -> int:
    """How many decimals these need, one and all."""
    exponents = (value.normalize().as_tuple().exponent for value in values)
    return max([0, *(-one for one in exponents if isinstance(one, int))])


def column(values: "array[int] | None") -> "array[int]":
    """*values* as an int64 column, or a new empty one."""
    if values is None:
        return array("q")
    if values.typecode != "q":
        raise TypeError(f"column: typecode {values.typecode!r}, expected 'q' (int64)")
    return values


class Bars:
    """The bars of one symbol in one timeframe, ascending by start; value = int / 10**scale."""

    __slots__ = (
        "close",
        "high",
        "low",
        "open",
        "price_scale",
        "span",
        "symbol",
        "timeframe_ns",
        "ts",
        "unit",
        "volume",
        "volume_scale",
    )

    def __init__(
        self,
        symbol: str,
        timeframe_ns: int,
        price_scale: int,
        volume_scale: int,
        *,
        ts: "array[int] | None" = None,
        open: "array[int] | None" = None,  # noqa: A002  a bar has an open
        high: "array[int] | None" = None,
        low: "array[int] | None" = None,
        close: "array[int] | None" = None,
        volume: "array[int] | None" = None,
    ) -> None:
        self.symbol = symbol
        self.timeframe_ns = timeframe_ns
        self.price_scale = price_scale
        self.volume_scale = volume_scale
        self.unit = Decimal(1).scaleb(-price_scale)
        """The price of one scaled unit."""
        self.ts = column(ts)
        self.open = column(open)
        self.high = column(high)
        self.low = column(low)
        self.span = self.low, self.high
        """The columns between which every price of a row lies."""
        self.close = column(close)
        self.volume = column(volume)
        lengths = {len(c) for c in (self.ts, self.open, self.high, self.low, self.close)}
        if lengths != {len(self.volume)}:
            raise ValueError(f"bars of {symbol}: columns differ in length")

    @classmethod
    def of(cls, bars: Sequence[Bar]) -> "Bars":
        """The columns of some bars of one symbol and timeframe, ascending; at least one of them."""
        first = bars[0]
        scale = scale_of(*(p for one in bars for p in (one.open, one.high, one.low, one.close)))
        volume_scale = scale_of(*(one.volume for one in bars))
        made = cls(first.symbol, first.timeframe_ns, scale, volume_scale)
        for one in bars:
            made.ts.append(one.ts)
            made.open.append(int(one.open.scaleb(scale)))
            made.high.append(int(one.high.scaleb(scale)))
            made.low.append(int(one.low.scaleb(scale)))
            made.close.append(int(one.close.scaleb(scale)))
            made.volume.append(int(one.volume.scaleb(volume_scale)))
        return made

    def __len__(self) -> int:
        return len(self.ts)

    def __repr__(self) -> str:
        return f"Bars({self.symbol!r}, timeframe_ns={self.timeframe_ns}, rows={len(self)})"

    def append(
        self,
        ts: int,
        open: int,  # noqa: A002  a bar has an open
        high: int,
        low: int,
        close: int,
        volume: int,
    ) -> None:
        """Add one completed bar, its values already scaled; ValueError unless it is newer."""
        if self.ts and ts <= self.ts[-1]:
            raise ValueError(f"ts: {ts} is not after the last bar of {self.symbol}, {self.ts[-1]}")
        self.ts.append(ts)
        self.open.append(open)
        self.high.append(high)
        self.low.append(low)
        self.close.append(close)
        self.volume.append(volume)

    def end(self, i: int) -> int:
        """When bar *i* is complete and may be seen, in ns."""
        return self.ts[i] + self.timeframe_ns

    def price(self, value: int) -> Decimal:
        """The exact decimal of a scaled price."""
        return self.unit * value

    def bar(self, i: int) -> Bar:
        """Row *i* in decimals."""
        price = self.price
        return Bar(
            self.symbol,
            self.timeframe_ns,
            self.ts[i],
            price(self.open[i]),
            price(self.high[i]),
            price(self.low[i]),
            price(self.close[i]),
            Decimal(self.volume[i]).scaleb(-self.volume_scale),
        )
